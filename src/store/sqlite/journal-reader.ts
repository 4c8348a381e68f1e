import { and, asc, desc, eq, getTableColumns, gt, gte, lte, sql } from 'drizzle-orm';
import type { BetterSQLite3Database } from 'drizzle-orm/better-sqlite3';
import { type EventRecord, eventOf } from '../../core/run/events.js';
import type { StoredRun } from '../store.js';
import { runEvents, runSnapshots } from './schema.js';

/** Reads journals. Each call sees one state of the database, because nothing else runs meanwhile. */
export class JournalReader {
  readonly #statements: Statements;

  constructor(db: BetterSQLite3Database) {
    this.#statements = prepareStatements(db);
  }

  /** What a run folds from, as it was at a record. */
  loadRun(runId: string, atSeq = Number.MAX_SAFE_INTEGER): StoredRun | undefined {
    const snapshot = this.#statements.snapshot.get({ runId, atSeq });
    const tail = this.#statements.eventsUpTo.all({ runId, afterSeq: snapshot?.seq ?? 0, atSeq }).map(recordOf);
    const first = snapshot === undefined ? tail[0] : this.readEvents(runId, 0, 1)[0];
    if (first === undefined) return undefined;
    const { event } = first;
    if (event.type !== 'run.submitted') throw new Error(`The journal of run ${runId} begins with ${event.type}.`);
    return { submitted: event, snapshot: snapshot?.state, tail };
  }

  /** Records above a seq. */
  readEvents(runId: string, afterSeq: number, limit: number): EventRecord[] {
    return this.#statements.events.all({ runId, afterSeq, limit }).map(recordOf);
  }

  /** Records that add log lines above a number. */
  readLogEvents(runId: string, afterLine: number, limit: number): EventRecord[] {
    const fromSeq = this.#seqOfLine(runId, afterLine + 1);
    return this.#statements.logEvents.all({ runId, fromSeq, limit }).map(recordOf);
  }

  /**
   * The seq of the event that adds a line, or one above the last. The count of lines never falls along a journal, so
   * halving finds it: some 10 look-ups of 2 µs for 1,000 events, where an index would cost at every append.
   */
  #seqOfLine(runId: string, line: number): number {
    if (line <= 1) return 1;
    let low = 1;
    let high = (this.#statements.lastSeq.get({ runId })?.seq ?? 0) + 1;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const logEnd = this.#statements.logEnd.get({ runId, seq: middle })?.logEnd ?? 0;
      if (logEnd >= line) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

type EventRow = Omit<typeof runEvents.$inferSelect, 'runId'>;

function recordOf({ seq, time, type, payload, logEnd }: EventRow): EventRecord {
  return { seq, time, event: eventOf(type, payload), payload, logEnd };
}

type Statements = ReturnType<typeof prepareStatements>;

function prepareStatements(db: BetterSQLite3Database) {
  const param = sql.placeholder;
  const ofRun = eq(runEvents.runId, param('runId'));
  const { runId: _, ...columns } = getTableColumns(runEvents);
  const addsLines = sql`${runEvents.logEnd} > coalesce(
    (SELECT before.log_end FROM run_events before WHERE before.run_id = ${runEvents.runId} AND before.seq = ${runEvents.seq} - 1), 0)`;
  return {
    snapshot: db
      .select()
      .from(runSnapshots)
      .where(and(eq(runSnapshots.runId, param('runId')), lte(runSnapshots.seq, param('atSeq'))))
      .prepare(),
    eventsUpTo: db
      .select(columns)
      .from(runEvents)
      .where(and(ofRun, gt(runEvents.seq, param('afterSeq')), lte(runEvents.seq, param('atSeq'))))
      .orderBy(asc(runEvents.seq))
      .prepare(),
    events: db
      .select(columns)
      .from(runEvents)
      .where(and(ofRun, gt(runEvents.seq, param('afterSeq'))))
      .orderBy(asc(runEvents.seq))
      .limit(param('limit'))
      .prepare(),
    logEvents: db
      .select(columns)
      .from(runEvents)
      .where(and(ofRun, gte(runEvents.seq, param('fromSeq')), addsLines))
      .orderBy(asc(runEvents.seq))
      .limit(param('limit'))
      .prepare(),
    lastSeq: db
      .select({ seq: runEvents.seq })
      .from(runEvents)
      .where(ofRun)
      .orderBy(desc(runEvents.seq))
      .limit(1)
      .prepare(),
    logEnd: db
      .select({ logEnd: runEvents.logEnd })
      .from(runEvents)
      .where(and(ofRun, eq(runEvents.seq, param('seq'))))
      .prepare(),
  };
}
