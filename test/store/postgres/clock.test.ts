import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { DatabaseClock, type DatabaseClockOptions } from '../../../src/store/postgres/clock.js';

async function startClock(options: DatabaseClockOptions): Promise<DatabaseClock> {
  const started = new DatabaseClock(options);
  await started.start();
  return started;
}

/** The time of the database, what has passed here, how long a question takes, and how far the system's clock is off. */
let database: number;
let passed: number;
let tookMs: number;
let wallOffset: number;
let clock: DatabaseClock;
const warn = vi.fn();

function pass(ms: number): void {
  database += ms;
  passed += ms;
}

const start = async (): Promise<DatabaseClock> => {
  clock = await startClock({
    ask: async () => {
      pass(tookMs / 2);
      const time = database;
      pass(tookMs / 2);
      return time;
    },
    elapsed: () => passed,
    wall: () => database - wallOffset,
    warn,
  });
  return clock;
};

beforeEach(() => {
  vi.useFakeTimers();
  [database, passed, tookMs, wallOffset] = [1_764_115_200_000, 5000, 4, 0];
  warn.mockClear();
});
afterEach(() => {
  clock.stop();
  vi.useRealTimers();
});

it.each([-300_000, 0, 300_000])('has the time of the database, with the system %i ms off', async (offset) => {
  wallOffset = offset;
  const { now } = await start();
  expect(now()).toBe(database);
  pass(12_345);
  expect(now()).toBe(database);
  expect(clock.offsetMs()).toBe(offset);
});

it('says once that the system is off by more than half a second', async () => {
  wallOffset = 501;
  await start();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(warn.mock.calls).toEqual([[501]]);
  wallOffset = 0;
  await vi.advanceTimersByTimeAsync(30_000);
  wallOffset = -700;
  await vi.advanceTimersByTimeAsync(30_000);
  expect(warn.mock.calls).toEqual([[501], [-700]]);
});

it('follows the database when that is ahead, at once', async () => {
  const { now } = await start();
  database += 2000;
  await vi.advanceTimersByTimeAsync(30_000);
  expect(now()).toBe(database);
});

it('waits for the database when that is behind, and never goes back', async () => {
  const { now } = await start();
  const before = now();
  database -= 1000;
  await vi.advanceTimersByTimeAsync(30_000);
  let latest = before;
  for (let second = 0; second < 5; second++) {
    for (let tenth = 0; tenth < 10; tenth++) {
      pass(100);
      expect(now()).toBeGreaterThanOrEqual(latest);
      latest = now();
    }
  }
  expect(Math.abs(now() - database)).toBeLessThanOrEqual(1);
});

it('takes the answer that came fastest', async () => {
  const { now } = await start();
  let questions = 0;
  clock.stop();
  clock = await startClock({
    ask: async () => {
      questions += 1;
      // All but the third take long on the way back, which looks like a clock that is behind.
      const time = database;
      pass(questions === 3 ? 0 : 800);
      return time;
    },
    elapsed: () => passed,
    wall: () => database,
    warn,
  });
  expect(clock.now()).toBe(database);
  expect(now()).toBe(database);
});

it('goes on while the database cannot be asked', async () => {
  let isDown = false;
  clock = await startClock({
    ask: async () => {
      if (isDown) throw new Error('connection refused');
      return database;
    },
    elapsed: () => passed,
    wall: () => database,
    warn,
  });
  isDown = true;
  await vi.advanceTimersByTimeAsync(60_000);
  pass(60_000);
  expect(clock.now()).toBe(database);
});
