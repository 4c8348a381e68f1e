import { LRUCache } from 'lru-cache';
import { jsonBytes } from '../core/base/json.js';
import { linesOf } from '../core/run/log-lines.js';
import type { RunState } from '../core/run/state.js';
import type { RunDeps } from './shared.js';

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

/** Reads the log lines of runs, a page at a time. Whoever reads a page at the same time as others gets the same one. */
export class LinePages {
  readonly #kept = new LRUCache<string, readonly string[]>({ maxSize: MAX_KEPT_BYTES });
  readonly #reading = new Map<string, Promise<readonly string[]>>();
  /** What was read of each run last: pages end in the middle of large events, and the next one goes on there. */
  readonly #latest = new LRUCache<string, readonly EventLines[]>({ maxSize: MAX_LATEST_SIZE });

  constructor(private readonly deps: Pick<RunDeps, 'store' | 'turns'>) {}

  /** The lines after so many, up to a page of them, as they were at a state. They are frozen. */
  async read(state: RunState, after: number): Promise<readonly string[]> {
    if (after >= state.logCount) return NO_LINES;
    // Lines never change, and a run that is deleted has no state.
    const key = `${state.runId} ${after} ${state.logCount}`;
    const known = this.#kept.get(key) ?? this.#reading.get(key);
    if (known !== undefined) return known;
    const reading = this.#read(state, after, key).finally(() => this.#reading.delete(key));
    this.#reading.set(key, reading);
    return reading;
  }

  async #read(state: RunState, after: number, key: string): Promise<readonly string[]> {
    const page = new LinePage();
    const readSize = await this.#fill(page, state, after);
    const lines = Object.freeze(page.lines);
    if (readSize >= MIN_READ_SIZE) this.#kept.set(key, lines, { size: page.bytes + PAGE_BYTES });
    return lines;
  }

  /** Reads lines into a page; returns the size of the events that have them, whose patches can be large. */
  async #fill(page: LinePage, state: RunState, after: number): Promise<number> {
    const { turns } = this.deps;
    let readSize = 0;
    for (let line = after; line < state.logCount; ) {
      if (turns.isOver()) await turns.next();
      const { events, size } = await this.#readEvents(state.runId, line);
      readSize += size;
      if (events.length === 0) break;
      // Reading one event of 1,000 of the longest lines takes more than a turn.
      if (turns.isOver()) await turns.next();
      for (const { lines, logEnd, seq } of events) {
        // What was committed after the state was read is not part of this answer.
        if (seq > state.seq || !page.addAll(lines.slice(line - logEnd))) return readSize;
        line = logEnd;
      }
    }
    return readSize;
  }

  /** The events that add lines after a line, a page of them, and the size of what they were read from. */
  async #readEvents(runId: string, line: number): Promise<{ events: readonly EventLines[]; size: number }> {
    const latest = this.#latest.get(runId) ?? [];
    const first = latest.findIndex(({ logEnd, lines }) => logEnd - lines.length <= line && line < logEnd);
    if (first >= 0) return { events: latest.slice(first), size: MIN_READ_SIZE };
    const records = await this.deps.store.readLogEvents(runId, line, EVENTS_AT_A_TIME);
    const events = records.map(({ event, seq, logEnd }) => ({ seq, logEnd, lines: linesOf(event) }));
    let size = 0;
    for (const { payload } of records) size += payload.length;
    if (size >= MIN_READ_SIZE) this.#latest.set(runId, events, { size });
    return { events, size };
  }
}

const NO_LINES: readonly string[] = Object.freeze([]);
