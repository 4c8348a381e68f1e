import { LRUCache } from 'lru-cache';
import { jsonBytes } from '../core/base/json.js';
import { linesOf } from '../core/run/log-lines.js';
import type { RunState } from '../core/run/state.js';
import type { RunDeps } from './shared.js';

/** Most log lines in one answer, and most bytes of them as JSON; `logs_after` goes on from there. */
export const MAX_LOG_LINES = 10_000;
export const MAX_LOG_BYTES = 4_194_304;
const EVENTS_AT_A_TIME = 500;
/** Pages from this size on are kept for those who read the same lines at the same time: four of the largest. */
const MIN_KEPT_BYTES = 65_536;
const MAX_KEPT_BYTES = 16_777_216;

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

/** Reads the log lines of runs, a page at a time. Whoever reads a page at the same time as others gets the same one. */
export class LinePages {
  readonly #kept = new LRUCache<string, readonly string[]>({ maxSize: MAX_KEPT_BYTES });
  readonly #reading = new Map<string, Promise<readonly string[]>>();

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
    await this.#fill(page, state, after);
    const lines = Object.freeze(page.lines);
    if (page.bytes >= MIN_KEPT_BYTES) this.#kept.set(key, lines, { size: page.bytes });
    return lines;
  }

  async #fill(page: LinePage, state: RunState, after: number): Promise<void> {
    const { store, turns } = this.deps;
    for (let line = after; line < state.logCount; ) {
      if (turns.isOver()) await turns.next();
      const records = await store.readLogEvents(state.runId, line, EVENTS_AT_A_TIME);
      if (records.length === 0) return;
      for (const { event, logEnd, seq } of records) {
        // What was committed after the state was read is not part of this answer.
        if (seq > state.seq || !page.addAll(linesOf(event).slice(line - logEnd))) return;
        line = logEnd;
      }
    }
  }
}

const NO_LINES: readonly string[] = Object.freeze([]);
