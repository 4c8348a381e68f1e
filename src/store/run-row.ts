import { addUsage, type Usage } from '../core/base/usage.js';
import { wakeAt } from '../core/run/due.js';
import { errorOf, finishedAtOf, type RunState, statusOf, waitOf } from '../core/run/state.js';
import type { RunAppend } from './store.js';

/** Where a child hangs, which never changes. */
export function parentColumns({ parent }: RunState) {
  return {
    parentRunId: parent?.run_id ?? null,
    parentSeq: parent?.seq ?? null,
    childIndex: parent?.index ?? null,
  };
}

/** What started a top-level run, which never changes: see the columns. */
export function starterColumns({ parent, startedBy, actors }: RunState) {
  return {
    startedByKind: startedBy?.kind ?? null,
    startedById: parent === null ? (startedBy?.id ?? actors.submitted ?? null) : null,
  };
}

/** The columns that follow the status. */
export function rowOf(state: RunState) {
  const { startedAt, data, own, paused } = state;
  const status = statusOf(state);
  const finishedAt = finishedAtOf(state);
  const error = errorOf(state);
  return {
    status,
    startedAt,
    finishedAt,
    wakeAt: wakeAt(state),
    waitingFor: waitOf(state)?.kind ?? null,
    // Lists go without the details, which can be 64 kB a run. The journal has them.
    error: error === null ? null : JSON.stringify({ ...error, details: undefined }),
    // What a branch has from its parent is not stored once more.
    data: finishedAt === null ? null : JSON.stringify(own ?? data),
    paused,
  };
}

/** The tokens that the runs above have to be told of: those of the events of a child. */
export function usageAbove({ state, records }: RunAppend): Usage | undefined {
  if (state.parent === null) return undefined;
  let sum: Usage | undefined;
  for (const { event } of records) {
    if ('usage' in event && event.usage !== undefined) sum = addUsage(event.usage, sum);
  }
  return sum;
}
