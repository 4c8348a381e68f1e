import { describe, expect, it } from 'vitest';
import { scanJson } from '../../../src/core/base/json-scan.js';
import { finishSteps } from '../../../src/core/base/steps.js';

const scan = (value: unknown, limit = 100) => finishSteps(scanJson(value, limit));
const FINE = { isTooDeep: false, isPoisoned: false, hasInfinity: false };

function nested(depth: number): unknown {
  let value: unknown = [];
  for (let level = 1; level < depth; level++) value = level % 2 === 0 ? [value] : { value };
  return value;
}

describe('scanJson', () => {
  it('finds nothing in most values', () => {
    const fine: unknown[] = [
      null,
      undefined,
      'text',
      1,
      true,
      {},
      [],
      { constructor: { a: 1 } },
      { constructor: null },
      { prototype: {} },
    ];
    for (const value of fine) expect(scan(value)).toEqual(FINE);
  });

  it('finds numbers that JSON cannot hold, anywhere', () => {
    for (const value of [Number.POSITIVE_INFINITY, { a: [1, { b: JSON.parse('-1e400') }, 2] }]) {
      expect(scan(value)).toEqual({ ...FINE, hasInfinity: true });
    }
  });

  it('finds keys that change what all objects inherit', () => {
    for (const text of ['{"a": [{"__proto__": 1}, {}]}', '{"constructor": {"prototype": 1}, "b": 1}']) {
      expect(scan(JSON.parse(text))).toEqual({ ...FINE, isPoisoned: true });
    }
  });

  it('finds what is nested too deep, however deep it is', () => {
    expect(scan(nested(100))).toEqual(FINE);
    expect(scan(nested(101))).toEqual({ ...FINE, isTooDeep: true });
    expect(scan([Number.POSITIVE_INFINITY, nested(100_000)], 3)).toEqual({
      ...FINE,
      isTooDeep: true,
      hasInfinity: true,
    });
  });

  it('takes many steps for many values, of every shape', () => {
    const values = [
      Array.from({ length: 50_000 }, () => []),
      Array.from({ length: 50_000 }, () => 1),
      Object.fromEntries(Array.from({ length: 50_000 }, (_, at) => [`k${at}`, at])),
    ];
    for (const value of values) {
      let steps = 0;
      for (const _ of scanJson(value, 100)) steps += 1;
      expect(steps).toBeGreaterThanOrEqual(100);
    }
  });
});
