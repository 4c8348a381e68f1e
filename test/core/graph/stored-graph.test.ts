import { expect, it } from 'vitest';
import { finishSteps } from '../../../src/core/base/steps.js';
import { readDefinition, readDefinitionInSteps } from '../../../src/core/graph/stored-graph.js';

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
  expect(() => readDefinition(stored)).toThrow(
    expect.objectContaining({ message: `has a \`${field}\` that this release cannot read` }),
  );
});

it('a large stored graph is read back in steps, as it was', () => {
  const large = {
    ...GRAPH,
    description: 'd'.repeat(300_000),
    nodes: [{ ...GRAPH.nodes[0], params: { list: [1, 'a'] } }],
  };
  expect(finishSteps(readDefinitionInSteps(JSON.stringify(large), true))).toEqual(large);
  expect([...readDefinitionInSteps(JSON.stringify(large), true)].length).toBeGreaterThan(2);
  expect(finishSteps(readDefinitionInSteps(JSON.stringify(GRAPH), true))).toEqual(GRAPH);
});

const LARGE = { description: 'd'.repeat(300_000) };

it.each([
  ['is no JSON', `${JSON.stringify(LARGE)}x`, false, 'is not JSON'],
  ['is JSON that nothing here has written', JSON.stringify(LARGE, null, 2), true, 'is not JSON as it was stored'],
  ['has another form', JSON.stringify(LARGE), true, 'has a `name` that this release cannot read'],
])('a large stored graph that %s cannot be read', (_what, stored, isJson, message) => {
  expect(() => finishSteps(readDefinitionInSteps(stored, isJson))).toThrow(expect.objectContaining({ message }));
});
