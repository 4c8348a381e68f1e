import { expect, it } from 'vitest';
import { openWithDatabase } from './open-stores.js';
import { graph, newChild, newRun, unit } from './runs.js';

it('lists of children tell branches from their siblings, whatever their first event has', async () => {
  const { store, sqlite } = openWithDatabase();
  await store.createGraph(graph('g'));
  const top = newRun();
  const { runId } = top.state;
  await store.commit(unit(top));
  const first: Record<string, string> = {
    'of a for_each': '{"entry_node":"a","name":"x"}',
    'of release 1.0, or parallel': '{"entry_node":"a"}',
    'a graph as a step': '{}',
    damaged: '{',
    large: JSON.stringify({ name: 'x', input_data: 'x'.repeat(10_000) }),
  };
  const children = Object.keys(first).map((_, index) => newChild(top.state, 3, index));
  await store.commit(unit(...children));
  const change = sqlite.prepare('UPDATE run_events SET payload = ? WHERE run_id = ?');
  Object.values(first).forEach((payload, index) => void change.run(payload, children[index]!.state.runId));
  const listed = await store.listRuns({ parentRunId: runId, limit: 10 });
  const branchOf = (index: number) => listed.find(({ childIndex }) => childIndex === index)?.branch;
  expect(Object.fromEntries(Object.keys(first).map((name, index) => [name, branchOf(index)]))).toEqual({
    'of a for_each': 'x',
    'of release 1.0, or parallel': 'a',
    'a graph as a step': null,
    damaged: null,
    large: null,
  });
  expect(await store.listRuns({ limit: 10 })).toMatchObject([{ runId, branch: null }]);
});
