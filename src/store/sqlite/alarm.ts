import type { Store } from '../store.js';
import { SYSTEM_TIMERS, type Timers } from '../timers.js';

export interface AlarmOptions {
  readonly store: Pick<Store, 'listDueRuns' | 'nextWakeAt'>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Runs that are not woken, though their time has come. */
  readonly ignored: ReadonlySet<string>;
  readonly onDue: (runId: string) => void;
  readonly onError: (error: unknown) => void;
  /** Those of the system if they are omitted. */
  readonly timers?: Timers | undefined;
}

/** Pause after an error, or when more runs were due than are taken at a time. */
const AGAIN_MS = 1000;
const MAX_DUE = 10_000;

/** Wakes runs that wait for a time: one timer, for the earliest. What is due is read from the store. */
export class Alarm {
  #timer: object | undefined;
  #at = Number.POSITIVE_INFINITY;
  #stopped = false;

  readonly #timers: Timers;

  constructor(private readonly options: AlarmOptions) {
    this.#timers = options.timers ?? SYSTEM_TIMERS;
  }

  /** Finds out what is due, and what comes next. */
  start(): void {
    this.schedule(this.options.now());
  }

  /** Makes sure that the alarm goes off at a time (milliseconds since 1970), if not before. */
  schedule(at: number | null): void {
    if (at === null || at >= this.#at || this.#stopped) return;
    this.#timers.clear(this.#timer);
    this.#at = at;
    const sleepMs = Math.min(Math.max(0, at - this.options.now()), this.#timers.longestSleepMs);
    this.#timer = this.#timers.set(() => this.#ring(), sleepMs);
  }

  stop(): void {
    this.#stopped = true;
    this.#timers.clear(this.#timer);
  }

  async #ring(): Promise<void> {
    const { store, now, ignored, onDue, onError } = this.options;
    this.#at = Number.POSITIVE_INFINITY;
    const time = now();
    try {
      // However many are ignored, others get their turn.
      const limit = MAX_DUE + ignored.size;
      const due = await store.listDueRuns(time, limit);
      for (const runId of due) if (!ignored.has(runId)) onDue(runId);
      if (due.length === limit) this.schedule(time + AGAIN_MS);
      this.schedule((await store.nextWakeAt(time)) ?? null);
    } catch (error) {
      onError(error);
      this.schedule(time + AGAIN_MS);
    }
  }
}
