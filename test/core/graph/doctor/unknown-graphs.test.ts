import { expect, it } from 'vitest';
import type { JsonObject } from '../../../../src/core/base/json.js';
import { graphsNamedIn } from '../../../../src/core/graph/doctor/unknown-graphs.js';
import { createRegistry } from '../../../../src/core/tool/registry.js';
import { diagnose } from '../../../helpers/all-steps.js';
import { definitionOf } from '../../../helpers/run-driver.js';

const registry = createRegistry([
  { name: 'run_graph', run: () => ({}) },
  { name: 'work', run: () => ({}) },
]);
const IDS = ['demo-review', 'report'];
const graphs = {
  isThere: ({ graphId, version = 1 }: { graphId: string; version?: number }) => IDS.includes(graphId) && version < 3,
  ids: IDS,
};

/** A graph of nodes in a row that run graphs. */
function graphOf(params: readonly JsonObject[], tool_name = 'run_graph') {
  const nodes = params.map((each, index) => ({ name: `n${index}`, tool_name, params: each }));
  const edges = nodes.slice(1).map(({ name }, index) => ({ from_node: `n${index}`, to_node: name }));
  return definitionOf({ graph_id: 'own', entry_point: 'n0', nodes: [...nodes], edges });
}

it('warns of graphs and versions that are not there, with the nearest id', () => {
  const definition = graphOf([
    { graph_id: 'demo-reviev' },
    { graph_id: 'report', version: 3 },
    { graph_id: 'something-else', version: 1 },
  ]);
  expect(diagnose(definition, registry, { graphs })).toEqual({
    errors: [],
    warnings: [
      {
        pointer: '/nodes/0/params/graph_id',
        code: 'unknown_graph',
        message: 'No graph has the id "demo-reviev". Create it before this graph runs.',
        hint: 'Did you mean "demo-review"?',
      },
      { pointer: '/nodes/1/params/version', code: 'unknown_graph', message: 'Graph "report" has no version 3.' },
      {
        pointer: '/nodes/2/params/graph_id',
        code: 'unknown_graph',
        message: 'No graph has the id "something-else". Create it before this graph runs.',
      },
    ],
  });
});

it('says nothing of graphs that are there, of itself, and of those that only a run knows', () => {
  const params: JsonObject[] = [
    { graph_id: 'report', version: 2 },
    { graph_id: 'report', version: '${ data.version }' },
    { graph_id: '${ data.id }' },
    { graph_id: 'own', version: 7 },
    {},
  ];
  expect(diagnose(graphOf(params), registry, { graphs }).warnings).toEqual([]);
  expect(diagnose(graphOf([{ graph_id: 'nothing' }], 'work'), registry, { graphs }).warnings).toEqual([]);
  expect(graphsNamedIn(graphOf(params))).toEqual([{ graphId: 'report', version: 2 }, { graphId: 'report' }]);
  expect(graphsNamedIn(graphOf([{ graph_id: 'a' }, { graph_id: 'a' }]))).toEqual([{ graphId: 'a' }]);
});

it('searches a hint for the first ones only', () => {
  const { warnings } = diagnose(graphOf(Array.from({ length: 22 }, () => ({ graph_id: 'reportt' }))), registry, {
    graphs,
  });
  expect(warnings.map(({ hint }) => hint !== undefined)).toEqual([...Array(20).fill(true), false, false]);
});
