import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { isSameJson } from '../../../src/core/base/json-same.js';
import { finishSteps } from '../../../src/core/base/steps.js';

const same = (a: unknown, b: unknown) => finishSteps(isSameJson(a, b));

it('is so for equal values, whatever the order of their keys', () => {
  expect(same({ a: 1, b: [{ c: null }, 'x', true] }, { b: [{ c: null }, 'x', true], a: 1 })).toBe(true);
  for (const value of [null, 1, 'x', false, {}, [], [[]]]) expect(same(value, structuredClone(value))).toBe(true);
});

it.each([
  [1, 2],
  [1, '1'],
  [null, {}],
  [{}, null],
  [[], {}],
  [{}, []],
  [[1], [1, 2]],
  [
    [1, 2],
    [1, 3],
  ],
  [{ a: 1 }, { b: 1 }],
  [{ a: 1 }, { a: 1, b: 1 }],
  [{ a: 1, b: 1 }, { a: 1 }],
  [{ toString: 1 }, {}],
  [{ a: [{ b: 1 }] }, { a: [{ b: 2 }] }],
])('is not so for %j and %j', (a, b) => {
  expect(same(a, b)).toBe(false);
});

it('agrees with what Node finds', () => {
  const value = fc.jsonValue({ maxDepth: 2 }).map((made) => JSON.parse(JSON.stringify(made)));
  fc.assert(fc.property(value, value, (a, b) => same(a, b) === isDeepStrictEqual(a, b)));
});

it('pauses in large lists and objects, and between many small ones', () => {
  const keys = Object.fromEntries(Array.from({ length: 3000 }, (_, at) => [`k${at}`, at]));
  const lists = Array.from({ length: 3000 }, () => []);
  for (const large of [keys, Object.values(keys), lists]) {
    expect([...isSameJson(large, structuredClone(large))].length).toBeGreaterThanOrEqual(5);
  }
});
