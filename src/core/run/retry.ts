import type { RetryPolicy } from '../graph/definition.js';

/** Longest delay that a tool can ask for: a day. */
const MAX_RETRY_AFTER_SECONDS = 86_400;

/**
 * Milliseconds to wait before the next try: exponential back-off, capped, with "full jitter" where the policy has it
 * (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/). A tool's own wish goes first.
 * @param tries how many tries there were; 1 after the first
 * @param random from 0 up to 1
 */
export function retryDelayMs(policy: RetryPolicy, tries: number, random: number, retryAfterSeconds?: number): number {
  if (retryAfterSeconds !== undefined) return Math.ceil(Math.min(retryAfterSeconds, MAX_RETRY_AFTER_SECONDS) * 1000);
  const growing = policy.interval_seconds * Math.min(policy.backoff_rate ** (tries - 1), Number.MAX_VALUE);
  // No date is later than a hundred years from now.
  const delay = Math.min(growing, policy.max_delay_seconds ?? Number.POSITIVE_INFINITY, 3_153_600_000);
  return Math.round(delay * (policy.jitter === 'full' ? random : 1) * 1000);
}
