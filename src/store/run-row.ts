import { errorOf, finishedAtOf, type RunState, statusOf, waitOf, wakeAt } from '../core/run/state.js';

/** Where a child hangs, which never changes. */
export function parentColumns({ parent }: RunState) {
  return {
    parentRunId: parent?.run_id ?? null,
    parentSeq: parent?.seq ?? null,
    childIndex: parent?.index ?? null,
  };
}

/** The columns that follow the status. */
export function rowOf(state: RunState) {
  const { startedAt, data, own } = state;
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
  };
}
