import { describe, expect, it } from 'vitest';
import {
  type Check,
  Form,
  hasFields,
  isCount,
  isFlag,
  isListOf,
  isNumber,
  isOneOf,
  isRecordOf,
  isText,
  optional,
  orNull,
} from '../../../src/core/base/form.js';

describe('a check', () => {
  const cases: [name: string, check: Check<unknown>, good: readonly unknown[], bad: readonly unknown[]][] = [
    ['isText', isText, ['', 'a'], [1, null, undefined, ['a']]],
    ['isFlag', isFlag, [true, false], [0, 'true', null]],
    ['isNumber', isNumber, [0, -1.5], ['1', Number.POSITIVE_INFINITY, Number.NaN, null]],
    ['isCount', isCount, [0, 7], [-1, 1.5, '1', 2 ** 53, null]],
    ['orNull', orNull(isText), ['a', null], [undefined, 1]],
    ['optional', optional(isText), ['a', undefined], [null, 1]],
    ['isListOf', isListOf(isText), [[], ['a', 'b']], [['a', 1], 'a', { 0: 'a' }]],
    ['isOneOf', isOneOf({ a: 0, b: 0 }), ['a', 'b'], ['c', 'toString', 1, null]],
    ['isRecordOf', isRecordOf(isText), [{}, { a: 'b' }], [{ a: 1 }, ['a'], null]],
    ['hasFields', hasFields<{ a: string }>({ a: isText }), [{ a: '' }, { a: '', b: 1 }], [{}, { a: 1 }, null, ['a']]],
  ];

  it.each(cases)('%s takes what it is for, and nothing else', (_, check, good, bad) => {
    expect(good.filter((value) => !check(value))).toEqual([]);
    expect(bad.filter((value) => check(value))).toEqual([]);
  });
});

describe('a form', () => {
  it('names the first field that does not fit', () => {
    const form = new Form<{ a: string; b?: number }>({ a: isText, b: optional(isNumber) });
    expect(form.findMisfit({ a: 'x', more: [] })).toBeUndefined();
    expect(form.findMisfit({ a: 'x', b: null })).toBe('b');
    expect(form.findMisfit({ b: 'x' })).toBe('a');
  });
});
