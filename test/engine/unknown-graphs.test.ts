import { expect, it, vi } from 'vitest';
import { startEngineForTest } from '../helpers/engine-for-test.js';

const calls = (graph_id: string, version?: number) => ({
  name: 'calls',
  entry_point: 'a',
  nodes: [{ name: 'a', tool_name: 'run_graph', params: { graph_id, ...(version && { version }) } }],
  edges: [],
});

it('graphs that nodes run are looked up when a graph is checked and saved', async () => {
  const noop = { name: 'noop', run: () => ({}) };
  const { engine, store } = await startEngineForTest({ definitions: [noop] });
  const child = { name: 'Child', entry_point: 'n', nodes: [{ name: 'n', tool_name: 'noop' }], edges: [] };
  await engine.createGraph({ ...child, graph_id: 'child' });
  const warningsOf = async (graphId: string, version?: number) =>
    (await engine.validateGraph(calls(graphId, version))).warnings;

  expect(await warningsOf('child')).toEqual([]);
  expect(await warningsOf('child', 1)).toEqual([]);
  expect(await warningsOf('child', 2)).toMatchObject([
    { pointer: '/nodes/0/params/version', code: 'unknown_graph', message: 'Graph "child" has no version 2.' },
  ]);
  const misspelt = { pointer: '/nodes/0/params/graph_id', code: 'unknown_graph', hint: 'Did you mean "child"?' };
  expect(await warningsOf('chidl')).toMatchObject([misspelt]);
  expect(await warningsOf('chidl', 1)).toMatchObject([misspelt]);
  expect((await engine.createGraph({ ...calls('chidl'), graph_id: 'parent' })).warnings).toMatchObject([misspelt]);
  await engine.deleteGraph('child');
  expect(await warningsOf('child', 1)).toMatchObject([{ pointer: '/nodes/0/params/graph_id', code: 'unknown_graph' }]);
  await store.close();
});

it('many of them are looked up in turns', async () => {
  const { engine, store } = await startEngineForTest();
  let turn = 0;
  const counting = setInterval(() => {
    turn += 1;
  });
  const turns = new Set<number>();
  vi.spyOn(store, 'hasGraph').mockImplementation(async () => {
    turns.add(turn);
    const end = performance.now() + 1;
    while (performance.now() < end);
    return true;
  });
  const nodes = Array.from({ length: 100 }, (_, index) => ({ ...calls(`g${index}`).nodes[0], name: `n${index}` }));
  await engine.validateGraph({ ...calls('g0'), entry_point: 'n0', nodes });
  clearInterval(counting);
  expect(store.hasGraph).toHaveBeenCalledTimes(100);
  expect(turns.size).toBeGreaterThan(2);
});
