import { definedOnly } from '../core/base/defined-only.js';
import { EngineError } from '../core/base/errors.js';
import type { JsonObject } from '../core/base/json.js';
import type { CompiledGraph } from '../core/graph/compile.js';
import type { Actor } from '../core/run/actor.js';
import { placeInLine } from '../core/run/concurrency.js';
import type { EventRecord } from '../core/run/events.js';
import { copyEvent, endFork, openFork, refuseFork, refuseSize, stepIsMissing } from '../core/run/fork.js';
import type { Appended } from '../core/run/journal.js';
import { type RunState, type RunStatus, statusOf } from '../core/run/state.js';
import { creationOf, newUnitOf } from '../runs/units.js';
import { GraphGoneError, ReplayError } from '../store/errors.js';
import { journalPages } from '../store/journal-pages.js';
import type { Idempotency, Store } from '../store/store.js';
import type { RequestUseCases } from './requests.js';
import { jsonOf, measureJournal, type RunDeps, refusalError, replay, runNotFound } from './shared.js';

export interface ForkRun extends Actor {
  /** The first step that is run anew. */
  readonly fromStep: number;
  /** Keys of `data` to set before it. */
  readonly data?: JsonObject;
  /** The graph version to go on with; the run's own if it is omitted. */
  readonly version?: number;
  readonly idempotency?: Idempotency;
}

export interface ForkedRun {
  readonly runId: string;
  readonly status: RunStatus;
  readonly forkedFrom: { readonly run_id: string; readonly step: number };
  readonly replayed: boolean;
}

const EVENTS_AT_A_TIME = 1000;

/**
 * Starts a new run with the steps of another one before `fromStep` copied. The original, live or not, is untouched.
 * @throws EngineError `run_not_found`, `run_is_child`, `run_unreadable`, `graph_unreadable`, `graph_deleted`, `fork_impossible`,
 * `invalid_request`, `server_busy`, `concurrency_full`, `queue_full`, `shutting_down`, `idempotency_mismatch`, `store_unavailable`.
 */
export async function forkRun(
  deps: RunDeps,
  requests: Pick<RequestUseCases, 'isChild'>,
  runId: string,
  request: ForkRun,
): Promise<ForkedRun> {
  const { store } = deps;
  const forkedFrom = { run_id: runId, step: request.fromStep };
  const { idempotency } = request;
  const answer = (owner: { runId: string; fingerprint: string }): ForkedRun => {
    return { ...replay(owner, idempotency), status: 'SUBMITTED', forkedFrom };
  };
  const earlier = idempotency && (await store.findByIdempotencyKey(idempotency.key));
  if (earlier !== undefined) return answer(earlier);
  try {
    const { forkId, status } = await inTurnToFork(deps, requests, runId, request);
    return { runId: forkId, status, forkedFrom, replayed: false };
  } catch (error) {
    if (error instanceof ReplayError) return answer(error);
    throw error;
  }
}

/** Copies the journal and stores the copy, which holds all of it in memory. */
async function inTurnToFork(
  deps: RunDeps,
  requests: Pick<RequestUseCases, 'isChild'>,
  runId: string,
  request: ForkRun,
): Promise<{ forkId: string; status: RunStatus }> {
  const { store, runs, reads, admission } = deps;
  const bytes = (await runs.measure(runId)) + (await measureJournal(deps, runId));
  const copy = async (): Promise<{ forkId: string; status: RunStatus }> => {
    const { state, records } = await forkedJournal(deps, requests, runId, request);
    const { idempotency } = request;
    try {
      const unit = newUnitOf(creationOf({ state, records }, definedOnly({ idempotency })));
      await admission.admit(() => store.commit(unit));
    } catch (error) {
      if (error instanceof GraphGoneError) throw graphDeleted(state.graphId, runId);
      throw error;
    }
    return { forkId: state.runId, status: statusOf(state) };
  };
  // Each is a fork of its own, and two of one run take as much as two of different ones.
  return reads.inTurn(`${runId} fork ${deps.newId()}`, bytes, copy);
}

/** The journal of the new run: a first event of its own, the steps before `fromStep` as they were, and the fork. */
async function forkedJournal(
  deps: RunDeps,
  requests: Pick<RequestUseCases, 'isChild'>,
  runId: string,
  { fromStep, data = {}, version, by }: ForkRun,
): Promise<Appended> {
  const original = await deps.runs.load(runId);
  if (original === undefined) throw runNotFound(runId);
  if (original.parent !== null) throw await requests.isChild({ runId, parentRunId: original.parent.run_id });
  const graph = await graphFor(deps, original, version);
  const refusal = refuseFork(original, fromStep);
  if (refusal !== undefined) throw refusalError(refusal);
  const [forkId, now] = [deps.newId(), deps.now()];
  const { concurrency, problem } = placeInLine(graph, openFork(original, graph, forkId, now, { by }).state);
  if (problem !== undefined) throw new EngineError('fork_impossible', problem);
  const opened = openFork(original, graph, forkId, now, { by, concurrency });
  const prefix = await copyPrefix(deps, original, fromStep, opened);
  const patch = (await jsonOf(deps, data, '/data')) as JsonObject;
  const fork = { fromStep, node: prefix.node, data: patch, now: deps.now(), by };
  const end = endFork(original, prefix.state, graph, fork);
  if (end.refusal !== undefined) throw refusalError(end.refusal);
  return { state: end.state, records: [...prefix.records, ...end.records] };
}

async function graphFor(
  deps: RunDeps,
  { graphId, graphVersion, runId }: RunState,
  version?: number,
): Promise<CompiledGraph> {
  const graph = await deps.graphs.find(graphId, version ?? graphVersion);
  if (graph !== undefined) return graph;
  if (version === undefined || (await deps.store.findGraph(graphId)) === undefined) throw graphDeleted(graphId, runId);
  throw new EngineError('fork_impossible', `Graph "${graphId}" has no version ${version}.`);
}

/** Copies events until the run is at the step, some in each turn. */
async function copyPrefix(
  { store, turns }: Pick<RunDeps, 'store' | 'turns'>,
  original: RunState,
  fromStep: number,
  opened: Appended,
): Promise<Appended & { readonly node: string }> {
  const records = [...opened.records];
  let { state } = opened;
  let node: string | undefined;
  for await (const record of eventsOf(store, original.runId)) {
    // What an earlier fork has set before this very step comes right after the events that lead to it.
    if (node !== undefined && record.event.type !== 'run.forked') break;
    const copied = copyEvent(state, fromStep, record);
    records.push(...copied.records);
    state = copied.state;
    node = copied.node ?? node;
    const refusal = refuseSize(state, fromStep);
    if (refusal !== undefined) throw refusalError(refusal);
    if (turns.isOver()) await turns.next();
  }
  if (node !== undefined) return { state, records, node };
  throw refusalError(stepIsMissing(original, fromStep));
}

async function* eventsOf(store: Store, runId: string): AsyncGenerator<EventRecord> {
  for await (const page of journalPages(store, runId, 0, EVENTS_AT_A_TIME)) yield* page;
}

function graphDeleted(graphId: string, runId: string): EngineError {
  return new EngineError('graph_deleted', `Graph "${graphId}" of run ${runId} was deleted.`);
}
