import { describe, expect, it } from 'vitest';
import { createRegistry } from '../../../../src/core/tool/registry.js';
import { diagnose } from '../../../helpers/all-steps.js';
import { definitionOf } from '../../../helpers/run-driver.js';

const registry = createRegistry([{ name: 'work', run: () => ({}) }]);
const nodes = ['a', 'b', 'c', 'd', 'e'].map((name) => ({ name, tool_name: 'work' }));
const forEach = (from_node: string, items: string, to_node: string, join_node = 'END') => ({
  ...{ from_node, items, to_node, join_node, collect_as: `all_${from_node}` },
});

/** What the warnings of a graph point at, and how many runs they tell of. */
function warningsFor(document: object, maxDescendants: number): [string, number][] {
  const { warnings } = diagnose(definitionOf({ entry_point: 'a', nodes, ...document }), registry, { maxDescendants });
  return warnings
    .filter(({ code }) => code === 'too_many_descendants')
    .map(({ pointer, message }) => [pointer, Number(/are (\d+) runs/.exec(message)?.[1])]);
}

describe('the count of branches that are too many', () => {
  it('is of literal lists, and of what their branches start, wherever it is on their way', () => {
    const for_each_edges = [forEach('a', '${ [1, 2, 3] }', 'b', 'e'), forEach('c', '${ [1, 2].map(x, x) }', 'd', 'e')];
    const edges = [{ from_node: 'b', to_node: 'c' }];
    expect(warningsFor({ for_each_edges, edges }, 8)).toEqual([['/for_each_edges/0', 9]]);
    expect(warningsFor({ for_each_edges, edges }, 9)).toEqual([]);
    expect(warningsFor({ for_each_edges, edges }, 1)).toEqual([
      ['/for_each_edges/0', 9],
      ['/for_each_edges/1', 2],
    ]);
  });

  it('does not go beyond the join', () => {
    const for_each_edges = [forEach('a', '${ [1, 2] }', 'b', 'c'), forEach('c', '${ [1, 2] }', 'd')];
    expect(warningsFor({ for_each_edges, edges: [{ from_node: 'b', to_node: 'c' }] }, 2)).toEqual([]);
  });

  it('is of parallel edges', () => {
    const parallel_edges = [{ from_node: 'a', to_nodes: ['b', 'c', 'd'], join_node: 'e' }];
    const for_each_edges = [forEach('b', '${ [1, 2] }', 'e')];
    expect(warningsFor({ parallel_edges }, 2)).toEqual([['/parallel_edges/0', 3]]);
    expect(warningsFor({ parallel_edges, for_each_edges }, 4)).toEqual([['/parallel_edges/0', 5]]);
  });

  it('is of nothing that only a run knows, or that is wrong', () => {
    const items = ['${ data.list }', '${ [input_data] }', '${ 1 + }', 'no expression', '${ [1][0] }'];
    for (const source of items) expect(warningsFor({ for_each_edges: [forEach('a', source, 'b')] }, 0)).toEqual([]);
    expect(warningsFor({ for_each_edges: [forEach('gone', '${ [1] }', 'b')] }, 0)).toEqual([]);
    expect(warningsFor({ for_each_edges: [forEach('a', '${ [1] }', 'gone')] }, 0)).toEqual([]);
  });

  it('ends for branches that lead back to where they began, which are refused', () => {
    const for_each_edges = [forEach('a', '${ [1, 2] }', 'a')];
    expect(warningsFor({ for_each_edges }, 1)).toEqual([['/for_each_edges/0', 2]]);
  });
});
