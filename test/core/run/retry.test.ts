import { describe, expect, it } from 'vitest';
import type { RetryPolicy } from '../../../src/core/graph/definition.js';
import { retryDelayMs } from '../../../src/core/run/retry.js';

const policy: RetryPolicy = { max_attempts: 9, interval_seconds: 1, backoff_rate: 2, jitter: 'none' };

describe('the delay before the next try', () => {
  it.each<[string, Partial<RetryPolicy>, number, number]>([
    ['is the interval first', {}, 1, 1000],
    ['grows by the rate', {}, 4, 8000],
    ['does not grow at a rate of one', { backoff_rate: 1 }, 100, 1000],
    ['is capped', { max_delay_seconds: 5 }, 4, 5000],
    ['is a hundred years at most', { backoff_rate: 100 }, 1000, 3_153_600_000_000],
    ['is nothing without an interval', { interval_seconds: 0, backoff_rate: 100 }, 1000, 0],
    ['is in whole milliseconds', { interval_seconds: 0.0015 }, 1, 2],
  ])('%s', (_, changes, tries, ms) => {
    expect(retryDelayMs({ ...policy, ...changes }, tries, 0.5)).toBe(ms);
  });

  it('is anything up to that with full jitter', () => {
    const jittered: RetryPolicy = { ...policy, jitter: 'full' };
    expect([0, 0.25, 0.999].map((random) => retryDelayMs(jittered, 2, random))).toEqual([0, 500, 1998]);
  });

  it('is what the tool asked for, up to a day', () => {
    expect(retryDelayMs({ ...policy, max_delay_seconds: 1 }, 1, 0.5, 2.0001)).toBe(2001);
    expect(retryDelayMs(policy, 5, 0.5, 0)).toBe(0);
    expect(retryDelayMs(policy, 1, 0.5, Number.POSITIVE_INFINITY)).toBe(86_400_000);
  });
});
