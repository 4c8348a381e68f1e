import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  copyJson,
  copyLargeJson,
  findInfinities,
  freezeJson,
  isLarge,
  isPlainObject,
  isWellFormed,
  jsonBytes,
  MAX_JSON_DEPTH,
  NotJsonError,
  pointerToken,
  toPointer,
} from '../../../src/core/base/json.js';
import { isDeeperThan } from '../../../src/core/base/json-scan.js';
import { finishSteps } from '../../../src/core/base/steps.js';

const cycle: unknown[] = [];
cycle.push(cycle);

function nested(depth: number): unknown {
  let value: unknown = 'core';
  for (let level = 0; level < depth; level++) value = level % 2 === 0 ? [value] : { value };
  return value;
}

describe('pointers', () => {
  it('are escaped as RFC 6901 says', () => {
    expect(toPointer(['a/b', 'm~n', 0, Symbol('s')])).toBe('/a~1b/m~0n/0/Symbol(s)');
    expect(toPointer([])).toBe('');
    expect(pointerToken('~1')).toBe('/~01');
  });
});

describe('copyJson', () => {
  it('copies what JSON can hold, the way JSON does', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = JSON.stringify(value);
        expect(copyJson(value)).toStrictEqual(JSON.parse(text));
      }),
    );
  });

  it('drops undefined keys, keeps null, and asks dates', () => {
    const at = new Date(0);
    expect(copyJson({ gone: undefined, kept: null, at, list: [undefined, 1] })).toStrictEqual({
      kept: null,
      at: '1970-01-01T00:00:00.000Z',
      list: [null, 1],
    });
  });

  it('makes -0 the 0 that it is once it was stored', () => {
    expect(copyJson(-0)).toBe(0);
  });

  it('takes a key named __proto__ as data', () => {
    const copy = copyJson(JSON.parse('{"__proto__": {"admin": true}}')) as { admin?: boolean };
    expect(Object.keys(copy)).toEqual(['__proto__']);
    expect(copy.admin).toBeUndefined();
    expect(Object.getPrototypeOf(copy)).toBe(Object.prototype);
  });

  it('leaves nothing that could be changed', () => {
    const original = { list: [{ n: 1 }] };
    const copy = copyJson(original) as typeof original;
    original.list[0]!.n = 2;
    expect(copy.list[0]!.n).toBe(1);
    expect([copy, copy.list, copy.list[0]].every(Object.isFrozen)).toBe(true);
  });

  it.each([
    [{ a: Number.NaN }, '/a', 'NaN is not JSON'],
    [[Number.POSITIVE_INFINITY], '/0', 'Infinity is not JSON'],
    [{ 'x/y': () => 1 }, '/x~1y', 'a function is not JSON'],
    [10n, '', 'a bigint (make it a string) is not JSON'],
    [new Map(), '', 'a Map is not JSON'],
    [Object.create({}), '', 'a Object is not JSON'],
    [cycle, '/0/0/0/0/0', 'a cycle, or more than 100 levels of nesting,'],
    [{ toJSON: () => Symbol('s') }, '', 'a symbol is not JSON'],
  ])('says where a value stops being JSON, and why (%#)', (value, pointer, reason) => {
    const error = getError(() => copyJson(value));
    expect(error).toBeInstanceOf(NotJsonError);
    expect(error).toMatchObject({ pointer, reason });
    expect(error.message).toBe(pointer === '' ? reason : `${reason} at ${pointer}`);
  });

  it('finds words for an instance of a class that hides its name', () => {
    const hidden = (maker: unknown) => Object.create(Object.create({ constructor: maker }));
    for (const maker of [undefined, { name: 5 }]) {
      expect(() => copyJson(hidden(maker))).toThrow('a class instance is not JSON');
    }
  });

  it(`goes ${MAX_JSON_DEPTH} levels deep`, () => {
    expect(copyJson(nested(MAX_JSON_DEPTH))).toEqual(nested(MAX_JSON_DEPTH));
    expect(() => copyJson(nested(MAX_JSON_DEPTH + 1))).toThrow(NotJsonError);
  });
});

function getError(action: () => unknown): Error {
  try {
    action();
  } catch (error) {
    return error as Error;
  }
  throw new Error('nothing was thrown');
}

describe('freezeJson', () => {
  it('freezes all the way down, and takes scalars as they are', () => {
    const value = { list: [{ n: 1 }], none: null };
    expect(freezeJson(value)).toBe(value);
    expect([value, value.list, value.list[0]].every(Object.isFrozen)).toBe(true);
    expect(freezeJson('text')).toBe('text');
    expect(freezeJson(null)).toBeNull();
  });
});

describe('isPlainObject', () => {
  it('tells objects from lists, class instances and scalars', () => {
    for (const value of [{}, Object.create(null), JSON.parse('{}')]) expect(isPlainObject(value)).toBe(true);
    for (const value of [[], new Date(), new Map(), null, 'x', undefined]) expect(isPlainObject(value)).toBe(false);
  });
});

describe('copyLargeJson', () => {
  const copyOf = (value: object) => finishSteps(copyLargeJson(value));
  const outcomeOf = (work: () => unknown): unknown => {
    try {
      return work();
    } catch (error) {
      return String(error);
    }
  };

  it('copies as copyJson does, and throws what it throws', () => {
    const odd = fc.constantFrom<unknown>(
      undefined,
      -0,
      Number.NaN,
      () => 1,
      new Date(0),
      new Map(),
      cycle,
      nested(101),
    );
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof(
        { weight: 4, arbitrary: fc.jsonValue() },
        { weight: 1, arbitrary: odd },
        fc.array(tie('value'), { maxLength: 3 }),
        fc.dictionary(fc.oneof(fc.string(), fc.constant('__proto__')), tie('value'), { maxKeys: 3 }),
      ),
    }));
    fc.assert(
      fc.property(value, (inner) => {
        expect(outcomeOf(() => copyOf([inner]))).toStrictEqual(outcomeOf(() => copyJson([inner])));
      }),
    );
    expect(copyOf({ a: null, b: undefined })).toStrictEqual({ a: null });
    expect(copyOf(new Date(0))).toBe('1970-01-01T00:00:00.000Z');
  });

  it('takes many steps, and gives a copy that is not copied again', () => {
    const value = { list: Array.from({ length: 20_000 }, (_, at) => ({ at })) };
    const steps = copyLargeJson(value);
    let count = 0;
    for (let next = steps.next(); ; next = steps.next()) {
      if (next.done !== true) {
        count += 1;
        continue;
      }
      const copy = next.value as typeof value;
      expect(copy).toStrictEqual(value);
      expect([copy, copy.list, copy.list[5]].every(Object.isFrozen)).toBe(true);
      expect(copyJson(copy)).toBe(copy);
      expect(isLarge(copy)).toBe(false);
      expect(jsonBytes(copy)).toBe(JSON.stringify(value).length);
      break;
    }
    expect(count).toBeGreaterThanOrEqual(40);
    expect(copyJson(value)).not.toBe(value);
  });

  it('is for more than a thousand values, however they are spread', () => {
    const list = (length: number) => Array.from({ length }, () => []);
    expect([list(1001), { a: [list(400), list(400), list(400)] }, cycle].map(isLarge)).toEqual([true, true, true]);
    expect([list(1000), null, undefined, 'text', new Map(), { toJSON: () => list(5000) }].some(isLarge)).toBe(false);
  });
});

describe('isDeeperThan', () => {
  it('counts levels of lists and objects', () => {
    expect(isDeeperThan('text', 0)).toBe(false);
    expect(isDeeperThan({}, 0)).toBe(true);
    expect(isDeeperThan(nested(100), 100)).toBe(false);
    expect(isDeeperThan([1, null, nested(100)], 100)).toBe(true);
  });

  it('does not overflow the stack', () => {
    expect(isDeeperThan(nested(100_000), 99_999)).toBe(true);
  });
});

describe('findInfinities', () => {
  const INFINITE = Number.NEGATIVE_INFINITY;

  it('says where numbers are that JSON writes as null', () => {
    expect(findInfinities(Number.NaN, 9)).toEqual(['']);
    const value = { 'a/b': [1, INFINITE, null, 'x', { n: INFINITE }], c: {}, d: INFINITE };
    expect(findInfinities(value, 9)).toEqual(['/a~1b/1', '/a~1b/4/n', '/d']);
    expect(findInfinities(value, 2)).toEqual(['/a~1b/1', '/a~1b/4/n']);
    for (const fine of [1, 'x', null, true, undefined, [[]]]) expect(findInfinities(fine, 9)).toEqual([]);
  });

  it('finds exactly what copyJson refuses', () => {
    const value = fc.letrec((tie) => ({
      any: fc.oneof(fc.double(), fc.array(tie('any'), { maxLength: 3 }), fc.dictionary(fc.string(), tie('any'))),
    })).any;
    fc.assert(
      fc.property(value, (any) => {
        const [first] = findInfinities(any, 1);
        if (first === undefined) expect(copyJson(any)).toStrictEqual(JSON.parse(JSON.stringify(any)));
        else expect(getError(() => copyJson(any))).toMatchObject({ pointer: first });
      }),
    );
  });

  it('ends for cycles', () => {
    expect(findInfinities(cycle, 9)).toEqual([]);
  });
});

describe('isWellFormed', () => {
  it('tells halves of surrogate pairs from whole ones', () => {
    for (const text of ['', 'a', '😀', '\ufffd']) expect(isWellFormed(text)).toBe(true);
    for (const text of ['\ud83d', 'a\ude00b', '\ude00\ud83d']) expect(isWellFormed(text)).toBe(false);
  });
});

describe('jsonBytes', () => {
  it('counts bytes, not characters', () => {
    expect(jsonBytes('é')).toBe(4);
    expect(jsonBytes({ a: [1] })).toBe(9);
  });
});
