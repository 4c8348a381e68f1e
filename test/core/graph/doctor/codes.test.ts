import { expect, it } from 'vitest';
import { z } from 'zod';
import {
  GRAPH_ERRORS,
  GRAPH_WARNINGS,
  type GraphError,
  type GraphWarning,
} from '../../../../src/core/graph/doctor/codes.js';

import { createRegistry } from '../../../../src/core/tool/registry.js';
import { UNUSED_SETTINGS } from '../../../../src/core/tool/tool.js';
import { diagnose } from '../../../helpers/all-steps.js';
import { definitionOf } from '../../../helpers/run-driver.js';

const registry = createRegistry([
  { name: 'work', run: () => ({}) },
  { name: 'strict', params: z.strictObject({}), run: () => ({}) },
  { name: 'sends', secrets: true, run: () => ({}) },
  { name: 'waits', [UNUSED_SETTINGS]: { retry: 'It only waits.' }, run: () => ({}) },
  { name: 'run_graph', run: () => ({}) },
  { name: 'gate', outcomes: ['a', 'gone'], choose: () => 'a' },
]);

const node = (name: string, tool_name = 'work', params = {}) => ({ name, tool_name, params });
const edge = (from_node: string, to_node: string) => ({ from_node, to_node });
const nodes = ['a', 'b', 'c', 'd'].map((name) => node(name));
const fromA = { from_node: 'a', join_node: 'd' };

const gate = { from_node: 'a', condition_function: 'gate' };

/** A document for each code. A new code does not compile without one. */
const DOCUMENTS: Readonly<Record<GraphError['code'] | GraphWarning['code'], object>> = {
  unknown_node: { edges: [edge('a', 'e')] },
  unknown_tool: { nodes: [node('a', 'play')] },
  unknown_condition: { conditional_edges: [{ ...gate, condition_function: 'door' }] },
  unknown_outcome: { conditional_edges: [gate] },
  duplicate_node: { nodes: [node('a'), node('a')] },
  reserved_name: { edges: [edge('END', 'a')] },
  conflicting_edges: { edges: [edge('a', 'b'), edge('a', 'c')] },
  invalid_params: { nodes: [node('a', 'strict', { n: 1 })] },
  invalid_expression: { nodes: [node('a', 'work', { n: '${ 1 + }' })] },
  invalid_schema: { input_schema: { type: 'bool' } },
  empty_branch: { parallel_edges: [{ ...fromA, to_nodes: ['b', 'd'] }] },
  overlapping_branches: { edges: [edge('b', 'c')], parallel_edges: [{ ...fromA, to_nodes: ['b', 'c'] }] },
  crossing_joins: {
    nodes: [...nodes, node('e')],
    edges: [edge('c', 'd'), edge('e', 'd')],
    parallel_edges: [
      { ...fromA, to_nodes: ['b'] },
      { from_node: 'b', to_nodes: ['c'], join_node: 'e' },
    ],
  },
  unreachable_join: { edges: [edge('b', 'b')], parallel_edges: [{ ...fromA, to_nodes: ['b'] }] },
  impossible_join: { parallel_edges: [{ ...fromA, to_nodes: ['b', 'c'], join: 3 }] },
  endless_recursion: { graph_id: 'own', nodes: [node('a', 'run_graph', { graph_id: 'own' })] },
  more_errors: { edges: Array.from({ length: 1001 }, () => edge('a', 'e')) },
  more_warnings: {
    nodes: ['a', 'b', 'c'].map((name) => {
      const secrets = Array.from({ length: 400 }, (_, index) => [
        `k${index}`,
        `\${ secrets.${name.toUpperCase()}${index} }`,
      ]);
      return node(name, 'sends', Object.fromEntries(secrets));
    }),
  },
  unreachable_node: { edges: [edge('a', 'END')] },
  endless_cycle: { edges: [edge('a', 'a')] },
  no_path_to_end: { edges: [edge('a', 'b'), edge('b', 'b')] },
  unused_route: { conditional_edges: [{ ...gate, routes: { gone: 'b', other: 'c' } }] },
  unknown_graph: { nodes: [node('a', 'run_graph', { graph_id: 'other' })] },
  unreachable_entry: { nodes: [{ ...node('a'), on_error: [{ to_node: 'END' }, { on: ['timeout'], to_node: 'END' }] }] },
  unthrown_code: { nodes: [{ ...node('a'), retry: [{ on: ['branch_failed'], max_attempts: 2 }] }] },
  unused_setting: { nodes: [{ ...node('a', 'waits'), retry: { max_attempts: 2 } }] },
  double_braces: { nodes: [node('a', 'work', { text: 'Hello {{ data.name }}' })] },
  undescribed_tool: { expose_as_tool: true, input_schema: {} },
  unknown_format: { input_schema: { format: 'made-up' } },
  too_many_descendants: { parallel_edges: [{ ...fromA, to_nodes: ['b', 'c'] }] },
  unset_secret: { nodes: [node('a', 'sends', { key: '${ secrets.KEY }' })] },
};

function codesFor(document: object): { errors: string[]; warnings: string[] } {
  const { errors, warnings } = diagnose(definitionOf({ entry_point: 'a', nodes, ...document }), registry, {
    isSecretSet: () => false,
    maxDescendants: 1,
    graphs: { isThere: () => false, ids: [] },
  });
  return { errors: errors.map(({ code }) => code), warnings: warnings.map(({ code }) => code) };
}

it.each(Object.keys(GRAPH_ERRORS) as GraphError['code'][])('an error: %s', (code) => {
  expect(codesFor(DOCUMENTS[code]).errors).toContain(code);
});

it.each(Object.keys(GRAPH_WARNINGS) as GraphWarning['code'][])('a warning: %s', (code) => {
  const { errors, warnings } = codesFor(DOCUMENTS[code]);
  expect(warnings).toContain(code);
  expect(errors).toEqual([]);
});
