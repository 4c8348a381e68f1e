import { and, count, desc, eq, gt, gte, inArray, isNotNull, isNull, lt, placeholder, type SQL, sql } from 'drizzle-orm';
import type { BetterSQLite3Database } from 'drizzle-orm/better-sqlite3';
import type { SQLiteColumn } from 'drizzle-orm/sqlite-core';
import { LRUCache } from 'lru-cache';
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

/** Kinds of search whose statements are kept. */
const MAX_STATEMENTS = 50;

/**
 * Lists runs. The statement of each kind of search is built once: to build it takes ten times as long as to run it, and a
 * page that shows runs asks again and again.
 */
export class RunLists {
  readonly #statements = new LRUCache<string, ListStatement>({ max: MAX_STATEMENTS });

  constructor(private readonly db: BetterSQLite3Database) {}

  /** Runs that fit a filter, newest first: run ids sort by time. */
  listRuns(filter: RunFilter): RunSummary[] {
    const [metadata, ...others] = Object.entries(filter.metadata ?? {});
    if (metadata !== undefined) return this.#listByMetadata(filter, metadata, others);
    if (!isTopLevelOnly(filter)) return this.#listByRelation(filter);
    const statuses = new Set(filter.statuses ?? RUN_STATUSES);
    const allStatuses = statuses.size === RUN_STATUSES.length;
    if (allStatuses && filter.graphId !== undefined) return this.#listTopLevel(filter, undefined);
    // One status after the other: together they would have to be sorted, all of them.
    const found = [...statuses].flatMap((status) => this.#listTopLevel(filter, status));
    return found.sort((one, other) => (one.runId < other.runId ? 1 : -1)).slice(0, filter.limit);
  }

  /** Top-level runs, of one status or, by graph, of all. */
  #listTopLevel(filter: RunFilter, status: RunStatus | undefined): RunSummary[] {
    const conditions: Condition[] = [{ shape: 'top', build: () => isNull(workflowRuns.parentRunId), values: {} }];
    // Of two indexes that fit, the graph's serves COMPLETED better, and the status's all others, which are fewer.
    const byGraph = filter.graphId !== undefined && (status === undefined || status === 'COMPLETED');
    if (status !== undefined) conditions.push(equals('status', status, { indexed: !byGraph }));
    if (filter.graphId !== undefined) conditions.push(equals('graphId', filter.graphId, { indexed: byGraph }));
    return this.#select(filter, conditions);
  }

  /** Children of a run, or runs that wait for something. */
  #listByRelation(filter: RunFilter): RunSummary[] {
    const { parentRunId, waitingFor, ...others } = filter;
    // A run has 10,000 children at most, while all runs there are may wait for the same.
    if (parentRunId !== undefined) {
      const rest = waitingFor === undefined ? others : { ...others, waitingFor };
      return this.#select(filter, [equals('parentRunId', parentRunId, { indexed: true }), ...unindexed(rest)]);
    }
    const waits = waitingFor === undefined ? [] : [equals('waitingFor', waitingFor, { indexed: true })];
    return this.#select(filter, [...waits, ...unindexed(others)]);
  }

  #select(filter: RunFilter, conditions: readonly Condition[]): RunSummary[] {
    const { runId } = workflowRuns;
    const all = [...conditions, ...idBounds(filter, runId), ...submittedAfter(filter)];
    return this.#run('', filter, all, (where) =>
      this.db
        .select(SUMMARY)
        .from(workflowRuns)
        .where(where)
        .orderBy(desc(runId))
        .limit(placeholder('limit'))
        .prepare(),
    );
  }

  #listByMetadata(filter: RunFilter, [key, value]: Entry, others: readonly Entry[]): RunSummary[] {
    const entry = () =>
      sql`${runMetadata.key} = ${placeholder('key')} AND ${runMetadata.value} = ${placeholder('value')}`;
    const conditions = [
      { shape: 'entry', build: entry, values: { key, value } },
      ...idBounds(filter, runMetadata.runId),
      ...unindexed(filter),
      ...submittedAfter(filter),
      ...others.map(hasMetadata),
    ];
    if (isTopLevelOnly(filter)) {
      conditions.push({ shape: 'top', build: () => sql`+${workflowRuns.parentRunId} IS NULL`, values: {} });
    }
    return this.#run('metadata', filter, conditions, (where) =>
      this.db
        .select(SUMMARY)
        .from(runMetadata)
        .innerJoin(workflowRuns, eq(workflowRuns.runId, runMetadata.runId))
        .where(where)
        .orderBy(desc(runMetadata.runId))
        .limit(placeholder('limit'))
        .prepare(),
    );
  }

  #run(
    kind: string,
    { limit }: RunFilter,
    conditions: readonly Condition[],
    prepare: (where: SQL | undefined) => ListStatement,
  ): RunSummary[] {
    const shape = `${kind}:${conditions.map((condition) => condition.shape).join(',')}`;
    const statement = this.#statements.get(shape) ?? prepare(and(...conditions.map(({ build }) => build())));
    this.#statements.set(shape, statement);
    return statement.all(Object.assign({ limit }, ...conditions.map(({ values }) => values)));
  }
}

interface ListStatement {
  all(values: Values): RunSummary[];
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

/** False for what no release so far has stored in the row of a run that has not finished, too. */
function isUnfinished(status: RunStatus): status is UnfinishedStatus {
  return UNFINISHED.includes(status);
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

/** A run's id is made at most this long before its submission is noted, in milliseconds. */
const ID_SLACK_MS = 60_000;
const MAX_UUID_MS = 2 ** 48 - 1;

/** Bounds on run ids, so that a search ends where the page, or the time, does. */
function idBounds({ after, submittedAfter: time }: RunFilter, runId: SQLiteColumn): Condition[] {
  const conditions: Condition[] = [];
  if (after !== undefined) {
    conditions.push({ shape: 'after', build: () => lt(runId, placeholder('after')), values: { after } });
  }
  if (time !== undefined) {
    const firstId = firstIdAt(time - ID_SLACK_MS);
    conditions.push({ shape: 'from', build: () => gte(runId, placeholder('firstId')), values: { firstId } });
  }
  return conditions;
}

function submittedAfter({ submittedAfter: time }: RunFilter): Condition[] {
  if (time === undefined) return [];
  return [{ shape: 'later', build: () => gt(workflowRuns.submittedAt, placeholder('time')), values: { time } }];
}

/** Where the ids of a millisecond begin: UUIDv7 has the time in its first 48 bits (RFC 9562, section 5.7). */
function firstIdAt(time: number): string {
  const hex = Math.floor(Math.min(Math.max(time, 0), MAX_UUID_MS))
    .toString(16)
    .padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}`;
}
