import type { EventRecord } from '../core/run/events.js';
import type { Store } from '../store/store.js';

/** Events that all readers of a run share are kept up to this size; whoever is further behind reads the store. */
const MAX_KEPT_BYTES = 1_048_576;
/** Pages aim at this size, so that a slow reader holds little, whatever the patches are. */
const PAGE_BYTES = 262_144;
const FIRST_PAGE_EVENTS = 16;
const MAX_PAGE_EVENTS = 256;

/**
 * The journal of one run, read once for all who watch it. A page is what follows a place in the journal: it is never
 * empty and never changes, so whoever asks for the same place gets the same page.
 */
export class RunTail {
  readonly #pages = new Map<number, Promise<readonly EventRecord[]>>();
  /** Sizes of the pages that are there, oldest first. */
  readonly #sizes = new Map<number, number>();
  #kept = 0;
  #pageEvents = FIRST_PAGE_EVENTS;
  #seq = 0;
  readonly #sleepers = new Set<() => void>();
  readonly #unsubscribe: () => void;

  constructor(
    private readonly store: Store,
    private readonly runId: string,
  ) {
    this.#unsubscribe = store.subscribe(runId, (seq) => {
      this.#seq = Math.max(this.#seq, seq);
      this.wake();
    });
  }

  /** How far the run has come, as far as commits have told since this was made. */
  get seq(): number {
    return this.#seq;
  }

  /** What follows an event, as far as it is stored; empty at the end. */
  read(after: number): Promise<readonly EventRecord[]> {
    const known = this.#pages.get(after);
    if (known !== undefined) return known;
    const page = this.#load(after);
    this.#pages.set(after, page);
    return page;
  }

  /** Resolves when there may be more than this, or it was woken, or the time is up; says whether it was the time. */
  async next(after: number, idleMs: number, signal: AbortSignal | undefined): Promise<'more' | 'idle'> {
    if (this.#seq > after || signal?.aborted) return 'more';
    return new Promise((resolve) => {
      const settle = (why: 'more' | 'idle'): void => {
        clearTimeout(timer);
        this.#sleepers.delete(wake);
        signal?.removeEventListener('abort', wake);
        resolve(why);
      };
      const wake = (): void => settle('more');
      const timer = setTimeout(() => settle('idle'), idleMs);
      timer.unref();
      this.#sleepers.add(wake);
      signal?.addEventListener('abort', wake);
    });
  }

  /** Wakes everybody who waits. */
  wake(): void {
    for (const wake of [...this.#sleepers]) wake();
  }

  close(): void {
    this.#unsubscribe();
    this.wake();
  }

  async #load(after: number): Promise<readonly EventRecord[]> {
    try {
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
