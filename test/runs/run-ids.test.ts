import { v7, validate, version } from 'uuid';
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

it('goes on after the newest id of an earlier process, when the clock was set back since', () => {
  let time = 1_800_000_000_000;
  const before = runIds(() => time);
  const old = Array.from({ length: 500 }, () => before());
  time -= 3_600_000;
  const after = runIds(() => time, old.at(-1));
  const fresh = Array.from({ length: 500 }, () => after());
  time += 7_200_000;
  fresh.push(after());
  const all = [...old, ...fresh];
  expect([...all].sort()).toEqual(all);
  expect(new Set(all).size).toBe(all.length);
  expect(all.every((id) => validate(id) && version(id) === 7)).toBe(true);
});

it('goes on with the next millisecond after the last id of one', () => {
  const last = v7({ msecs: 1_800_000_000_000, seq: 0xffff_ffff, random: new Uint8Array(16).fill(255) });
  const next = runIds(() => 1_700_000_000_000, last);
  const ids = [last, next(), next()];
  expect([...ids].sort()).toEqual(ids);
  expect(ids.map((id) => Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16) - 1_800_000_000_000)).toEqual([
    0, 1, 1,
  ]);
});

it.each([
  ['another kind of id', '9b2f0c5e-6f0a-4f3b-8a51-2d7f7f3a1c11'],
  ['no id', 'zzz'],
])('begins with the clock after %s', (_, newest) => {
  const id = runIds(() => 1_800_000_000_000, newest)();
  expect(Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16)).toBe(1_800_000_000_000);
});
