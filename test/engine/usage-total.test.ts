import { expect, it } from 'vitest';
import { defineTool } from '../../src/core/tool/tool.js';
import { startEngineForTest } from '../helpers/engine-for-test.js';

const tokens = (calls: number) => ({ input_tokens: 10 * calls, output_tokens: calls });

it('usage_total has what a run and all runs inside it have used, failed tries and retries too', async () => {
  let isIll = true;
  const model = defineTool({
    name: 'model',
    run: (_state, { item, usage }) => {
      usage({ input_tokens: 10, output_tokens: 1 });
      if (item === 'ill' && isIll) throw new Error('no luck');
      return {};
    },
  });
  const { engine, path, stop } = await startEngineForTest({ definitions: [model] });
  const node = (name: string, tool_name: string, params = {}) => ({ name, tool_name, params });
  await engine.createGraph({
    graph_id: 'inner',
    name: 'inner',
    entry_point: 'a',
    nodes: [node('a', 'model'), node('b', 'model'), node('c', 'model')],
    edges: [{ from_node: 'b', to_node: 'c' }],
    for_each_edges: [
      { from_node: 'a', items: '${ input_data }', to_node: 'b', join_node: 'c', collect_as: 'all', max_parallel: 1 },
    ],
  });
  await engine.createGraph({
    graph_id: 'outer',
    name: 'outer',
    entry_point: 'a',
    nodes: [node('a', 'model'), node('inside', 'run_graph', { graph_id: 'inner', input: '${ input_data }' })],
    edges: [{ from_node: 'a', to_node: 'inside' }],
  });
  const { runId } = await engine.startRun({ graphId: 'outer', inputData: ['well', 'ill'] });
  const failed = await engine.getState(runId, { waitSeconds: 10 });
  // Its own step; of the graph inside it one step, and of that one's branches two calls.
  expect(failed.state.usage).toEqual(tokens(1));
  expect(failed.usageTotal).toEqual(tokens(4));
  isIll = false;
  await engine.retryRun(runId, {});
  expect((await engine.getState(runId, { waitSeconds: 10 })).usageTotal).toEqual(tokens(6));
  const [inner] = (await engine.listRuns({ parentRunId: runId, limit: 10 })).runs;
  expect((await engine.getState(inner!.runId)).usageTotal).toEqual(tokens(5));
  const { runs: branches } = await engine.listRuns({ parentRunId: inner!.runId, limit: 10 });
  const totals = await Promise.all(branches.map(async (branch) => (await engine.getState(branch.runId)).usageTotal));
  expect(totals).toEqual([tokens(2), tokens(1)]);
  const fork = await engine.forkRun(runId, { fromStep: 2 });
  // The step that was copied, the graph inside it, and its branches.
  expect((await engine.getState(fork.runId, { waitSeconds: 10 })).usageTotal).toEqual(tokens(5));
  await stop();
  const again = await startEngineForTest({ definitions: [model], path });
  expect((await again.engine.getState(runId)).usageTotal).toEqual(tokens(6));
  expect(await again.engine.deleteRun(runId)).toBeUndefined();
  expect(await again.store.readChildUsage(runId)).toEqual(tokens(0));
});
