import type { EventRecord } from '../core/run/events.js';
import type { OutputReader } from '../runs/output-reader.js';
import type { Turns } from '../runs/turns.js';
import type { Signals } from '../store/signals.js';
import type { Store } from '../store/store.js';

/** Pages that the readers of a run share are kept up to this size; a reader that is further behind reads the store. */
const MAX_KEPT_BYTES = 1_048_576;
/** Pages are about this large, so that a slow reader holds little memory, however large the patches are. */
const PAGE_BYTES = 262_144;
/** Events in a page, before it is known how large they are. */
export const FIRST_PAGE_EVENTS = 16;
const MAX_PAGE_EVENTS = 256;

/**
 * The journal of one run, read once for all its readers. A page is what follows a place in the journal. A page that is
 * kept is not empty and never changes, so all readers that ask for the same place get the same page.
 */
export class RunTail {
  readonly #pages = new Map<number, Promise<readonly EventRecord[]>>();
  /** Bytes of the pages that are kept, oldest first. */
  readonly #sizes = new Map<number, number>();
  #kept = 0;
  #pageEvents = FIRST_PAGE_EVENTS;
  #seq = 0;
  /** Each resolves one call of {@link next}. */
  readonly #waiters = new Set<() => void>();
  readonly #unsubscribe: () => void;

  constructor(
    private readonly store: Store,
    signals: Pick<Signals, 'subscribe'>,
    private readonly runId: string,
    private readonly turns: Turns,
  ) {
    this.#unsubscribe = signals.subscribe(`run/${runId}`, (signal) => {
      if (signal !== 'resync' && signal.kind === 'run_advanced') this.#seq = Math.max(this.#seq, signal.seq);
      this.wake();
    });
  }

  /** Seq of the newest event that a commit has announced since this tail was made; 0 before the first. */
  get seq(): number {
    return this.#seq;
  }

  /** The events stored after one, up to a page of them; empty at the end. */
  read(after: number): Promise<readonly EventRecord[]> {
    const known = this.#pages.get(after);
    if (known !== undefined) return known;
    const page = this.#load(after);
    this.#pages.set(after, page);
    return page;
  }

  /**
   * Resolves to `more` when there can be events after this one: one was announced, {@link wake} was called, or the
   * signal aborted. Resolves to `output` when the reader of output has some, to `idle` after `idleMs` without any of these.
   */
  async next(
    after: number,
    idleMs: number,
    signal: AbortSignal | undefined,
    output?: OutputReader,
  ): Promise<'more' | 'output' | 'idle'> {
    if (this.#seq > after || signal?.aborted) return 'more';
    if (output?.isEmpty === false) return 'output';
    return new Promise((resolve) => {
      const settle = (result: 'more' | 'output' | 'idle'): void => {
        clearTimeout(timer);
        if (output !== undefined) output.onOutput = undefined;
        this.#waiters.delete(wake);
        signal?.removeEventListener('abort', wake);
        resolve(result);
      };
      const wake = (): void => settle('more');
      const timer = setTimeout(() => settle('idle'), idleMs);
      timer.unref();
      this.#waiters.add(wake);
      if (output !== undefined) output.onOutput = () => settle('output');
      signal?.addEventListener('abort', wake);
    });
  }

  /** Resolves every pending {@link next}. */
  wake(): void {
    for (const wake of [...this.#waiters]) wake();
  }

  /** Stops listening to commits. */
  close(): void {
    this.#unsubscribe();
    this.wake();
  }

  async #load(after: number): Promise<readonly EventRecord[]> {
    try {
      // Forty runs with events of 1 MB that are read side by side hold the event loop for a quarter of a second.
      if (this.turns.isOver()) await this.turns.next();
      const records = await this.store.readEvents(this.runId, after, this.#pageEvents);
      if (records.length === 0) this.#pages.delete(after);
      else this.#keep(after, records);
      return records;
    } catch (error) {
      this.#pages.delete(after);
      throw error;
    }
  }

  #keep(after: number, records: readonly EventRecord[]): void {
    const bytes = records.reduce((sum, { payload }) => sum + payload.length + 200, 0);
    this.#pageEvents = Math.min(MAX_PAGE_EVENTS, Math.max(1, Math.floor((PAGE_BYTES * records.length) / bytes)));
    this.#kept += bytes;
    this.#sizes.set(after, bytes);
    for (const [place, size] of this.#sizes) {
      if (this.#kept <= MAX_KEPT_BYTES) return;
      this.#sizes.delete(place);
      this.#pages.delete(place);
      this.#kept -= size;
    }
  }
}
