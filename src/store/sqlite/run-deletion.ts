import { and, asc, eq, lt, sql } from 'drizzle-orm';
import type { BetterSQLite3Database } from 'drizzle-orm/better-sqlite3';
import { isFinished } from '../../core/run.js';
import { runEvents, runMetadata, runSnapshots, workflowRuns } from './schema.js';

/** Deletes runs. The calls belong into a transaction. */
export class RunDeletion {
  readonly #statements: Statements;

  constructor(db: BetterSQLite3Database) {
    this.#statements = prepareStatements(db);
  }

  /** Deletes a finished run with all that belongs to it. */
  deleteRun(runId: string): 'deleted' | 'missing' | 'active' {
    const run = this.#statements.findRun.get({ runId });
    if (run === undefined) return 'missing';
    if (!isFinished(run.status)) return 'active';
    this.#delete(runId, run.metadata);
    return 'deleted';
  }

  /** Deletes the runs that finished first, up to a time (milliseconds since 1970); says how many. */
  deleteRunsFinishedBefore(time: number, limit: number): number {
    const runs = this.#statements.findFinished.all({ time, limit });
    for (const { runId, metadata } of runs) this.#delete(runId, metadata);
    return runs.length;
  }

  #delete(runId: string, metadata: Readonly<Record<string, string>>): void {
    // The index of metadata begins with the key, so each entry is named in full.
    for (const [key, value] of Object.entries(metadata)) this.#statements.deleteMetadata.run({ key, value, runId });
    this.#statements.deleteEvents.run({ runId });
    this.#statements.deleteSnapshot.run({ runId });
    this.#statements.deleteRun.run({ runId });
  }
}

type Statements = ReturnType<typeof prepareStatements>;

function prepareStatements(db: BetterSQLite3Database) {
  const param = sql.placeholder;
  const { runId, status, metadata, finishedAt } = workflowRuns;
  const isEntry = and(
    eq(runMetadata.key, param('key')),
    eq(runMetadata.value, param('value')),
    eq(runMetadata.runId, param('runId')),
  );
  return {
    findRun: db
      .select({ status, metadata })
      .from(workflowRuns)
      .where(eq(runId, param('runId')))
      .prepare(),
    findFinished: db
      .select({ runId, metadata })
      .from(workflowRuns)
      .where(lt(finishedAt, param('time')))
      .orderBy(asc(finishedAt))
      .limit(param('limit'))
      .prepare(),
    deleteMetadata: db.delete(runMetadata).where(isEntry).prepare(),
    deleteEvents: db
      .delete(runEvents)
      .where(eq(runEvents.runId, param('runId')))
      .prepare(),
    deleteSnapshot: db
      .delete(runSnapshots)
      .where(eq(runSnapshots.runId, param('runId')))
      .prepare(),
    deleteRun: db
      .delete(workflowRuns)
      .where(eq(runId, param('runId')))
      .prepare(),
  };
}
