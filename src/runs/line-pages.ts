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
const MAX_READ_SIZE = 16_777_216;
/** What a page takes besides its lines, about. */
const PAGE_BYTES = 1000;
/** The latest lines of runs are kept as they come: of each run up to this size, and of so many bytes in all. */
const MAX_LATEST_BYTES = 1_048_576;
/** Half of them go at once, and the rest is still a page. */
const MAX_LATEST_LINES = 2 * MAX_LOG_LINES;
const MAX_LATEST_BYTES_OF_ALL = 16_777_216;
const MAX_LATEST_RUNS = 2000;
/** What the lines of a run take besides their text, about. */
const LATEST_LINES_BYTES = 200;

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

/** The latest lines of a run, without a gap. Lines never change, so they are right as long as they are kept. */
class LatestLines {
  readonly #lines: string[] = [];
  bytes = LATEST_LINES_BYTES;
  /** False if the run had more lines when these were read. */
  isUpToDate = true;

  /** @param start lines of the run before the first of these */
  constructor(public start: number) {}

  /** Lines of the run up to the last of these. */
  get end(): number {
    return this.start + this.#lines.length;
  }

  /** True if all lines after so many are here, up to and with line `end`. */
  covers(after: number, end: number): boolean {
    return this.start <= after && end <= this.end;
  }

  /** Lines of which all are here. */
  page(after: number, end: number): LinePage {
    const page = new LinePage();
    page.lines.push(...this.#lines.slice(after - this.start, end - this.start));
    // About: a page of a few lines must not push out those that took long to read.
    page.bytes = Math.ceil((this.bytes * page.lines.length) / Math.max(1, this.#lines.length));
    return page;
  }

  /** Adds the lines of an event that come next; the oldest go when they are too many. False if lines before them miss. */
  add({ lines, logEnd }: Pick<EventLines, 'lines' | 'logEnd'>): boolean {
    const known = this.end - (logEnd - lines.length);
    if (known < 0) return false;
    for (const line of lines.slice(known)) {
      this.#lines.push(line);
      this.bytes += lineBytes(line);
      if (this.bytes > MAX_LATEST_BYTES || this.#lines.length > MAX_LATEST_LINES) this.#dropHalf();
    }
    return true;
  }

  #dropHalf(): void {
    const dropped = this.#lines.splice(0, Math.ceil(this.#lines.length / 2));
    this.start += dropped.length;
    for (const line of dropped) this.bytes -= lineBytes(line);
  }
}

/**
 * Reads the log lines of runs, a page at a time. The latest lines of a run are kept as they are committed or read, so
 * that whoever polls a run reads only what is new; and whoever reads a large page at the same time as others gets the
 * same one.
 */
export class LinePages {
  readonly #latest = new LRUCache<string, LatestLines>({ max: MAX_LATEST_RUNS, maxSize: MAX_LATEST_BYTES_OF_ALL });
  readonly #kept = new LRUCache<string, readonly string[]>({ maxSize: MAX_KEPT_BYTES });
  readonly #reading = new Map<string, Promise<readonly string[]>>();
  /** What was read of each run last: pages end in the middle of large events, and the next one goes on there. */
  readonly #lastRead = new LRUCache<string, readonly EventLines[]>({ maxSize: MAX_READ_SIZE });

  constructor(
    private readonly store: Pick<Store, 'readLogEvents' | 'measureLogEvents'>,
    private readonly turns: Turns,
  ) {}

  /** Called after each commit: adds the new lines to those that are kept. */
  committed(units: readonly Unit[]): void {
    for (const { appends } of units) {
      for (const { state, records, create } of appends) {
        // Children are many, and few are looked at.
        const isNew = create !== undefined && state.parent === null;
        const latest = isNew ? new LatestLines(0) : this.#latest.peek(state.runId);
        if (latest === undefined) continue;
        // Lines that were committed while these were read are missing: whoever reads on begins anew.
        if (records.every(({ event, logEnd }) => latest.add({ lines: linesOf(event), logEnd }))) {
          this.#keepLatest(state.runId, latest);
        } else this.#latest.delete(state.runId);
      }
    }
  }

  /** True if all lines of a run after so many are kept, so that reading them reads only what is new. */
  isAtHand(runId: string, after: number): boolean {
    const latest = this.#latest.peek(runId);
    return latest?.isUpToDate === true && latest.start <= after;
  }

  /** About how many bytes are read for a page of lines, without reading them; 0 if they are at hand. */
  async measure(runId: string, after: number): Promise<number> {
    if (this.isAtHand(runId, after)) return 0;
    const latest = this.#latest.peek(runId);
    // Reading goes on where it ended.
    const from = latest?.covers(after, after) === true ? latest.end : after;
    return this.store.measureLogEvents(runId, from, EVENTS_AT_A_TIME);
  }

  /** The lines after so many, up to a page of them, as they were at a state. They are frozen. */
  async read(state: RunState, after: number): Promise<readonly string[]> {
    if (after >= state.logCount) return NO_LINES;
    const end = Math.min(state.logCount, after + MAX_LOG_LINES);
    // Lines never change, and a run that is deleted has no state.
    const key = `${state.runId} ${after} ${end}`;
    const known = this.#kept.get(key) ?? this.#reading.get(key);
    if (known !== undefined) return known;
    const latest = this.#latest.get(state.runId);
    if (latest?.covers(after, end) === true) return this.#keep(key, latest.page(after, end));
    const reading = this.#read(state, after, key).finally(() => this.#reading.delete(key));
    this.#reading.set(key, reading);
    return reading;
  }

  async #read(state: RunState, after: number, key: string): Promise<readonly string[]> {
    const end = Math.min(state.logCount, after + MAX_LOG_LINES);
    const latest = await this.#readLatest(state, after, end);
    if (latest.covers(after, end)) return this.#keep(key, latest.page(after, end));
    const page = new LinePage();
    const readSize = await this.#eachEvent(state, after, ({ lines, logEnd }, line) =>
      page.addAll(lines.slice(line - logEnd)),
    );
    return this.#keep(key, page, readSize);
  }

  /** The latest lines of a run, read on up to line `end` if they are a page together: a reader goes on where it ended. */
  async #readLatest(state: RunState, after: number, end: number): Promise<LatestLines> {
    const known = this.#latest.get(state.runId);
    const latest = known === undefined || known.end < after ? new LatestLines(after) : known;
    const isPage = (): boolean => latest.covers(after, latest.end);
    if (!isPage()) return latest;
    await this.#eachEvent(state, latest.end, (event) => {
      latest.add(event);
      return isPage() && latest.end < end;
    });
    latest.isUpToDate = latest.end >= state.logCount;
    this.#keepLatest(state.runId, latest);
    return latest;
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
      const before = line;
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
      // No store gives events that add nothing; if one did, they would be read for ever.
      if (line <= before) break;
    }
    return readSize;
  }

  /** The events that add lines after a line, a page of them, and the size of what they were read from. */
  async #readEvents(runId: string, line: number): Promise<{ events: readonly EventLines[]; size: number }> {
    const last = this.#lastRead.get(runId) ?? [];
    const first = last.findIndex(({ logEnd, lines }) => logEnd - lines.length <= line && line < logEnd);
    if (first >= 0) return { events: last.slice(first), size: MIN_READ_SIZE };
    const records = await this.store.readLogEvents(runId, line, EVENTS_AT_A_TIME);
    const events = records.map(({ event, seq, logEnd }) => ({ seq, logEnd, lines: linesOf(event) }));
    let size = 0;
    for (const { payload } of records) size += payload.length;
    if (size >= MIN_READ_SIZE) this.#lastRead.set(runId, events, { size });
    return { events, size };
  }

  #keepLatest(runId: string, latest: LatestLines): void {
    this.#latest.set(runId, latest, { size: latest.bytes });
  }

  #keep(key: string, { lines, bytes }: LinePage, readSize = bytes): readonly string[] {
    const page = Object.freeze(lines);
    if (readSize >= MIN_READ_SIZE) this.#kept.set(key, page, { size: bytes + PAGE_BYTES });
    return page;
  }
}

const NO_LINES: readonly string[] = Object.freeze([]);
