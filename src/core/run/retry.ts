import { definedOnly } from '../base/defined-only.js';
import type { RetryPolicy } from '../graph/definition.js';
import type { Cursor } from './state.js';

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

/**
 * How many tries count against a policy, the one that has just failed included.
 * @param index the place of the policy in its list; undefined for the only policy of a node
 */
export function triesBy({ tries, failuresByPolicy }: Cursor, index: number | undefined): number {
  return index === undefined ? tries : (failuresByPolicy?.[index] ?? 0) + 1;
}

/**
 * The attempt after one that failed.
 * @param index of the policy by which it is made; undefined for the only policy of a node
 */
export function nextAttempt(failed: Cursor, index: number | undefined): Cursor {
  const next = { ...failed, attempt: failed.attempt + 1, tries: failed.tries + 1 };
  if (index === undefined) return next;
  const { failuresByPolicy: before = [] } = failed;
  const length = Math.max(before.length, index + 1);
  const after = Array.from({ length }, (_, at) => (before[at] ?? 0) + (at === index ? 1 : 0));
  return { ...next, failuresByPolicy: after };
}

/** The same attempt, with tries that count anew. */
export function countAnew(cursor: Cursor): Cursor {
  const { node, step, attempt, beganAt } = cursor;
  return { node, step, attempt, tries: 1, ...definedOnly({ beganAt }) };
}
