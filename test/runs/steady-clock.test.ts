import fc from 'fast-check';
import { expect, it } from 'vitest';
import { steadyClock } from '../../src/runs/steady-clock.js';

/** A clock whose parts the test moves. */
function clockOf(wall = 1_800_000_000_000) {
  const time = { wall, elapsed: 0.25 };
  const now = steadyClock(
    () => time.wall,
    () => time.elapsed,
  );
  const pass = (ms: number) => {
    time.wall += ms;
    time.elapsed += ms;
  };
  return { time, now, pass };
}

it('goes with the clock of the system, and follows when that is set forward, or the machine was suspended', () => {
  const { time, now, pass } = clockOf();
  pass(1500);
  expect(now()).toBe(time.wall);
  time.wall += 3_600_000;
  expect(now()).toBe(time.wall);
  pass(10);
  expect(now()).toBe(time.wall);
});

it('goes on as time passes when the clock of the system is set back, until that has caught up', () => {
  const { time, now, pass } = clockOf();
  const before = now();
  time.wall -= 3_600_000;
  expect(now()).toBe(before);
  pass(10_000);
  expect(now()).toBe(before + 10_000);
  time.wall += 7_200_000;
  expect(now()).toBe(time.wall);
});

it('never goes back, is a whole number, and is never behind the system', () => {
  const moves = fc.array(
    fc.record({ step: fc.integer({ min: -1e7, max: 1e7 }), passed: fc.double({ min: 0, max: 1e6, noNaN: true }) }),
  );
  fc.assert(
    fc.property(moves, (made) => {
      const { time, now } = clockOf();
      let last = now();
      for (const { step, passed } of made) {
        time.wall += step;
        time.elapsed += passed;
        const reading = now();
        expect(Number.isInteger(reading)).toBe(true);
        expect(reading).toBeGreaterThanOrEqual(Math.max(last, time.wall));
        last = reading;
      }
    }),
  );
});
