import { validate, version } from 'uuid';
import { expect, it } from 'vitest';
import { runIds } from '../../src/runs/run-ids.js';

it('makes UUIDv7s that sort in the order they were made, within a millisecond and when the clock goes back', () => {
  let time = 1_800_000_000_000;
  const next = runIds(() => time);
  const ids = Array.from({ length: 2000 }, (_, index) => {
    if (index % 300 === 299) time += 1;
    if (index === 1000) time -= 50;
    return next();
  });
  expect(ids.every((id) => validate(id) && version(id) === 7)).toBe(true);
  expect(new Set(ids).size).toBe(ids.length);
  expect([...ids].sort()).toEqual(ids);
  expect(Number.parseInt((ids[0] ?? '').replaceAll('-', '').slice(0, 12), 16)).toBe(1_800_000_000_000);
});

it('draws chance anew for each maker', () => {
  const [a, b] = [runIds(() => 1), runIds(() => 1)];
  expect(a()).not.toBe(b());
});
