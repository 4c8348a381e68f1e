import {
  and,
  asc,
  count,
  desc,
  eq,
  gt,
  gte,
  inArray,
  isNotNull,
  isNull,
  lt,
  placeholder,
  type SQL,
  sql,
} from 'drizzle-orm';
import type { BetterSQLite3Database } from 'drizzle-orm/better-sqlite3';
import type { SQLiteColumn } from 'drizzle-orm/sqlite-core';
import { LRUCache } from 'lru-cache';
import { RUN_STATUSES, type RunStatus } from '../../core/run/state.js';
import { firstIdSince, isUnfinished, UNFINISHED } from '../run-search.js';
import type { RunFilter, RunSummary, UnfinishedRun, UnfinishedStatus } from '../store.js';
import { runMetadata, workflowRuns } from './schema.js';
import { SUMMARY } from './summary-columns.js';

/** What unfinished runs are found by: the top-level ones, and children. Each in the words of an index, so one by one. */
export const ACTIVE: readonly (SQL | undefined)[] = [
  and(isNull(workflowRuns.parentRunId), inArray(workflowRuns.status, [...UNFINISHED])),
  and(isNotNull(workflowRuns.parentRunId), isNull(workflowRuns.finishedAt)),
];

/** Kinds of search whose statements are kept. */
const MAX_STATEMENTS = 50;
/** Rows that a search looks at before it should pause: some milliseconds of them, if none fits. */
const ROWS_AT_A_TIME = 1000;

/**
 * Lists runs. The statement of each kind of search is built once: to build it takes ten times as long as to run it, and a
 * page that shows runs asks again and again.
 */
export class RunLists {
  readonly #lists = new LRUCache<string, ListStatement>({ max: MAX_STATEMENTS });
  readonly #pauses = new LRUCache<string, PauseStatement>({ max: MAX_STATEMENTS });

  constructor(private readonly db: BetterSQLite3Database) {}

  /** Runs that fit a filter, newest first: run ids sort by time. */
  listRuns(filter: RunFilter): RunSummary[] {
    const [first, ...others] = searchesFor(filter);
    if (first === undefined) return [];
    if (others.length === 0) return this.#list(first, filter);
    // One status after the other: together they would have to be sorted, all of them.
    const found = [first, ...others].flatMap((search) => this.#list(search, filter));
    return found.sort((one, other) => (one.runId < other.runId ? 1 : -1)).slice(0, filter.limit);
  }

  /** The run at which a search should pause, if it looks at many rows that do not fit; undefined if it does not. */
  findSearchPause(filter: RunFilter): string | undefined {
    let pause: string | undefined;
    for (const search of searchesFor(filter)) {
      const runId = search.checked.length === 0 ? undefined : this.#findPause(search, filter);
      if (runId !== undefined && (pause === undefined || runId > pause)) pause = runId;
    }
    return pause;
  }

  #list({ table, indexed, checked, always }: Search, filter: RunFilter): RunSummary[] {
    const conditions = [...indexed, ...idBounds(filter, RUN_IDS[table]), ...checked, ...always];
    const shape = shapeOf(table, conditions);
    const statement = this.#lists.get(shape) ?? this.#prepareList(table, whereOf(conditions));
    this.#lists.set(shape, statement);
    return statement.all(valuesOf(conditions, filter.limit));
  }

  #prepareList(table: Table, where: SQL | undefined): ListStatement {
    const limit = placeholder('limit');
    const runs = this.db.select(SUMMARY);
    switch (table) {
      case 'runs':
        return runs.from(workflowRuns).where(where).orderBy(desc(workflowRuns.runId)).limit(limit).prepare();
      case 'metadata':
        return runs
          .from(runMetadata)
          .innerJoin(workflowRuns, eq(workflowRuns.runId, runMetadata.runId))
          .where(where)
          .orderBy(desc(runMetadata.runId))
          .limit(limit)
          .prepare();
    }
  }

  /** Walks along the index, which takes a millisecond at most. */
  #findPause({ table, indexed }: Search, filter: RunFilter): string | undefined {
    const runId = RUN_IDS[table];
    const conditions = [...indexed, ...idBounds(filter, runId)];
    const shape = shapeOf(table, conditions);
    const prepare = (): PauseStatement => {
      const from = this.db.select({ runId }).from(table === 'runs' ? workflowRuns : runMetadata);
      return from.where(whereOf(conditions)).orderBy(desc(runId)).limit(1).offset(placeholder('limit')).prepare();
    };
    const statement = this.#pauses.get(shape) ?? prepare();
    this.#pauses.set(shape, statement);
    return statement.get(valuesOf(conditions, ROWS_AT_A_TIME - 1))?.runId;
  }
}

/** Where a search begins. */
type Table = 'runs' | 'metadata';

const RUN_IDS = { runs: workflowRuns.runId, metadata: runMetadata.runId } as const satisfies Record<
  Table,
  SQLiteColumn
>;

/** What one statement looks for. */
interface Search {
  readonly table: Table;
  /** What an index serves: the rows that are looked at. */
  readonly indexed: readonly Condition[];
  /** What is checked on each of these rows, and can refuse any number of them. */
  readonly checked: readonly Condition[];
  /** What is checked too, and refuses next to none. */
  readonly always: readonly Condition[];
}

/** The searches that find all runs that fit a filter. */
function searchesFor(filter: RunFilter): Search[] {
  const [metadata, ...others] = Object.entries(filter.metadata ?? {});
  if (metadata !== undefined) return [searchByMetadata(filter, metadata, others)];
  if (!isTopLevelOnly(filter)) return [searchByRelation(filter)];
  const statuses = new Set(filter.statuses ?? RUN_STATUSES);
  const allStatuses = statuses.size === RUN_STATUSES.length;
  if (allStatuses && filter.graphId !== undefined) return [searchTopLevel(filter, undefined)];
  return [...statuses].map((status) => searchTopLevel(filter, status));
}

/** Top-level runs, of one status or, by graph, of all. */
function searchTopLevel(filter: RunFilter, status: RunStatus | undefined): Search {
  const { graphId } = filter;
  const isTop: Condition = { shape: 'top', build: () => isNull(workflowRuns.parentRunId), values: {} };
  // Of two indexes that fit, the graph's serves COMPLETED better, and the status's all others, which are fewer.
  const byGraph = graphId !== undefined && (status === undefined || status === 'COMPLETED');
  const indexed: Condition[] = [isTop];
  const checked: Condition[] = [];
  if (status !== undefined) (byGraph ? checked : indexed).push(equals('status', status, { indexed: !byGraph }));
  if (graphId !== undefined) (byGraph ? indexed : checked).push(equals('graphId', graphId, { indexed: byGraph }));
  return { table: 'runs', indexed, checked, always: submittedAfter(filter) };
}

/** Children of a run, or runs that wait for something. */
function searchByRelation(filter: RunFilter): Search {
  const { parentRunId, waitingFor, ...others } = filter;
  const always = submittedAfter(filter);
  // A run has 10,000 children at most, while all runs there are may wait for the same.
  if (parentRunId !== undefined) {
    const rest = waitingFor === undefined ? others : { ...others, waitingFor };
    const indexed = [equals('parentRunId', parentRunId, { indexed: true })];
    return { table: 'runs', indexed, checked: unindexed(rest), always };
  }
  const indexed = waitingFor === undefined ? [] : [equals('waitingFor', waitingFor, { indexed: true })];
  return { table: 'runs', indexed, checked: unindexed(others), always };
}

function searchByMetadata(filter: RunFilter, [key, value]: Entry, others: readonly Entry[]): Search {
  const entry = () =>
    sql`${runMetadata.key} = ${placeholder('key')} AND ${runMetadata.value} = ${placeholder('value')}`;
  const checked = [...unindexed(filter), ...others.map(hasMetadata)];
  const always = submittedAfter(filter);
  // Children have no metadata.
  const isTop = { shape: 'top', build: () => sql`+${workflowRuns.parentRunId} IS NULL`, values: {} };
  if (isTopLevelOnly(filter)) always.push(isTop);
  return { table: 'metadata', indexed: [{ shape: 'entry', build: entry, values: { key, value } }], checked, always };
}

function shapeOf(table: Table, conditions: readonly Condition[]): string {
  return `${table}:${conditions.map(({ shape }) => shape).join(',')}`;
}

function whereOf(conditions: readonly Condition[]): SQL | undefined {
  return and(...conditions.map(({ build }) => build()));
}

function valuesOf(conditions: readonly Condition[], limit: number): Values {
  return Object.assign({ limit }, ...conditions.map(({ values }) => values));
}

interface ListStatement {
  all(values: Values): RunSummary[];
}

interface PauseStatement {
  get(values: Values): { readonly runId: string } | undefined;
}

/** Values by the names of their placeholders. */
type Values = Record<string, unknown>;

/** A condition of a search. Conditions of one shape are the same SQL. */
interface Condition {
  readonly shape: string;
  readonly build: () => SQL;
  readonly values: Values;
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

/** When the oldest top-level run of each status was submitted: ids sort by time, so each is the first of the index. */
export function findOldestUnfinished(db: BetterSQLite3Database): Record<UnfinishedStatus, number | undefined> {
  const { status, runId, parentRunId, submittedAt } = workflowRuns;
  const oldest = (wanted: UnfinishedStatus): number | undefined => {
    const isWanted = and(eq(status, wanted), isNull(parentRunId));
    return db.select({ submittedAt }).from(workflowRuns).where(isWanted).orderBy(asc(runId)).limit(1).get()
      ?.submittedAt;
  };
  return { SUBMITTED: oldest('SUBMITTED'), RUNNING: oldest('RUNNING'), WAITING: oldest('WAITING') };
}

/** The greatest id of a run. */
export function findNewestRunId(db: BetterSQLite3Database): string | undefined {
  const { runId } = workflowRuns;
  return db.select({ runId }).from(workflowRuns).orderBy(desc(runId)).limit(1).get()?.runId;
}

function isTopLevelOnly({ parentRunId, waitingFor }: RunFilter): boolean {
  return parentRunId === undefined && waitingFor === undefined;
}

type Entry = readonly [key: string, value: string];

/** Conditions that are checked on each row, so that they do not draw SQLite to their own indexes. */
function unindexed({ statuses, graphId, parentRunId, waitingFor }: Partial<RunFilter>): Condition[] {
  const conditions: Condition[] = [];
  if (statuses !== undefined) {
    const names = statuses.map((_, index) => `status_${index}`);
    conditions.push({
      shape: `statuses ${names.length}`,
      build: () => inArray(sql`+${workflowRuns.status}`, names.map(placeholder)),
      values: Object.fromEntries(names.map((name, index) => [name, statuses[index]])),
    });
  }
  for (const [name, value] of Object.entries({ graphId, parentRunId, waitingFor })) {
    if (value !== undefined) conditions.push(equals(name as ComparedColumn, value, { indexed: false }));
  }
  return conditions;
}

function hasMetadata([key, value]: Entry, index: number): Condition {
  const [keyName, valueName] = [`key_${index}`, `value_${index}`];
  return {
    shape: keyName,
    build: () => sql`EXISTS (SELECT 1 FROM run_metadata other
    WHERE other.key = ${placeholder(keyName)} AND other.value = ${placeholder(valueName)} AND other.run_id = ${workflowRuns.runId})`,
    values: { [keyName]: key, [valueName]: value },
  };
}

type ComparedColumn = 'status' | 'graphId' | 'parentRunId' | 'waitingFor';

/** Compares a column; the plus keeps SQLite from taking an index for it. */
function equals(name: ComparedColumn, value: string, { indexed }: { indexed: boolean }): Condition {
  const column = workflowRuns[name];
  return {
    shape: indexed ? name : `+${name}`,
    build: () => (indexed ? sql`${column} = ${placeholder(name)}` : sql`+${column} = ${placeholder(name)}`),
    values: { [name]: value },
  };
}

/** Bounds on run ids, so that a search ends where the page, or the time, does. */
function idBounds({ after, downTo, submittedAfter: time }: RunFilter, runId: SQLiteColumn): Condition[] {
  const conditions: Condition[] = [];
  if (downTo !== undefined) {
    conditions.push({ shape: 'down to', build: () => gte(runId, placeholder('downTo')), values: { downTo } });
  }
  if (after !== undefined) {
    conditions.push({ shape: 'after', build: () => lt(runId, placeholder('after')), values: { after } });
  }
  if (time !== undefined) {
    const firstId = firstIdSince(time);
    conditions.push({ shape: 'from', build: () => gte(runId, placeholder('firstId')), values: { firstId } });
  }
  return conditions;
}

function submittedAfter({ submittedAfter: time }: RunFilter): Condition[] {
  if (time === undefined) return [];
  return [{ shape: 'later', build: () => gt(workflowRuns.submittedAt, placeholder('time')), values: { time } }];
}
