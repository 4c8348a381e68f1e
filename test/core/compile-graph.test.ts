import { describe, expect, it } from 'vitest';
import { compileGraph } from '../../src/core/compile-graph.js';
import { createRegistry } from '../../src/core/registry.js';
import { definitionOf } from '../helpers/run-driver.js';

const work = { name: 'work', run: () => ({}) };
const gate = { name: 'gate', choose: () => 'END' };
const identity = { graphId: 'g', version: 3 };

describe('compileGraph', () => {
  it('links nodes to their tools, conditions and ways on', () => {
    const definition = definitionOf({
      entry_point: 'a',
      nodes: [
        { name: 'a', tool_name: 'work', params: { n: [1] } },
        { name: 'b', tool_name: 'work' },
        { name: 'c', tool_name: 'work' },
      ],
      edges: [{ from_node: 'a', to_node: 'b' }],
      conditional_edges: [{ from_node: 'b', condition_function: 'gate', routes: { done: 'END' } }],
      limits: { max_steps: 7 },
    });
    const graph = compileGraph(definition, createRegistry([work, gate]), identity);
    expect(graph).toMatchObject({ graphId: 'g', version: 3, entryPoint: 'a', limits: { max_steps: 7 } });
    expect([...graph.nodes.keys()]).toEqual(['a', 'b', 'c']);
    expect(graph.nodes.get('a')).toEqual({
      name: 'a',
      toolName: 'work',
      tool: work,
      params: { n: [1] },
      route: { kind: 'edge', to: 'b' },
    });
    const route = graph.nodes.get('b')?.route;
    expect(route).toMatchObject({ kind: 'condition', name: 'gate', condition: gate });
    expect(route?.kind === 'condition' && route.routes).toEqual(new Map([['done', 'END']]));
    expect(route?.kind === 'condition' && [route.targets.has('c'), route.targets.has('d')]).toEqual([true, false]);
    expect(graph.nodes.get('c')).toMatchObject({ params: {}, route: { kind: 'none' } });
  });

  it('keeps nodes whose functions are gone', () => {
    const definition = definitionOf({
      entry_point: 'a',
      nodes: [{ name: 'a', tool_name: 'gone' }],
      conditional_edges: [{ from_node: 'a', condition_function: 'gone' }],
    });
    const node = compileGraph(definition, createRegistry([]), identity).nodes.get('a');
    expect(node?.tool).toBeUndefined();
    expect(node?.route).toMatchObject({ kind: 'condition', condition: undefined });
  });

  it('freezes params, which all runs of the graph share', () => {
    const nodes = [{ name: 'a', tool_name: 'work', params: { list: [{}] } }];
    const graph = compileGraph(definitionOf({ entry_point: 'a', nodes }), createRegistry([work]), identity);
    const params = graph.nodes.get('a')?.params as { list: object[] };
    expect(() => params.list.push({})).toThrow(TypeError);
    expect(Object.isFrozen(params.list[0])).toBe(true);
  });
});
