import { describe, expect, it } from 'vitest';
import { findTooManyBranches } from '../../../../src/core/graph/doctor/descendants.js';
import { linkNodes } from '../../../../src/core/graph/doctor/links.js';
import { createRegistry } from '../../../../src/core/tool/registry.js';
import { diagnose } from '../../../helpers/all-steps.js';
import { definitionOf } from '../../../helpers/run-driver.js';

const registry = createRegistry([{ name: 'work', run: () => ({}) }]);
const nodes = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => ({ name, tool_name: 'work' }));
const forEach = (from_node: string, items: string, to_node: string, join_node = 'END') => ({
  ...{ from_node, items, to_node, join_node, collect_as: `all_${from_node}` },
});

/** Which edges start too many runs. */
function warningsFor(document: object, maxDescendants: number): string[] {
  const { warnings } = diagnose(definitionOf({ entry_point: 'a', nodes, ...document }), registry, { maxDescendants });
  return warnings.filter(({ code }) => code === 'too_many_descendants').map(({ pointer }) => pointer);
}

/** Counts without the rest of the doctor. Gives up after 10,000 steps. */
function count(document: object, maxDescendants: number): { steps: number; pointers: string[] } {
  const definition = definitionOf({ entry_point: 'a', nodes, ...document });
  const work = findTooManyBranches(definition, linkNodes(definition, registry), maxDescendants);
  for (let steps = 0; steps < 10_000; steps += 1) {
    const { done, value } = work.next();
    if (done === true) return { steps, pointers: value.map(({ pointer }) => pointer) };
  }
  throw new Error('This never ends.');
}

describe('the count of branches that are too many', () => {
  it('is of literal lists, and of what their branches start, wherever it is on their way', () => {
    const for_each_edges = [forEach('a', '${ [1, 2, 3] }', 'b', 'e'), forEach('c', '${ [1, 2].map(x, x) }', 'd', 'e')];
    const edges = [{ from_node: 'b', to_node: 'c' }];
    expect(warningsFor({ for_each_edges, edges }, 8)).toEqual(['/for_each_edges/0']);
    expect(warningsFor({ for_each_edges, edges }, 9)).toEqual([]);
    expect(warningsFor({ for_each_edges, edges }, 1)).toEqual(['/for_each_edges/0', '/for_each_edges/1']);
  });

  it('tells the limit, and not how many runs there are', () => {
    const document = { entry_point: 'a', nodes, for_each_edges: [forEach('a', '${ [1, 2, 3] }', 'b')] };
    const { warnings } = diagnose(definitionOf(document), registry, { maxDescendants: 2 });
    expect(warnings).toContainEqual({
      pointer: '/for_each_edges/0',
      code: 'too_many_descendants',
      message:
        'These branches, and those that they start, are more than 2 runs. A run cannot have more inside it: start fewer, or raise MAX_DESCENDANTS of the server.',
    });
  });

  it('does not go beyond the join', () => {
    const for_each_edges = [forEach('a', '${ [1, 2] }', 'b', 'c'), forEach('c', '${ [1, 2] }', 'd')];
    expect(warningsFor({ for_each_edges, edges: [{ from_node: 'b', to_node: 'c' }] }, 2)).toEqual([]);
  });

  it('is of parallel edges', () => {
    const parallel_edges = [{ from_node: 'a', to_nodes: ['b', 'c', 'd'], join_node: 'e' }];
    const for_each_edges = [forEach('b', '${ [1, 2] }', 'f', 'e')];
    expect(warningsFor({ parallel_edges }, 2)).toEqual(['/parallel_edges/0']);
    expect(warningsFor({ parallel_edges }, 3)).toEqual([]);
    expect(warningsFor({ parallel_edges, for_each_edges }, 4)).toEqual(['/parallel_edges/0']);
    expect(warningsFor({ parallel_edges, for_each_edges }, 5)).toEqual([]);
  });

  it('is of nothing that only a run knows, or that is wrong', () => {
    const items = ['${ data.list }', '${ [input_data] }', '${ 1 + }', 'no expression', '${ [1][0] }'];
    for (const source of items) expect(warningsFor({ for_each_edges: [forEach('a', source, 'b')] }, 0)).toEqual([]);
    expect(warningsFor({ for_each_edges: [forEach('gone', '${ [1] }', 'b')] }, 0)).toEqual([]);
    expect(warningsFor({ for_each_edges: [forEach('a', '${ [1] }', 'gone')] }, 0)).toEqual([]);
    expect(warningsFor({ for_each_edges: [forEach('a', '${ [1] }', 'b', 'gone')] }, 0)).toEqual([]);
  });

  it('is not made if branches are refused, and ends even for those that lead back to where they began', () => {
    const for_each_edges = [forEach('a', '${ [1, 2] }', 'a')];
    expect(warningsFor({ for_each_edges }, 1)).toEqual([]);
    expect(count({ for_each_edges }, 1).pointers).toEqual(['/for_each_edges/0']);
    expect(count({ for_each_edges }, 2).pointers).toEqual([]);
  });

  it('remembers each branch, however many ways lead to it', () => {
    const names = Array.from({ length: 300 }, (_, index) => `n${index}`);
    const parallel_edges = names.slice(0, 200).map((from_node, index) => ({
      ...{ from_node, to_nodes: names.slice(index + 1, index + 101), join_node: 'END' },
    }));
    const document = {
      ...{ entry_point: 'n0', parallel_edges },
      nodes: names.map((name) => ({ name, tool_name: 'work' })),
    };
    const all = count(document, Number.POSITIVE_INFINITY);
    expect(all.pointers).toEqual([]);
    // A step per edge to read it, one to count it, and one per 500 of 2 * 200 * 100 branches.
    expect(all.steps).toBeLessThan(2 * 200 + 100);
    // The last 99 edges reach few others.
    const { pointers, steps } = count(document, 100_000);
    expect(pointers.slice(0, 150)).toEqual(parallel_edges.slice(0, 150).map((_, index) => `/parallel_edges/${index}`));
    expect(steps).toBeLessThanOrEqual(all.steps);
  });

  it('is made in steps, and ends above the limit', () => {
    const names = Array.from({ length: 50 }, (_, index) => `n${index}`);
    const document = {
      nodes: ['a', ...names].map((name) => ({ name, tool_name: 'work' })),
      for_each_edges: [forEach('a', '${ [1, 2] }', 'n0')],
      conditional_edges: names.map((from_node) => ({
        ...{ from_node, cases: names.map((to_node) => ({ when: '${ data.x }', to_node })), otherwise: 'END' },
      })),
    };
    // One step to read the edge, one to count it, and one per 500 of 2,500 ways.
    expect(count(document, 100)).toEqual({ steps: 2 + 5, pointers: [] });
    expect(count(document, 0)).toEqual({ steps: 2, pointers: ['/for_each_edges/0'] });
  });
});
