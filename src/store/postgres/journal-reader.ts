import type pg from 'pg';
import type { EventRecord } from '../../core/run/events.js';
import type { RunOutline } from '../../core/run/unread.js';
import type { EventRow, RawJournal } from '../raw-journals.js';
import { MAX_PAGE_SIZE, type RunSize, type StoredRun } from '../store.js';
import { missingJournal, readInOrder, readPage } from '../stored-records.js';
import { isRunId, MAX_INTEGER, toInteger } from './column-values.js';
import { type Session, send } from './connection.js';

/** Events after a snapshot that are measured: they are a few, or so many that the snapshot says how large the run is. */
const MAX_MEASURED_EVENTS = 2000;
/** Rows that are asked for at a time: each is looked at, even if the page ends before it. */
const CHUNK_ROWS = 1000;
/** Rows of a page of several journals. */
const MAX_ROWS = 5000;
/** What a page can have in bytes: a character has three at most, and pages are measured in characters. */
const MAX_PAGE_BYTES = 3 * MAX_PAGE_SIZE;

/** Reads journals, and says which records cannot be read. */
export class JournalReader {
  constructor(private readonly session: Session) {}

  /** What a run folds from, as it was at a record. */
  async loadRun(runId: string, atSeq = MAX_INTEGER): Promise<StoredRun | undefined> {
    if (!isRunId(runId)) return undefined;
    const rows = await this.#rows<LoadedRow>('load_run', LOAD_RUN, [runId, toInteger(atSeq)]);
    const [first, ...later] = rows;
    if (first === undefined || first.seq !== 1) {
      readInOrder(runId, 0, rows);
      return this.#refuseMissing(runId);
    }
    const { snapshot, snapshotSeq } = first;
    const afterSeq = snapshotSeq ?? 0;
    const begun = snapshot === null ? rows : later;
    const tail = readInOrder(runId, afterSeq, await this.#fill(runId, begun, later.length, afterSeq, atSeq));
    const [head] = snapshot === null ? tail : readInOrder(runId, 0, [first]);
    // The first record is always this event.
    if (head?.event.type !== 'run.submitted') return undefined;
    return { submitted: head.event, snapshot: snapshot ?? undefined, tail };
  }

  /** How much is read to load a run. */
  async measureRun(runId: string): Promise<RunSize | undefined> {
    if (!isRunId(runId)) return undefined;
    const [run] = await this.#rows<MeasuredRow>('measure_run', MEASURE_RUN, [runId]);
    if (run === undefined) return undefined;
    const { bytes, parentRunId, parentSeq } = run;
    return {
      bytes,
      base: parentRunId === null || parentSeq === null ? null : { runId: parentRunId, seq: parentSeq },
    };
  }

  /** Bytes of the payloads of records above a seq. */
  async measureEvents(runId: string, afterSeq: number, limit: number): Promise<number> {
    if (!isRunId(runId)) return 0;
    const values = [runId, toInteger(afterSeq), toInteger(limit)];
    const [sum] = await this.#rows<{ bytes: number }>('measure_events', MEASURE_EVENTS, values);
    return sum?.bytes ?? 0;
  }

  /** Bytes of the payloads of records from the one on that adds the line after a number. */
  async measureLogEvents(runId: string, afterLine: number, limit: number): Promise<number> {
    if (!isRunId(runId)) return 0;
    return this.measureEvents(runId, (await this.#seqOfLine(runId, afterLine + 1)) - 1, limit);
  }

  /** The seq of the last record; 0 if there is none. */
  async lastSeq(runId: string): Promise<number> {
    if (!isRunId(runId)) return 0;
    const [last] = await this.#rows<{ seq: number | null }>('last_seq', LAST_SEQ, [runId]);
    return last?.seq ?? 0;
  }

  /** A page of records above a seq. */
  async readEvents(runId: string, afterSeq: number, limit: number): Promise<EventRecord[]> {
    if (!isRunId(runId)) return [];
    const rows = await this.#readRows('events', EVENTS, runId, { afterSeq, limit, atSeq: MAX_INTEGER });
    const records = readInOrder(runId, afterSeq, rows);
    if (records.length === 0 && afterSeq === 0) await this.#refuseMissing(runId);
    return records;
  }

  /** A page of journals as they are stored. */
  async readRows(runIds: readonly string[], afterSeq: number): Promise<RawJournal[]> {
    const values = [runIds.filter(isRunId), toInteger(isRunId(runIds[0] ?? '') ? afterSeq : 0)];
    const rows = await this.#rows<EventRow & { run_id: string }>('journals', JOURNALS, values);
    const journals = new Map<string, EventRow[]>();
    for (const { run_id: runId, ...row } of rows) {
      const known = journals.get(runId) ?? [];
      known.push(row);
      journals.set(runId, known);
    }
    return [...journals].map(([runId, ofRun]) => ({ runId, rows: ofRun }));
  }

  /** The row of a run, and where its journal ends. */
  async outlineRun(runId: string): Promise<RunOutline | undefined> {
    if (!isRunId(runId)) return undefined;
    const [outline] = await this.#rows<RunOutline>('outline_run', OUTLINE_RUN, [runId]);
    return outline;
  }

  /** A page of records that add log lines above a number. */
  async readLogEvents(runId: string, afterLine: number, limit: number): Promise<EventRecord[]> {
    if (!isRunId(runId)) return [];
    const afterSeq = (await this.#seqOfLine(runId, afterLine + 1)) - 1;
    return readPage(
      runId,
      await this.#readRows('log_events', LOG_EVENTS, runId, { afterSeq, limit, atSeq: MAX_INTEGER }),
    );
  }

  /** @throws UnreadableRunError if there is a run, but no journal */
  async #refuseMissing(runId: string): Promise<undefined> {
    // With records, it was stored after the look at its journal.
    if ((await this.outlineRun(runId))?.seq === 0) throw missingJournal(runId);
    return undefined;
  }

  /** Adds what a page still takes to the rows of a run that were read with it; `read` of them in the last chunk. */
  async #fill(
    runId: string,
    rows: readonly EventRow[],
    read: number,
    afterSeq: number,
    atSeq: number,
  ): Promise<readonly EventRow[]> {
    if (read < CHUNK_ROWS || sizeOf(rows) >= MAX_PAGE_SIZE) return rows;
    const last = rows.at(-1)?.seq ?? afterSeq;
    const limit = MAX_INTEGER;
    return [...rows, ...(await this.#readRows('events', EVENTS, runId, { afterSeq: last, limit, atSeq }))];
  }

  /** Rows for a page, chunk by chunk, until it is full or nothing follows. */
  async #readRows(
    name: string,
    text: string,
    runId: string,
    { afterSeq, limit, atSeq }: { readonly afterSeq: number; readonly limit: number; readonly atSeq: number },
  ): Promise<EventRow[]> {
    const rows: EventRow[] = [];
    let last = afterSeq;
    let size = 0;
    while (rows.length < limit && size < MAX_PAGE_SIZE) {
      const count = Math.min(CHUNK_ROWS, limit - rows.length);
      const chunk = await this.#rows<EventRow>(name, text, [runId, toInteger(last), toInteger(atSeq), count]);
      rows.push(...chunk);
      size += sizeOf(chunk);
      const end = chunk.at(-1);
      if (end === undefined || (chunk.length < count && size < MAX_PAGE_SIZE)) break;
      last = end.seq;
    }
    return rows;
  }

  /** The seq of the event that adds a line, or one above the last. */
  async #seqOfLine(runId: string, line: number): Promise<number> {
    if (line <= 1) return 1;
    const [found] = await this.#rows<{ seq: number }>('seq_of_line', SEQ_OF_LINE, [runId, toInteger(line)]);
    return found?.seq ?? 1;
  }

  async #rows<Row extends object>(name: string, text: string, values: readonly unknown[]): Promise<Row[]> {
    const { rows } = await send<Row & pg.QueryResultRow>(this.session, { name, text, values: [...values] });
    return rows;
  }
}

/** The first record of a run comes with its snapshot. */
type LoadedRow = EventRow & { readonly snapshot: string | null; readonly snapshotSeq: number | null };

interface MeasuredRow {
  readonly bytes: number;
  readonly parentRunId: string | null;
  readonly parentSeq: number | null;
}

function sizeOf(rows: readonly EventRow[]): number {
  return rows.reduce((size, { payload }) => size + payload.length, 0);
}

const RECORD = 'seq, time, type, payload, log_end';

/** Rows up to the one that fills a page. The length of a payload is known without reading it. */
function pageOf(rows: string): string {
  return `SELECT ${RECORD} FROM (
    SELECT ${RECORD}, sum(octet_length(payload)) OVER (ORDER BY seq) - octet_length(payload) AS bytes_before FROM (${rows}) chunk
  ) page WHERE bytes_before < ${MAX_PAGE_BYTES}`;
}

const EVENTS = `${pageOf(`SELECT ${RECORD} FROM run_events
  WHERE run_id = $1 AND seq > $2 AND seq <= $3 ORDER BY seq LIMIT $4`)} ORDER BY seq`;

/** Rows of several runs up to the one that fills a page. */
const JOURNALS = `SELECT run_id, ${RECORD} FROM (
    SELECT run_id, place, ${RECORD}, sum(octet_length(payload)) OVER (ORDER BY place, seq) - octet_length(payload) AS bytes_before
    FROM (
      SELECT event.run_id, wanted.place, ${RECORD} FROM unnest($1::uuid[]) WITH ORDINALITY wanted (run_id, place)
      JOIN run_events event ON event.run_id = wanted.run_id AND event.seq > CASE WHEN wanted.place = 1 THEN $2::bigint ELSE 0 END
      ORDER BY wanted.place, event.seq LIMIT ${MAX_ROWS}
    ) chunk
  ) page WHERE bytes_before < ${MAX_PAGE_SIZE} ORDER BY place, seq`;

const LOG_EVENTS = `${pageOf(`SELECT ${RECORD} FROM run_events event
  WHERE run_id = $1 AND seq > $2 AND seq <= $3 AND log_end > coalesce(
    (SELECT before.log_end FROM run_events before WHERE before.run_id = event.run_id AND before.seq = event.seq - 1), 0)
  ORDER BY seq LIMIT $4`)} ORDER BY seq`;

/** One statement, so that the snapshot and the records are of one moment. */
const LOAD_RUN = `WITH snapshot AS MATERIALIZED (SELECT seq, state FROM run_snapshots WHERE run_id = $1 AND seq <= $2)
  SELECT ${RECORD}, (SELECT state FROM snapshot) AS snapshot, (SELECT seq FROM snapshot) AS "snapshotSeq"
  FROM run_events WHERE run_id = $1 AND seq = 1 AND seq <= $2
  UNION ALL
  SELECT ${RECORD}, NULL, NULL FROM (${pageOf(`SELECT ${RECORD} FROM run_events
    WHERE run_id = $1 AND seq > greatest((SELECT seq FROM snapshot), 1) AND seq <= $2 ORDER BY seq LIMIT ${CHUNK_ROWS}`)}) later
  ORDER BY seq`;

const OF_EVENTS = (condition: string) =>
  `(SELECT coalesce(sum(bytes), 0) FROM (SELECT octet_length(payload) AS bytes FROM run_events event WHERE ${condition}) event)`;

const MEASURE_EVENTS = `SELECT ${OF_EVENTS('run_id = $1 AND seq > $2 ORDER BY seq LIMIT $3')}::bigint AS bytes`;

const MEASURE_RUN = `SELECT (coalesce(octet_length(snapshot.state), 0)
    + ${OF_EVENTS('event.run_id = run.run_id AND event.seq = 1 AND snapshot.seq > 0')}
    + ${OF_EVENTS(`event.run_id = run.run_id AND event.seq > coalesce(snapshot.seq, 0) ORDER BY seq LIMIT ${MAX_MEASURED_EVENTS}`)}
    )::bigint AS bytes, parent.run_id AS "parentRunId", run.parent_seq AS "parentSeq"
  FROM workflow_runs run
  LEFT JOIN run_snapshots snapshot ON snapshot.run_id = run.run_id
  LEFT JOIN workflow_runs parent ON parent.run_id = run.parent_run_id
    AND parent.graph_id = run.graph_id AND parent.graph_version = run.graph_version
  WHERE run.run_id = $1`;

const LAST_SEQ = 'SELECT max(seq) AS seq FROM run_events WHERE run_id = $1';

const OUTLINE_RUN = `SELECT run.run_id AS "runId", run.graph_id AS "graphId", run.graph_version AS "graphVersion", run.status,
    run.waiting_for AS "waitingFor", run.parent_run_id AS "parentRunId", run.parent_seq AS "parentSeq",
    run.child_index AS "childIndex", run.submitted_at AS "submittedAt", run.started_at AS "startedAt",
    run.concurrency_key AS "concurrencyKey", run.concurrency_since AS "concurrencySince",
    coalesce(last.seq, 0) AS seq, coalesce(last.log_end, 0) AS "logCount", last.type AS "lastType"
  FROM workflow_runs run LEFT JOIN LATERAL (
    SELECT seq, log_end, type FROM run_events WHERE run_id = run.run_id ORDER BY seq DESC LIMIT 1) last ON true
  WHERE run.run_id = $1`;

/** The count of lines never falls along a journal, so halving finds the first event that reaches a line. */
const SEQ_OF_LINE = `WITH RECURSIVE half (low, high) AS (
    SELECT 1, coalesce(max(seq), 0) + 1 FROM run_events WHERE run_id = $1
    UNION ALL
    SELECT CASE WHEN reaches THEN low ELSE middle + 1 END, CASE WHEN reaches THEN middle ELSE high END
    FROM (
      SELECT low, high, (low + high) / 2 AS middle, coalesce(
        (SELECT log_end FROM run_events WHERE run_id = $1 AND seq = (low + high) / 2), 0) >= $2 AS reaches
      FROM half WHERE low < high
    ) split
  ) SELECT low AS seq FROM half WHERE low >= high`;
