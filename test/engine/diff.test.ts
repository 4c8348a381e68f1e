import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/core/base/json.js';
import type { StepView } from '../../src/core/run/steps.js';
import { compareSteps, MAX_SHOWN_BYTES } from '../../src/engine/diff.js';
import { compareData } from '../helpers/all-steps.js';

/** Steps, each written as its node, or as its node and the one that follows. */
async function* stepsAt(...places: readonly string[]): AsyncGenerator<StepView, undefined> {
  for (const [index, place] of places.entries()) {
    const [node = '', to] = place.split('>');
    yield {
      step: index + 1,
      node,
      status: 'COMPLETED',
      attempts: 1,
      startedAt: 0,
      finishedAt: 1,
      patch: {},
      logs: [],
      error: null,
      answeredBy: null,
      decision: to === undefined ? null : { kind: 'edge', to_node: to },
      usage: { input_tokens: 0, output_tokens: 0 },
    };
  }
  return undefined;
}

describe('compareSteps', () => {
  it('finds no divergence between equal paths, whatever else their steps are', async () => {
    const diff = await compareSteps(stepsAt('a>b', 'b'), stepsAt('a>b', 'b'));
    expect(diff).toEqual({ firstDivergence: null, pathA: [], pathB: [] });
  });

  it('finds the step from which the runs went different ways', async () => {
    const diff = await compareSteps(stepsAt('a>b', 'b>c', 'c'), stepsAt('a>b', 'b>d', 'd'));
    expect(diff).toEqual({
      firstDivergence: {
        step: 2,
        a: { node: 'b', status: 'COMPLETED', toNode: 'c' },
        b: { node: 'b', status: 'COMPLETED', toNode: 'd' },
      },
      pathA: ['b', 'c'],
      pathB: ['b', 'd'],
    });
  });

  it('finds where one run has ended and the other has not, on either side', async () => {
    const point = { node: 'b', status: 'COMPLETED', toNode: null };
    expect(await compareSteps(stepsAt('a'), stepsAt('a', 'b'))).toEqual({
      firstDivergence: { step: 2, a: null, b: point },
      pathA: [],
      pathB: ['b'],
    });
    expect(await compareSteps(stepsAt('a', 'b'), stepsAt('a'))).toMatchObject({
      firstDivergence: { step: 2, a: point, b: null },
      pathA: ['b'],
      pathB: [],
    });
  });

  it('lists a hundred nodes of each path at most', async () => {
    const nodes = Array.from({ length: 150 }, (_, index) => `n${index}`);
    const { pathA, pathB } = await compareSteps(stepsAt('a', ...nodes), stepsAt('b'));
    expect(pathA).toEqual(['a', ...nodes.slice(0, 99)]);
    expect(pathB).toEqual(['b']);
  });
});

describe('compareData', () => {
  it('shows values that are too large for an answer as type and size', () => {
    const text = 'x'.repeat(MAX_SHOWN_BYTES);
    const list = Array.from({ length: MAX_SHOWN_BYTES }, () => 0);
    expect(compareData({ a: text, b: 1, c: list }, { a: `${text}y`, b: text })).toEqual([
      {
        pointer: '/a',
        a: { type: 'string', size: text.length },
        b: { type: 'string', size: text.length + 1 },
        cut: ['a', 'b'],
      },
      { pointer: '/b', a: 1, b: { type: 'string', size: text.length }, cut: ['b'] },
      { pointer: '/c', a: { type: 'list', size: list.length }, cut: ['a'] },
    ]);
  });

  it('finds a difference deep in values that are large', () => {
    const rows = Array.from({ length: 5000 }, (_, id) => ({ id }));
    const changed = rows.map((row) => (row.id === 4321 ? { id: 0 } : row));
    expect(compareData({ rows }, { rows: changed })).toEqual([{ pointer: '/rows/4321/id', a: 4321, b: 0 }]);
    expect(compareData({ rows }, { rows: structuredClone(rows) })).toEqual([]);
  });

  it.each<[JsonObject, JsonObject, object[]]>([
    [{ a: 1, b: [1, { c: null }] }, { b: [1, { c: null }], a: 1 }, []],
    [{ a: 1 }, { a: 2 }, [{ pointer: '/a', a: 1, b: 2 }]],
    [{ a: null }, {}, [{ pointer: '/a', a: null }]],
    [{}, { a: false }, [{ pointer: '/a', b: false }]],
    [
      { a: { b: [1, 2] } },
      { a: { b: [1, 3, 4] } },
      [
        { pointer: '/a/b/1', a: 2, b: 3 },
        { pointer: '/a/b/2', b: 4 },
      ],
    ],
    [{ a: [1] }, { a: { '0': 1 } }, [{ pointer: '/a', a: [1], b: { '0': 1 } }]],
    [{ a: {} }, { a: null }, [{ pointer: '/a', a: {}, b: null }]],
    [{ 'x/y~z': 1 }, { 'x/y~z': 2 }, [{ pointer: '/x~1y~0z', a: 1, b: 2 }]],
  ])('of %j and %j', (a, b, differences) => {
    expect(compareData(a, b)).toEqual(differences);
  });

  it('lists a hundred places at most', () => {
    const large = Object.fromEntries(Array.from({ length: 150 }, (_, index) => [`k${index}`, { n: index }]));
    expect(compareData(large, {})).toHaveLength(100);
    expect(compareData(large, Object.fromEntries(Object.keys(large).map((key) => [key, {}])))).toHaveLength(100);
  });
});
