import type { Attempt, DeliveryStatus } from './delivery.js';

/*
 * A delivery is tried until somebody takes it:
 *
 *   pending --2xx--> delivered
 *   pending --410--> gone, with all that is pending for the target: it wants nothing more of the run
 *   pending --anything else, within three days--> pending, due again after a pause
 *   pending --anything else, after three days--> dead
 *   dead, gone --somebody has it tried again--> pending, and three days begin anew
 */

/** How long a receiver has for its answer, in milliseconds. */
export const TRY_TIMEOUT_MS = 15_000;
/** How long a delivery is tried, in milliseconds: three days. What has waited so long behind another is tried once. */
export const GIVE_UP_MS = 259_200_000;
/** The pause after the first try, in milliseconds, and what it is multiplied by for each further one, up to the last. */
const FIRST_PAUSE_MS = 1000;
const PAUSE_FACTOR = 4;
const LONGEST_PAUSE_MS = 14_400_000;
/** Pauses are up to so much shorter or longer, or all that fail together would come back together. */
const JITTER = 0.2;
/** Tries that are kept of a delivery, the latest ones. */
export const MAX_ATTEMPTS = 30;
/** Characters of the error of a try. */
const MAX_ERROR_LENGTH = 300;

/** What a try came to. */
export type TryResult =
  | { readonly kind: 'answered'; readonly status: number; readonly retryAfterSeconds: number | undefined }
  | { readonly kind: 'failed'; readonly error: string };

/** What is stored of a delivery about its tries. Times are milliseconds since 1970. */
export interface StoredTries {
  /** Since somebody last had it tried again. */
  readonly tries: number;
  /** How often somebody had it tried again. */
  readonly retries: number;
  /** Since when it is tried. */
  readonly since: number;
  readonly attempts: readonly Attempt[];
}

/** A try that is over. */
export interface EndedTry {
  /** When it began, in milliseconds since 1970. */
  readonly at: number;
  readonly ms: number;
  readonly result: TryResult;
  /** {@link StoredTries.retries} as it was when it began. */
  readonly retries: number;
}

/** What a try leads to. `nextAt`: when it is tried again (milliseconds since 1970); null if it is over. */
export interface TriedDelivery {
  readonly status: DeliveryStatus;
  readonly tries: number;
  readonly attempts: readonly Attempt[];
  readonly nextAt: number | null;
}

/**
 * Decides what a try leads to. One that was under way when somebody had the delivery tried again counts only if it was
 * taken: otherwise it is tried at once.
 * @param now milliseconds since 1970
 * @param chance from 0 up to 1
 */
export function settleTry(stored: StoredTries, ended: EndedTry, now: number, chance: number): TriedDelivery {
  const { result } = ended;
  const attempts = [...stored.attempts, attemptOf(ended)].slice(-MAX_ATTEMPTS);
  const tries = stored.tries + 1;
  if (isTaken(result)) return { status: 'delivered', tries, attempts, nextAt: null };
  if (stored.retries !== ended.retries) return { status: 'pending', tries: 0, attempts, nextAt: now };
  if (result.kind === 'answered' && result.status === 410) return { status: 'gone', tries, attempts, nextAt: null };
  const end = stored.since + GIVE_UP_MS;
  if (now >= end) return { status: 'dead', tries, attempts, nextAt: null };
  return { status: 'pending', tries, attempts, nextAt: Math.min(now + pauseAfter(tries, result, chance), end) };
}

function isTaken(result: TryResult): boolean {
  return result.kind === 'answered' && result.status >= 200 && result.status < 300;
}

function attemptOf({ at, ms, result }: EndedTry): Attempt {
  if (result.kind === 'answered') return { at, ms, status: result.status };
  return { at, ms, error: result.error.slice(0, MAX_ERROR_LENGTH) };
}

/** Whole milliseconds. A receiver can ask for a longer pause. */
function pauseAfter(tries: number, result: TryResult, chance: number): number {
  const pauseMs = Math.min(FIRST_PAUSE_MS * PAUSE_FACTOR ** (tries - 1), LONGEST_PAUSE_MS);
  const askedMs = result.kind === 'answered' ? (result.retryAfterSeconds ?? 0) * 1000 : 0;
  return Math.max(Math.round(pauseMs * (1 - JITTER + 2 * JITTER * chance)), askedMs);
}
