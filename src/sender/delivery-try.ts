import { messageOf } from '../core/base/errors.js';
import { deliveryIdOf } from '../core/delivery/delivery.js';
import { type EndedTry, TRY_TIMEOUT_MS, type TryResult } from '../core/delivery/tries.js';
import type { ClaimedDelivery } from '../store/deliveries.js';
import type { PostCallback } from './post.js';
import { SigningError, signedHeaders } from './sign.js';

export interface TryOptions {
  readonly post: PostCallback;
  /** Values by name. */
  readonly secrets: Readonly<Record<string, string>>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** How long the receiver has, in milliseconds. */
  readonly timeoutMs?: number | undefined;
}

/**
 * Tries a callback once.
 * @param stop cuts it off
 * @returns undefined if it was cut off, and so counts as not made
 */
export async function tryDelivery(
  { post, secrets, now, timeoutMs = TRY_TIMEOUT_MS }: TryOptions,
  delivery: ClaimedDelivery,
  stop: AbortSignal,
): Promise<EndedTry | undefined> {
  const at = now();
  const begun = performance.now();
  const end = (result: TryResult): EndedTry => {
    return { at, ms: Math.round(performance.now() - begun), result, retries: delivery.retries };
  };
  const cut = new AbortController();
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    cut.abort();
  }, timeoutMs);
  const stopNow = (): void => cut.abort();
  stop.addEventListener('abort', stopNow);
  if (stop.aborted) stopNow();
  try {
    const { url, body, secret } = delivery;
    const signed = signedHeaders(deliveryIdOf(delivery), at, body, { name: secret, secret: secrets[secret] });
    const headers = { 'content-type': 'application/json', 'user-agent': 'graphrunner', ...signed };
    const answer = await post({ url, headers, body, signal: cut.signal });
    return end({ kind: 'answered', ...answer });
  } catch (thrown) {
    if (stop.aborted) return undefined;
    if (thrown instanceof SigningError) return end({ kind: 'failed', error: thrown.message });
    const error = isLate ? `There was no answer within ${timeoutMs / 1000} seconds.` : messageOf(thrown);
    return end({ kind: 'failed', error });
  } finally {
    clearTimeout(timer);
    stop.removeEventListener('abort', stopNow);
  }
}
