import type Database from 'better-sqlite3';
import { and, desc, eq, lte, sql } from 'drizzle-orm';
import type { BetterSQLite3Database } from 'drizzle-orm/better-sqlite3';
import { type EventRecord, type EventType, eventOf } from '../../core/run/events.js';
import { MAX_PAGE_SIZE, type StoredRun } from '../store.js';
import { runEvents, runSnapshots } from './schema.js';

/** Reads journals. Each call sees one state of the database, because nothing else runs meanwhile. */
export class JournalReader {
  readonly #statements: Statements;
  readonly #pages: Pages;

  constructor(db: BetterSQLite3Database, sqlite: Database.Database) {
    this.#statements = prepareStatements(db);
    this.#pages = preparePages(sqlite);
  }

  /** What a run folds from, as it was at a record. */
  loadRun(runId: string, atSeq = Number.MAX_SAFE_INTEGER): StoredRun | undefined {
    const snapshot = this.#statements.snapshot.get({ runId, atSeq });
    const tail = pageOf(this.#pages.eventsUpTo.iterate(runId, snapshot?.seq ?? 0, atSeq));
    const first = snapshot === undefined ? tail[0] : this.readEvents(runId, 0, 1)[0];
    if (first === undefined) return undefined;
    const { event } = first;
    if (event.type !== 'run.submitted') throw new Error(`The journal of run ${runId} begins with ${event.type}.`);
    return { submitted: event, snapshot: snapshot?.state, tail };
  }

  /** A page of records above a seq. */
  readEvents(runId: string, afterSeq: number, limit: number): EventRecord[] {
    return pageOf(this.#pages.events.iterate(runId, afterSeq, limit));
  }

  /** A page of records that add log lines above a number. */
  readLogEvents(runId: string, afterLine: number, limit: number): EventRecord[] {
    const fromSeq = this.#seqOfLine(runId, afterLine + 1);
    return pageOf(this.#pages.logEvents.iterate(runId, fromSeq, limit));
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

type EventRow = Pick<EventRecord, 'seq' | 'time' | 'payload'> & { readonly type: EventType; readonly log_end: number };

/** Reads rows one by one, so that no more of them is in memory than the page holds. */
function pageOf(rows: Iterable<EventRow>): EventRecord[] {
  const records: EventRecord[] = [];
  let size = 0;
  for (const { seq, time, type, payload, log_end: logEnd } of rows) {
    records.push({ seq, time, event: eventOf(type, payload), payload, logEnd });
    size += payload.length;
    if (size >= MAX_PAGE_SIZE) break;
  }
  return records;
}

type Pages = ReturnType<typeof preparePages>;

/** Not through Drizzle, which reads all rows at once. */
function preparePages(sqlite: Database.Database) {
  const page = <P extends unknown[]>(condition: string) =>
    sqlite.prepare<P, EventRow>(
      `SELECT seq, time, type, payload, log_end FROM run_events event WHERE run_id = ? AND ${condition}`,
    );
  const addsLines = `log_end > coalesce(
    (SELECT before.log_end FROM run_events before WHERE before.run_id = event.run_id AND before.seq = event.seq - 1), 0)`;
  return {
    eventsUpTo: page<[runId: string, afterSeq: number, atSeq: number]>('seq > ? AND seq <= ? ORDER BY seq'),
    events: page<[runId: string, afterSeq: number, limit: number]>('seq > ? ORDER BY seq LIMIT ?'),
    logEvents: page<[runId: string, fromSeq: number, limit: number]>(`seq >= ? AND ${addsLines} ORDER BY seq LIMIT ?`),
  };
}

type Statements = ReturnType<typeof prepareStatements>;

function prepareStatements(db: BetterSQLite3Database) {
  const param = sql.placeholder;
  const ofRun = eq(runEvents.runId, param('runId'));
  return {
    snapshot: db
      .select()
      .from(runSnapshots)
      .where(and(eq(runSnapshots.runId, param('runId')), lte(runSnapshots.seq, param('atSeq'))))
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
