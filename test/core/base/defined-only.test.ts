import { describe, expect, expectTypeOf, it } from 'vitest';
import { definedOnly } from '../../../src/core/base/defined-only.js';

describe('definedOnly', () => {
  it('drops keys whose value is undefined, and keeps every other value', () => {
    const input = { a: 1, b: undefined, c: null, d: false, e: '' };
    expect(Object.entries(definedOnly(input))).toEqual([
      ['a', 1],
      ['c', null],
      ['d', false],
      ['e', ''],
    ]);
    expect(input).toHaveProperty('b');
  });

  it('makes keys that can be undefined optional', () => {
    const version = 1 as number | undefined;
    const result: { id: string; version?: number } = definedOnly({ id: 'a', version });
    expectTypeOf(definedOnly({ id: 'a', version }).version).toEqualTypeOf<number | undefined>();
    expect(result).toEqual({ id: 'a', version: 1 });
  });
});
