import type { StoreLogger } from './ports.js';

/** Pauses between attempts to use the database again after a failure, in milliseconds: the first, doubled up to the last. */
const FIRST_PROBE_MS = 100;
const LAST_PROBE_MS = 5000;

/** What the log says of a failure of the database that nothing more is known of. */
export const NOT_WRITTEN = 'The database cannot be written.';

/** The one place that knows whether the database is well. */
export class Health {
  #healthy = true;
  #closed = false;
  #probeMs = FIRST_PROBE_MS;
  #probe: NodeJS.Timeout | undefined;

  /**
   * @param logger without one, nothing is said
   * @param tryAgain rejects if the database still fails
   * @param describe what the log says of a failure
   */
  constructor(
    private readonly logger: StoreLogger | undefined,
    private readonly tryAgain: () => Promise<void>,
    private readonly describe: (thrown: unknown) => string = () => NOT_WRITTEN,
  ) {}

  /** False from a failure of the database on until a write succeeds. */
  isHealthy(): boolean {
    return this.#healthy;
  }

  /** Takes note that the database failed, and tries again with back-off. One line in the log for each outage. */
  fail(thrown: unknown): void {
    const wasHealthy = this.#healthy;
    this.#healthy = false;
    if (this.#closed) return;
    if (wasHealthy) this.logger?.error({ err: thrown }, this.describe(thrown));
    this.#probe ??= this.#scheduleProbe();
  }

  /**
   * Something failed that may be the database's fault, or be due to those who use it: finds out whether it can be written,
   * unless that is known.
   */
  doubt(): void {
    if (this.#closed || this.#probe !== undefined) return;
    this.#probe = setTimeout(() => void this.#probeNow(), 0).unref();
  }

  /** Takes note that the database was written. */
  succeed(): void {
    if (this.#healthy || this.#closed) return;
    this.#healthy = true;
    this.#probeMs = FIRST_PROBE_MS;
    clearTimeout(this.#probe);
    this.#probe = undefined;
    this.logger?.info({}, 'The database can be written again.');
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#probe);
  }

  #scheduleProbe(): NodeJS.Timeout {
    const timer = setTimeout(() => void this.#probeNow(), this.#probeMs);
    this.#probeMs = Math.min(this.#probeMs * 2, LAST_PROBE_MS);
    return timer.unref();
  }

  async #probeNow(): Promise<void> {
    this.#probe = undefined;
    try {
      await this.tryAgain();
    } catch (thrown) {
      this.fail(thrown);
      return;
    }
    this.succeed();
  }
}
