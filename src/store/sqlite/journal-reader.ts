import type Database from 'better-sqlite3';
import { and, eq, lte, sql } from 'drizzle-orm';
import type { BetterSQLite3Database } from 'drizzle-orm/better-sqlite3';
import type { EventRecord } from '../../core/run/events.js';
import type { RunOutline } from '../../core/run/unread.js';
import type { EventRow, RawJournal } from '../raw-journals.js';
import { MAX_PAGE_SIZE, type RunSize, type StoredRun } from '../store.js';
import { missingJournal, readInOrder, readPage } from '../stored-records.js';
import { runEvents, runSnapshots, workflowRuns } from './schema.js';

/** Events after a snapshot that are measured: they are a few, or so many that the snapshot says how large the run is. */
const MAX_MEASURED_EVENTS = 2000;

/** Reads journals, and says which records cannot be read. Each call sees one state of the database, because nothing else runs meanwhile. */
export class JournalReader {
  readonly #statements: Statements;
  readonly #pages: Pages;
  readonly #sizes: Sizes;

  constructor(db: BetterSQLite3Database, sqlite: Database.Database) {
    this.#statements = prepareStatements(db);
    this.#pages = preparePages(sqlite);
    this.#sizes = prepareSizes(sqlite);
  }

  /** What a run folds from, as it was at a record. */
  loadRun(runId: string, atSeq = Number.MAX_SAFE_INTEGER): StoredRun | undefined {
    const snapshot = this.#statements.snapshot.get({ runId, atSeq });
    const afterSeq = snapshot?.seq ?? 0;
    const tail = this.#inOrder(runId, afterSeq, this.#pages.eventsUpTo.iterate(runId, afterSeq, atSeq));
    const first = snapshot === undefined ? tail[0] : this.readEvents(runId, 0, 1)[0];
    // The first record is always this event.
    if (first?.event.type !== 'run.submitted') return undefined;
    return { submitted: first.event, snapshot: snapshot?.state, tail };
  }

  /** How much is read to load a run. */
  measureRun(runId: string): RunSize | undefined {
    const run = this.#sizes.run.get(runId);
    if (run === undefined) return undefined;
    const { snapshotBytes, snapshotSeq, parentRunId, parentSeq } = run;
    const first = snapshotSeq > 0 ? this.measureEvents(runId, 0, 1) : 0;
    return {
      bytes: first + snapshotBytes + this.measureEvents(runId, snapshotSeq, MAX_MEASURED_EVENTS),
      base: parentRunId === null || parentSeq === null ? null : { runId: parentRunId, seq: parentSeq },
    };
  }

  /** Bytes of the payloads of records above a seq. */
  measureEvents(runId: string, afterSeq: number, limit: number): number {
    return this.#sizes.events.get(runId, afterSeq, limit)?.bytes ?? 0;
  }

  /** Bytes of the payloads of records from the one on that adds the line after a number. */
  measureLogEvents(runId: string, afterLine: number, limit: number): number {
    return this.measureEvents(runId, this.#seqOfLine(runId, afterLine + 1) - 1, limit);
  }

  /** The seq of the last record; 0 if there is none. */
  lastSeq(runId: string): number {
    return this.#pages.lastRecord.get(runId)?.seq ?? 0;
  }

  /** A page of records above a seq. */
  readEvents(runId: string, afterSeq: number, limit: number): EventRecord[] {
    return this.#inOrder(runId, afterSeq, this.#pages.events.iterate(runId, afterSeq, limit));
  }

  /** A page of journals as they are stored. */
  readRows(runIds: readonly string[], afterSeq: number): RawJournal[] {
    const journals: RawJournal[] = [];
    let size = 0;
    for (const [index, runId] of runIds.entries()) {
      const rows: EventRow[] = [];
      for (const row of this.#pages.events.iterate(runId, index === 0 ? afterSeq : 0, -1)) {
        rows.push(row);
        size += row.payload.length;
        if (size >= MAX_PAGE_SIZE) break;
      }
      if (rows.length > 0) journals.push({ runId, rows });
      if (size >= MAX_PAGE_SIZE) break;
    }
    return journals;
  }

  /** True if a journal has just this record, whatever else is in it. */
  hasRecord(runId: string, { seq, time, payload }: EventRecord): boolean {
    const row = this.#pages.events.get(runId, seq - 1, 1);
    return row?.seq === seq && row.time === time && row.payload === payload;
  }

  /** The row of a run, and where its journal ends. */
  outlineRun(runId: string): RunOutline | undefined {
    const run = this.#statements.outline.get({ runId });
    const last = this.#pages.lastRecord.get(runId);
    if (run === undefined) return undefined;
    return { ...run, seq: last?.seq ?? 0, logCount: last?.logEnd ?? 0, lastType: last?.type ?? null };
  }

  /** A page of records that add log lines above a number. */
  readLogEvents(runId: string, afterLine: number, limit: number): EventRecord[] {
    const fromSeq = this.#seqOfLine(runId, afterLine + 1);
    return readPage(runId, this.#pages.logEvents.iterate(runId, fromSeq, limit));
  }

  /** A page of rows as records, none of which is missing. */
  #inOrder(runId: string, afterSeq: number, rows: Iterable<EventRow>): EventRecord[] {
    const records = readInOrder(runId, afterSeq, rows);
    if (records.length === 0 && afterSeq === 0 && this.#statements.outline.get({ runId }) !== undefined) {
      throw missingJournal(runId);
    }
    return records;
  }

  /**
   * The seq of the event that adds a line, or one above the last. The count of lines never falls along a journal, so
   * halving finds it: some 10 look-ups of 2 µs for 1,000 events, where an index would cost at every append.
   */
  #seqOfLine(runId: string, line: number): number {
    if (line <= 1) return 1;
    let low = 1;
    let high = this.lastSeq(runId) + 1;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const logEnd = this.#statements.logEnd.get({ runId, seq: middle })?.logEnd ?? 0;
      if (logEnd >= line) high = middle;
      else low = middle + 1;
    }
    return low;
  }
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
    lastRecord: sqlite.prepare<[runId: string], { seq: number; type: string; logEnd: number }>(
      'SELECT seq, type, log_end AS logEnd FROM run_events WHERE run_id = ? ORDER BY seq DESC LIMIT 1',
    ),
    eventsUpTo: page<[runId: string, afterSeq: number, atSeq: number]>('seq > ? AND seq <= ? ORDER BY seq'),
    events: page<[runId: string, afterSeq: number, limit: number]>('seq > ? ORDER BY seq LIMIT ?'),
    logEvents: page<[runId: string, fromSeq: number, limit: number]>(`seq >= ? AND ${addsLines} ORDER BY seq LIMIT ?`),
  };
}

type Sizes = ReturnType<typeof prepareSizes>;

/**
 * `octet_length` of a column is known from the head of its row: the text itself, and the pages that it overflows to, are
 * not read.
 * @see https://www.sqlite.org/lang_corefunc.html#octet_length
 */
function prepareSizes(sqlite: Database.Database) {
  return {
    run: sqlite.prepare<
      [runId: string],
      { snapshotSeq: number; snapshotBytes: number; parentRunId: string | null; parentSeq: number | null }
    >(
      `SELECT coalesce(snapshot.seq, 0) AS snapshotSeq, coalesce(octet_length(snapshot.state), 0) AS snapshotBytes,
        parent.run_id AS parentRunId, run.parent_seq AS parentSeq
      FROM workflow_runs run
      LEFT JOIN run_snapshots snapshot ON snapshot.run_id = run.run_id
      LEFT JOIN workflow_runs parent ON parent.run_id = run.parent_run_id
        AND parent.graph_id = run.graph_id AND parent.graph_version = run.graph_version
      WHERE run.run_id = ?`,
    ),
    events: sqlite.prepare<[runId: string, afterSeq: number, limit: number], { bytes: number }>(
      `SELECT coalesce(sum(bytes), 0) AS bytes FROM (
        SELECT octet_length(payload) AS bytes FROM run_events WHERE run_id = ? AND seq > ? ORDER BY seq LIMIT ?)`,
    ),
  };
}

type Statements = ReturnType<typeof prepareStatements>;

function prepareStatements(db: BetterSQLite3Database) {
  const param = sql.placeholder;
  const ofRun = eq(runEvents.runId, param('runId'));
  const { graphId, graphVersion, status, waitingFor } = workflowRuns;
  const { parentRunId, parentSeq, childIndex, submittedAt, startedAt } = workflowRuns;
  return {
    outline: db
      .select({
        runId: workflowRuns.runId,
        graphId,
        graphVersion,
        status,
        waitingFor,
        parentRunId,
        parentSeq,
        childIndex,
        submittedAt,
        startedAt,
        concurrencyKey: workflowRuns.concurrencyKey,
        concurrencySince: workflowRuns.concurrencySince,
      })
      .from(workflowRuns)
      .where(eq(workflowRuns.runId, param('runId')))
      .prepare(),
    snapshot: db
      .select()
      .from(runSnapshots)
      .where(and(eq(runSnapshots.runId, param('runId')), lte(runSnapshots.seq, param('atSeq'))))
      .prepare(),
    logEnd: db
      .select({ logEnd: runEvents.logEnd })
      .from(runEvents)
      .where(and(ofRun, eq(runEvents.seq, param('seq'))))
      .prepare(),
  };
}
