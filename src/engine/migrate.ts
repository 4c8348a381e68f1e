import { definedOnly } from '../core/base/defined-only.js';
import type { EngineError } from '../core/base/errors.js';
import type { CompiledGraph } from '../core/graph/compile.js';
import { proveMove, refuseMove } from '../core/replay/prove-move.js';
import { graphsOf } from '../core/replay/recording.js';
import { replay } from '../core/replay/replay.js';
import type { Actor } from '../core/run/actor.js';
import { type Refusal, refuse, type Verdict } from '../core/run/requests.js';
import type { RunState, RunStatus } from '../core/run/state.js';
import { appendTo } from '../runs/append.js';
import { RecordingTooLargeError, readRecording } from '../runs/recordings.js';
import { GraphGoneError } from '../store/errors.js';
import { type ChosenRuns, chooseRuns, doSome } from './choose-runs.js';
import { loadGraphs } from './graph-source.js';
import { graphNotFound } from './graphs.js';
import type { RequestUseCases } from './requests.js';
import { loadRun, measureJournal, type RunDeps, refusalError, runNotFound, toEngineError } from './shared.js';

/** Runs that are moved at a time: each is in memory with its whole journal. */
const AT_A_TIME = 4;
/** The runs that can be moved, if they are chosen by a filter that does not say which. */
const MOVABLE: readonly RunStatus[] = ['SUBMITTED', 'WAITING', 'FAILED', 'CANCELLED'];

/** Which runs of a graph are to go on with which version of it. */
export interface MigrateRuns extends Actor {
  readonly toVersion: number;
  readonly runs: ChosenRuns;
  /** Only says which runs can be moved. True if it is omitted. */
  readonly dryRun?: boolean;
}

/** What came of it for one run. */
export interface MigrationResult {
  readonly runId: string;
  /** The version that it was on; null if that is not known. */
  readonly fromVersion: number | null;
  /** Why it is not moved. */
  readonly error?: Pick<EngineError, 'code' | 'message'> & { readonly pointer?: string };
}

export interface MigrationOutcome {
  readonly results: readonly MigrationResult[];
  /** From where to go on, if more runs fit the filter. */
  readonly nextCursor: string | null;
  readonly dryRun: boolean;
}

/**
 * Moves runs of a graph to another version of it, each for which that is proved: walked through that version with what was
 * recorded, it comes to where it is. Each is moved by one event, in a transaction of its own. A dry run gives the same
 * answers, and moves none.
 * @throws EngineError `graph_not_found`, `graph_unreadable`, `invalid_request`, `store_unavailable`.
 */
export async function migrateRuns(
  deps: RunDeps,
  requests: Pick<RequestUseCases, 'isChild'>,
  graphId: string,
  { toVersion, runs, dryRun = true, by }: MigrateRuns,
): Promise<MigrationOutcome> {
  const to = await deps.graphs.find(graphId, toVersion);
  if (to === undefined) throw graphNotFound(graphId, toVersion);
  const chosen = 'ids' in runs ? runs : { ...runs, filter: { ...runs.filter, graphId } };
  const { ids, nextCursor } = await chooseRuns(deps, MOVABLE, chosen);
  const mover = new Mover(deps, requests, to, dryRun, { by });
  const results = await doSome(deps, ids, AT_A_TIME, (runId) => mover.move(runId));
  return { results, nextCursor, dryRun };
}

/** Moves runs to one version. */
class Mover {
  constructor(
    private readonly deps: RunDeps,
    private readonly requests: Pick<RequestUseCases, 'isChild'>,
    private readonly to: CompiledGraph,
    private readonly dryRun: boolean,
    private readonly actor: Actor,
  ) {}

  /** Moves a run, or says why not. */
  async move(runId: string): Promise<MigrationResult> {
    let fromVersion: number | null = null;
    const decide = async (state: RunState): Promise<Verdict> => {
      fromVersion = state.graphVersion;
      return this.#decide(state);
    };
    try {
      const refusal = await this.#inTurn(runId, () => this.#perform(runId, decide));
      if (refusal !== undefined) throw refusalError(refusal);
      return { runId, fromVersion };
    } catch (thrown) {
      const { code, message, errors = [] } = toEngineError(thrown);
      const pointer = errors[0]?.pointer;
      return { runId, fromVersion, error: { code, message, ...definedOnly({ pointer }) } };
    }
  }

  async #perform(runId: string, decide: (state: RunState) => Promise<Verdict>): Promise<Refusal | undefined> {
    if (this.dryRun) return (await decide(await loadRun(this.deps, runId))).refusal;
    try {
      const result = await appendTo(this.deps, runId, decide);
      if (result === undefined) throw runNotFound(runId);
      return result.refusal;
    } catch (error) {
      if (!(error instanceof GraphGoneError)) throw error;
      throw graphNotFound(this.to.graphId, this.to.version);
    }
  }

  /** A whole journal is in memory, so only some large ones are read at the same time. */
  async #inTurn<T>(runId: string, work: () => Promise<T>): Promise<T> {
    const { runs, reads, newId } = this.deps;
    const bytes = (await runs.measure(runId)) + (await measureJournal(this.deps, runId));
    return reads.inTurn(`${runId} move ${newId()}`, bytes, work);
  }

  async #decide(state: RunState): Promise<Verdict> {
    const { runId, graphVersion, parent } = state;
    const refusal = refuseMove(state, this.to);
    if (refusal?.code === 'run_is_child' && parent !== null) {
      throw await this.requests.isChild({ runId, parentRunId: parent.run_id });
    }
    if (refusal !== undefined) return { refusal };
    // It was moved before.
    if (graphVersion === this.to.version) return { events: [] };
    const why = await this.#prove(state);
    if (why !== undefined) return { refusal: why };
    const versions = { from_version: graphVersion, to_version: this.to.version };
    return { events: [{ type: 'run.migrated', ...versions, ...definedOnly({ by: this.actor.by }) }] };
  }

  /** Why a run cannot be moved; `undefined` if it can. */
  async #prove(state: RunState): Promise<Refusal | undefined> {
    const { graphs, turns } = this.deps;
    try {
      const recording = await readRecording(this.deps, state.runId);
      if (recording === undefined) throw runNotFound(state.runId);
      const from = await graphs.pinned(state.graphId, state.graphVersion);
      const known = await loadGraphs(graphsOf(recording), ({ graphId, version }) => graphs.pinned(graphId, version));
      return await turns.inSlices(
        proveMove({ state, recording, from, to: this.to }, (prefix, through) =>
          replay(prefix, known, { as: through, keepsLimits: true }),
        ),
      );
    } catch (error) {
      if (!(error instanceof RecordingTooLargeError)) throw error;
      return refuse('move_impossible', `${error.message} So much is not walked again.`).refusal;
    }
  }
}
