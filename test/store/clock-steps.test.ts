import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Alarm } from '../../src/store/sqlite/alarm.js';
import { LocalQueue } from '../../src/store/sqlite/local-queue.js';
import { NOON } from './runs.js';

/** A clock that the test sets, apart from the time that passes for timers. */
let setTo = 0;
const now = () => NOON + setTo + performance.now();
const HOUR_MS = 3_600_000;

beforeEach(() => {
  setTo = 0;
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** What a store with one run that waits for a time says. */
function storeOf(wakeAt: number) {
  return {
    listUnfinishedRuns: async () => [],
    listDueRuns: async (time: number) => (wakeAt <= time ? ['r'] : []),
    nextWakeAt: async (after: number) => (wakeAt > after ? wakeAt : undefined),
  };
}

it.each([
  ['set forward past it', 2 * HOUR_MS, 60_000],
  ['set forward to shortly before it, which leaves less than a minute', HOUR_MS - 20_000, 60_000],
])('an alarm goes off within a minute when the clock is %s', async (_, step, withinMs) => {
  const onDue = vi.fn();
  const alarm = new Alarm({ ignored: new Set(), store: storeOf(now() + HOUR_MS), now, onDue, onError: vi.fn() });
  alarm.start();
  await vi.advanceTimersByTimeAsync(10_000);
  setTo += step;
  expect(onDue).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(withinMs);
  expect(onDue).toHaveBeenCalledExactlyOnceWith('r');
  alarm.stop();
});

it.each([
  ['goes on', 0, 90_000],
  ['is set back', -HOUR_MS, 90_000],
  ['is set forward past the end', HOUR_MS, 30_000],
])('a run that was given back for later is due in time when the clock %s', async (_, step, dueAfterMs) => {
  const explain = (thrown: unknown) => new Error('unexplained', { cause: thrown });
  const queue = new LocalQueue({
    store: storeOf(Number.POSITIVE_INFINITY),
    now,
    maxQueuedRuns: 10,
    onError: vi.fn(),
    explain,
    limitOf: () => undefined,
  });
  const wakes = [{ runId: 'r', at: 0 }];
  queue.committed([{ appends: [], wakes }]);
  const [claim] = await queue.take(1);
  await queue.giveBack(claim!, now() + 90_000);
  setTo += step;
  await vi.advanceTimersByTimeAsync(dueAfterMs - 1000);
  expect(await queue.take(1)).toEqual([]);
  await vi.advanceTimersByTimeAsync(1000);
  expect(await queue.take(1)).toMatchObject([{ runId: 'r' }]);
  await queue.close();
  expect(vi.getTimerCount()).toBe(0);
});
