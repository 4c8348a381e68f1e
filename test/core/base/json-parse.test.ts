import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AT_ONCE_LENGTH, parseLargeJson as parseSteps } from '../../../src/core/base/json-parse.js';
import { parseLargeJson } from '../../helpers/all-steps.js';

const LARGE = 'x'.repeat(AT_ONCE_LENGTH + 1);
/** Strings with everything that a scan for quotes and brackets can stumble over. */
const odd = fc.string({ unit: fc.constantFrom('"', '\\', '{', '}', '[', ']', ',', ':', 'é', 'a') });

describe('parseLargeJson', () => {
  it.each([
    ['a small value', { a: [1, 'x', null] }],
    ['a large string', LARGE],
    ['a list of large strings', [LARGE, `"${LARGE}\\`, 1, LARGE]],
    ['an object with large and small members', { a: 1, [`${LARGE}k`]: 2, b: { c: LARGE, d: [LARGE] }, e: [], f: {} }],
    ['many small members', Object.fromEntries(Array.from({ length: 40_000 }, (_, id) => [`key ${id}`, { id }]))],
    ['many small items', Array.from({ length: 60_000 }, (_, id) => [id, `${id}`])],
  ])('reads %s as JSON.parse does', (_, value) => {
    const text = JSON.stringify(value);
    expect(JSON.stringify(parseLargeJson(text))).toBe(text);
  });

  it('reads any JSON that is large, wherever its parts end', () => {
    const json = fc.jsonValue({ stringUnit: fc.constantFrom('"', '\\', '{', '}', '[', ',', 'é') });
    fc.assert(
      fc.property(fc.array(json), fc.dictionary(odd, json), odd, (list, map, text) => {
        const document = JSON.stringify({
          text,
          list: [...list, `${LARGE}${text}`, ...list],
          map: { ...map, LARGE },
          list2: list,
        });
        expect(parseLargeJson(document)).toEqual(JSON.parse(document));
      }),
      { numRuns: 20 },
    );
  });

  it('freezes what it reads, all the way down, and takes __proto__ for data', () => {
    const value = parseLargeJson(`{"__proto__":{"a":1},"b":{"__proto__":"${LARGE}","c":[{}]}}`) as Record<
      string,
      never
    >;
    expect(Object.isFrozen(value)).toBe(true);
    expect(Object.isFrozen((value.b as unknown as { c: object[] }).c[0])).toBe(true);
    expect(Object.keys(value)).toEqual(['__proto__', 'b']);
    expect((value as { a?: number }).a).toBeUndefined();
  });

  it.each([`["${LARGE}"`, `{"a":"${LARGE}`, `[1,"${LARGE}\\"]`])('refuses text that ends too early', (text) => {
    expect(() => parseLargeJson(text)).toThrow(SyntaxError);
  });

  it('reads lists of more small items than a call takes arguments', () => {
    const list = Array.from({ length: 200_000 }, () => 1);
    expect(parseLargeJson(JSON.stringify({ list }))).toEqual({ list });
  });

  it('takes many steps for large text, and one for small', () => {
    const rows = JSON.stringify(Array.from({ length: 100_000 }, (_, id) => ({ id, name: 'a name' })));
    const countOf = (text: string) => [...parseSteps(`{"rows":${text}}`)].length;
    expect(countOf(rows)).toBeGreaterThan(rows.length / AT_ONCE_LENGTH);
    expect(countOf('[]')).toBe(0);
  });
});
