import { expect, it } from 'vitest';
import { UnreadableError } from '../../../src/core/base/stored.js';
import { readDefinition } from '../../../src/core/graph/stored-graph.js';

const GRAPH = { name: 'g', entry_point: 'a', nodes: [{ name: 'a', tool_name: 't' }], edges: [] };

it('a stored graph is read back as it was', () => {
  const full = {
    ...GRAPH,
    description: 'd',
    edges: [{ from_node: 'a', to_node: 'a' }],
    conditional_edges: [{ from_node: 'a', condition_function: 'c' }],
    parallel_edges: [{ from_node: 'a', to_nodes: ['a'], join_node: 'a' }],
    for_each_edges: [{ from_node: 'a', items: '${ data.x }', to_node: 'a', join_node: 'a', collect_as: 'x' }],
  };
  for (const graph of [GRAPH, full]) expect(readDefinition(JSON.stringify(graph))).toEqual(graph);
});

it.each([
  ['description', 1],
  ['entry_point', null],
  ['nodes', [{ name: 'a' }]],
  ['edges', [{ from_node: 'a' }]],
  ['conditional_edges', [{}]],
  ['parallel_edges', [{ from_node: 'a' }]],
  ['for_each_edges', {}],
])('a stored graph with another %s cannot be read', (field, value) => {
  const stored = JSON.stringify({ ...GRAPH, [field]: value });
  expect(() => readDefinition(stored)).toThrow(new UnreadableError(`has a \`${field}\` that this release cannot read`));
});
