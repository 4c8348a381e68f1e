import { applyPatch, type Operation } from 'rfc6902';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Problem } from '../../../../src/core/base/errors.js';
import type { Json } from '../../../../src/core/base/json.js';
import { problemsOf } from '../../../../src/core/base/problems.js';
import { type GraphDefinition, graphDefinitionSchema } from '../../../../src/core/graph/definition.js';
import { createRegistry } from '../../../../src/core/tool/registry.js';
import { UNUSED_SETTINGS } from '../../../../src/core/tool/tool.js';
import { addFormFixes, diagnoseWithFixes } from '../../../helpers/all-steps.js';

const refuse = () => ({ success: false as const, error: { issues: [{ path: [], message: 'No.' }] } });

const breakDown = (): never => {
  throw new Error('broken');
};

const registry = createRegistry([
  { name: 'work', run: () => ({}) },
  { name: 'fetch_page', params: z.strictObject({ url: z.string(), count: z.number().optional() }), run: () => ({}) },
  { name: 'waits_only', [UNUSED_SETTINGS]: { retry: 'It only waits.' }, run: () => ({}) },
  { name: 'odd', params: { safeParse: refuse }, run: () => ({}) },
  { name: 'breaks', params: z.looseObject({}).refine(breakDown), run: () => ({}) },
  { name: 'run_graph', run: () => ({}) },
  { name: 'fails', errors: ['no_such_page'], run: () => ({}) },
  { name: 'review_gate', outcomes: ['improve', 'finish'], choose: () => 'finish' },
]);
const graphs = { isThere: ({ graphId }: { graphId: string }) => graphId === 'sub-graph', ids: ['sub-graph', 'other'] };

const node = (name: string, tool_name = 'work', more: object = {}) => ({ name, tool_name, ...more });
const edge = (from_node: string, to_node: string) => ({ from_node, to_node });
const base = { name: 'G', entry_point: 'start', edges: [] };
const four = ['start', 'improve', 'finish', 'extract'].map((name) => node(name));
const parallel = { from_node: 'start', join_node: 'finish' };
const gate = { from_node: 'start', condition_function: 'review_gate' };

/** What is found in a document, as the server tells it. */
function findingsOf(document: object): readonly Problem[] {
  const parsed = graphDefinitionSchema.safeParse(document);
  if (parsed.success) {
    const { errors, warnings } = diagnoseWithFixes(parsed.data, registry, { graphs });
    return [...errors, ...warnings];
  }
  return addFormFixes(
    graphDefinitionSchema,
    document as unknown as Json,
    problemsOf(graphDefinitionSchema, document, parsed.error.issues),
  );
}

const count = (findings: readonly Problem[], code: string) => findings.filter((one) => one.code === code).length;

/** For each code that can have a fix, documents with one, and what the fix is. */
const FIXED: readonly (readonly [code: string, document: object, fix: readonly object[]])[] = [
  ['unknown_node', { entry_point: 'strat' }, [{ op: 'replace', path: '/entry_point', value: 'start' }]],
  ['unknown_node', { edges: [edge('start', 'End')] }, [{ op: 'replace', path: '/edges/0/to_node', value: 'END' }]],
  ['unknown_tool', { nodes: [node('start', 'wrok')] }, [{ op: 'replace', path: '/nodes/0/tool_name', value: 'work' }]],
  [
    'unknown_condition',
    { conditional_edges: [{ ...gate, condition_function: 'reviewgate' }] },
    [{ op: 'replace', path: '/conditional_edges/0/condition_function', value: 'review_gate' }],
  ],
  [
    'unknown_outcome',
    { nodes: [...four.slice(0, 2), node('finished')], conditional_edges: [gate] },
    [{ op: 'add', path: '/conditional_edges/0/routes', value: { finish: 'finished' } }],
  ],
  [
    'unknown_outcome',
    {
      nodes: [...four.slice(0, 2), node('finished')],
      conditional_edges: [{ ...gate, routes: { improve: 'improve' } }],
    },
    [{ op: 'add', path: '/conditional_edges/0/routes/finish', value: 'finished' }],
  ],
  ['duplicate_node', { nodes: [...four, node('start')] }, [{ op: 'remove', path: '/nodes/4' }]],
  [
    'conflicting_edges',
    { edges: [edge('start', 'finish'), edge('start', 'finish')] },
    [{ op: 'remove', path: '/edges/1' }],
  ],
  [
    'invalid_params',
    { nodes: [node('start', 'fetch_page', { params: { urll: 'https://a.example', cuont: 3 } })] },
    [
      { op: 'move', from: '/nodes/0/params/urll', path: '/nodes/0/params/url' },
      { op: 'move', from: '/nodes/0/params/cuont', path: '/nodes/0/params/count' },
    ],
  ],
  [
    'invalid_params',
    { nodes: [node('start', 'fetch_page', { params: { url: 'https://a.example', count: '3' } })] },
    [{ op: 'replace', path: '/nodes/0/params/count', value: 3 }],
  ],
  [
    'empty_branch',
    { parallel_edges: [{ ...parallel, to_nodes: ['improve', 'finish'] }] },
    [{ op: 'remove', path: '/parallel_edges/0/to_nodes/1' }],
  ],
  [
    'overlapping_branches',
    { parallel_edges: [{ ...parallel, to_nodes: ['improve', 'improve'] }] },
    [{ op: 'remove', path: '/parallel_edges/0/to_nodes/1' }],
  ],
  [
    'impossible_join',
    { parallel_edges: [{ ...parallel, to_nodes: ['improve', 'extract'], join: 'any', max_failures: 1 }] },
    [{ op: 'remove', path: '/parallel_edges/0/max_failures' }],
  ],
  [
    'unused_route',
    { conditional_edges: [{ ...gate, routes: { improv: 'extract' } }] },
    [
      {
        op: 'move',
        from: '/conditional_edges/0/routes/improv',
        path: '/conditional_edges/0/routes/improve',
      },
    ],
  ],
  [
    'unused_route',
    { conditional_edges: [{ ...gate, routes: { improve: 'extract', finish: 'END', other: 'END' } }] },
    [{ op: 'remove', path: '/conditional_edges/0/routes/other' }],
  ],
  [
    'unknown_graph',
    { nodes: [node('start', 'run_graph', { params: { graph_id: 'sub-grahp' } })] },
    [{ op: 'replace', path: '/nodes/0/params/graph_id', value: 'sub-graph' }],
  ],
  [
    'unthrown_code',
    { nodes: [node('start', 'fails', { on_error: [{ on: ['no_such_pages'], to_node: 'END' }] })] },
    [{ op: 'replace', path: '/nodes/0/on_error/0/on/0', value: 'no_such_page' }],
  ],
  [
    'unthrown_code',
    {
      parallel_edges: [
        { ...parallel, to_nodes: ['improve', 'extract'], on_error: [{ on: ['branchfailed'], to_node: 'END' }] },
      ],
    },
    [{ op: 'replace', path: '/parallel_edges/0/on_error/0/on/0', value: 'branch_failed' }],
  ],
  [
    'unused_setting',
    { nodes: [node('start', 'waits_only', { retry: { max_attempts: 2 } })] },
    [{ op: 'remove', path: '/nodes/0/retry' }],
  ],
  [
    'double_braces',
    { nodes: [node('start', 'work', { params: { text: 'Hi {{ input_data.name }}!' } })] },
    [{ op: 'replace', path: '/nodes/0/params/text', value: 'Hi ${ input_data.name }!' }],
  ],
  [
    'unknown_format',
    { input_schema: { type: 'string', format: 'datetime' } },
    [{ op: 'replace', path: '/input_schema/format', value: 'date-time' }],
  ],
  [
    'unknown_key',
    { edges: [{ from: 'start', to_node: 'END' }] },
    [{ op: 'move', from: '/edges/0/from', path: '/edges/0/from_node' }],
  ],
  [
    'unknown_key',
    { nodes: [{ name: 'start', tool: 'work' }] },
    [{ op: 'move', from: '/nodes/0/tool', path: '/nodes/0/tool_name' }],
  ],
  ['invalid_type', { limits: { max_steps: '20' } }, [{ op: 'replace', path: '/limits/max_steps', value: 20 }]],
  [
    'invalid_type',
    { parallel_edges: [{ ...parallel, to_nodes: 'improve' }] },
    [{ op: 'replace', path: '/parallel_edges/0/to_nodes', value: ['improve'] }],
  ],
  ['invalid_value', { merge: { total: 'summ' } }, [{ op: 'replace', path: '/merge/total', value: 'sum' }]],
];

/** Findings that look as if they had a fix, and why they have none. */
const NOT_FIXED: readonly (readonly [why: string, code: string, document: object])[] = [
  [
    'two names are as near',
    'unknown_node',
    { nodes: [...four, node('start1'), node('start2')], entry_point: 'start3' },
  ],
  ['short names are all alike', 'unknown_node', { nodes: [...four, node('ab')], edges: [edge('start', 'ac')] }],
  ['an edge leaves that node already', 'unknown_node', { edges: [edge('start', 'finish'), edge('strat', 'END')] }],
  ['the nodes differ', 'duplicate_node', { nodes: [...four, node('start', 'waits_only')] }],
  ['the edges differ', 'conflicting_edges', { edges: [edge('start', 'finish'), edge('start', 'improve')] }],
  ['the tool has other params', 'unknown_tool', { nodes: [node('start', 'fetch_pages', { params: { adr: 1 } })] }],
  ['the key is like no other', 'invalid_params', { nodes: [node('start', 'fetch_page', { params: { adr: 1 } })] }],
  ['no node is meant', 'unknown_outcome', { nodes: [four[0]], conditional_edges: [gate] }],
  [
    'outcomes are free, and none is near',
    'unused_route',
    { conditional_edges: [{ ...gate, routes: { other: 'END' } }] },
  ],
  ['it is the only branch', 'empty_branch', { parallel_edges: [{ ...parallel, to_nodes: ['finish'] }] }],
  [
    'the branches are different ones',
    'overlapping_branches',
    { edges: [edge('improve', 'extract')], parallel_edges: [{ ...parallel, to_nodes: ['improve', 'extract'] }] },
  ],
  [
    'a for_each has one branch for all',
    'overlapping_branches',
    {
      edges: [edge('improve', 'start')],
      for_each_edges: [{ ...parallel, to_node: 'improve', items: '${ [1] }', collect_as: 'all' }],
    },
  ],
  [
    'there are not so many branches',
    'impossible_join',
    { parallel_edges: [{ ...parallel, to_nodes: ['improve', 'extract'], join: 3 }] },
  ],
  [
    'the name is none of ours',
    'double_braces',
    { nodes: [node('start', 'work', { params: { t: '{{ user.name }}' } })] },
  ],
  [
    'the tool has no schema that tells its keys',
    'invalid_params',
    { nodes: [node('start', 'odd', { params: { a: 1 } })] },
  ],
  ['the schema of the tool throws', 'invalid_params', { nodes: [node('start', 'breaks')] }],
  [
    'it is a code of something else',
    'unthrown_code',
    { nodes: [node('start', 'work', { on_error: [{ on: ['branch_failed'], to_node: 'END' }] })] },
  ],
  [
    'nothing is known of the tool',
    'unthrown_code',
    { nodes: [node('start', 'no_such_tool', { on_error: [{ on: ['branch_failed'], to_node: 'END' }] })] },
  ],
  ['it is missing', 'required', { entry_point: undefined }],
  ['the right key is there too', 'unknown_key', { limits: { max_steps: 3, maxsteps: 4 } }],
  ['the key is like none', 'unknown_key', { colour: 'red' }],
  ['it is no number', 'invalid_type', { limits: { max_steps: 'many' } }],
  ['it is empty', 'invalid_type', { limits: { max_steps: ' ' } }],
  ['a person chooses the node', 'invalid_type', { entry_point: 7 }],
  ['no word is near', 'invalid_value', { merge: { total: 'maximum' } }],
];

describe('a fix', () => {
  it.each(FIXED)('of %s in %j corrects it, and adds no error', (code, part, fix) => {
    const document = { ...base, nodes: four, ...part };
    const before = findingsOf(document);
    const found = before.find((one) => one.code === code && one.fix !== undefined);
    expect(found?.fix).toEqual(fix);
    const fixed = structuredClone(document);
    expect(applyPatch(fixed, found?.fix as Operation[]).filter((problem) => problem !== null)).toEqual([]);
    const after = findingsOf(fixed);
    expect(count(after, code)).toBeLessThan(count(before, code));
  });

  it.each(NOT_FIXED)('is not told if %s: %s', (_why, code, part) => {
    const found = findingsOf({ ...base, nodes: four, ...part }).filter((one) => one.code === code);
    expect(found).not.toEqual([]);
    expect(found.filter(({ fix }) => fix !== undefined)).toEqual([]);
  });

  it.each([
    [
      'an edge that is there twice and misspelt',
      {
        nodes: ['start', 'improve', 'finish'].map((name) => node(name)),
        edges: [edge('start', 'imporve'), edge('start', 'imporve'), edge('improve', 'finish'), edge('finish', 'END')],
      },
      { edges: [edge('start', 'improve'), edge('improve', 'finish'), edge('finish', 'END')] },
    ],
    [
      'a route of which both ends are misspelt',
      {
        nodes: ['start', 'improve', 'finish'].map((name) => node(name)),
        conditional_edges: [{ ...gate, routes: { imporve: 'finsih' } }],
      },
      { conditional_edges: [{ ...gate, routes: { improve: 'finish' } }] },
    ],
    [
      'two keys that mean the same',
      { nodes: [{ name: 'start', tool_nam: 'work', tol_name: 'fails' }] },
      { nodes: [{ name: 'start', tool_name: 'work', tol_name: 'fails' }] },
    ],
    [
      'nodes that are there twice among others with slips',
      {
        nodes: [node('start', 'wrok'), node('start', 'wrok'), node('finish', 'wrok')],
        edges: [edge('start', 'finish')],
      },
      { nodes: [node('start'), node('finish')] },
    ],
  ])('can be applied with all others, from the last to the first: %s', (_what, part, expected) => {
    const document = structuredClone({ ...base, ...part });
    for (let rounds = 0; rounds < 3; rounds += 1) {
      const fixes = findingsOf(document).flatMap(({ fix }) => (fix === undefined ? [] : [fix as Operation[]]));
      for (const fix of fixes.reverse()) expect(applyPatch(document, fix).every((error) => error === null)).toBe(true);
    }
    expect(document).toMatchObject(expected);
    expect(findingsOf(document).filter(({ fix }) => fix !== undefined)).toEqual([]);
  });

  it('is looked for in the first findings of a document that is not large', () => {
    const cases = Array.from({ length: 25 }, () => ({ when: 'true', to_node: 'finsh' }));
    const conditional_edges = [{ from_node: 'start', cases, otherwise: 'END' }];
    const many = findingsOf({ ...base, nodes: four, conditional_edges }).filter(({ code }) => code === 'unknown_node');
    expect(many.map(({ fix }) => fix !== undefined)).toEqual(many.map((_, index) => index < 20));
    const params = { text: 'x'.repeat(70_000) };
    const large = findingsOf({ ...base, entry_point: 'strat', nodes: [node('start', 'work', { params })] });
    expect(large.map(({ code, fix }) => [code, fix])).toEqual([['unknown_node', undefined]]);
  });

  it('leaves a definition without findings alone', () => {
    const { errors, warnings } = diagnoseWithFixes(
      graphDefinitionSchema.parse({ ...base, nodes: [four[0]] }) satisfies GraphDefinition,
      registry,
    );
    expect([errors, warnings]).toEqual([[], []]);
  });
});
