import { LRUCache } from 'lru-cache';

/** Keys that are remembered. Those that were not used for the longest time are forgotten. */
const MAX_KEYS = 10_000;

export interface RateLimitOptions {
  /** Requests that can come at once. */
  readonly burst: number;
  /** Requests that are added to these, up to `burst`. */
  readonly perSecond: number;
  /** Milliseconds of a clock that only goes forwards. */
  readonly now?: () => number;
}

/** Limits how often something is done for each key: a token bucket for each, in bounded memory. */
export class RateLimit {
  readonly #left = new LRUCache<string, { readonly requests: number; readonly at: number }>({ max: MAX_KEYS });

  constructor(private readonly options: RateLimitOptions) {}

  /** Counts a request. Returns 0 if it can be served, else the whole seconds after which it can. */
  take(key: string): number {
    const { burst, perSecond, now = () => performance.now() } = this.options;
    const at = now();
    const known = this.#left.get(key);
    const requests =
      known === undefined ? burst : Math.min(burst, known.requests + ((at - known.at) / 1000) * perSecond);
    if (requests < 1) return Math.ceil((1 - requests) / perSecond);
    this.#left.set(key, { requests: requests - 1, at });
    return 0;
  }
}
