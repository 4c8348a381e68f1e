import { deliveriesOf } from '../core/delivery/outbox.js';
import { wakesAfter } from '../core/run/due.js';
import type { Appended, takeSnapshot } from '../core/run/journal.js';
import { isRowChanged } from '../core/run/row-change.js';
import type { RunState } from '../core/run/state.js';
import type { Claim } from '../store/queue.js';
import type { NewRun, RunAppend, Unit } from '../store/store.js';

/**
 * The append of what follows a state.
 * @param snapshot that of the state after it, if one is due
 */
export function appendOf(before: RunState, { records, state }: Appended, snapshot?: Snapshot): RunAppend {
  const deliveries = deliveriesOf(before, records, state);
  const append = {
    state,
    records,
    rowChanged: isRowChanged(before, state),
    ...(deliveries.length > 0 && { deliveries }),
  };
  return snapshot === undefined ? append : { ...append, state: snapshot.state, snapshot: snapshot.text };
}

type Snapshot = ReturnType<typeof takeSnapshot>;

/** The append of a new run. */
export function creationOf({ records, state }: Appended, create: NewRun = {}): RunAppend {
  return { state, records, rowChanged: true, create };
}

/** The unit of what follows a state, with what becomes due by it. */
export function unitOf(before: RunState, append: RunAppend, done?: Claim): Unit {
  const wakes = wakesAfter(before, append.state);
  return done === undefined ? { appends: [append], wakes } : { appends: [append], wakes, done };
}

/** The unit of a new run, with what becomes due by it. */
export function newUnitOf(append: RunAppend): Unit {
  return { appends: [append], wakes: wakesAfter(null, append.state) };
}
