import { and, asc, desc, eq, gt, gte, inArray, lt, type SQL, sql } from 'drizzle-orm';
import type { BetterSQLite3Database } from 'drizzle-orm/better-sqlite3';
import type { SQLiteColumn } from 'drizzle-orm/sqlite-core';
import { isFinished, RUN_STATUSES, type RunStatus } from '../../core/run.js';
import type { RunFilter, RunSummary } from '../store.js';
import { runMetadata, workflowRuns } from './schema.js';

/** The statuses of runs that have not finished. */
export const UNFINISHED: readonly RunStatus[] = RUN_STATUSES.filter((status) => !isFinished(status));

const SUMMARY = {
  runId: workflowRuns.runId,
  graphId: workflowRuns.graphId,
  graphVersion: workflowRuns.graphVersion,
  status: workflowRuns.status,
  metadata: workflowRuns.metadata,
  error: workflowRuns.error,
  submittedAt: workflowRuns.submittedAt,
  startedAt: workflowRuns.startedAt,
  finishedAt: workflowRuns.finishedAt,
};

/** Runs that fit a filter, newest first: run ids sort by time. */
export function listRuns(db: BetterSQLite3Database, filter: RunFilter): RunSummary[] {
  const [metadata, ...others] = Object.entries(filter.metadata ?? {});
  if (metadata !== undefined) return listByMetadata(db, filter, metadata, others);
  const statuses = [...new Set(filter.statuses ?? [])];
  if (filter.statuses === undefined || statuses.length === RUN_STATUSES.length) return listByRun(db, filter, undefined);
  // One status after the other: together they would have to be sorted, all of them.
  const found = statuses.flatMap((status) => listByRun(db, filter, status));
  return found.sort((one, other) => (one.runId < other.runId ? 1 : -1)).slice(0, filter.limit);
}

/** Ids and statuses of all runs that have not finished, oldest first. */
export function listUnfinishedRuns(db: BetterSQLite3Database): { runId: string; status: RunStatus }[] {
  return db
    .select({ runId: workflowRuns.runId, status: workflowRuns.status })
    .from(workflowRuns)
    .where(inArray(workflowRuns.status, [...UNFINISHED]))
    .orderBy(asc(workflowRuns.runId))
    .all();
}

function listByRun(db: BetterSQLite3Database, filter: RunFilter, status: RunStatus | undefined): RunSummary[] {
  const { runId } = workflowRuns;
  const conditions = [...idBounds(filter, runId), submittedAfter(filter)];
  // Of two indexes that fit, the graph's serves COMPLETED better, and the status's all others, which are fewer.
  const byGraph = filter.graphId !== undefined && (status === undefined || status === 'COMPLETED');
  if (status !== undefined) conditions.push(equals(workflowRuns.status, status, { indexed: !byGraph }));
  if (filter.graphId !== undefined) conditions.push(equals(workflowRuns.graphId, filter.graphId, { indexed: byGraph }));
  return db
    .select(SUMMARY)
    .from(workflowRuns)
    .where(and(...conditions))
    .orderBy(desc(runId))
    .limit(filter.limit)
    .all();
}

type Entry = readonly [key: string, value: string];

function listByMetadata(
  db: BetterSQLite3Database,
  filter: RunFilter,
  [key, value]: Entry,
  others: readonly Entry[],
): RunSummary[] {
  const conditions = [eq(runMetadata.key, key), eq(runMetadata.value, value), ...idBounds(filter, runMetadata.runId)];
  if (filter.statuses !== undefined) conditions.push(inArray(sql`+${workflowRuns.status}`, [...filter.statuses]));
  if (filter.graphId !== undefined) conditions.push(equals(workflowRuns.graphId, filter.graphId, { indexed: false }));
  return db
    .select(SUMMARY)
    .from(runMetadata)
    .innerJoin(workflowRuns, eq(workflowRuns.runId, runMetadata.runId))
    .where(and(...conditions, submittedAfter(filter), ...others.map((other) => hasMetadata(other))))
    .orderBy(desc(runMetadata.runId))
    .limit(filter.limit)
    .all();
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
