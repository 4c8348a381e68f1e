import { expect, it } from 'vitest';
import { elapsedClock } from '../../../src/store/postgres/elapsed-clock.js';

it('counts the time that the machine slept, and no small corrections, nor a clock that is set back', () => {
  let wall = 1_000_000;
  let steady = 500;
  const pass = (wallMs: number, steadyMs: number) => {
    wall += wallMs;
    steady += steadyMs;
  };
  const elapsed = elapsedClock(
    () => wall,
    () => steady,
  );
  const begun = elapsed();
  const since = () => elapsed() - begun;
  pass(1000, 1000);
  expect(since()).toBe(1000);
  pass(61_000, 1000);
  expect(since()).toBe(62_000);
  pass(1500, 1000);
  expect(since()).toBe(63_000);
  pass(-300_000, 1000);
  expect(since()).toBe(64_000);
  pass(1000, 1000);
  expect(since()).toBe(65_000);
});
