import { and, asc, eq, inArray, isNull, sql } from 'drizzle-orm';
import type { BetterSQLite3Database } from 'drizzle-orm/better-sqlite3';
import { freezeJson } from '../../core/base/json.js';
import { MAX_DEPTH } from '../../core/run/interpreter.js';
import type { ChildResult } from '../../core/run/join.js';
import type { Waiting } from '../../core/run/state.js';
import type { ChildRow, RunSummary } from '../store.js';
import { SUMMARY } from './run-list.js';
import { workflowRuns } from './schema.js';

/** Reads the children of runs. */
export class ChildReader {
  readonly #statements: Statements;

  constructor(db: BetterSQLite3Database) {
    this.#statements = prepareStatements(db);
  }

  /** The children that an event of a run started, by index. */
  listChildren(parentRunId: string, parentSeq: number): ChildRow[] {
    return this.#statements.children
      .all({ parentRunId, parentSeq })
      .map(({ index, ...child }) => ({ index: index ?? 0, ...child }));
  }

  /** What became of the children that an event of a run started, by index. */
  readChildResults(parentRunId: string, parentSeq: number): ChildResult[] {
    return this.#statements.results.all({ parentRunId, parentSeq }).map(({ index, runId, status, data, error }) => ({
      index: index ?? 0,
      runId,
      status,
      data: freezeJson(JSON.parse(data ?? '{}')),
      error: error === null ? null : { message: error.message },
    }));
  }

  /** Children, of any depth, that wait for something: the oldest of those found first. */
  listWaitingDescendants(runId: string, waitingFor: Waiting['kind'], limit: number): RunSummary[] {
    const found = this.#statements.waitingDescendants.all({ runId, waitingFor, limit });
    return found.sort((one, other) => (one.runId < other.runId ? -1 : 1));
  }
}

/**
 * The run, and the runs below it that have children: they wait for them. So the search follows these and looks at none
 * of the 10,000 children that are done, or busy.
 */
const parentsBelow = sql`(WITH RECURSIVE parents (run_id, depth) AS (
    SELECT ${sql.placeholder('runId')}, 0
    UNION ALL
    SELECT child.run_id, parents.depth + 1 FROM parents CROSS JOIN workflow_runs child
    WHERE child.parent_run_id = parents.run_id AND child.waiting_for IN ('branches', 'graph')
      AND child.finished_at IS NULL AND parents.depth < ${sql.raw(String(MAX_DEPTH))}
  ) SELECT run_id FROM parents)`;

type Statements = ReturnType<typeof prepareStatements>;

function prepareStatements(db: BetterSQLite3Database) {
  const param = sql.placeholder;
  const {
    childIndex: index,
    runId,
    status,
    data,
    error,
    parentRunId,
    parentSeq,
    waitingFor,
    finishedAt,
  } = workflowRuns;
  const ofEvent = and(eq(parentRunId, param('parentRunId')), eq(parentSeq, param('parentSeq')));
  const waits = and(inArray(parentRunId, parentsBelow), eq(waitingFor, param('waitingFor')), isNull(finishedAt));
  return {
    children: db.select({ index, runId, status }).from(workflowRuns).where(ofEvent).orderBy(asc(index)).prepare(),
    results: db
      .select({ index, runId, status, data, error })
      .from(workflowRuns)
      .where(ofEvent)
      .orderBy(asc(index))
      .prepare(),
    waitingDescendants: db.select(SUMMARY).from(workflowRuns).where(waits).limit(param('limit')).prepare(),
  };
}
