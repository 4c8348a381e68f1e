import { blankRun } from './blank-run.js';
import type { EventOf } from './events.js';
import { type Appended, append } from './journal.js';
import type { RunState, RunStatus } from './state.js';
import { hasChildren, type WaitKind } from './waits.js';

/** What is known of a run without reading its journal: its row, and where its journal ends. Times are milliseconds since 1970. */
export interface RunOutline {
  readonly runId: string;
  readonly graphId: string;
  readonly graphVersion: number;
  readonly status: RunStatus;
  readonly waitingFor: WaitKind | null;
  readonly parentRunId: string | null;
  readonly parentSeq: number | null;
  readonly childIndex: number | null;
  readonly submittedAt: number;
  readonly startedAt: number | null;
  /** If its graph limits how many runs are under way: its key, or an empty text for all runs of the graph. */
  readonly concurrencyKey: string | null;
  readonly concurrencySince: number | null;
  /** Of the last record; 0 if there is none. */
  readonly seq: number;
  readonly logCount: number;
  /** The type of the last record, one of a newer release perhaps; null if there is none. */
  readonly lastType: string | null;
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
    concurrency: concurrencyOf(outline),
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

/**
 * Notes that the server stops, with a record after the last one of a parent that is due: what is still to be done for its
 * children is no crash then. Needs nothing of the journal, so a stop loads no runs.
 * @param now milliseconds since 1970
 * @returns `undefined` for a run that has no children under way, which could not be taken for crashed, and for one whose
 * last record says so already
 */
export function drainUnread(outline: RunOutline, now: number): Appended | undefined {
  const { waitingFor, lastType } = outline;
  const event: EventOf<'run.drained'> = { type: 'run.drained' };
  if (waitingFor === null || !hasChildren(waitingFor) || lastType === event.type) return undefined;
  return append(outlineState(outline), [event], now);
}

/** What happens if there is no slot is over for a run that only ends. */
function concurrencyOf({ concurrencyKey: key, concurrencySince: since }: RunOutline): RunState['concurrency'] {
  return key === null ? null : { key: key === '' ? null : key, on_full: 'queue', since: since ?? 0 };
}

/** The row does not tell how deep the run is, nor whether it is a branch, and nothing that ends it asks. */
function parentOf({ parentRunId, parentSeq, childIndex }: RunOutline): RunState['parent'] {
  if (parentRunId === null) return null;
  return { run_id: parentRunId, seq: parentSeq ?? 0, index: childIndex ?? 0, kind: 'graph', depth: 1 };
}
