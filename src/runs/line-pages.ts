import { LRUCache } from 'lru-cache';
import { jsonBytes } from '../core/base/json.js';
import { linesOf } from '../core/run/log-lines.js';
import type { RunState } from '../core/run/state.js';
import type { Store, Unit } from '../store/store.js';
import type { Turns } from './turns.js';

/** Most log lines in one answer, and most bytes of them as JSON; `logs_after` goes on from there. */
export const MAX_LOG_LINES = 10_000;
export const MAX_LOG_BYTES = 4_194_304;
const EVENTS_AT_A_TIME = 500;
/** Pages that took this much reading are kept for those who read the same lines a moment later: eight of the largest. */
const MIN_READ_SIZE = 65_536;
const MAX_KEPT_BYTES = 33_554_432;
/** Events that were read last are kept up to this size: two of 1,000 of the longest lines. */
const MAX_LATEST_SIZE = 16_777_216;
/** What a page takes besides its lines, about. */
const PAGE_BYTES = 1000;
/** The first lines of runs are kept as they come: of each run up to this size, and of so many bytes in all. */
const MAX_FIRST_BYTES = 1_048_576;
const MAX_FIRST_BYTES_OF_ALL = 16_777_216;
const MAX_FIRST_RUNS = 2000;
/** What the lines of a run take besides their text, about. */
const FIRST_LINES_BYTES = 200;

/** What JSON may write in another way than it is: quotes, backslashes, control characters. */
const ESCAPED = /["\\\p{Cc}]/u;

/** Size of a line in a list, as JSON. */
function lineBytes(line: string): number {
  // Most lines hold nothing to escape, and need not be printed to be measured.
  return ESCAPED.test(line) ? jsonBytes(line) + 1 : Buffer.byteLength(line) + 3;
}

/** Collects lines up to the limits of an answer. */
class LinePage {
  readonly lines: string[] = [];
  bytes = 0;

  /** Adds lines; false if they do not all fit. The first line always does. */
  addAll(lines: readonly string[]): boolean {
    for (const line of lines) {
      const bytes = lineBytes(line);
      if (this.lines.length > 0 && this.bytes + bytes > MAX_LOG_BYTES) return false;
      if (this.lines.length >= MAX_LOG_LINES) return false;
      this.lines.push(line);
      this.bytes += bytes;
    }
    return true;
  }
}

/** Lines of an event, as they were read. */
interface EventLines {
  readonly seq: number;
  /** Count of the run's lines with these. */
  readonly logEnd: number;
  readonly lines: readonly string[];
}

/** The lines of a run from the first on. They only ever grow, as the journal does. */
class FirstLines {
  readonly lines: string[] = [];
  bytes = FIRST_LINES_BYTES;

  /** True if no more are kept. */
  get isFull(): boolean {
    return this.bytes >= MAX_FIRST_BYTES || this.lines.length >= MAX_LOG_LINES;
  }

  /** Adds the lines of an event, if it is the one that comes next. */
  add({ lines, logEnd }: Pick<EventLines, 'lines' | 'logEnd'>): void {
    if (logEnd <= this.lines.length || this.isFull) return;
    if (this.lines.length + lines.length !== logEnd) return;
    for (const line of lines) {
      if (this.isFull) return;
      this.lines.push(line);
      this.bytes += lineBytes(line);
    }
  }
}

/**
 * Reads the log lines of runs, a page at a time. The first lines of a run are kept as they are committed or read, so
 * that whoever polls a run reads only what is new; and whoever reads a large page at the same time as others gets the
 * same one.
 */
export class LinePages {
  readonly #first = new LRUCache<string, FirstLines>({ max: MAX_FIRST_RUNS, maxSize: MAX_FIRST_BYTES_OF_ALL });
  readonly #kept = new LRUCache<string, readonly string[]>({ maxSize: MAX_KEPT_BYTES });
  readonly #reading = new Map<string, Promise<readonly string[]>>();
  /** What was read of each run last: pages end in the middle of large events, and the next one goes on there. */
  readonly #latest = new LRUCache<string, readonly EventLines[]>({ maxSize: MAX_LATEST_SIZE });

  constructor(
    private readonly store: Pick<Store, 'readLogEvents'>,
    private readonly turns: Turns,
  ) {}

  /** Called after each commit: adds the new lines to those that are kept. */
  committed(units: readonly Unit[]): void {
    for (const { appends } of units) {
      for (const { state, records, create } of appends) {
        // Children are many, and few are looked at.
        const isNew = create !== undefined && state.parent === null;
        const first = isNew ? new FirstLines() : this.#first.peek(state.runId);
        if (first === undefined) continue;
        for (const { event, logEnd } of records) first.add({ lines: linesOf(event), logEnd });
        this.#keepFirst(state.runId, first);
      }
    }
  }

  /** The lines after so many, up to a page of them, as they were at a state. They are frozen. */
  async read(state: RunState, after: number): Promise<readonly string[]> {
    if (after >= state.logCount) return NO_LINES;
    const end = Math.min(state.logCount, after + MAX_LOG_LINES);
    // Lines never change, and a run that is deleted has no state.
    const key = `${state.runId} ${after} ${end}`;
    const known = this.#kept.get(key) ?? this.#reading.get(key);
    if (known !== undefined) return known;
    const first = this.#first.get(state.runId);
    if (first !== undefined && first.lines.length >= end) return this.#keep(key, firstPage(first, after, end));
    const reading = this.#read(state, after, key).finally(() => this.#reading.delete(key));
    this.#reading.set(key, reading);
    return reading;
  }

  async #read(state: RunState, after: number, key: string): Promise<readonly string[]> {
    const first = this.#first.get(state.runId) ?? new FirstLines();
    if (!first.isFull && after <= first.lines.length) await this.#readFirst(first, state);
    const end = Math.min(state.logCount, after + MAX_LOG_LINES);
    if (first.lines.length >= end) return this.#keep(key, firstPage(first, after, end));
    const page = new LinePage();
    const readSize = await this.#eachEvent(state, after, ({ lines, logEnd }, line) =>
      page.addAll(lines.slice(line - logEnd)),
    );
    return this.#keep(key, page, readSize);
  }

  /** Reads on after the first lines, and keeps them. */
  async #readFirst(first: FirstLines, state: RunState): Promise<void> {
    await this.#eachEvent(state, first.lines.length, (event) => {
      first.add(event);
      return !first.isFull;
    });
    this.#keepFirst(state.runId, first);
  }

  /**
   * Takes the events that add lines after so many, as they were at a state, until `take` has enough; returns the size of
   * what was read, since patches can be large.
   */
  async #eachEvent(
    state: RunState,
    after: number,
    take: (event: EventLines, line: number) => boolean,
  ): Promise<number> {
    const { turns } = this;
    let readSize = 0;
    for (let line = after; line < state.logCount; ) {
      if (turns.isOver()) await turns.next();
      const { events, size } = await this.#readEvents(state.runId, line);
      readSize += size;
      if (events.length === 0) break;
      // Reading one event of 1,000 of the longest lines takes more than a turn.
      if (turns.isOver()) await turns.next();
      for (const event of events) {
        // What was committed after the state was read is not part of this answer.
        if (event.seq > state.seq || !take(event, line)) return readSize;
        line = event.logEnd;
      }
    }
    return readSize;
  }

  /** The events that add lines after a line, a page of them, and the size of what they were read from. */
  async #readEvents(runId: string, line: number): Promise<{ events: readonly EventLines[]; size: number }> {
    const latest = this.#latest.get(runId) ?? [];
    const first = latest.findIndex(({ logEnd, lines }) => logEnd - lines.length <= line && line < logEnd);
    if (first >= 0) return { events: latest.slice(first), size: MIN_READ_SIZE };
    const records = await this.store.readLogEvents(runId, line, EVENTS_AT_A_TIME);
    const events = records.map(({ event, seq, logEnd }) => ({ seq, logEnd, lines: linesOf(event) }));
    let size = 0;
    for (const { payload } of records) size += payload.length;
    if (size >= MIN_READ_SIZE) this.#latest.set(runId, events, { size });
    return { events, size };
  }

  #keepFirst(runId: string, first: FirstLines): void {
    this.#first.set(runId, first, { size: first.bytes });
  }

  #keep(key: string, { lines, bytes }: LinePage, readSize = bytes): readonly string[] {
    const page = Object.freeze(lines);
    if (readSize >= MIN_READ_SIZE) this.#kept.set(key, page, { size: bytes + PAGE_BYTES });
    return page;
  }
}

/** A page of first lines. They are fewer bytes in all than a page can have. */
function firstPage(first: FirstLines, after: number, end: number): LinePage {
  const page = new LinePage();
  page.lines.push(...first.lines.slice(after, end));
  // About: a page of a few lines must not push out those that took long to read.
  page.bytes = Math.ceil((first.bytes * page.lines.length) / first.lines.length);
  return page;
}

const NO_LINES: readonly string[] = Object.freeze([]);
