import { describe, expect, it } from 'vitest';

import { createRegistry } from '../../../src/core/tool/registry.js';
import { compileGraph } from '../../helpers/all-steps.js';
import { definitionOf } from '../../helpers/run-driver.js';

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
    expect(graph.nodes.get('a')).toMatchObject({
      name: 'a',
      toolName: 'work',
      tool: work,
      params: { isStatic: true, preview: { n: [1] } },
      route: { kind: 'edge', to: 'b' },
      timeoutMs: undefined,
      retry: [],
      onError: [],
    });
    const route = graph.nodes.get('b')?.route;
    expect(route).toMatchObject({ kind: 'condition', name: 'gate', condition: gate });
    expect(route?.kind === 'condition' && route.routes).toEqual(new Map([['done', 'END']]));
    expect(route?.kind === 'condition' && [route.targets.has('c'), route.targets.has('d')]).toEqual([true, false]);
    expect(graph.nodes.get('c')).toMatchObject({ params: { preview: {} }, route: { kind: 'none' } });
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
    const params = graph.nodes.get('a')?.params.preview as unknown as { list: object[] };
    expect(() => params.list.push({})).toThrow(TypeError);
    expect(Object.isFrozen(params.list[0])).toBe(true);
  });

  it('takes over what nodes say of their failures', () => {
    const nodes = [{ name: 'a', tool_name: 'work', timeout_seconds: 1.5, retry: { max_attempts: 2 }, on_error: 'END' }];
    const graph = compileGraph(definitionOf({ entry_point: 'a', nodes }), createRegistry([work]), identity);
    expect(graph.nodes.get('a')).toMatchObject({
      timeoutMs: 1500,
      retry: [{ policy: { max_attempts: 2, interval_seconds: 1, backoff_rate: 2, jitter: 'none' }, index: undefined }],
      onError: [{ to: 'END', isPlain: true }],
    });
  });

  it('compiles the lists of what nodes say of their failures', () => {
    const retry = [
      { on: ['gone'], max_attempts: 2 },
      { when: 'error.attempt < 3', max_attempts: 9 },
    ];
    const on_error = [{ on: ['gone', 'lost'], when: 'true', to_node: 'END' }, { to_node: 'a' }];
    const nodes = [{ name: 'a', tool_name: 'work', retry, on_error }];
    const graph = compileGraph(definitionOf({ entry_point: 'a', nodes }), createRegistry([work]), identity);
    expect(graph.nodes.get('a')).toMatchObject({
      retry: [
        { on: new Set(['gone']), when: undefined, index: 0, policy: { max_attempts: 2, interval_seconds: 1 } },
        { on: undefined, when: { source: 'error.attempt < 3' }, index: 1, policy: { max_attempts: 9 } },
      ],
      onError: [
        { on: new Set(['gone', 'lost']), when: { source: 'true' }, to: 'END', isPlain: false },
        { on: undefined, when: undefined, to: 'a', isPlain: false },
      ],
    });
  });

  it('compiles expressions once, for all runs', () => {
    const nodes = ['a', 'b', 'c'].map((name) => ({ name, tool_name: 'work', params: { at: '${ run.step }' } }));
    const definition = definitionOf({
      entry_point: 'a',
      nodes,
      conditional_edges: [{ from_node: 'a', cases: [{ when: 'data.n > 1', to_node: 'b' }], otherwise: 'c' }],
      parallel_edges: [{ from_node: 'b', to_nodes: ['a', 'c'], join_node: 'END', on_error: 'a', max_parallel: 2 }],
      for_each_edges: [{ from_node: 'c', items: ' ${ data.list } ', to_node: 'a', join_node: 'b', collect_as: 'all' }],
      merge: { n: 'sum' },
      input_schema: { type: 'object' },
    });
    const graph = compileGraph(definition, createRegistry([work]), identity);
    const scope = {
      input_data: null,
      data: { n: 2, list: [1] },
      run: { run_id: 'r', graph_id: 'g', step: 4, attempt: 1 },
    };
    expect(graph.nodes.get('a')?.params.render(scope)).toEqual({ at: 4 });
    const route = graph.nodes.get('a')?.route;
    expect(route).toMatchObject({ kind: 'cases', cases: [{ to: 'b' }], otherwise: 'c' });
    expect(route?.kind === 'cases' && route.cases[0]?.when.evaluate(scope).value).toBe(true);
    expect(graph.nodes.get('b')?.route).toEqual({
      kind: 'parallel',
      starts: ['a', 'c'],
      join: 'END',
      joinRule: { kind: 'all', maxFailures: 0 },
      collectErrorsAs: undefined,
      maxParallel: 2,
      onError: [{ to: 'a', isPlain: true, on: undefined, when: undefined }],
    });
    const forEach = graph.nodes.get('c')?.route;
    expect(forEach).toMatchObject({ kind: 'for_each', start: 'a', join: 'b', collectAs: 'all', maxParallel: 10 });
    expect(forEach?.kind === 'for_each' && forEach.items.evaluate(scope).value).toEqual([1]);
    expect(graph.merge).toEqual(new Map([['n', 'sum']]));
    expect(graph.inputSchema?.validate([])).toHaveLength(1);
  });

  it('throws for an expression that the doctor would have refused', () => {
    const forEach = { from_node: 'a', items: 'no', to_node: 'a', join_node: 'END', collect_as: 'all' };
    const definition = definitionOf({
      entry_point: 'a',
      nodes: [{ name: 'a', tool_name: 'work' }],
      for_each_edges: [forEach],
    });
    expect(() => compileGraph(definition, createRegistry([work]), identity)).toThrow('The stored "no" cannot be read');
    const conditional_edges = [{ from_node: 'a', cases: [{ when: '1 +', to_node: 'a' }], otherwise: 'END' }];
    const { for_each_edges: _, ...rest } = definition;
    expect(() => compileGraph({ ...rest, conditional_edges }, createRegistry([work]), identity)).toThrow(
      'The stored expression "1 +" cannot be read: ',
    );
  });
});
