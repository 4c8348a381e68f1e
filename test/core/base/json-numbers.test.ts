import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findUnsafeNumbers, type UnsafeNumber } from '../../../src/core/base/json-numbers.js';
import { finishSteps } from '../../../src/core/base/steps.js';

type Found = Pick<UnsafeNumber, 'overflows' | 'isChanged'> & { token: string; pointer: string };

function find(text: string): Found[] {
  const found: Found[] = [];
  const search = findUnsafeNumbers(text, ({ start, end, overflows, isChanged }, pointer) => {
    found.push({ token: text.slice(start, end), pointer: pointer(), overflows, isChanged });
  });
  finishSteps(search);
  return found;
}

describe('findUnsafeNumbers', () => {
  it.each([
    '9007199254740991',
    '-9007199254740991',
    '0.1234567890123456789',
    '9007199254740991.4',
    '12345678901234567.5',
    '1e20',
    '1E+0021',
    '1.5e300',
    '0.0012e20',
    '1e23',
    '10000000000000000.0',
    '-0.00000000000000000',
    '1e-400',
    '"1234567890123456789"',
    '["\\"1234567890123456789\\\\", "1e400"]',
    '{"1234567890123456789": "a"}',
    '[null, true, false, [], {}]',
    '"1234567890123456"',
  ])('passes over %s', (text) => {
    expect(find(text)).toEqual([]);
  });

  it.each([
    ['1e400', { overflows: true, isChanged: true }],
    ['-1.5E+309', { overflows: true, isChanged: true }],
    ['9'.repeat(400), { overflows: true, isChanged: true }],
    ['9007199254740993', { overflows: false, isChanged: true }],
    ['-1234567890123456789', { overflows: false, isChanged: true }],
    ['1.234567890123456789e18', { overflows: false, isChanged: true }],
    ['12345678.901234567e9', { overflows: false, isChanged: true }],
    ['0.01234567890123456789e20', { overflows: false, isChanged: true }],
    ['1234567890123456789.00', { overflows: false, isChanged: true }],
    // What a double holds, in digits.
    ['9007199254740992', { overflows: false, isChanged: false }],
    ['100000000000000000000', { overflows: false, isChanged: false }],
  ])('finds %s', (token, flaw) => {
    expect(find(token)).toEqual([{ token, pointer: '', ...flaw }]);
    expect(find(` [ ${token} , 1 ] `)).toEqual([{ token, pointer: '/0', ...flaw }]);
  });

  it('says where each stands', () => {
    const text = '{"a/b":[0, {"x":"1,2:3","\\u0079\\"":1e999}, 1e999], "c": {"d": {}, "e": [[], [1e999]]}, "f": 1e999}';
    expect(find(text).map(({ pointer }) => pointer)).toEqual(['/a~1b/1/y"', '/a~1b/2', '/c/e/1/0', '/f']);
  });

  it('leaves deep levels out of pointers', () => {
    const [found] = find(`${'['.repeat(100_000)}1e999${']'.repeat(100_000)}`);
    expect(found?.pointer).toBe('/0'.repeat(100));
  });

  it('takes many steps for many values', () => {
    let steps = 0;
    for (const _ of findUnsafeNumbers(`[${'1,'.repeat(50_000)}1e999]`, () => undefined)) steps += 1;
    expect(steps).toBeGreaterThanOrEqual(100);
  });

  it('finds nothing that changes in what JSON.stringify has made, and every whole number that does', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(find(JSON.stringify(JSON.parse(text))).filter(({ isChanged }) => isChanged)).toEqual([]);
      }),
    );
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 80n), max: 2n ** 80n }), (whole) => {
        const [found] = find(`{"a": ${whole}}`);
        const isSafe = whole === BigInt(Number(whole)) && Number.isSafeInteger(Number(whole));
        expect(found === undefined).toBe(isSafe);
        if (found !== undefined && !found.isChanged) expect(BigInt(String(whole))).toBe(BigInt(Number(whole)));
      }),
    );
  });
});
