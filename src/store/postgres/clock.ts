/** How often the clock of the database is asked, in milliseconds. */
const MEASURE_MS = 30_000;
/** Of so many questions the one that was answered fastest counts. */
const QUESTIONS = 5;
/** The system's clock is worth a warning from this much on, in milliseconds. */
const WARN_MS = 500;

export interface DatabaseClockOptions {
  /** The time of the database, in milliseconds since 1970. */
  readonly ask: () => Promise<number>;
  /** Milliseconds since some moment, as they pass. */
  readonly elapsed: () => number;
  /** The system's clock, in milliseconds since 1970: only to be compared. */
  readonly wall: () => number;
  readonly warn: (offsetMs: number) => void;
}

/**
 * The clock of the database, which all processes on it share: milliseconds since 1970. It never goes back. Between two
 * questions it goes on as time passes here; if the next answer shows that it is ahead, it goes at half its speed until
 * it is not. The system's clock plays no part.
 */
export class DatabaseClock {
  /** What to add to the time that passes here. */
  #base = 0;
  #latest = 0;
  #at = 0;
  #timer: NodeJS.Timeout | undefined;
  #hasWarned = false;

  constructor(private readonly options: DatabaseClockOptions) {}

  /** Asks the database for its time, and goes on asking. To be awaited before the time is wanted. */
  async start(): Promise<void> {
    await this.#measure();
    this.#at = this.options.elapsed();
    this.#latest = this.#base + this.#at;
    this.#timer = setInterval(() => void this.#measure().catch(() => undefined), MEASURE_MS);
    this.#timer.unref();
  }

  readonly now = (): number => {
    const at = this.options.elapsed();
    const passed = Math.max(0, at - this.#at);
    const target = this.#base + at;
    const isAhead = this.#latest + passed > target;
    this.#latest = Math.max(target, this.#latest + (isAhead ? passed / 2 : passed));
    this.#at = at;
    return Math.floor(this.#latest);
  };

  /** How far the system's clock is behind the database's, in milliseconds. */
  offsetMs(): number {
    return Math.round(this.#base + this.options.elapsed() - this.options.wall());
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #measure(): Promise<void> {
    const { ask, elapsed, warn } = this.options;
    let fastest = Number.POSITIVE_INFINITY;
    let base = this.#base;
    for (let question = 0; question < QUESTIONS; question++) {
      const asked = elapsed();
      const time = await ask();
      const tookMs = elapsed() - asked;
      if (tookMs >= fastest) continue;
      fastest = tookMs;
      base = time - asked - tookMs / 2;
    }
    this.#base = base;
    const offsetMs = this.offsetMs();
    if (Math.abs(offsetMs) > WARN_MS && !this.#hasWarned) warn(offsetMs);
    this.#hasWarned = Math.abs(offsetMs) > WARN_MS;
  }
}
