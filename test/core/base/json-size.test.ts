import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json } from '../../../src/core/base/json.js';
import { estimateBytes } from '../../../src/core/base/json-size.js';

describe('estimateBytes', () => {
  it('is about the length of the text', () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: 'grapheme-ascii' }), (value) => {
        const { length } = JSON.stringify(value);
        const estimate = estimateBytes(value as Json);
        expect(estimate).toBeGreaterThanOrEqual(length / 6);
        expect(estimate).toBeLessThanOrEqual(length * 6);
      }),
    );
    expect(estimateBytes({ a: 'x'.repeat(1000), b: [1, null, true] })).toBeCloseTo(1030, -2);
  });

  it('stops counting above a limit', () => {
    const items = Array.from({ length: 1000 }, () => 'x'.repeat(98));
    expect(estimateBytes(items, 1000)).toBeLessThan(1200);
    expect(estimateBytes(Object.fromEntries(items.entries()), 1000)).toBeLessThan(1200);
    expect(estimateBytes([items, items], 1000)).toBeLessThan(1500);
  });
});
