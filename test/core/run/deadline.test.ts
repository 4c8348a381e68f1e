import { expect, it } from 'vitest';
import { deadlineFrom } from '../../../src/core/run/deadline.js';

it.each<[number | null | undefined, number | null | undefined, number | null]>([
  [undefined, undefined, null],
  [null, null, null],
  [2, undefined, 12_000],
  [0, 11_000, 10_000],
  [2, 11_000, 11_000],
  [2, 13_000, 12_000],
  [undefined, 13_000, 13_000],
])('a run with %s seconds below a run that ends at %s has to end at %s', (seconds, above, deadline) => {
  expect(deadlineFrom(10_000, seconds, above)).toBe(deadline);
});
