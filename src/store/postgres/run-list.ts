import { and, asc, count, desc, eq, inArray, isNotNull, isNull, lte, type SQL, sql } from 'drizzle-orm';
import type { NodePgDatabase } from 'drizzle-orm/node-postgres';
import { RUN_STATUSES } from '../../core/run/state.js';
import { earliest, OLDEST_QUEUED } from '../queued-since.js';
import type { RunFilter } from '../run-filter.js';
import { lineKey, unfinishedRun } from '../run-row.js';
import {
  endOfIdsBefore,
  firstIdSince,
  foldCase,
  indexedStarter,
  isUnfinished,
  possibleStatuses,
  UNFINISHED,
} from '../run-search.js';
import type { RunSummary } from '../store.js';
import type { UnfinishedRun, UnfinishedStatus } from '../unfinished-run.js';
import { escapeText, isRunId, isStorable, toBigint } from './column-values.js';
import { workflowRuns } from './schema.js';
import { CURRENT_NODE, ERROR_CODE, hasText, STARTER_ID, STARTER_KIND, SUMMARY } from './summary-columns.js';

/** What unfinished runs are found by: the top-level ones, and children. Each in the words of an index. */
export const ACTIVE: readonly (SQL | undefined)[] = [
  and(isNull(workflowRuns.parentRunId), inArray(workflowRuns.status, [...UNFINISHED])),
  and(isNotNull(workflowRuns.parentRunId), isNull(workflowRuns.finishedAt)),
];

/** Lists runs. */
export class RunLists {
  constructor(private readonly db: NodePgDatabase) {}

  /** Runs that fit a filter, in their order: run ids sort by time. */
  async listRuns(filter: RunFilter): Promise<RunSummary[]> {
    if (matchesNothing(filter)) return [];
    const isFound = sql`${workflowRuns.runId} IN (${idsOf(filter)})`;
    const { runId } = workflowRuns;
    const order = filter.oldestFirst === true ? asc(runId) : desc(runId);
    return this.db.select(SUMMARY).from(workflowRuns).where(isFound).orderBy(order);
  }

  /** How many runs that is. */
  async countRuns(filter: RunFilter): Promise<number> {
    if (matchesNothing(filter)) return 0;
    const [row] = await this.db.select({ count: count() }).from(sql`(${idsOf(filter)}) AS counted`);
    return row?.count ?? 0;
  }

  /** All runs that have not finished, oldest first. */
  async listUnfinishedRuns(): Promise<UnfinishedRun[]> {
    const { runId, status, waitingFor, parentRunId, slotSeq } = workflowRuns;
    const { graphId, concurrencyKey, concurrencySince, concurrencySlot } = workflowRuns;
    const line = { graphId, concurrencyKey, concurrencySince, concurrencySlot };
    const columns = { runId, status, waitingFor, parentRunId, slotSeq, ...line };
    const [top, children] = ACTIVE.map((isActive) => this.db.select(columns).from(workflowRuns).where(isActive));
    const found = top === undefined || children === undefined ? [] : await top.unionAll(children);
    return found.sort((one, other) => (one.runId < other.runId ? -1 : 1)).flatMap((row) => unfinishedRun(row) ?? []);
  }

  /** How many runs have not finished, by status. */
  async countUnfinishedRuns(): Promise<Record<UnfinishedStatus, number>> {
    const { status } = workflowRuns;
    const counts = { SUBMITTED: 0, RUNNING: 0, WAITING: 0 };
    const [top, children] = ACTIVE.map((isActive) =>
      this.db.select({ status, count: count() }).from(workflowRuns).where(isActive).groupBy(status),
    );
    const rows = top === undefined || children === undefined ? [] : await top.unionAll(children);
    for (const row of rows) if (isUnfinished(row.status)) counts[row.status] += row.count;
    return counts;
  }

  /** When the oldest top-level run of each status was submitted: ids sort by time, so each is the first of the index. */
  async findOldestUnfinished(): Promise<Record<UnfinishedStatus, number | undefined>> {
    const oldest = (status: UnfinishedStatus): SQL.Aliased<number | null> =>
      sql`(SELECT submitted_at FROM workflow_runs WHERE status = ${status} AND parent_run_id IS NULL
        ORDER BY run_id LIMIT 1)`
        .mapWith((value: string | null) => (value === null ? null : Number(value)))
        .as(status.toLowerCase());
    const columns = { SUBMITTED: oldest('SUBMITTED'), RUNNING: oldest('RUNNING'), WAITING: oldest('WAITING') };
    const [found] = await this.db.select(columns).from(sql`(SELECT) AS one`);
    return {
      SUBMITTED: found?.SUBMITTED ?? undefined,
      RUNNING: found?.RUNNING ?? undefined,
      WAITING: found?.WAITING ?? undefined,
    };
  }

  /** Since when the top-level run has waited to begin that has waited longest. Ids sort by time, so it is among the first. */
  async findOldestQueued(): Promise<number | undefined> {
    const { status, runId, parentRunId, submittedAt, concurrencySince: since } = workflowRuns;
    const isQueued = and(eq(status, 'SUBMITTED'), isNull(parentRunId));
    const first = this.db.select({ submittedAt, since }).from(workflowRuns).where(isQueued).orderBy(asc(runId));
    return earliest(await first.limit(OLDEST_QUEUED));
  }

  /** Runs of a line but for as many of the newest as can be under way, the oldest first. */
  async listSurplus(graphId: string, key: string | null, limit: number): Promise<string[]> {
    const { runId, concurrencyKey, concurrencySince, finishedAt } = workflowRuns;
    const ofLine = and(eq(workflowRuns.graphId, graphId), eq(concurrencyKey, lineKey(key)), isNotNull(concurrencyKey));
    const most = sql`coalesce((SELECT max_runs FROM concurrency_limits WHERE graph_id = ${graphId}), 2147483647)`;
    const rows = await this.db
      .select({ runId })
      .from(workflowRuns)
      .where(and(ofLine, isNull(finishedAt)))
      .orderBy(desc(concurrencySince), desc(runId), sql`1 LIMIT ${limit} OFFSET ${most}`);
    return rows.map((row) => row.runId).reverse();
  }

  /** Runs that are due at a time, earliest first. Times are milliseconds since 1970. */
  async listDueRuns(time: number, limit: number): Promise<string[]> {
    const { runId, wakeAt } = workflowRuns;
    const isDue = lte(wakeAt, toBigint(time));
    const rows = await this.db.select({ runId }).from(workflowRuns).where(isDue).orderBy(wakeAt).limit(limit);
    return rows.map((row) => row.runId);
  }

  /** The earliest time at which a run is due, after another time. */
  async nextWakeAt(after: number): Promise<number | undefined> {
    const { wakeAt } = workflowRuns;
    const isLater = sql`${wakeAt} > ${toBigint(after)}`;
    const [row] = await this.db.select({ wakeAt }).from(workflowRuns).where(isLater).orderBy(wakeAt).limit(1);
    return row?.wakeAt ?? undefined;
  }

  /** The greatest id of a run. */
  async findNewestRunId(): Promise<string | undefined> {
    const { runId } = workflowRuns;
    const [row] = await this.db.select({ runId }).from(workflowRuns).orderBy(desc(runId)).limit(1);
    return row?.runId;
  }
}

/** True if a filter has a value that Postgres cannot store, and would answer with an error. */
function matchesNothing({ graphId, parentRunId, errorCode, currentNode, startedBy, search }: RunFilter): boolean {
  const texts = [graphId, errorCode, currentNode, startedBy?.id, search].filter((text) => text !== undefined);
  return !texts.every(isStorable) || (parentRunId !== undefined && !isRunId(parentRunId));
}

/** The ids of the runs that fit a filter, in their order, as far as the list goes. */
function idsOf(filter: RunFilter): SQL {
  const { graphId, parentRunId, waitingFor, limit } = filter;
  const statuses = possibleStatuses(filter);
  const order = filter.oldestFirst === true ? sql`ASC` : sql`DESC`;
  const [metadata, ...others] = Object.entries(filter.metadata ?? {});
  const bounds = boundsOf(filter);
  const isTop = parentRunId === undefined && waitingFor === undefined ? sql`run.parent_run_id IS NULL` : undefined;
  const fits = [
    ...bounds.map((bound) => sql`run.run_id ${bound}`),
    isTop,
    graphId === undefined ? undefined : sql`run.graph_id = ${graphId}`,
    parentRunId === undefined ? undefined : sql`run.parent_run_id = ${parentRunId}`,
    waitingFor === undefined ? undefined : sql`run.waiting_for = ${waitingFor}`,
    ...others.map(hasMetadata),
    ...checksOf(filter),
  ];
  const isStatus = statuses === undefined ? undefined : inArray(sql`run.status`, [...statuses]);
  if (metadata !== undefined) {
    const isEntry = [entryIs(sql`entry`, metadata), ...bounds.map((bound) => sql`entry.run_id ${bound}`)];
    return sql`SELECT entry.run_id FROM run_metadata entry JOIN workflow_runs run ON run.run_id = entry.run_id
      WHERE ${and(...isEntry, ...fits, isStatus)} ORDER BY entry.run_id ${order} LIMIT ${limit}`;
  }
  const starter = indexedStarter(filter);
  if (isTop === undefined || (graphId !== undefined && statuses === undefined && starter === undefined)) {
    return sql`SELECT run.run_id FROM workflow_runs run WHERE ${and(...fits, isStatus)}
      ORDER BY run.run_id ${order} LIMIT ${limit}`;
  }
  // One status after the other: together they would have to be sorted, all of them.
  const byStarter =
    starter === undefined ? [] : [sql`run.started_by_kind = ${starter.kind}`, sql`run.started_by_id = ${starter.id}`];
  const searches = [...new Set(statuses ?? RUN_STATUSES)].map(
    (
      status,
    ) => sql`(SELECT run.run_id FROM workflow_runs run WHERE ${and(sql`run.status = ${status}`, ...byStarter, ...fits)}
      ORDER BY run.run_id ${order} LIMIT ${limit})`,
  );
  if (searches.length === 0) return sql`SELECT NULL::uuid WHERE false`;
  return sql`SELECT run_id FROM (${sql.join(searches, sql` UNION ALL `)}) found ORDER BY run_id ${order} LIMIT ${limit}`;
}

/** What no index serves. */
function checksOf(filter: RunFilter): SQL[] {
  const { errorCode, currentNode, paused, startedBy, search, submittedAfter, submittedBefore } = filter;
  const checks: SQL[] = [];
  if (submittedAfter !== undefined) checks.push(sql`run.submitted_at > ${toBigint(submittedAfter)}`);
  if (submittedBefore !== undefined) checks.push(sql`run.submitted_at < ${toBigint(submittedBefore)}`);
  if (paused !== undefined) checks.push(sql`run.paused = ${paused}`);
  if (startedBy !== undefined) checks.push(sql`${STARTER_KIND} = ${startedBy.kind}`);
  if (startedBy?.id !== undefined) checks.push(sql`${STARTER_ID} = ${startedBy.id}`);
  if (errorCode !== undefined) checks.push(sql`${ERROR_CODE} = ${errorCode}`);
  if (currentNode !== undefined) checks.push(sql`${CURRENT_NODE} = ${currentNode}`);
  if (search !== undefined) checks.push(hasText(foldCase(search)));
  return checks;
}

/** Bounds on run ids, so that a search ends where the page, or the time, does. */
function boundsOf({ after, downTo, submittedAfter, submittedBefore, oldestFirst = false }: RunFilter): SQL[] {
  const bounds: SQL[] = [];
  if (downTo !== undefined) bounds.push(compare(oldestFirst ? sql`<=` : sql`>=`, downTo));
  if (after !== undefined) bounds.push(compare(oldestFirst ? sql`>` : sql`<`, after));
  if (submittedAfter !== undefined) bounds.push(sql`>= ${firstIdFrom(firstIdSince(submittedAfter))}::uuid`);
  if (submittedBefore !== undefined) bounds.push(sql`< ${firstIdFrom(endOfIdsBefore(submittedBefore))}::uuid`);
  return bounds;
}

function firstIdFrom(start: string): string {
  return `${start}-0000-0000-000000000000`;
}

/** Ids of another form sort as texts do. */
function compare(operator: SQL, runId: string): SQL {
  return isRunId(runId) ? sql`${operator} ${runId}::uuid` : sql`::text COLLATE "C" ${operator} ${runId}`;
}

/** The hash leads to the place in the index; two values can have the same. */
function entryIs(entry: SQL, [key, value]: readonly [string, string]): SQL | undefined {
  const stored = escapeText(value);
  return and(
    sql`${entry}.key = ${escapeText(key)}`,
    sql`hashtextextended(${entry}.value, 0) = hashtextextended(${stored}, 0)`,
    eq(sql`${entry}.value`, stored),
  );
}

function hasMetadata(entry: readonly [string, string]): SQL {
  return sql`EXISTS (SELECT 1 FROM run_metadata other
    WHERE ${and(entryIs(sql`other`, entry), sql`other.run_id = run.run_id`)})`;
}
