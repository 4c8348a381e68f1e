import { and, asc, eq, gte, inArray, isNull, lt, sql } from 'drizzle-orm';
import type { BetterSQLite3Database } from 'drizzle-orm/better-sqlite3';
import { isFinished } from '../../core/run/state.js';
import { readMetadata } from '../../core/run/stored-row.js';
import { childUsage, runEvents, runMetadata, runSnapshots, workflowRuns } from './schema.js';
import { deliveries, deliveryTargets } from './trigger-tables.js';

/** Runs, children included, after which a transaction deletes no further family: some 15 ms. A family is deleted whole. */
const MAX_RUNS = 1000;
/** Finished runs that a transaction looks at to find some to delete: some 5 ms. Those with callbacks can be many. */
const MAX_LOOKED_AT = 5000;
/** Of which so many are read at a time. */
const LOOKED_AT_A_TIME = 500;

interface FinishedRun {
  readonly runId: string;
  readonly finishedAt: number;
  /** It has no callbacks that are still to be delivered. */
  readonly isTold: boolean;
}

/** Deletes runs with their children. The calls belong into a transaction. */
export class RunDeletion {
  readonly #statements: Statements;
  /** Where the search for what is old has stopped. */
  #last = BEFORE_ALL;

  constructor(db: BetterSQLite3Database) {
    this.#statements = prepareStatements(db);
  }

  /** Deletes a finished top-level run with all that belongs to it. */
  deleteRun(runId: string): 'deleted' | 'missing' | 'active' | 'child' {
    const run = this.#statements.findRun.get({ runId });
    if (run === undefined) return 'missing';
    if (run.parentRunId !== null) return 'child';
    if (!isFinished(run.status)) return 'active';
    return this.deleteFamily(runId) === 0 ? 'active' : 'deleted';
  }

  /**
   * Deletes the top-level runs that finished first, up to a time (milliseconds since 1970). Goes on where it has stopped the
   * last time, until it has come to the end: what could not be deleted is looked at once each time round.
   * `isDone` is false when there may be more, and they would make the transaction long.
   */
  deleteRunsFinishedBefore(time: number, limit: number): { count: number; isDone: boolean } {
    const done = { count: 0, size: 0 };
    for (let looked = 0; looked < MAX_LOOKED_AT; looked += LOOKED_AT_A_TIME) {
      const found = this.#statements.findFinished.all({ time, limit: LOOKED_AT_A_TIME, ...this.#last });
      if (!this.#deleteTold(found, limit, done)) return { count: done.count, isDone: done.count === limit };
      if (found.length === LOOKED_AT_A_TIME) continue;
      this.#last = BEFORE_ALL;
      return { count: done.count, isDone: true };
    }
    return { count: done.count, isDone: false };
  }

  /** Adds what it deletes to `done`; false if it stops before the end of what was found. */
  #deleteTold(found: readonly FinishedRun[], limit: number, done: { count: number; size: number }): boolean {
    for (const { runId, finishedAt, isTold } of found) {
      if (done.count === limit || done.size >= MAX_RUNS) return false;
      const deleted = isTold ? this.deleteFamily(runId) : 0;
      done.size += deleted;
      if (deleted > 0) done.count += 1;
      this.#last = { finishedAt, runId };
    }
    return true;
  }

  /** Deletes a run and all below it; says how many, which is none where one of them has not finished. */
  deleteFamily(topRunId: string): number {
    const family = this.#statements.findFamily.all({ runId: topRunId });
    // A run ends after its children, so this should not be.
    if (family.some(({ finishedAt }) => finishedAt === null)) return 0;
    for (const { runId, metadata } of family) this.#delete(runId, readMetadata(metadata));
    return family.length;
  }

  #delete(runId: string, metadata: Readonly<Record<string, string>> | undefined): void {
    // The index of metadata begins with the key, so each entry is named in full. Only if the row cannot be read, all
    // entries there are have to be looked at.
    if (metadata === undefined) this.#statements.deleteAllMetadata.run({ runId });
    for (const [key, value] of Object.entries(metadata ?? {})) {
      this.#statements.deleteMetadata.run({ key, value, runId });
    }
    this.#statements.deleteEvents.run({ runId });
    this.#statements.deleteSnapshot.run({ runId });
    this.#statements.deleteUsage.run({ runId });
    this.#statements.deleteTargets.run({ runId });
    this.#statements.deleteDeliveries.run({ runId });
    this.#statements.deleteRun.run({ runId });
  }
}

/** What is still to be told of a run is told before it goes by its age; that takes three days at most. */
const isTold = sql<boolean>`NOT EXISTS (SELECT 1 FROM delivery_targets
  WHERE delivery_targets.run_id = workflow_runs.run_id AND next_at IS NOT NULL)`;

const BEFORE_ALL = { finishedAt: Number.MIN_SAFE_INTEGER, runId: '' };

/** A run and all below it. A parent is older than its children and never changes, so this ends. */
const family = sql`(WITH RECURSIVE family (run_id) AS (
    SELECT ${sql.placeholder('runId')}
    UNION ALL
    SELECT child.run_id FROM family CROSS JOIN workflow_runs child WHERE child.parent_run_id = family.run_id
  ) SELECT run_id FROM family)`;

type Statements = ReturnType<typeof prepareStatements>;

function prepareStatements(db: BetterSQLite3Database) {
  const param = sql.placeholder;
  const { runId, parentRunId, status, metadata, finishedAt } = workflowRuns;
  const isEntry = and(
    eq(runMetadata.key, param('key')),
    eq(runMetadata.value, param('value')),
    eq(runMetadata.runId, param('runId')),
  );
  const isBehind = sql`(${finishedAt}, ${runId}) > (${param('finishedAt')}, ${param('runId')})`;
  return {
    findRun: db
      .select({ status, parentRunId })
      .from(workflowRuns)
      .where(eq(runId, param('runId')))
      .prepare(),
    findFinished: db
      .select({ runId, finishedAt: sql<number>`${finishedAt}`, isTold })
      .from(workflowRuns)
      .where(and(lt(finishedAt, param('time')), isNull(parentRunId), gte(finishedAt, param('finishedAt')), isBehind))
      .orderBy(asc(finishedAt), asc(runId))
      .limit(param('limit'))
      .prepare(),
    findFamily: db
      .select({ runId, metadata: sql<string>`${metadata}`, finishedAt })
      .from(workflowRuns)
      .where(inArray(runId, family))
      .prepare(),
    deleteMetadata: db.delete(runMetadata).where(isEntry).prepare(),
    deleteAllMetadata: db
      .delete(runMetadata)
      .where(eq(runMetadata.runId, param('runId')))
      .prepare(),
    deleteEvents: db
      .delete(runEvents)
      .where(eq(runEvents.runId, param('runId')))
      .prepare(),
    deleteSnapshot: db
      .delete(runSnapshots)
      .where(eq(runSnapshots.runId, param('runId')))
      .prepare(),
    deleteUsage: db
      .delete(childUsage)
      .where(eq(childUsage.runId, param('runId')))
      .prepare(),
    deleteTargets: db
      .delete(deliveryTargets)
      .where(eq(deliveryTargets.runId, param('runId')))
      .prepare(),
    deleteDeliveries: db
      .delete(deliveries)
      .where(eq(deliveries.runId, param('runId')))
      .prepare(),
    deleteRun: db
      .delete(workflowRuns)
      .where(eq(runId, param('runId')))
      .prepare(),
  };
}
