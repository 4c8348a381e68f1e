import { addUsage, type Usage } from '../core/base/usage.js';
import { wakeAt } from '../core/run/due.js';
import { holdsSlot } from '../core/run/slots.js';
import { errorOf, finishedAtOf, type RunState, type RunStatus, statusOf, waitOf } from '../core/run/state.js';
import { isUnfinished } from './run-search.js';
import type { RunAppend } from './store.js';
import type { UnfinishedRun } from './unfinished-run.js';

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

/** The line that a run stands in, which never changes: of all runs of the graph, or of those with the same key. */
export function lineColumns({ concurrency }: RunState) {
  return { concurrencyKey: concurrency === null ? null : lineKey(concurrency.key) };
}

/** A key as the column has it: keys are never empty, so this stands for all runs of a graph. */
export function lineKey(key: string | null): string {
  return key ?? '';
}

/** The key that a column stands for. */
export function keyOfLine(stored: string): string | null {
  return stored === '' ? null : stored;
}

/** A row of a run as a server finds it when it starts; undefined for one that has finished. */
export function unfinishedRun(row: {
  readonly runId: string;
  readonly status: RunStatus;
  readonly waitingFor: UnfinishedRun['waitingFor'];
  readonly parentRunId: string | null;
  readonly slotSeq: number | null;
  readonly graphId: string;
  readonly concurrencyKey: string | null;
  readonly concurrencySince: number | null;
  readonly concurrencySlot: boolean | null;
}): UnfinishedRun | undefined {
  const { runId, status, waitingFor, parentRunId, slotSeq, graphId, concurrencyKey: key } = row;
  if (!isUnfinished(status)) return undefined;
  const place = { graphId, since: row.concurrencySince ?? 0, hasSlot: row.concurrencySlot ?? false };
  const line = key === null ? null : { ...place, key: keyOfLine(key) };
  return { runId, status, waitingFor, parentRunId, hasSlot: slotSeq !== null, line };
}

/** The columns that can change: those that follow the status, and the version of the graph. */
export function rowOf(state: RunState) {
  const { startedAt, data, own, paused, concurrency, graphVersion } = state;
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
    graphVersion,
    concurrencySince: concurrency?.since ?? null,
    concurrencySlot: concurrency === null ? null : holdsSlot(state),
  };
}

/** The version of a graph that a run has to have stored: one that it was moved to. */
export function movedTo({ state, records }: Pick<RunAppend, 'state' | 'records'>) {
  const isMoved = records.some(({ event }) => event.type === 'run.migrated');
  return isMoved ? { graphId: state.graphId, version: state.graphVersion } : undefined;
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
