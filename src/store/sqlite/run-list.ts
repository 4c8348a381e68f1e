import { and, count, desc, eq, gt, gte, inArray, isNotNull, isNull, lt, type SQL, sql } from 'drizzle-orm';
import type { BetterSQLite3Database } from 'drizzle-orm/better-sqlite3';
import type { SQLiteColumn } from 'drizzle-orm/sqlite-core';
import { isFinished, RUN_STATUSES, type RunStatus } from '../../core/run/state.js';
import type { RunFilter, RunSummary, UnfinishedRun, UnfinishedStatus } from '../store.js';
import { runMetadata, workflowRuns } from './schema.js';

/** The statuses of runs that have not finished. */
const UNFINISHED: readonly RunStatus[] = RUN_STATUSES.filter((status) => !isFinished(status));

/** The columns of a {@link RunSummary}. */
export const SUMMARY = {
  runId: workflowRuns.runId,
  graphId: workflowRuns.graphId,
  graphVersion: workflowRuns.graphVersion,
  status: workflowRuns.status,
  parentRunId: workflowRuns.parentRunId,
  childIndex: workflowRuns.childIndex,
  waitingFor: workflowRuns.waitingFor,
  metadata: workflowRuns.metadata,
  error: workflowRuns.error,
  submittedAt: workflowRuns.submittedAt,
  startedAt: workflowRuns.startedAt,
  finishedAt: workflowRuns.finishedAt,
};

/** What unfinished runs are found by: the top-level ones, and children. Each in the words of an index, so one by one. */
export const ACTIVE: readonly (SQL | undefined)[] = [
  and(isNull(workflowRuns.parentRunId), inArray(workflowRuns.status, [...UNFINISHED])),
  and(isNotNull(workflowRuns.parentRunId), isNull(workflowRuns.finishedAt)),
];

/** Runs that fit a filter, newest first: run ids sort by time. */
export function listRuns(db: BetterSQLite3Database, filter: RunFilter): RunSummary[] {
  const [metadata, ...others] = Object.entries(filter.metadata ?? {});
  if (metadata !== undefined) return listByMetadata(db, filter, metadata, others);
  if (!isTopLevelOnly(filter)) return listByRelation(db, filter);
  const statuses = new Set(filter.statuses ?? RUN_STATUSES);
  const allStatuses = statuses.size === RUN_STATUSES.length;
  if (allStatuses && filter.graphId !== undefined) return listTopLevel(db, filter, undefined);
  // One status after the other: together they would have to be sorted, all of them.
  const found = [...statuses].flatMap((status) => listTopLevel(db, filter, status));
  return found.sort((one, other) => (one.runId < other.runId ? 1 : -1)).slice(0, filter.limit);
}

/** All runs that have not finished, oldest first. */
export function listUnfinishedRuns(db: BetterSQLite3Database): UnfinishedRun[] {
  const { runId, status, waitingFor, parentRunId, slotSeq } = workflowRuns;
  const columns = { runId, status, waitingFor, parentRunId, slotSeq };
  const found = ACTIVE.flatMap((isActive) => db.select(columns).from(workflowRuns).where(isActive).all());
  return found
    .sort((one, other) => (one.runId < other.runId ? -1 : 1))
    .flatMap(({ slotSeq: slot, status: stored, ...run }) =>
      isUnfinished(stored) ? [{ ...run, status: stored, hasSlot: slot !== null }] : [],
    );
}

/** How many runs have not finished, by status. */
export function countUnfinishedRuns(db: BetterSQLite3Database): Record<UnfinishedStatus, number> {
  const { status } = workflowRuns;
  const counts = { SUBMITTED: 0, RUNNING: 0, WAITING: 0 };
  for (const isActive of ACTIVE) {
    const rows = db.select({ status, count: count() }).from(workflowRuns).where(isActive).groupBy(status).all();
    for (const row of rows) if (isUnfinished(row.status)) counts[row.status] += row.count;
  }
  return counts;
}

/** False for what no release so far has stored in the row of a run that has not finished, too. */
function isUnfinished(status: RunStatus): status is UnfinishedStatus {
  return UNFINISHED.includes(status);
}

/** The greatest id of a run. */
export function findNewestRunId(db: BetterSQLite3Database): string | undefined {
  const { runId } = workflowRuns;
  return db.select({ runId }).from(workflowRuns).orderBy(desc(runId)).limit(1).get()?.runId;
}

/** Top-level runs, of one status or, by graph, of all. */
function listTopLevel(db: BetterSQLite3Database, filter: RunFilter, status: RunStatus | undefined): RunSummary[] {
  const conditions = [isNull(workflowRuns.parentRunId)];
  // Of two indexes that fit, the graph's serves COMPLETED better, and the status's all others, which are fewer.
  const byGraph = filter.graphId !== undefined && (status === undefined || status === 'COMPLETED');
  if (status !== undefined) conditions.push(equals(workflowRuns.status, status, { indexed: !byGraph }));
  if (filter.graphId !== undefined) conditions.push(equals(workflowRuns.graphId, filter.graphId, { indexed: byGraph }));
  return select(db, filter, conditions);
}

/** Children of a run, or runs that wait for something. */
function listByRelation(db: BetterSQLite3Database, filter: RunFilter): RunSummary[] {
  const { parentRunId, waitingFor, ...others } = filter;
  // A run has 10,000 children at most, while all runs there are may wait for the same.
  if (parentRunId !== undefined) {
    const rest = waitingFor === undefined ? others : { ...others, waitingFor };
    return select(db, filter, [eq(workflowRuns.parentRunId, parentRunId), ...unindexed(rest)]);
  }
  const waits = waitingFor === undefined ? [] : [eq(workflowRuns.waitingFor, waitingFor)];
  return select(db, filter, [...waits, ...unindexed(others)]);
}

function select(db: BetterSQLite3Database, filter: RunFilter, conditions: readonly SQL[]): RunSummary[] {
  const { runId } = workflowRuns;
  return db
    .select(SUMMARY)
    .from(workflowRuns)
    .where(and(...conditions, ...idBounds(filter, runId), submittedAfter(filter)))
    .orderBy(desc(runId))
    .limit(filter.limit)
    .all();
}

function isTopLevelOnly({ parentRunId, waitingFor }: RunFilter): boolean {
  return parentRunId === undefined && waitingFor === undefined;
}

type Entry = readonly [key: string, value: string];

function listByMetadata(
  db: BetterSQLite3Database,
  filter: RunFilter,
  [key, value]: Entry,
  others: readonly Entry[],
): RunSummary[] {
  const conditions = [eq(runMetadata.key, key), eq(runMetadata.value, value), ...idBounds(filter, runMetadata.runId)];
  conditions.push(...unindexed(filter));
  if (isTopLevelOnly(filter)) conditions.push(sql`+${workflowRuns.parentRunId} IS NULL`);
  return db
    .select(SUMMARY)
    .from(runMetadata)
    .innerJoin(workflowRuns, eq(workflowRuns.runId, runMetadata.runId))
    .where(and(...conditions, submittedAfter(filter), ...others.map((other) => hasMetadata(other))))
    .orderBy(desc(runMetadata.runId))
    .limit(filter.limit)
    .all();
}

/** Conditions that are checked on each row, so that they do not draw SQLite to their own indexes. */
function unindexed({ statuses, graphId, parentRunId, waitingFor }: Partial<RunFilter>): SQL[] {
  const conditions: SQL[] = [];
  if (statuses !== undefined) conditions.push(inArray(sql`+${workflowRuns.status}`, [...statuses]));
  const columns = [
    [workflowRuns.graphId, graphId],
    [workflowRuns.parentRunId, parentRunId],
    [workflowRuns.waitingFor, waitingFor],
  ] as const;
  for (const [column, value] of columns) {
    if (value !== undefined) conditions.push(equals(column, value, { indexed: false }));
  }
  return conditions;
}

function hasMetadata([key, value]: Entry): SQL {
  return sql`EXISTS (SELECT 1 FROM run_metadata other
    WHERE other.key = ${key} AND other.value = ${value} AND other.run_id = ${workflowRuns.runId})`;
}

/** Compares a column; the plus keeps SQLite from taking an index for it. */
function equals(column: SQLiteColumn, value: string, { indexed }: { indexed: boolean }): SQL {
  return indexed ? sql`${column} = ${value}` : sql`+${column} = ${value}`;
}

/** A run's id is made at most this long before its submission is noted, in milliseconds. */
const ID_SLACK_MS = 60_000;
const MAX_UUID_MS = 2 ** 48 - 1;

/** Bounds on run ids, so that a search ends where the page, or the time, does. */
function idBounds(filter: RunFilter, runId: SQLiteColumn): SQL[] {
  const conditions: SQL[] = [];
  if (filter.after !== undefined) conditions.push(lt(runId, filter.after));
  if (filter.submittedAfter !== undefined) conditions.push(gte(runId, firstIdAt(filter.submittedAfter - ID_SLACK_MS)));
  return conditions;
}

function submittedAfter({ submittedAfter: time }: RunFilter): SQL | undefined {
  return time === undefined ? undefined : gt(workflowRuns.submittedAt, time);
}

/** Where the ids of a millisecond begin: UUIDv7 has the time in its first 48 bits (RFC 9562, section 5.7). */
function firstIdAt(time: number): string {
  const hex = Math.floor(Math.min(Math.max(time, 0), MAX_UUID_MS))
    .toString(16)
    .padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}`;
}
