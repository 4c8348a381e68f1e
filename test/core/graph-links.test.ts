import { describe, expect, it } from 'vitest';
import { type LinkedNode, linkNodes } from '../../src/core/graph-links.js';
import { createRegistry } from '../../src/core/registry.js';
import { definitionOf } from '../helpers/run-driver.js';

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

  it('takes what cannot be known as leading anywhere', () => {
    const { nodes: linked } = link({
      edges: [{ from_node: 'a', to_node: 'x' }],
      conditional_edges: [
        { from_node: 'b', condition_function: 'free' },
        { from_node: 'c', condition_function: 'unknown' },
      ],
    });
    expect(linked.every(([, , , open]) => open)).toBe(true);
  });

  it('keeps edges that leave no node apart', () => {
    expect(link({ edges: [{ from_node: 'x', to_node: 'c' }] }).stray).toEqual(['', ['c'], false, false]);
  });
});
