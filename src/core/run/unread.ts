import type { EventOf } from './events.js';
import { type Appended, append } from './journal.js';
import { blankRun, type RunState, type RunStatus } from './state.js';

/** What is known of a run whose journal cannot be read: its row, and where its journal ends. Times are milliseconds since 1970. */
export interface RunOutline {
  readonly runId: string;
  readonly graphId: string;
  readonly graphVersion: number;
  readonly status: RunStatus;
  readonly parentRunId: string | null;
  readonly parentSeq: number | null;
  readonly childIndex: number | null;
  readonly submittedAt: number;
  readonly startedAt: number | null;
  /** Of the last record; 0 if there is none. */
  readonly seq: number;
  readonly logCount: number;
}

/** As much of the state as an outline tells: enough to end the run, and to wake its parent. */
export function outlineState(outline: RunOutline): RunState {
  const { runId, graphId, graphVersion, submittedAt, startedAt, seq, logCount } = outline;
  return {
    ...blankRun(runId),
    graphId,
    graphVersion,
    submittedAt,
    startedAt,
    seq,
    logCount,
    parent: parentOf(outline),
  };
}

/**
 * Ends a run whose journal cannot be read, with a record after its last one.
 * @param now milliseconds since 1970
 */
export function endUnread(
  outline: RunOutline,
  end: EventOf<'run.cancelled'> | EventOf<'run.failed'>,
  now: number,
): Appended {
  return append(outlineState(outline), [end], now);
}

/** The row does not tell how deep the run is, nor whether it is a branch, and nothing that ends it asks. */
function parentOf({ parentRunId, parentSeq, childIndex }: RunOutline): RunState['parent'] {
  if (parentRunId === null) return null;
  return { run_id: parentRunId, seq: parentSeq ?? 0, index: childIndex ?? 0, kind: 'graph', depth: 1 };
}
