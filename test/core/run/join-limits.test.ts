import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/core/base/json.js';
import { compiled, RunDriver } from '../../helpers/run-driver.js';

const TOOLS = [
  { name: 'counts', run: ({ data }: { data: JsonObject }) => ({ n: Number(data.n ?? 0) + 1 }) },
  { name: 'same', run: () => ({}) },
];

/** `a` counts and goes on for each of no items, `j` and `e` go back to it. */
function loop(tool: string, edge: object): RunDriver {
  const nodes = ['a', 'b', 'j', 'e'].map((name) => ({ name, tool_name: name === 'a' ? tool : 'same' }));
  const edges = ['j', 'e'].map((from_node) => ({ from_node, to_node: 'a' }));
  const forEach = { from_node: 'a', items: '${ [] }', to_node: 'b', join_node: 'j', collect_as: 'all', ...edge };
  const graph = compiled({ entry_point: 'a', nodes, edges, for_each_edges: [forEach] }, TOOLS);
  const run = new RunDriver(graph, { submitted: { limits: { max_steps: 12, no_progress: 1 } } });
  run.finish();
  return run;
}

describe.each<[string, object]>([
  ['a join of no branches', {}],
  ['the way for an error of too few branches', { join: 'any', on_error: 'e' }],
])('%s', (_, edge) => {
  it('is progress if the step before it is', () => {
    expect(loop('counts', edge).view).toMatchObject({ error: { code: 'max_steps_exceeded' }, data: { n: 6 } });
  });

  it('is none if that changes nothing', () => {
    expect(loop('same', edge).view.error?.code).toBe('no_progress');
  });
});

it('the way for an error is chosen by what the step before it set', () => {
  const on_error = [{ when: 'data.n == 1', to_node: 'e' }, { to_node: 'j' }];
  const run = loop('counts', { join: 'any', on_error });
  const ways = run.records.flatMap(({ event }) => (event.type === 'branches.joined' ? [event.to_node] : []));
  expect(ways).toEqual(['e', 'j', 'j', 'j', 'j', 'j']);
});
