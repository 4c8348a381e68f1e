import { asc, gt, lte, sql } from 'drizzle-orm';
import type { BetterSQLite3Database } from 'drizzle-orm/better-sqlite3';
import { workflowRuns } from './schema.js';

/** Reads when runs have to be looked at. Times are milliseconds since 1970. */
export class WakeTimes {
  readonly #statements: Statements;

  constructor(db: BetterSQLite3Database) {
    this.#statements = prepareStatements(db);
  }

  /** Runs that are due at a time, earliest first. */
  listDueRuns(time: number, limit: number): string[] {
    return this.#statements.due.all({ time, limit }).map(({ runId }) => runId);
  }

  /** The earliest time after another. */
  nextWakeAt(after: number): number | undefined {
    return this.#statements.next.get({ after })?.wakeAt ?? undefined;
  }
}

type Statements = ReturnType<typeof prepareStatements>;

function prepareStatements(db: BetterSQLite3Database) {
  const param = sql.placeholder;
  const { runId, wakeAt } = workflowRuns;
  return {
    due: db
      .select({ runId })
      .from(workflowRuns)
      .where(lte(wakeAt, param('time')))
      .orderBy(asc(wakeAt))
      .limit(param('limit'))
      .prepare(),
    next: db
      .select({ wakeAt })
      .from(workflowRuns)
      .where(gt(wakeAt, param('after')))
      .orderBy(asc(wakeAt))
      .limit(1)
      .prepare(),
  };
}
