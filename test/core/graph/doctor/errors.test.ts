import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createRegistry } from '../../../../src/core/tool/registry.js';
import type { ParamsSchema } from '../../../../src/core/tool/tool.js';
import { findErrors } from '../../../helpers/all-steps.js';
import { definitionOf } from '../../../helpers/run-driver.js';

const params = z.strictObject({ url: z.string(), 'a/b': z.array(z.number()).optional() });
const throwing: ParamsSchema<unknown> = {
  safeParse: () => {
    throw new Error('not today');
  },
};
const registry = createRegistry([
  { name: 'work', run: () => ({}) },
  { name: 'fetch', params, run: () => ({}) },
  { name: 'broken', params: throwing, run: () => ({}) },
  { name: 'late', params: z.looseObject({}).refine(() => Promise.resolve(true)), run: () => ({}) },
  { name: 'quality_gate', outcomes: ['END', 'improve'], choose: () => 'END' },
  { name: 'free', choose: () => 'END' },
]);

const node = (name: string) => ({ name, tool_name: 'work' });
const edge = (from_node: string, to_node: string) => ({ from_node, to_node });

function errorsOf(document: object) {
  const nodes = [node('extract'), node('analyze')];
  return findErrors(definitionOf({ entry_point: 'extract', nodes, ...document }), registry);
}

const places = (document: object) => errorsOf(document).map(({ pointer, code }) => [pointer, code]);

describe('unknown names', () => {
  it('are found everywhere at once, each with the nearest known one', () => {
    const errors = errorsOf({
      entry_point: 'extrct',
      nodes: [node('extract'), { name: 'analyze', tool_name: 'wrok' }],
      edges: [edge('extracts', 'analyse')],
      conditional_edges: [{ from_node: 'analyzer', condition_function: 'qualty_gate', routes: { 'a/b~c': 'end' } }],
    });
    expect(errors).toEqual([
      {
        pointer: '/entry_point',
        code: 'unknown_node',
        message: 'There is no node "extrct". Name one of the graph\'s nodes.',
        hint: 'Did you mean "extract"?',
      },
      {
        pointer: '/nodes/1/tool_name',
        code: 'unknown_tool',
        message: 'There is no tool "wrok". Name a registered tool.',
        hint: 'Did you mean "work"?',
      },
      expect.objectContaining({ pointer: '/edges/0/from_node', code: 'unknown_node', hint: 'Did you mean "extract"?' }),
      {
        pointer: '/edges/0/to_node',
        code: 'unknown_node',
        message: 'There is no node "analyse". Name one of the graph\'s nodes, or "END" to end the run.',
        hint: 'Did you mean "analyze"?',
      },
      expect.objectContaining({ pointer: '/conditional_edges/0/from_node', hint: 'Did you mean "analyze"?' }),
      {
        pointer: '/conditional_edges/0/condition_function',
        code: 'unknown_condition',
        message: 'There is no condition "qualty_gate". Name a registered condition.',
        hint: 'Did you mean "quality_gate"?',
      },
      expect.objectContaining({
        pointer: '/conditional_edges/0/routes/a~1b~0c',
        code: 'unknown_node',
        hint: 'Did you mean "END"?',
      }),
    ]);
  });

  it('have no hint where nothing is near, nor after the first twenty', () => {
    expect(errorsOf({ entry_point: 'something else' })[0]).not.toHaveProperty('hint');
    const edges = Array.from({ length: 15 }, () => edge('extrakt', 'analise'));
    const hints = errorsOf({ edges }).filter((error) => error.hint !== undefined);
    expect(hints).toHaveLength(20);
  });

  it('are not fooled by what every object has', () => {
    expect(places({ entry_point: 'constructor' })).toEqual([['/entry_point', 'unknown_node']]);
    const conditional_edges = [{ from_node: 'extract', condition_function: 'toString' }];
    expect(places({ conditional_edges })).toEqual([['/conditional_edges/0/condition_function', 'unknown_condition']]);
  });
});

describe('names of nodes', () => {
  it('are each given once', () => {
    expect(errorsOf({ nodes: [node('extract'), node('x'), node('extract'), node('extract')] })).toEqual([
      {
        pointer: '/nodes/2/name',
        code: 'duplicate_node',
        message: '/nodes/0 is named "extract" too. Give each node a name of its own.',
      },
      expect.objectContaining({ pointer: '/nodes/3/name', code: 'duplicate_node' }),
    ]);
  });

  it('leave END to the end of runs', () => {
    const nodes = [node('END'), node('extract'), node('END')];
    expect(places({ entry_point: 'END', nodes, edges: [edge('END', 'extract'), edge('extract', 'END')] })).toEqual([
      ['/entry_point', 'reserved_name'],
      ['/nodes/0/name', 'reserved_name'],
      ['/nodes/2/name', 'reserved_name'],
      ['/edges/0/from_node', 'reserved_name'],
    ]);
    expect(places({ conditional_edges: [{ from_node: 'END', condition_function: 'free' }] })).toEqual([
      ['/conditional_edges/0/from_node', 'reserved_name'],
    ]);
  });

  it('may be END in another case', () => {
    expect(errorsOf({ entry_point: 'End', nodes: [node('End')] })).toEqual([]);
  });
});

describe('edges', () => {
  it('leave a node once and in one kind', () => {
    const edges = [edge('extract', 'analyze'), edge('extract', 'analyze'), edge('extract', 'END')];
    const conditional_edges = [
      { from_node: 'extract', condition_function: 'free' },
      { from_node: 'analyze', condition_function: 'free' },
      { from_node: 'analyze', condition_function: 'free' },
    ];
    expect(errorsOf({ edges, conditional_edges })).toEqual([
      {
        pointer: '/edges/1',
        code: 'conflicting_edges',
        message:
          '/edges/0 leaves "extract" already, and a node has one way on. Remove one of the two, or choose by a condition.',
      },
      expect.objectContaining({ pointer: '/edges/2', message: expect.stringContaining('/edges/0') }),
      expect.objectContaining({ pointer: '/conditional_edges/0', message: expect.stringContaining('/edges/0') }),
      expect.objectContaining({
        pointer: '/conditional_edges/2',
        message: expect.stringContaining('/conditional_edges/1'),
      }),
    ]);
  });
});

describe('params', () => {
  const withParams = (tool_name: string, value: unknown) =>
    errorsOf({ nodes: [{ name: 'extract', tool_name, params: value }] });

  it("are checked by the tool's schema", () => {
    expect(withParams('fetch', { url: 'x', 'a/b': [1] })).toEqual([]);
    expect(withParams('work', { anything: 'goes' })).toEqual([]);
    const errors = withParams('fetch', { url: 1, 'a/b': [1, 'two'] });
    expect(errors.map(({ pointer, code }) => [pointer, code])).toEqual([
      ['/nodes/0/params/url', 'invalid_params'],
      ['/nodes/0/params/a~1b/1', 'invalid_params'],
    ]);
    expect(errors[0]?.message).toMatch(/expected string/);
  });

  it('are an empty object where there are none', () => {
    expect(places({ nodes: [{ name: 'extract', tool_name: 'fetch' }] })).toEqual([
      ['/nodes/0/params/url', 'invalid_params'],
    ]);
  });

  it('are invalid where the schema cannot check them', () => {
    expect(withParams('broken', {})).toEqual([
      {
        pointer: '/nodes/0/params',
        code: 'invalid_params',
        message: 'The tool "broken" could not check the params: not today',
      },
    ]);
    expect(withParams('late', {})).toEqual([
      expect.objectContaining({ pointer: '/nodes/0/params', code: 'invalid_params' }),
    ]);
  });

  it('have at most twenty of their problems told one by one', () => {
    const errors = withParams('fetch', { url: 'x', 'a/b': Array(50).fill('x') });
    expect(errors).toHaveLength(21);
    expect(errors.at(-1)).toEqual({
      pointer: '/nodes/0/params',
      code: 'invalid_params',
      message: 'The params have 30 more problems.',
    });
  });
});

describe('targets', () => {
  const parallel = { from_node: 'extract', to_nodes: ['analyze'], join_node: 'END', on_error: 'END' };
  const forEach = { from_node: 'analyze', items: '${ [1] }', to_node: 'extract', join_node: 'END', collect_as: 'all' };

  it('may be END where runs go, and nodes where branches begin', () => {
    expect(errorsOf({ parallel_edges: [parallel], for_each_edges: [{ ...forEach, on_error: 'END' }] })).toEqual([]);
  });

  it('are looked up in every kind of edge', () => {
    const cases = [{ when: 'true', to_node: 'x' }];
    expect(
      places({
        nodes: [{ ...node('extract'), on_error: 'x' }, { ...node('analyze'), on_error: 'END' }, node('third')],
        conditional_edges: [
          { from_node: 'third', cases: [...cases, { when: 'false', to_node: 'END' }], otherwise: 'y' },
        ],
        parallel_edges: [{ ...parallel, from_node: 'END', to_nodes: ['END', 'x'], join_node: 'x', on_error: 'x' }],
        for_each_edges: [{ ...forEach, from_node: 'x', to_node: 'END', join_node: 'x', on_error: 'x' }],
      }),
    ).toEqual([
      ['/nodes/0/on_error', 'unknown_node'],
      ['/conditional_edges/0/cases/0/to_node', 'unknown_node'],
      ['/conditional_edges/0/otherwise', 'unknown_node'],
      ['/parallel_edges/0/from_node', 'reserved_name'],
      ['/parallel_edges/0/to_nodes/0', 'reserved_name'],
      ['/parallel_edges/0/to_nodes/1', 'unknown_node'],
      ['/parallel_edges/0/join_node', 'unknown_node'],
      ['/parallel_edges/0/on_error', 'unknown_node'],
      ['/for_each_edges/0/from_node', 'unknown_node'],
      ['/for_each_edges/0/to_node', 'reserved_name'],
      ['/for_each_edges/0/join_node', 'unknown_node'],
      ['/for_each_edges/0/on_error', 'unknown_node'],
    ]);
  });

  it('conflict across all kinds of edges', () => {
    const from_node = 'extract';
    expect(
      places({
        edges: [edge(from_node, 'END')],
        conditional_edges: [{ from_node, cases: [{ when: 'true', to_node: 'END' }], otherwise: 'END' }],
        parallel_edges: [parallel],
        for_each_edges: [{ ...forEach, from_node }],
      }),
    ).toEqual([
      ['/conditional_edges/0', 'conflicting_edges'],
      ['/parallel_edges/0', 'conflicting_edges'],
      ['/for_each_edges/0', 'conflicting_edges'],
    ]);
  });
});

describe('expressions', () => {
  const byCases = (...whens: string[]) => ({
    conditional_edges: [
      { from_node: 'extract', cases: whens.map((when) => ({ when, to_node: 'END' })), otherwise: 'END' },
    ],
  });
  const byItems = (items: string) => ({
    for_each_edges: [{ from_node: 'extract', items, to_node: 'analyze', join_node: 'END', collect_as: 'all' }],
  });
  const withParams = (tool_name: string, value: unknown) => ({
    nodes: [{ name: 'extract', tool_name, params: value }],
  });

  it('of cases are conditions', () => {
    expect(errorsOf(byCases('data.n > 1', 'data.flag'))).toEqual([]);
    expect(errorsOf(byCases('true', 'data.n >', '1 + 1', 'secrets.KEY == "x"', 'datta.n == 1'))).toEqual([
      {
        pointer: '/conditional_edges/0/cases/1/when',
        code: 'invalid_expression',
        message: expect.stringMatching(/\(at character \d+\)$/),
      },
      {
        pointer: '/conditional_edges/0/cases/2/when',
        code: 'invalid_expression',
        message: 'This must be a boolean, and is always a number.',
      },
      expect.objectContaining({ pointer: '/conditional_edges/0/cases/3/when' }),
      expect.objectContaining({ pointer: '/conditional_edges/0/cases/4/when', hint: 'Did you mean "data"?' }),
    ]);
  });

  it('of items are one list', () => {
    expect(errorsOf(byItems(' ${ data.list } '))).toEqual([]);
    for (const items of ['data.list', 'a ${ data.list }', '${ [1] }${ [2] }', '${ [1]']) {
      expect(errorsOf(byItems(items))).toEqual([
        {
          pointer: '/for_each_edges/0/items',
          code: 'invalid_expression',
          message: 'The items are one expression: "${", an expression that gives a list, and "}".',
        },
      ]);
    }
    expect(places(byItems('${ 1 }'))).toEqual([['/for_each_edges/0/items', 'invalid_expression']]);
    const [error] = errorsOf(byItems('  ${ [1] + }'));
    expect(error?.message).toMatch(/\(at character 12\)$/);
  });

  it('in params are read, whether or not the tool is known', () => {
    expect(errorsOf(withParams('gone', { deep: ['${ data.n }'] })).map(({ code }) => code)).toEqual(['unknown_tool']);
    expect(places(withParams('gone', { 'a/b': ['x', 'y ${ data. }', '${ secrets.KEY }', '${ x'] }))).toEqual([
      ['/nodes/0/tool_name', 'unknown_tool'],
      ['/nodes/0/params/a~1b/1', 'invalid_expression'],
      ['/nodes/0/params/a~1b/2', 'invalid_expression'],
      ['/nodes/0/params/a~1b/3', 'invalid_expression'],
    ]);
  });

  it('in params hide what the schema finds at, under and above them', () => {
    expect(errorsOf(withParams('fetch', { url: '${ data.url }', 'a/b': ['${ 1 }'] }))).toEqual([]);
    expect(errorsOf(withParams('fetch', { url: 'x', 'a/b': '${ data.list }' }))).toEqual([]);
    expect(places(withParams('fetch', { url: 1, 'a/b': ['${ 1 }', 'two'] }))).toEqual([
      ['/nodes/0/params/url', 'invalid_params'],
      ['/nodes/0/params/a~1b/1', 'invalid_params'],
    ]);
    expect(places(withParams('fetch', { url: 'x', 'a/b': '${ data.' }))).toEqual([
      ['/nodes/0/params/a~1b', 'invalid_expression'],
    ]);
    expect(errorsOf(withParams('fetch', { url: '$${ no expression' }))).toEqual([]);
  });

  it('are counted over the whole graph, and refused before they are read', () => {
    const params = { list: Array.from({ length: 400 }, () => '${ 1 }') };
    const nodes = Array.from({ length: 100 }, (_, index) => ({ name: `n${index}`, tool_name: 'work', params }));
    const document = {
      ...byCases('true'),
      ...byItems('${ [1] }'),
      nodes: [node('extract'), node('analyze'), ...nodes],
    };
    const errors = errorsOf(document).filter(({ code }) => code !== 'conflicting_edges');
    expect(errors).toEqual([
      {
        pointer: '/nodes/7/params',
        code: 'invalid_expression',
        message: 'The graph has more than 2000 expressions, or 262144 characters of them. The rest was not checked.',
      },
    ]);
    const long = Array.from({ length: 100 }, () => `true ${' '.repeat(3000)}`);
    expect(errorsOf(byCases(...long))).toMatchObject([{ pointer: '/conditional_edges/0/cases/87/when' }]);
  });

  it('are counted in the key of the concurrency too', () => {
    const params = { list: Array.from({ length: 400 }, () => '${ 1 }') };
    const more = Array.from({ length: 4 }, (_, index) => ({ name: `n${index}`, tool_name: 'work', params }));
    const nodes = [node('extract'), node('analyze'), ...more];
    expect(errorsOf({ nodes, concurrency: { limit: 1, key: '${1}'.repeat(400) } })).toEqual([]);
    const document = { nodes, concurrency: { limit: 1, key: '${1}'.repeat(401) } };
    expect(errorsOf(document)).toMatchObject([{ pointer: '/concurrency/key', code: 'invalid_expression' }]);
  });

  it('are counted, however many of them are in one text', () => {
    const nodes = [{ ...node('extract'), params: { text: '${1}'.repeat(250_000) } }, node('analyze')];
    expect(errorsOf({ nodes })).toMatchObject([{ pointer: '/nodes/0/params', code: 'invalid_expression' }]);
  });
});

describe('the schema of the input', () => {
  it('is a JSON Schema that can be compiled', () => {
    expect(errorsOf({ input_schema: { type: 'object', required: ['code'] } })).toEqual([]);
    expect(places({ input_schema: { properties: { a: { type: 'nothing' }, b: { pattern: '(?=x)' } } } })).toEqual([
      ['/input_schema/properties/b/pattern', 'invalid_schema'],
    ]);
  });
});

describe('outcomes of a condition', () => {
  it('need a node or a route each', () => {
    const gate = { from_node: 'extract', condition_function: 'quality_gate' };
    expect(errorsOf({ conditional_edges: [gate] })).toEqual([
      {
        pointer: '/conditional_edges/0',
        code: 'unknown_outcome',
        message:
          'The condition "quality_gate" can answer "improve", which is no node. Add a route for it, or a node of that name.',
      },
    ]);
    expect(errorsOf({ conditional_edges: [{ ...gate, routes: { improve: 'analyze' } }] })).toEqual([]);
    expect(errorsOf({ nodes: [node('extract'), node('improve')], conditional_edges: [gate] })).toEqual([]);
  });
});
