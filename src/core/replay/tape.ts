import type { Steps } from '../base/steps.js';
import type { CompiledGraph } from '../graph/compile.js';
import { blankRun } from '../run/blank-run.js';
import type { EventOf, EventRecord } from '../run/events.js';
import { evolve } from '../run/evolve.js';
import { type Children, childrenOf, cursorOf, type Inherited, type RunState } from '../run/state.js';
import { visitsOf } from '../run/visits.js';
import { isCall, type RecordedCall } from './recorded-call.js';
import type { Recording } from './recording.js';

/** Children that a run had, and the run when it started them. */
export interface RecordedChildren {
  readonly children: Children;
  readonly state: RunState;
}

/** What was recorded of the visits of a run, by the node and which visit to it each was. */
export class Tape {
  readonly #calls = new Map<string, RecordedCall>();
  readonly #waits = new Map<string, EventOf<'wait.ended'>[]>();
  readonly #branches = new Map<string, RecordedChildren>();
  readonly #retries = new Map<string, EventOf<'run.retried'>[]>();
  readonly #lifts = new Map<string, EventOf<'limits.lifted'>[]>();
  /** Where the run is in the end, if it has not ended. */
  #open: string | undefined;

  /** Reads a recording. */
  static *read(
    { runId, records }: Pick<Recording, 'runId' | 'records'>,
    graph: CompiledGraph,
    inherited: Inherited | undefined,
  ): Steps<Tape> {
    const tape = new Tape();
    let state = blankRun(runId, inherited);
    for (const [index, record] of records.entries()) {
      tape.#note(state, record, records[index + 1], graph);
      const before = childrenOf(state);
      state = evolve(state, record);
      const after = childrenOf(state);
      if (after !== null && before === null) tape.#branches.set(keyOf(state), { children: after, state });
      yield;
    }
    tape.#open = 'at' in state.phase || state.phase.kind === 'completed' ? undefined : keyOf(state);
    return tape;
  }

  /** Notes what an event tells of the visit that a run is at. */
  #note(state: RunState, record: EventRecord, following: EventRecord | undefined, graph: CompiledGraph): void {
    const { event } = record;
    const key = keyOf(state);
    if (isCall(record) && state.phase.kind === 'calling') {
      const call = `${key}\n${state.phase.cursor.attempt}`;
      // The end of a wait completes the step, or fails it, without another call.
      if (!this.#calls.has(call)) this.#calls.set(call, { record, following, state, graph });
    }
    if (event.type === 'wait.ended') push(this.#waits, key, event);
    else if (event.type === 'run.retried') push(this.#retries, key, event);
    else if (event.type === 'limits.lifted') push(this.#lifts, key, event);
  }

  /** What a call came to, at the visit that a run is at. */
  call(state: RunState): RecordedCall | undefined {
    return this.#calls.get(`${keyOf(state)}\n${cursorOf(state)?.attempt}`);
  }

  /** True if anything is known of a visit. */
  knows(state: RunState): boolean {
    return this.#calls.has(`${keyOf(state)}\n1`);
  }

  /** How the wait ended that a visit has now; each counts once. */
  takeWait(state: RunState): EventOf<'wait.ended'> | undefined {
    return this.#waits.get(keyOf(state))?.shift();
  }

  /** How the wait will end that a visit has next. */
  nextWait(state: RunState): EventOf<'wait.ended'> | undefined {
    return this.#waits.get(keyOf(state))?.[0];
  }

  children(state: RunState): RecordedChildren | undefined {
    return this.#branches.get(keyOf(state));
  }

  /** The retry that set a run going again that had ended at this visit; each counts once. */
  takeRetry(state: RunState): EventOf<'run.retried'> | undefined {
    return this.#retries.get(keyOf(state))?.shift();
  }

  /** What lifted the limit that the run came to at this visit; each counts once. */
  takeLift(state: RunState): EventOf<'limits.lifted'> | undefined {
    return this.#lifts.get(keyOf(state))?.shift();
  }

  /** True for the visit at which the run was last, if it has not ended. */
  isOpenAt(state: RunState): boolean {
    return this.#open === keyOf(state);
  }
}

function push<T>(lists: Map<string, T[]>, key: string, item: T): void {
  const list = lists.get(key) ?? [];
  list.push(item);
  lists.set(key, list);
}

function keyOf(state: RunState): string {
  const { node = '' } = cursorOf(state) ?? {};
  return `${node}\n${Math.max(1, visitsOf(state.visits, node))}`;
}
