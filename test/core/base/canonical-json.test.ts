import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson, writeCanonicalJson } from '../../../src/core/base/canonical-json.js';
import type { Json } from '../../../src/core/base/json.js';

/** What is written in steps, and how many pieces of work that took. */
function written(value: Json): { text: string; steps: number } {
  const pieces: string[] = [];
  const steps = [...writeCanonicalJson(value, (piece) => pieces.push(piece))].length;
  return { text: pieces.join(''), steps };
}

describe('canonical JSON', () => {
  it('sorts keys by their code units, and writes numbers and strings as RFC 8785 says', () => {
    const value = { '€': 1, '\r': 2, '\ufb33': 3, '1': 4, '😀': 5, '\u0080': 6, ö: 7 };
    expect(canonicalJson(value)).toBe('{"\\r":2,"1":4,"\u0080":6,"ö":7,"€":1,"😀":5,"\ufb33":3}');
    expect(canonicalJson([333333333.3333333, 1e30, 4.5, 2e-3, 1e-27, -0])).toBe(
      '[333333333.3333333,1e+30,4.5,0.002,1e-27,0]',
    );
    expect(canonicalJson({ b: [{}, []], a: { d: null, c: 'x"' } })).toBe('{"a":{"c":"x\\"","d":null},"b":[{},[]]}');
  });

  it('leaves out keys without a value, as JSON does', () => {
    expect(canonicalJson({ b: undefined, a: 1 } as unknown as Json)).toBe('{"a":1}');
  });

  it('is the same for a value whose keys were put in another order', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (object) => {
        const turned = Object.fromEntries(Object.entries(object).reverse());
        expect(canonicalJson(turned as Json)).toBe(canonicalJson(object as Json));
        expect(JSON.parse(canonicalJson(object as Json))).toEqual(JSON.parse(JSON.stringify(object)));
      }),
    );
  });

  it('is written in steps as it is at once, also of values that are large in each way', () => {
    const text = `${'😀'.repeat(40_000)}"\\\n`;
    const keys = Object.fromEntries(
      Array.from({ length: 9001 }, (_, index) => [`key ${(index * 7919) % 9001}`, index]),
    );
    const list = Array.from({ length: 20_000 }, (_, index) => index);
    const value = { text: `x${text}`, even: text, keys, list, small: [1], texts: ['y'.repeat(5000)] };
    const { text: whole, steps } = written(value);
    expect(whole === canonicalJson(value)).toBe(true);
    expect(steps).toBeGreaterThan(60);
    expect(written('short')).toEqual({ text: '"short"', steps: 0 });
  });
});
