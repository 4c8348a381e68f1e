import { and, asc, desc, eq, getTableColumns, gt, gte, sql } from 'drizzle-orm';
import type { BetterSQLite3Database } from 'drizzle-orm/better-sqlite3';
import { type EventRecord, eventOf } from '../../core/events.js';
import type { Json } from '../../core/json.js';
import type { StoredRun } from '../store.js';
import { runEvents, runSnapshots } from './schema.js';

/** Reads journals. Each call sees one state of the database, because nothing else runs meanwhile. */
export class JournalReader {
  readonly #statements: Statements;

  constructor(db: BetterSQLite3Database) {
    this.#statements = prepareStatements(db);
  }

  /** What a run folds from. */
  loadRun(runId: string): StoredRun | undefined {
    const snapshot = this.#statements.snapshot.get({ runId });
    const tail = this.readEvents(runId, snapshot?.seq ?? 0, -1);
    const first = snapshot === undefined ? tail[0] : this.readEvents(runId, 0, 1)[0];
    if (first === undefined) return undefined;
    return { inputData: inputOf(first), snapshot: snapshot?.state, tail };
  }

  /** Records above a seq; a negative limit is none. */
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

function inputOf({ event }: EventRecord): Json {
  return event.type === 'run.submitted' ? event.input_data : null;
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
      .where(eq(runSnapshots.runId, param('runId')))
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
