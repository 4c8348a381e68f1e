import { definedOnly } from '../base/defined-only.js';
import type { Problem } from '../base/errors.js';
import { MAX_MOMENT } from '../base/form.js';
import { createPacer, type Steps } from '../base/steps.js';
import type { CompiledGraph } from '../graph/compile.js';
import { type GraphRef, type Recording, runsOf, submittedOf } from '../replay/recording.js';
import type { Actor } from '../run/actor.js';
import { blankRun } from '../run/blank-run.js';
import { placeInLine } from '../run/concurrency.js';
import { type Due, isLeft, wakeAt, wakesAfter } from '../run/due.js';
import { type EventOf, type EventRecord, payloadOf, type RunEvent } from '../run/events.js';
import { evolve } from '../run/evolve.js';
import { MAX_COPIED_BYTES } from '../run/fork.js';
import { type Appended, append } from '../run/journal.js';
import { childrenOf, cursorOf, type Inherited, isFinished, NO_DATA, type RunState, statusOf } from '../run/state.js';
import { slotOf } from './slots.js';

/** Runs that are copied in one commit, which keeps everything else waiting for about a second. */
const MAX_COPIED_RUNS = 10_000;

export interface CopyOptions extends Actor {
  /** A new id for each run. */
  readonly newId: () => string;
  /** The graph here that stands for one of the capsule, if it has that. */
  readonly graphFor: (ref: GraphRef) => CompiledGraph | undefined;
  /** Runs that have not ended go on; they are cancelled otherwise. */
  readonly goesOn: boolean;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** A run that was copied, with its whole journal. */
export interface CopiedRun extends Appended {
  /** Of a child that has begun: what gave it the right to, see `store.ts`. */
  readonly slotSeq: number | null;
  readonly wakes: readonly Due[];
}

/** What copying comes to: the runs, each before those inside it, or why that cannot be. */
export type Copies =
  | { readonly runs: readonly CopiedRun[]; readonly problems?: undefined }
  | { readonly runs?: undefined; readonly problems: readonly Problem[] };

/** Copies the runs of a capsule under new ids, in steps: what they name of each other is renamed, what they did stays. */
export function* copyRuns(recording: Recording, options: CopyOptions): Steps<Copies> {
  const copier = new Copier(recording, options);
  yield* copier.copy(recording, undefined, '');
  const { runs, problems } = copier;
  return problems.length === 0 ? { runs } : { problems };
}

class Copier {
  readonly runs: CopiedRun[] = [];
  readonly problems: Problem[] = [];
  readonly #ids = new Map<string, string>();
  readonly #isDue = createPacer();
  #bytes = 0;
  /** How much later deadlines are: while it was in the capsule, no time went by for the run. */
  readonly #shiftMs: number;

  constructor(
    recording: Recording,
    private readonly options: CopyOptions,
  ) {
    let last = 0;
    for (const { runId, records } of runsOf(recording)) {
      this.#ids.set(runId, options.newId());
      last = Math.max(last, lastOf(records).time);
    }
    this.#shiftMs = options.goesOn ? Math.max(0, options.now - last) : 0;
  }

  *copy(recording: Recording, parent: Recording | undefined, pointer: string): Steps<void> {
    if (this.runs.length >= MAX_COPIED_RUNS) {
      return this.#refuse('too_big', pointer, `At most ${MAX_COPIED_RUNS} runs are copied, with those inside them.`);
    }
    const { graphFor } = this.options;
    const submitted = submittedOf(recording);
    const graph = graphFor({ graphId: submitted.graph_id, version: submitted.graph_version });
    if (graph === undefined) return this.#refuse('missing_graph', '/graphs', 'The graph of a run is missing.');
    const copied = yield* this.#copyJournal(recording, graph, pointer);
    if (copied === undefined) return;
    const missing = missingNode(copied.state, this.#lastGraph(recording) ?? graph);
    if (missing !== undefined) {
      const message = `The run is at node "${missing}", which its graph does not have.`;
      return this.#refuse('missing_node', `${pointer}/events`, message);
    }
    this.#bytes += copied.state.journalBytes;
    if (this.#bytes > MAX_COPIED_BYTES) {
      const message = `The events hold more than ${MAX_COPIED_BYTES / 1_048_576} MiB, which is the most that is copied.`;
      return this.#refuse('too_big', `${pointer}/events`, message);
    }
    const ended = this.#comeToRest(copied);
    const slotSeq = parent === undefined ? null : slotOf(recording, parent);
    this.runs.push({ ...ended, slotSeq, wakes: wakesOf(ended.state) });
    for (const [index, child] of recording.children.entries()) {
      if (this.problems.length > 0) return;
      yield* this.copy(child, recording, `${pointer}/children/${index}`);
    }
  }

  *#copyJournal(recording: Recording, graph: CompiledGraph, pointer: string): Steps<Appended | undefined> {
    const { runId, records } = recording;
    const first = this.#submit(recording, graph);
    const opened = evolve(blankRun(this.#idOf(runId), inheritedBy(first)), recordOf(records[0] as EventRecord, first));
    const { concurrency, problem } = first.parent === undefined ? placeInLine(graph, opened) : {};
    if (problem !== undefined) return this.#refuse('invalid_value', `${pointer}/events/0/payload/input_data`, problem);
    const copies: EventRecord[] = [];
    let state = blankRun(opened.runId, inheritedBy(first));
    for (const record of records) {
      const event =
        record.seq === 1 ? { ...first, ...definedOnly({ concurrency }) } : this.#rewrite(record.event, recording);
      const copy = event === record.event ? record : recordOf(record, event);
      copies.push(copy);
      state = evolve(state, copy);
      if (this.#isDue()) yield;
    }
    return { records: copies, state };
  }

  /** The first event of a copy. */
  #submit(recording: Recording, graph: CompiledGraph): EventOf<'run.submitted'> {
    const { runId, records } = recording;
    const { concurrency: _, by: __, ...submitted } = submittedOf(recording);
    const { parent, limits } = submitted;
    const { time } = records[0] as EventRecord;
    const ownDeadline = limits.deadline_seconds === undefined ? undefined : time + limits.deadline_seconds * 1000;
    return {
      ...submitted,
      graph_id: graph.graphId,
      graph_version: graph.version,
      started_by: { kind: 'import', id: runId, seq: lastOf(records).seq },
      ...definedOnly({
        by: parent === undefined ? this.options.by : undefined,
        parent: parent && { ...parent, run_id: this.#idOf(parent.run_id) },
        deadline_at: this.#later(submitted.deadline_at ?? ownDeadline),
        budgets_of: this.#known(submitted.budgets_of),
      }),
    };
  }

  /** The event as it is in the copy: the same one, if it names nothing of where it comes from. */
  #rewrite(event: RunEvent, recording: Recording): RunEvent {
    switch (event.type) {
      case 'wait.started':
        return event.wait.kind === 'graph' ? { ...event, wait: this.#renameGraph(event.wait) } : event;
      // Nobody has sent a request to the copy yet.
      case 'signal.received': {
        const { request: _, ...signal } = event;
        return signal;
      }
      case 'limit.reached': {
        const { limit_of: above, ...reached } = event;
        return { ...reached, ...definedOnly({ limit_of: above === undefined ? undefined : this.#ids.get(above) }) };
      }
      case 'run.migrated': {
        const [from_version, to_version] = [event.from_version, event.to_version].map((version) => {
          return this.#versionOf(recording, version)?.version ?? version;
        }) as [number, number];
        return { ...event, from_version, to_version };
      }
      case 'run.retried': {
        const { budgets_of, deadline_at, ...retried } = event;
        const renamed = { budgets_of: this.#known(budgets_of), deadline_at: this.#later(deadline_at) };
        return { ...retried, ...definedOnly(renamed) };
      }
      default:
        return event;
    }
  }

  #renameGraph(wait: EventOf<'wait.started'>['wait']): EventOf<'wait.started'>['wait'] {
    const { graph_id: id, graph_version: version } = wait;
    if (id === undefined || version === undefined) return wait;
    const graph = this.options.graphFor({ graphId: id, version });
    return graph === undefined ? wait : { ...wait, graph_id: graph.graphId, graph_version: graph.version };
  }

  /** The version here that stands for one of the graph of a run. */
  #versionOf(recording: Recording, version: number): CompiledGraph | undefined {
    return this.options.graphFor({ graphId: submittedOf(recording).graph_id, version });
  }

  /** The graph that a run went on with when it was last moved. */
  #lastGraph(recording: Recording): CompiledGraph | undefined {
    const moved = recording.records.findLast(({ event }) => event.type === 'run.migrated')?.event;
    return moved?.type === 'run.migrated' ? this.#versionOf(recording, moved.to_version) : undefined;
  }

  #known(runIds: readonly string[] | undefined): readonly string[] | undefined {
    return runIds?.flatMap((id) => this.#ids.get(id) ?? []);
  }

  #later(deadline: number | undefined): number | undefined {
    return deadline === undefined ? undefined : Math.min(deadline + this.#shiftMs, MAX_MOMENT);
  }

  #idOf(runId: string): string {
    return this.#ids.get(runId) as string;
  }

  /** What comes after the copied events: nothing for a run that has ended. */
  #comeToRest({ state, records }: Appended): Appended {
    const status = statusOf(state);
    if (isFinished(status)) return { state, records };
    const { now, by, goesOn } = this.options;
    const isAtWork = status === 'RUNNING' || state.phase.kind === 'joining';
    if (goesOn && !isAtWork) return { state, records };
    // As after a stop in good order: what goes on has not crashed.
    const rest: RunEvent = goesOn
      ? { type: 'run.drained' }
      : { type: 'run.cancelled', logs: [], ...definedOnly({ by }) };
    const after = append(state, [rest], now);
    return { state: after.state, records: [...records, ...after.records] };
  }

  #refuse(code: string, pointer: string, message: string): undefined {
    this.problems.push({ pointer, code, message });
  }
}

/** A journal has at least its first event. */
function lastOf(records: readonly EventRecord[]): EventRecord {
  return records[records.length - 1] as EventRecord;
}

/** Only what a branch sets itself is stored with it. */
function inheritedBy({ parent }: EventOf<'run.submitted'>): Inherited | undefined {
  return parent?.kind === 'branch' ? { inputData: null, data: NO_DATA, item: null } : undefined;
}

function recordOf(record: EventRecord, event: RunEvent): EventRecord {
  return { ...record, event, payload: payloadOf(event) };
}

/** A node that a run goes on with and that the graph does not have. */
function missingNode(state: RunState, graph: CompiledGraph): string | undefined {
  if (state.phase.kind === 'completed') return undefined;
  const children = childrenOf(state);
  const names = [
    cursorOf(state)?.node,
    state.entryNode,
    state.joinNode,
    children?.joinNode,
    ...(children?.toNodes ?? []),
  ];
  return names.find((name): name is string => typeof name === 'string' && !graph.nodes.has(name));
}

/** When a copy has to be looked at. Children that have not begun get their turn from their parent. */
function wakesOf(state: RunState): readonly Due[] {
  const { runId, parent, phase } = state;
  if (isFinished(statusOf(state))) return [];
  const at = wakeAt(state);
  if (isLeft(state)) return at === null ? [] : [{ runId, at }];
  if (parent === null) return wakesAfter(null, state);
  return phase.kind === 'submitted' ? [] : [{ runId, at: 0 }];
}
