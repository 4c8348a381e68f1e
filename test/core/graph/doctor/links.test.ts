import { describe, expect, it } from 'vitest';
import { type LinkedNode, linkNodes } from '../../../../src/core/graph/doctor/links.js';
import { createRegistry } from '../../../../src/core/tool/registry.js';
import { definitionOf } from '../../../helpers/run-driver.js';

const registry = createRegistry([
  { name: 'gate', outcomes: ['yes', 'b', 'END'], choose: () => 'END' },
  { name: 'free', choose: () => 'END' },
]);
const nodes = ['a', 'b', 'a', 'c'].map((name) => ({ name, tool_name: 'any' }));

function link(document: object) {
  const { stray, entry, ...linked } = linkNodes(definitionOf({ entry_point: 'a', nodes, ...document }), registry);
  const shown = ({ name, to, ends, open }: LinkedNode) => [name, [...to].map((node) => node.name), ends, open];
  return { nodes: linked.nodes.map(shown), stray: shown(stray), entry: entry?.name, list: linked.nodes };
}

describe('linkNodes', () => {
  it('takes each name once, where it stands first', () => {
    const { list, entry } = link({});
    expect(list.map(({ name, position }) => [name, position])).toEqual([
      ['a', 0],
      ['b', 1],
      ['c', 3],
    ]);
    expect(entry).toBe('a');
    expect(link({ entry_point: 'x' }).entry).toBeUndefined();
  });

  it('follows edges, and outcomes by their routes', () => {
    const linked = link({
      edges: [{ from_node: 'a', to_node: 'b' }],
      conditional_edges: [{ from_node: 'b', condition_function: 'gate', routes: { yes: 'c' } }],
    });
    expect(linked.nodes).toEqual([
      ['a', ['b'], false, false],
      ['b', ['c', 'b'], true, false],
      ['c', [], true, false],
    ]);
  });

  it('follows cases, and ways for errors', () => {
    const cases = [{ when: 'true', to_node: 'c' }];
    const linked = link({
      nodes: [...nodes.slice(0, 3), { ...nodes[3], on_error: 'b' }],
      conditional_edges: [{ from_node: 'a', cases, otherwise: 'END' }],
    });
    expect(linked.nodes).toEqual([
      ['a', ['c'], true, false],
      ['b', [], true, false],
      ['c', ['b'], true, false],
    ]);
  });

  it('goes from branches to their join, and keeps where they begin apart', () => {
    const linked = link({
      parallel_edges: [{ from_node: 'a', to_nodes: ['b', 'b'], join_node: 'c' }],
      for_each_edges: [
        { from_node: 'b', items: '${ [] }', to_node: 'c', join_node: 'END', collect_as: 'all', on_error: 'a' },
      ],
    });
    expect(linked.nodes).toEqual([
      ['a', ['c'], false, false],
      ['b', ['a'], true, false],
      ['c', [], true, false],
    ]);
    expect(linked.list.map(({ starts }) => [...starts].map(({ name }) => name))).toEqual([['b'], ['c'], []]);
  });

  it('takes what cannot be known as leading anywhere', () => {
    const { nodes: linked } = link({
      edges: [{ from_node: 'a', to_node: 'x' }],
      conditional_edges: [
        { from_node: 'b', condition_function: 'free' },
        { from_node: 'c', condition_function: 'unknown' },
      ],
    });
    expect(linked.every(([, , , open]) => open)).toBe(true);
    const parallel = link({ parallel_edges: [{ from_node: 'a', to_nodes: ['x'], join_node: 'b' }] });
    expect(parallel.nodes[0]).toEqual(['a', ['b'], false, true]);
  });

  it('keeps edges that leave no node apart', () => {
    expect(link({ edges: [{ from_node: 'x', to_node: 'c' }] }).stray).toEqual(['', ['c'], false, false]);
    const parallel_edges = [{ from_node: 'x', to_nodes: ['b'], join_node: 'c' }];
    expect(link({ parallel_edges }).stray).toEqual(['', ['c'], false, false]);
  });
});
