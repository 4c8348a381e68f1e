import { and, eq, gt, gte, inArray, isNull, lt, lte, placeholder, type SQL, sql } from 'drizzle-orm';
import type { SQLiteColumn } from 'drizzle-orm/sqlite-core';
import { definedOnly } from '../../core/base/defined-only.js';
import { RUN_STATUSES, type RunStatus } from '../../core/run/state.js';
import type { RunFilter } from '../run-filter.js';
import {
  endOfIdsBefore,
  firstIdSince,
  foldCase,
  type IndexedStarter,
  indexedStarter,
  possibleStatuses,
} from '../run-search.js';
import { runMetadata, workflowRuns } from './schema.js';
import { CURRENT_NODE, ERROR_CODE, hasText, IS_PAUSED, STARTER_ID, STARTER_KIND } from './summary-columns.js';

/** Where a search begins. */
export type Table = 'runs' | 'metadata';

export const RUN_IDS = { runs: workflowRuns.runId, metadata: runMetadata.runId } as const satisfies Record<
  Table,
  SQLiteColumn
>;

/** What one statement looks for. */
export interface Search {
  readonly table: Table;
  /** What an index serves: the rows that are looked at. */
  readonly indexed: readonly Condition[];
  /** What is checked on each of these rows, and can refuse any number of them. */
  readonly checked: readonly Condition[];
  /** What is checked too, and refuses next to none. */
  readonly always: readonly Condition[];
}

/** The searches that find all runs that fit a filter. */
export function searchesFor(given: RunFilter): Search[] {
  const filter = { ...given, ...definedOnly({ statuses: possibleStatuses(given) }) };
  const [metadata, ...others] = Object.entries(filter.metadata ?? {});
  if (metadata !== undefined) return [searchByMetadata(filter, metadata, others)];
  if (!isTopLevelOnly(filter)) return [searchByRelation(filter)];
  const statuses = new Set(filter.statuses ?? RUN_STATUSES);
  const starter = indexedStarter(filter);
  if (starter !== undefined) return [...statuses].map((status) => searchByStarter(filter, starter, status));
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
  return { table: 'runs', indexed, checked: [...checked, ...unserved(filter)], always: submittedBetween(filter) };
}

/** Top-level runs of one status that a schedule, or a step of another run, has started. */
function searchByStarter(
  { startedBy: _, ...filter }: RunFilter,
  { kind, id }: IndexedStarter,
  status: RunStatus,
): Search {
  const indexed = [
    equals('startedByKind', kind, { indexed: true }),
    equals('startedById', id, { indexed: true }),
    equals('status', status, { indexed: true }),
  ];
  const { graphId } = filter;
  const checked = graphId === undefined ? [] : [equals('graphId', graphId, { indexed: false })];
  return { table: 'runs', indexed, checked: [...checked, ...unserved(filter)], always: submittedBetween(filter) };
}

/** Children of a run, or runs that wait for something. */
function searchByRelation(filter: RunFilter): Search {
  const { parentRunId, waitingFor, ...others } = filter;
  const always = submittedBetween(filter);
  // A run has 10,000 children at most, while all runs there are may wait for the same.
  if (parentRunId !== undefined) {
    const rest = waitingFor === undefined ? others : { ...others, waitingFor };
    const indexed = [equals('parentRunId', parentRunId, { indexed: true })];
    return { table: 'runs', indexed, checked: [...unindexed(rest), ...unserved(filter)], always };
  }
  const indexed = waitingFor === undefined ? [] : [equals('waitingFor', waitingFor, { indexed: true })];
  return { table: 'runs', indexed, checked: [...unindexed(others), ...unserved(filter)], always };
}

function searchByMetadata(filter: RunFilter, [key, value]: Entry, others: readonly Entry[]): Search {
  const entry = () =>
    sql`${runMetadata.key} = ${placeholder('key')} AND ${runMetadata.value} = ${placeholder('value')}`;
  const checked = [...unindexed(filter), ...others.map(hasMetadata), ...unserved(filter)];
  const always = submittedBetween(filter);
  // Children have the metadata of their parent: thousands of them can stand between two top-level runs.
  const isTop = { shape: 'top', build: () => sql`+${workflowRuns.parentRunId} IS NULL`, values: {} };
  if (isTopLevelOnly(filter)) checked.push(isTop);
  return { table: 'metadata', indexed: [{ shape: 'entry', build: entry, values: { key, value } }], checked, always };
}

export function shapeOf(table: Table, conditions: readonly Condition[], oldestFirst: boolean): string {
  return `${table} ${oldestFirst ? 'oldest' : 'newest'}:${conditions.map(({ shape }) => shape).join(',')}`;
}

export function whereOf(conditions: readonly Condition[]): SQL | undefined {
  return and(...conditions.map(({ build }) => build()));
}

export function valuesOf(conditions: readonly Condition[], limit: number): Values {
  return Object.assign({ limit }, ...conditions.map(({ values }) => values));
}

/** Values by the names of their placeholders. */
export type Values = Record<string, unknown>;

/** A condition of a search. Conditions of one shape are the same SQL. */
export interface Condition {
  readonly shape: string;
  readonly build: () => SQL;
  readonly values: Values;
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

/** Conditions that no index serves. */
function unserved({ errorCode, currentNode, paused, startedBy, search }: RunFilter): Condition[] {
  const conditions: Condition[] = [];
  const add = (name: string, value: string | number, found: SQL) =>
    conditions.push({ shape: name, build: () => eq(found, placeholder(name)), values: { [name]: value } });
  if (paused !== undefined) add('paused', Number(paused), IS_PAUSED);
  if (errorCode !== undefined) add('errorCode', errorCode, ERROR_CODE);
  if (currentNode !== undefined) add('currentNode', currentNode, CURRENT_NODE);
  if (startedBy !== undefined) add('starterKind', startedBy.kind, STARTER_KIND);
  if (startedBy?.id !== undefined) add('starterId', startedBy.id, STARTER_ID);
  if (search !== undefined) {
    const build = () => hasText(placeholder('search'));
    conditions.push({ shape: 'search', build, values: { search: foldCase(search) } });
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

type ComparedColumn = 'status' | 'graphId' | 'parentRunId' | 'waitingFor' | 'startedByKind' | 'startedById';

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
export function idBounds(filter: RunFilter, runId: SQLiteColumn): Condition[] {
  const { after, downTo, submittedAfter, submittedBefore, oldestFirst = false } = filter;
  const conditions: Condition[] = [];
  const add = (name: string, value: string, compare: typeof gte) =>
    conditions.push({
      shape: name,
      build: () => compare(runId, placeholder(name)),
      values: { [name]: value },
    });
  if (downTo !== undefined) add('downTo', downTo, oldestFirst ? lte : gte);
  if (after !== undefined) add('after', after, oldestFirst ? gt : lt);
  if (submittedAfter !== undefined) add('firstId', firstIdSince(submittedAfter), gte);
  if (submittedBefore !== undefined) add('endOfIds', endOfIdsBefore(submittedBefore), lt);
  return conditions;
}

function submittedBetween({ submittedAfter, submittedBefore }: RunFilter): Condition[] {
  const { submittedAt } = workflowRuns;
  const conditions: Condition[] = [];
  const add = (name: string, value: number, compare: typeof gt) =>
    conditions.push({ shape: name, build: () => compare(submittedAt, placeholder(name)), values: { [name]: value } });
  if (submittedAfter !== undefined) add('submittedAfter', submittedAfter, gt);
  if (submittedBefore !== undefined) add('submittedBefore', submittedBefore, lt);
  return conditions;
}
