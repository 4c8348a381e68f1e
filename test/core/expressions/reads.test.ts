import { describe, expect, it } from 'vitest';
import { copyJson } from '../../../src/core/base/json.js';
import { watchReads } from '../../../src/core/expressions/reads.js';
import type { ToolState } from '../../../src/core/tool/tool.js';

function look(look: (view: ToolState) => unknown, data: object = {}, input: unknown = null) {
  const state = copyJson({ input_data: input, data }) as unknown as ToolState;
  const { view, reads } = watchReads(state);
  const result = look(view);
  return { result, reads: reads() };
}

const readsOf = (...args: Parameters<typeof look>) => look(...args).reads;

describe('what a condition reads', () => {
  it('is noted by path, with scalars in full', () => {
    const data = { score: 5, deep: { list: [{ ok: true }] } };
    expect(readsOf(({ data: { score, deep } }) => [score, deep.list[0].ok], data)).toEqual([
      { path: 'data.score', value: 5 },
      { path: 'data.deep.list[0].ok', value: true },
    ]);
  });

  it('is noted as missing where it is not there', () => {
    expect(readsOf(({ data }) => data.error)).toEqual([{ path: 'data.error', value: null }]);
    expect(readsOf(({ data }) => 'error' in data)).toEqual([{ path: 'data.error', value: null }]);
    expect(readsOf(({ data }) => 'score' in data, { score: 1 })).toEqual([{ path: 'data.score', value: 1 }]);
  });

  it('is noted by type and size where it is large', () => {
    const data = { text: 'x'.repeat(201), list: [1, 2], map: { a: 1 } };
    expect(readsOf(({ data: { text, list, map } }) => [text, list, map], data)).toEqual([
      { path: 'data.text', type: 'string', size: 201 },
      { path: 'data.list', type: 'list', size: 2 },
      { path: 'data.map', type: 'object', size: 1 },
    ]);
  });

  it('is noted of the input too, scalar or not', () => {
    expect(readsOf((view) => view.input_data, {}, 'def f()')).toEqual([{ path: 'input_data', value: 'def f()' }]);
    expect(readsOf((view) => view.input_data.a, {}, { a: 1 })).toEqual([{ path: 'input_data.a', value: 1 }]);
  });

  it('is noted where only the keys are looked at', () => {
    expect(readsOf(({ data }) => Object.keys(data).length, { a: 1, b: 2 })).toEqual(
      expect.arrayContaining([expect.objectContaining({ path: 'data.a' })]),
    );
  });

  it('is noted fifty times at most, with paths of 200 characters', () => {
    const data = { list: Array.from({ length: 1000 }, (_, n) => ({ n })), ['k'.repeat(300)]: { a: 1, b: 2 } };
    const reads = readsOf(({ data: { list } }) => list.map((item: { n: number }) => item.n), data);
    expect(reads).toHaveLength(50);
    expect(reads.slice(0, 2)).toEqual([
      { path: 'data.list.length', value: 1000 },
      { path: 'data.list[0].n', value: 0 },
    ]);
    const long = readsOf((view) => view.data['k'.repeat(300)].a, data);
    expect(long.map((read) => read.path.length)).toEqual([200]);
  });

  it('is JSON, whatever was asked for', () => {
    const { reads } = look(({ data }) => [data.toString, 'constructor' in data, data.list.map, JSON.stringify(data)], {
      list: [],
    });
    expect(JSON.parse(JSON.stringify(reads))).toEqual(reads);
    expect(reads.map((read) => read.path)).toEqual(['data.list.length']);
  });
});

describe('the view', () => {
  const data = { list: [3, 1, { deep: [2] }], map: { a: 1, b: null }, 'odd key': 'x' };
  const input = ['in'];

  it('looks like the state itself', () => {
    const { result } = look(
      (view) => ({
        text: JSON.stringify(view),
        isArray: Array.isArray(view.data.list),
        spread: [...view.data.list].length,
        copy: { ...view.data.map },
        keys: Object.keys(view.data),
        entries: Object.entries(view.data.map),
        hasOwn: Object.hasOwn(view.data, 'list'),
        lacks: Object.hasOwn(view.data, 'toString'),
        sum: view.data.list.slice(0, 2).reduce((sum: number, n: number) => sum + n, 0),
        sorted: view.data.list.slice(0, 2).sort(),
        includes: view.data.list.includes(3),
        text2: `${view.data.map}`,
        isObject: view.data.map instanceof Object,
        forIn: (() => {
          const seen: string[] = [];
          for (const key in view.data.map) seen.push(key);
          return seen;
        })(),
        forOf: (() => {
          const seen: string[] = [];
          for (const item of view.input_data) seen.push(item);
          return seen;
        })(),
        descriptor: Object.getOwnPropertyDescriptor(view.data.list, 'length')?.value,
      }),
      data,
      input,
    );
    expect(result).toEqual({
      text: JSON.stringify({ input_data: input, data }),
      isArray: true,
      spread: 3,
      copy: data.map,
      keys: Object.keys(data),
      entries: Object.entries(data.map),
      hasOwn: true,
      lacks: false,
      sum: 4,
      sorted: [1, 3],
      includes: true,
      text2: '[object Object]',
      isObject: true,
      forIn: ['a', 'b'],
      forOf: ['in'],
      descriptor: 3,
    });
  });

  it('shows the same object as the same object', () => {
    const { result } = look((view) => {
      const { list } = view.data;
      return [view.data.list === list, list.indexOf(list[2])];
    }, data);
    expect(result).toEqual([true, 2]);
  });

  it.each<[string, (view: ToolState) => unknown]>([
    ['set a key', ({ data }) => Object.assign(data, { list: 1 })],
    ['add to a list', ({ data }) => data.list.push(1)],
    ['define a key', ({ data }) => Object.defineProperty(data, 'x', { value: 1 })],
    ['delete a key', ({ data }) => Reflect.deleteProperty(data, 'list') || fail()],
    ['freeze it', ({ data }) => Object.freeze(data)],
    ['change its prototype', ({ data }) => Object.setPrototypeOf(data, null)],
    ['replace the data', (view) => Object.assign(view, { data: {} })],
  ])('cannot be used to %s', (_, change) => {
    expect(() => look(change, data)).toThrow(TypeError);
  });
});

function fail(): never {
  throw new TypeError('refused');
}
