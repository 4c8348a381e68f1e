import { describe, expect, it } from 'vitest';
import { z } from 'zod';

import { compileGraph } from '../../../../src/core/graph/compile.js';
import { diagnose as diagnoseInSteps } from '../../../../src/core/graph/doctor/doctor.js';
import { createRegistry } from '../../../../src/core/tool/registry.js';
import { diagnose } from '../../../helpers/all-steps.js';
import { definitionOf } from '../../../helpers/run-driver.js';

const registry = createRegistry([
  { name: 'work', run: () => ({}) },
  { name: 'gate', outcomes: ['again', 'END'], choose: () => 'END' },
  { name: 'free', choose: () => 'END' },
]);

const NO_TOOLS = createRegistry([]);

const node = (name: string) => ({ name, tool_name: 'work' });
const edge = (from_node: string, to_node: string) => ({ from_node, to_node });

function warningsOf(names: string[], edges: object[], conditional_edges: object[] = []) {
  const document = { entry_point: names[0], nodes: names.map(node), edges, conditional_edges };
  const { errors, warnings } = diagnose(definitionOf(document), registry);
  expect(errors).toEqual([]);
  return warnings;
}

describe('a graph that is as it should be', () => {
  it('has neither errors nor warnings', () => {
    const gate = { from_node: 'b', condition_function: 'gate', routes: { again: 'a' } };
    expect(warningsOf(['a', 'b'], [edge('a', 'b')], [gate])).toEqual([]);
  });
});

describe('warnings', () => {
  it('name each node that no path leads to', () => {
    expect(warningsOf(['a', 'b', 'c'], [edge('b', 'c')])).toEqual([
      {
        pointer: '/nodes/1',
        code: 'unreachable_node',
        message: 'No path leads from the entry point to "b". Add an edge to it, or remove it.',
      },
      expect.objectContaining({ pointer: '/nodes/2', code: 'unreachable_node' }),
    ]);
  });

  it('tell of a cycle with no way out once, at its first node in the document', () => {
    const edges = [edge('a', 'c'), edge('c', 'b'), edge('b', 'c')];
    expect(warningsOf(['a', 'b', 'c'], edges)).toEqual([
      {
        pointer: '/nodes/0',
        code: 'no_path_to_end',
        message: 'Every path from "a" leads into a cycle with no way out. Give one of them a way to an end.',
      },
      {
        pointer: '/nodes/1',
        code: 'endless_cycle',
        message:
          'No path leads out of this cycle to an end: "b", "c". Add a way out, for example a conditional edge to "END".',
      },
    ]);
  });

  it('tell of a node that leads to itself alone', () => {
    expect(warningsOf(['a'], [edge('a', 'a')])).toEqual([
      expect.objectContaining({ pointer: '/nodes/0', code: 'endless_cycle' }),
    ]);
  });

  it('tell cycles apart that lead into each other', () => {
    const both = createRegistry([
      { name: 'work', run: () => ({}) },
      { name: 'stay_or_go', outcomes: ['a', 'b'], choose: () => 'a' },
    ]);
    const document = {
      entry_point: 'a',
      nodes: [node('a'), node('b')],
      edges: [edge('b', 'b')],
      conditional_edges: [{ from_node: 'a', condition_function: 'stay_or_go' }],
    };
    const { warnings } = diagnose(definitionOf(document), both);
    expect(warnings.map(({ pointer, code }) => [pointer, code])).toEqual([
      ['/nodes/0', 'endless_cycle'],
      ['/nodes/1', 'endless_cycle'],
    ]);
  });

  it('list at most ten names of a long cycle', () => {
    const names = Array.from({ length: 12 }, (_, index) => `n${index}`);
    const edges = names.map((name, index) => edge(name, names[(index + 1) % names.length]!));
    const [warning, ...others] = warningsOf(names, edges);
    expect(others).toEqual([]);
    expect(warning?.message).toContain('"n9", 2 more.');
    expect(warning?.message).not.toContain('"n10"');
  });

  it('are not given for a condition that may name any node', () => {
    const free = { from_node: 'a', condition_function: 'free' };
    expect(warningsOf(['a', 'b', 'c'], [edge('b', 'a'), edge('c', 'c')], [free])).toEqual([
      expect.objectContaining({ pointer: '/nodes/2', code: 'endless_cycle' }),
    ]);
  });

  it('follow branches and ways for errors', () => {
    const nodes = ['a', 'b', 'c', 'j', 'e', 'x'].map(node);
    const parallel_edges = [{ from_node: 'a', to_nodes: ['b', 'c'], join_node: 'j', on_error: 'e' }];
    const edges = [edge('b', 'b'), edge('j', 'j'), edge('c', 'j'), edge('e', 'END')];
    const { errors, warnings } = diagnose(definitionOf({ entry_point: 'a', nodes, edges, parallel_edges }), registry);
    expect(errors).toEqual([expect.objectContaining({ code: 'unreachable_join' })]);
    expect(warnings.map(({ pointer, code }) => [pointer, code])).toEqual([
      ['/nodes/1', 'endless_cycle'],
      ['/nodes/2', 'no_path_to_end'],
      ['/nodes/3', 'endless_cycle'],
      ['/nodes/5', 'unreachable_node'],
    ]);
  });

  it('name each route for an outcome that the condition never answers', () => {
    const gate = { from_node: 'a', condition_function: 'gate', routes: { again: 'a', 'no/way': 'END' } };
    expect(warningsOf(['a'], [], [gate])).toEqual([
      {
        pointer: '/conditional_edges/0/routes/no~1way',
        code: 'unused_route',
        message: 'The condition "gate" never answers "no/way". Remove the route, or correct its outcome.',
      },
    ]);
    expect(warningsOf(['a'], [], [{ ...gate, condition_function: 'free' }])).toEqual([]);
    expect(warningsOf(['a'], [], [{ from_node: 'a', condition_function: 'free' }])).toEqual([]);
  });

  it('name each secret that has no value, where a tool takes secrets', () => {
    const knowing = createRegistry([
      { name: 'work', run: () => ({}) },
      { name: 'call', secrets: true, run: () => ({}) },
    ]);
    // biome-ignore-start lint/suspicious/noTemplateCurlyInString: these are expressions.
    const params = { headers: { a: '${ secrets.SET }', b: '${ secrets.UNSET + secrets.OTHER }' } };
    const nodes = [node('a'), { ...node('b'), tool_name: 'call', params }];
    // biome-ignore-end lint/suspicious/noTemplateCurlyInString: see above.
    const definition = definitionOf({ entry_point: 'a', nodes, edges: [edge('a', 'b')] });
    const { errors, warnings } = diagnose(definition, knowing, { isSecretSet: (name) => name === 'SET' });
    expect(errors).toEqual([]);
    expect(warnings.map(({ pointer, code }) => [pointer, code])).toEqual([
      ['/nodes/1/params', 'unset_secret'],
      ['/nodes/1/params', 'unset_secret'],
    ]);
    expect(warnings[1]?.message).toBe(
      'The secret "UNSET" is not set. Set SECRET_UNSET in the environment of the server.',
    );
    expect(diagnose(definition, knowing)).toEqual({ errors: [], warnings: [] });
  });
});

describe('errors', () => {
  it('of names, of branches and of recursion are told together', () => {
    const document = {
      graph_id: 'own',
      entry_point: 'a',
      nodes: [{ name: 'a', tool_name: 'run_graph', params: { graph_id: 'own' } }, node('b')],
      for_each_edges: [{ from_node: 'a', items: '${ [] }', to_node: 'b', join_node: 'b', collect_as: 'all' }],
    };
    expect(diagnose(definitionOf(document), registry).errors.map(({ code }) => code)).toEqual([
      'unknown_tool',
      'empty_branch',
      'endless_recursion',
    ]);
  });
});

describe('an error', () => {
  const nodes = [node('a'), node('b')];
  const warningCodes = (document: object) => {
    const { errors, warnings } = diagnose(definitionOf({ entry_point: 'a', nodes, ...document }), registry);
    expect(errors).not.toEqual([]);
    return warnings.map((warning) => warning.code);
  };

  it('in the entry point causes no warning', () => {
    expect(warningCodes({ entry_point: 'aa' })).toEqual([]);
  });

  it('in an edge causes no warning', () => {
    expect(warningCodes({ edges: [edge('a', 'bb')] })).toEqual([]);
    expect(warningCodes({ edges: [edge('aa', 'b')] })).toEqual([]);
    expect(warningCodes({ edges: [edge('END', 'b')] })).toEqual([]);
  });

  it('in a conditional edge causes no warning', () => {
    expect(warningCodes({ conditional_edges: [{ from_node: 'a', condition_function: 'fre' }] })).toEqual([]);
    expect(warningCodes({ conditional_edges: [{ from_node: 'aa', condition_function: 'free' }] })).toEqual([]);
    const typo = { from_node: 'a', condition_function: 'gate', routes: { again: 'bb' } };
    expect(warningCodes({ conditional_edges: [typo] })).toEqual([]);
  });

  it('does not hide the warnings that hold all the same', () => {
    expect(warningCodes({ nodes: [...nodes, node('a')], edges: [edge('a', 'a')] })).toEqual([
      'endless_cycle',
      'unreachable_node',
    ]);
  });
});

describe('hostile documents', () => {
  const long = (index: number) => `${index}`.padStart(200, 'x');
  const names = Array.from({ length: 1000 }, (_, index) => long(index));
  const manyTools = createRegistry([
    ...names.map((_, index) => ({ name: `t${index}`.padEnd(200, 'y'), run: () => ({}) })),
    { name: 'work', params: z.strictObject({}), run: () => ({}) },
    { name: 'any_of_them', outcomes: names, choose: () => 'END' },
  ]);
  const time = (document: object) => {
    const definition = definitionOf({ entry_point: long(0), nodes: names.map(node), ...document });
    const diagnosis = diagnose(definition, manyTools);
    // The aim is 100 ms; the rest is for slow machines that do other things too.
    return diagnosis;
  };
  const chain = names.slice(1).map((name, index) => edge(names[index]!, name));

  it('are cheap where all names are misspelt', () => {
    const edges = Array.from({ length: 5000 }, (_, index) => edge(long(5000 + index), long(10_000 + index)));
    const nodes = names.map((name) => ({ name, tool_name: `${name.slice(0, 199)}z` }));
    const { errors } = time({ nodes, edges });
    expect(errors).toHaveLength(1001);
    expect(errors.at(-1)?.message).toMatch(/^10000 more are not listed/);
    expect(errors.filter((error) => 'hint' in error).length).toBeLessThanOrEqual(20);
  });

  it('are cheap as one long chain or cycle', () => {
    expect(time({ edges: [...chain, edge(long(999), 'END')] })).toEqual({ errors: [], warnings: [] });
    expect(time({ edges: [...chain, edge(long(999), long(0))] }).warnings).toHaveLength(1);
  });

  it('are cheap where every node leads to every other', () => {
    const conditional_edges = names.map((from_node) => ({ from_node, condition_function: 'any_of_them' }));
    expect(time({ conditional_edges }).warnings).toHaveLength(1);
  });
});

describe('of a large document', () => {
  const nodes = Array.from({ length: 1000 }, (_, index) => ({ name: `n${index}`, tool_name: 'none' }));

  it('1,000 findings are told, errors first, and how many more there are', () => {
    const { errors, warnings } = diagnose(
      definitionOf({ entry_point: 'n0', nodes, edges: [{ from_node: 'n0', to_node: 'x' }] }),
      NO_TOOLS,
    );
    expect(errors).toHaveLength(1001);
    expect(errors.at(-1)).toEqual({
      pointer: '',
      code: 'more_errors',
      message: '1 more is not listed. Correct the others first.',
    });
    expect(warnings).toEqual([]);
    const few = diagnose(
      definitionOf({
        entry_point: 'n0',
        nodes: [...nodes.slice(0, 600)],
        edges: [{ from_node: 'n0', to_node: 'END' }],
      }),
      NO_TOOLS,
    );
    expect(few.errors).toHaveLength(600);
    expect(few.warnings).toHaveLength(401);
    expect(few.warnings.at(-1)).toMatchObject({
      code: 'more_warnings',
      message: expect.stringMatching(/^199 more are/),
    });
  });

  it.each([
    ['nodes', { nodes }],
    ['params', { nodes: [{ name: 'a', tool_name: 'none', params: { list: Array(100_000).fill(1) } }] }],
    ['parts of params', { nodes: [{ name: 'a', tool_name: 'none', params: { list: Array(100_000).fill({}) } }] }],
    ['expressions', { nodes: [{ name: 'a', tool_name: 'none', params: { list: Array(400).fill('${ 1 }') } }] }],
    [
      'cases',
      {
        nodes: [nodes[0]],
        conditional_edges: [
          { from_node: 'n0', otherwise: 'END', cases: Array(100).fill({ when: 'true', to_node: 'END' }) },
        ],
      },
    ],
    ['edges', { nodes: [nodes[0]], edges: Array(5000).fill({ from_node: 'n0', to_node: 'n0' }) }],
  ])('the work on %s can be interrupted', (_, document) => {
    const definition = definitionOf({ entry_point: 'n0', edges: [], ...document });
    const stepsOf = (steps: Iterable<void>) => [...steps].length;
    expect(stepsOf(diagnoseInSteps(definition, NO_TOOLS))).toBeGreaterThan(100);
    if (!('edges' in document)) {
      const steps = stepsOf(compileGraph(definition, NO_TOOLS, { graphId: 'g', version: 1 }));
      expect(steps).toBeGreaterThan(99);
    }
  });
});
