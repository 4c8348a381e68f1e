import { describe, expect, it } from 'vitest';
import { edgesOf, isBranchEdge, targetOf } from '../../../src/core/graph/edges.js';
import { definitionOf } from '../../helpers/run-driver.js';

const node = (name: string) => ({ name, tool_name: 'work' });
const ALL = definitionOf({
  entry_point: 'a',
  nodes: [node('a'), { ...node('b'), on_error: 'a' }, node('c'), node('d'), node('e')],
  edges: [{ from_node: 'a', to_node: 'b' }],
  conditional_edges: [
    { from_node: 'b', condition_function: 'gate', routes: { 'a/b': 'END' } },
    { from_node: 'c', cases: [{ when: 'data.n > 1', to_node: 'a' }], otherwise: 'END' },
  ],
  parallel_edges: [{ from_node: 'd', to_nodes: ['a', 'b'], join_node: 'c', on_error: 'e', max_parallel: 2 }],
  for_each_edges: [{ from_node: 'e', items: '${ data.all }', to_node: 'a', join_node: 'END', collect_as: 'got' }],
});

/** The value that a JSON Pointer points at. */
function resolve(pointer: string): unknown {
  return pointer
    .split('/')
    .slice(1)
    .reduce((value, token) => (value as Record<string, unknown>)[token.replaceAll('~1', '/')], ALL as unknown);
}

describe('edgesOf', () => {
  it('reads every kind of edge, in the order of the document', () => {
    const shown = edgesOf(ALL).map(({ kind, pointer, from, targets, starts }) => {
      const names = (places: readonly { name: string }[]) => places.map(({ name }) => name).join();
      return `${kind} ${pointer}: ${from.name} to ${names(targets)} starts ${names(starts)}`;
    });
    expect(shown).toEqual([
      'error /nodes/1: b to a starts ',
      'edge /edges/0: a to b starts ',
      'condition /conditional_edges/0: b to END starts ',
      'cases /conditional_edges/1: c to a,END starts ',
      'parallel /parallel_edges/0: d to c,e starts a,b',
      'for_each /for_each_edges/0: e to END starts a',
    ]);
  });

  it('says where each name and each expression stands', () => {
    const edges = edgesOf(ALL);
    const names = edges.flatMap(({ from, targets, starts }) => [from, ...targets, ...starts]);
    expect(names).toHaveLength(17);
    for (const { name, pointer } of names) expect(resolve(pointer), pointer).toBe(name);
    const expressions = edges.flatMap((edge) => edge.expressions);
    expect(expressions.map(({ source, start, result }) => [source, start, result])).toEqual([
      ['data.n > 1', 0, 'boolean'],
      [' data.all ', 2, 'list'],
    ]);
    for (const { text, pointer } of expressions) expect(resolve(pointer), pointer).toBe(text);
  });

  it('knows the edges that start branches, with their defaults', () => {
    expect(edgesOf(ALL).filter(isBranchEdge)).toMatchObject([
      { kind: 'parallel', join: { name: 'c' }, maxParallel: 2, onError: [{ to: { name: 'e' } }] },
      { kind: 'for_each', join: { name: 'END' }, maxParallel: 10, onError: [], collectAs: 'got' },
    ]);
  });

  it('finds the target of an outcome', () => {
    const edge = edgesOf(ALL).find(({ kind }) => kind === 'condition');
    if (edge?.kind !== 'condition') throw new Error('There is one.');
    expect([targetOf(edge, 'a/b'), targetOf(edge, 'c')]).toEqual(['END', 'c']);
  });

  it('throws for a conditional edge that the schema refuses', () => {
    const cases = [{ when: 'true', to_node: 'a' }];
    for (const half of [{}, { cases }, { otherwise: 'a' }]) {
      const definition = { ...ALL, conditional_edges: [{ from_node: 'b', ...half }] };
      expect(() => edgesOf(definition)).toThrow('/conditional_edges/0 has neither');
    }
  });
});

describe('the items of a for_each edge', () => {
  it.each([
    ['${ data.list }', { source: ' data.list ', start: 2 }],
    ['  ${ {"a": [1]}.a }\n', { source: ' {"a": [1]}.a ', start: 4 }],
    ['data.list', undefined],
    ['${ 1 }${ 2 }', undefined],
    ['all ${ data.list }', undefined],
    ['$${ data.list }', undefined],
    ['${ data.list', undefined],
    ['', undefined],
  ])('are one expression: %j', (items, part) => {
    const edge = { from_node: 'a', items, to_node: 'b', join_node: 'c', collect_as: 'all' };
    const [read] = edgesOf({
      ...ALL,
      nodes: [],
      edges: [],
      conditional_edges: [],
      parallel_edges: [],
      for_each_edges: [edge],
    });
    expect(read?.expressions).toMatchObject([part ?? { source: undefined, start: 0 }]);
  });
});
