import { append } from '../core/run/journal.js';
import type { Refusal, Verdict } from '../core/run/requests.js';
import type { RunState } from '../core/run/state.js';
import { ConflictError } from '../store/errors.js';
import type { Store, Unit } from '../store/store.js';
import type { RunLoader } from './run-loader.js';
import { appendOf, unitOf } from './units.js';

export interface AppendDeps {
  readonly store: Store;
  readonly runs: RunLoader;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** What appending to a run came to, with the state after it. */
export interface AppendResult {
  readonly state: RunState;
  readonly isAppended: boolean;
  /** Why nothing was appended, unless there was nothing left to do. */
  readonly refusal?: Refusal | undefined;
}

/**
 * Appends to a run what `decide` says of its state, with what becomes due by it: again for as long as others are first.
 * @param decide what to append; nothing is committed if that is nothing, or refused. What it throws is passed on.
 * @param commit how the unit is stored, if not as it is
 * @returns `undefined` if there is no such run
 */
export async function appendTo(
  { store, runs, now }: AppendDeps,
  runId: string,
  decide: (state: RunState) => Verdict | Promise<Verdict>,
  commit: (unit: Unit) => Promise<void> = (unit) => store.commit(unit),
): Promise<AppendResult | undefined> {
  for (;;) {
    const state = await runs.load(runId);
    if (state === undefined) return undefined;
    const { events = [], refusal } = await decide(state);
    if (events.length === 0) return { state, isAppended: false, refusal };
    const after = append(state, events, now());
    try {
      await commit(unitOf(state, appendOf(state, after)));
      return { state: after.state, isAppended: true };
    } catch (error) {
      if (!(error instanceof ConflictError)) throw error;
    }
  }
}
