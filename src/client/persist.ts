import { ApiError } from './api-error.js';

/** How long a server that cannot be reached is tried again. */
export interface Patience {
  /** Seconds, counted from the first failure in a row. */
  readonly reconnectSeconds: number;
  readonly signal?: AbortSignal | undefined;
}

/** Pauses between tries, in milliseconds: the first, and the longest. Each is twice the one before. */
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5000;

/** Statuses of a server, or of a proxy before it, that is busy or starts again. */
const PASSING: ReadonlySet<number> = new Set([0, 429, 502, 503, 504]);

/** Counts failures in a row, and pauses longer after each. */
export class Backoff {
  #failures = 0;
  #since = 0;

  constructor(private readonly patience: Patience) {}

  /** Something worked. */
  reset(): void {
    this.#failures = 0;
  }

  /**
   * Pauses before the next try.
   * @throws the error, if another try is no use or there have been enough of them; the reason of the signal
   */
  async pauseAfter(error: unknown): Promise<void> {
    const { signal, reconnectSeconds } = this.patience;
    signal?.throwIfAborted();
    if (!(error instanceof ApiError && PASSING.has(error.status))) throw error;
    if (this.#failures === 0) this.#since = Date.now();
    this.#failures += 1;
    const pauseMs = Math.max(0, error.retryAfterSeconds ?? 0) * 1000 || this.#nextPauseMs();
    if (Date.now() + pauseMs - this.#since > reconnectSeconds * 1000) throw error;
    await pause(pauseMs, signal);
  }

  /** With a little chance in it, so that many clients do not come back at the same moment. */
  #nextPauseMs(): number {
    const pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** (this.#failures - 1), LONGEST_PAUSE_MS);
    return pauseMs * (0.75 + Math.random() / 2);
  }
}

/** Calls until the server has answered. Only for what can be repeated. */
export async function persist<T>(call: () => Promise<T>, patience: Patience): Promise<T> {
  const backoff = new Backoff(patience);
  for (;;) {
    try {
      return await call();
    } catch (error) {
      await backoff.pauseAfter(error);
    }
  }
}

/** @throws the reason of the signal, as soon as it is aborted */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', abort);
      resolve();
    }, ms);
    signal?.addEventListener('abort', abort, { once: true });
    if (signal?.aborted) abort();
  });
}
