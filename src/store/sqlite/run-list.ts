import { and, asc, count, desc, eq, inArray, isNotNull, isNull, placeholder, type SQL } from 'drizzle-orm';
import type { BetterSQLite3Database } from 'drizzle-orm/better-sqlite3';
import { LRUCache } from 'lru-cache';
import { earliest, OLDEST_QUEUED } from '../queued-since.js';
import type { RunFilter } from '../run-filter.js';
import { unfinishedRun } from '../run-row.js';
import { isUnfinished, UNFINISHED } from '../run-search.js';
import type { RunSummary } from '../store.js';
import type { UnfinishedRun, UnfinishedStatus } from '../unfinished-run.js';
import {
  type Condition,
  idBounds,
  RUN_IDS,
  type Search,
  searchesFor,
  shapeOf,
  type Table,
  type Values,
  valuesOf,
  whereOf,
} from './run-searches.js';
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
/** The same, if the last events of each are read, which can be large. */
const JOURNALS_AT_A_TIME = 200;

/**
 * Lists runs. The statement of each kind of search is built once: to build it takes ten times as long as to run it, and a
 * page that shows runs asks again and again.
 */
export class RunLists {
  readonly #lists = new LRUCache<string, ListStatement>({ max: MAX_STATEMENTS });
  readonly #counts = new LRUCache<string, CountStatement>({ max: MAX_STATEMENTS });
  readonly #pauses = new LRUCache<string, PauseStatement>({ max: MAX_STATEMENTS });

  constructor(private readonly db: BetterSQLite3Database) {}

  /** Runs that fit a filter, in their order: run ids sort by time. */
  listRuns(filter: RunFilter): RunSummary[] {
    const [first, ...others] = searchesFor(filter);
    if (first === undefined) return [];
    if (others.length === 0) return this.#list(first, filter);
    // One status after the other: together they would have to be sorted, all of them.
    const found = [first, ...others].flatMap((search) => this.#list(search, filter));
    return found.sort((one, other) => (isBefore(filter, one.runId, other.runId) ? -1 : 1)).slice(0, filter.limit);
  }

  /** How many runs that is. Reads of a row what is checked only. */
  countRuns(filter: RunFilter): number {
    let found = 0;
    for (const search of searchesFor(filter)) {
      if (found < filter.limit) found += this.#count(search, { ...filter, limit: filter.limit - found });
    }
    return found;
  }

  /** The run at which a search should pause, if it looks at many rows that do not fit; undefined if it does not. */
  findSearchPause(filter: RunFilter): string | undefined {
    let pause: string | undefined;
    for (const search of searchesFor(filter)) {
      const runId = search.checked.length === 0 ? undefined : this.#findPause(search, filter);
      if (runId !== undefined && (pause === undefined || isBefore(filter, runId, pause))) pause = runId;
    }
    return pause;
  }

  #list(search: Search, filter: RunFilter): RunSummary[] {
    const { table } = search;
    const conditions = conditionsOf(search, filter);
    const { oldestFirst = false } = filter;
    const shape = shapeOf(table, conditions, oldestFirst);
    const statement = this.#lists.get(shape) ?? this.#prepareList(table, whereOf(conditions), oldestFirst);
    this.#lists.set(shape, statement);
    return statement.all(valuesOf(conditions, filter.limit));
  }

  #count(search: Search, filter: RunFilter): number {
    const { table } = search;
    const conditions = conditionsOf(search, filter);
    const { oldestFirst = false } = filter;
    const shape = shapeOf(table, conditions, oldestFirst);
    const statement = this.#counts.get(shape) ?? this.#prepareCount(table, whereOf(conditions), oldestFirst);
    this.#counts.set(shape, statement);
    return statement.get(valuesOf(conditions, filter.limit))?.count ?? 0;
  }

  #prepareCount(table: Table, where: SQL | undefined, oldestFirst: boolean): CountStatement {
    const order = oldestFirst ? asc(RUN_IDS[table]) : desc(RUN_IDS[table]);
    const ids = this.db.select({ runId: RUN_IDS[table] });
    const from =
      table === 'runs'
        ? ids.from(workflowRuns)
        : ids.from(runMetadata).innerJoin(workflowRuns, eq(workflowRuns.runId, runMetadata.runId));
    const found = from.where(where).orderBy(order).limit(placeholder('limit')).as('found');
    return this.db.select({ count: count() }).from(found).prepare();
  }

  #prepareList(table: Table, where: SQL | undefined, oldestFirst: boolean): ListStatement {
    const order = oldestFirst ? asc(RUN_IDS[table]) : desc(RUN_IDS[table]);
    const limit = placeholder('limit');
    const runs = this.db.select(SUMMARY);
    switch (table) {
      case 'runs':
        return runs.from(workflowRuns).where(where).orderBy(order).limit(limit).prepare();
      case 'metadata':
        return runs
          .from(runMetadata)
          .innerJoin(workflowRuns, eq(workflowRuns.runId, runMetadata.runId))
          .where(where)
          .orderBy(order)
          .limit(limit)
          .prepare();
    }
  }

  /** Walks along the index, which takes a millisecond at most. */
  #findPause({ table, indexed }: Search, filter: RunFilter): string | undefined {
    const runId = RUN_IDS[table];
    const conditions = [...indexed, ...idBounds(filter, runId)];
    const { oldestFirst = false, currentNode } = filter;
    const shape = shapeOf(table, conditions, oldestFirst);
    const order = oldestFirst ? asc(runId) : desc(runId);
    const prepare = (): PauseStatement => {
      const from = this.db.select({ runId }).from(table === 'runs' ? workflowRuns : runMetadata);
      return from.where(whereOf(conditions)).orderBy(order).limit(1).offset(placeholder('limit')).prepare();
    };
    const statement = this.#pauses.get(shape) ?? prepare();
    this.#pauses.set(shape, statement);
    const rows = currentNode === undefined ? ROWS_AT_A_TIME : JOURNALS_AT_A_TIME;
    return statement.get(valuesOf(conditions, rows - 1))?.runId;
  }
}

function conditionsOf({ table, indexed, checked, always }: Search, filter: RunFilter): Condition[] {
  return [...indexed, ...idBounds(filter, RUN_IDS[table]), ...checked, ...always];
}

interface ListStatement {
  all(values: Values): RunSummary[];
}

interface CountStatement {
  get(values: Values): { readonly count: number } | undefined;
}

interface PauseStatement {
  get(values: Values): { readonly runId: string } | undefined;
}

/** True if a list has one run before another. */
function isBefore({ oldestFirst = false }: RunFilter, one: string, other: string): boolean {
  return oldestFirst ? one < other : one > other;
}

const { graphId, concurrencyKey, concurrencySince, concurrencySlot } = workflowRuns;
/** Where a run stands. */
const LINE = { graphId, concurrencyKey, concurrencySince, concurrencySlot };

/** Prepared once: it is asked for whenever a run takes the place of others. */
export function prepareSurplus(db: BetterSQLite3Database) {
  const param = placeholder;
  const ofLine = and(
    eq(workflowRuns.graphId, param('graphId')),
    eq(workflowRuns.concurrencyKey, param('key')),
    isNotNull(workflowRuns.concurrencyKey),
    isNull(workflowRuns.finishedAt),
  );
  return db
    .select({ runId: workflowRuns.runId })
    .from(workflowRuns)
    .where(ofLine)
    .orderBy(desc(workflowRuns.concurrencySince), desc(workflowRuns.runId))
    .limit(param('limit'))
    .offset(param('maxRuns'))
    .prepare();
}

/** All runs that have not finished, oldest first. */
export function listUnfinishedRuns(db: BetterSQLite3Database): UnfinishedRun[] {
  const { runId, status, waitingFor, parentRunId, slotSeq } = workflowRuns;
  const columns = { runId, status, waitingFor, parentRunId, slotSeq, ...LINE };
  const found = ACTIVE.flatMap((isActive) => db.select(columns).from(workflowRuns).where(isActive).all());
  return found.sort((one, other) => (one.runId < other.runId ? -1 : 1)).flatMap((row) => unfinishedRun(row) ?? []);
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

/** Since when the top-level run has waited to begin that has waited longest. Ids sort by time, so it is among the first. */
export function findOldestQueued(db: BetterSQLite3Database): number | undefined {
  const { status, runId, parentRunId, submittedAt, concurrencySince: since } = workflowRuns;
  const isQueued = and(eq(status, 'SUBMITTED'), isNull(parentRunId));
  const first = db.select({ submittedAt, since }).from(workflowRuns).where(isQueued).orderBy(asc(runId));
  return earliest(first.limit(OLDEST_QUEUED).all());
}

/** The greatest id of a run. */
export function findNewestRunId(db: BetterSQLite3Database): string | undefined {
  const { runId } = workflowRuns;
  return db.select({ runId }).from(workflowRuns).orderBy(desc(runId)).limit(1).get()?.runId;
}
