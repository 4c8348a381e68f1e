import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { findErrors } from '../../src/core/graph-errors.js';
import { createRegistry } from '../../src/core/registry.js';
import type { ParamsSchema } from '../../src/core/tool.js';
import { definitionOf } from '../helpers/run-driver.js';

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
