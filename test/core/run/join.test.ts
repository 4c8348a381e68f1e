import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/core/base/json.js';
import type { MergeRule } from '../../../src/core/graph/definition.js';
import { mergeBranches } from '../../../src/core/run/join.js';

const merge = (base: JsonObject, branches: JsonObject[], rule?: MergeRule, key = 'n') =>
  mergeBranches(base, branches, new Map(rule === undefined ? [] : [[key, rule]]), ['0 (x)', '1 (y)', '2 (z)']);

describe('what branches set', () => {
  it('is one patch where they set keys of their own, or the same values', () => {
    expect(merge({ n: 0 }, [{ a: 1, same: { deep: [1] } }, {}, { b: 2, same: { deep: [1] } }])).toEqual({
      patch: { a: 1, same: { deep: [1] }, b: 2 },
    });
    expect(merge({}, [])).toEqual({ patch: {} });
  });

  it('is refused where values differ and no rule says what to do', () => {
    expect(merge({}, [{ n: 1 }, {}, { n: 2 }])).toEqual({
      conflict: 'Branches 0 (x) and 2 (z) both set "n": the values differ, and the graph has no merge rule for it.',
    });
    expect(merge({}, [{ n: 1 }, { n: 1 }, { n: 2 }])).toMatchObject({
      conflict: expect.stringContaining('Branches 0 (x) and 1 (y) and 2 (z) all set "n"'),
    });
  });

  it('is not touched by rules where one branch alone set it', () => {
    expect(merge({ n: 5 }, [{ n: 'text' }], 'sum')).toEqual({ patch: { n: 'text' } });
  });

  it('may be named as what every object has', () => {
    const set = JSON.parse('{"__proto__": 2, "constructor": 3}');
    const merged = mergeBranches({}, [set, set], new Map([['__proto__', 'sum'] as const, ['constructor', 'sum']]), []);
    expect(JSON.stringify(merged)).toBe('{"patch":{"__proto__":4,"constructor":6}}');
  });
});

describe('the rule "last"', () => {
  it('takes the value of the last branch', () => {
    expect(merge({ n: 0 }, [{ n: 1 }, { n: [2] }], 'last')).toEqual({ patch: { n: [2] } });
  });
});

describe('the rule "sum"', () => {
  it('adds what each branch added', () => {
    expect(merge({ n: 10 }, [{ n: 11 }, { n: 15 }], 'sum')).toEqual({ patch: { n: 16 } });
    expect(merge({}, [{ n: 1 }, { n: 5 }], 'sum')).toEqual({ patch: { n: 6 } });
  });

  it.each<[JsonObject, JsonObject[]]>([
    [{}, [{ n: 1 }, { n: '2' }]],
    [{ n: 'text' }, [{ n: 1 }, { n: 2 }]],
    [{}, [{ n: 1e308 }, { n: 1e308 }]],
  ])('needs numbers: %o, %o', (base, branches) => {
    expect(merge(base, branches, 'sum').conflict).toContain('"sum" needs numbers');
  });
});

describe('the rule "append"', () => {
  it('appends what each branch appended', () => {
    expect(merge({ n: [0] }, [{ n: [0, 1] }, { n: [0] }, { n: [0, { two: 2 }] }], 'append')).toEqual({
      patch: { n: [0, 1, { two: 2 }] },
    });
    expect(merge({}, [{ n: [1] }, { n: [2] }], 'append')).toEqual({ patch: { n: [1, 2] } });
  });

  it.each<[JsonObject, JsonObject[], string]>([
    [{}, [{ n: [1] }, { n: 2 }], 'needs lists.'],
    [{ n: 1 }, [{ n: [1] }, { n: [2] }], 'needs lists.'],
    [{ n: [0] }, [{ n: [0, 1] }, { n: [1] }], 'needs lists that begin as the list did'],
    [{ n: [0] }, [{ n: [0, 1] }, { n: [] }], 'needs lists that begin as the list did'],
  ])('needs lists that only grew: %o, %o', (base, branches, words) => {
    expect(merge(base, branches, 'append').conflict).toContain(`"append" ${words}`);
  });
});
