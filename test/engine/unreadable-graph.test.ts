import { expect, it, onTestFinished } from 'vitest';
import { damage } from '../helpers/damage.js';
import { startEngine, type TestEngine } from '../helpers/engine.js';
import { until } from '../helpers/until.js';

const SLEEPS = {
  graph_id: 'sleeps',
  name: 'sleeps',
  entry_point: 'sleep',
  nodes: [{ name: 'sleep', tool_name: 'delay', params: { seconds: 3600 } }],
  edges: [],
};
const CALLS = {
  graph_id: 'calls',
  name: 'calls',
  entry_point: 'set',
  nodes: [
    { name: 'set', tool_name: 'set_data', params: { values: { n: 1 } } },
    { name: 'call', tool_name: 'run_graph', params: { graph_id: 'sleeps' } },
  ],
  edges: [{ from_node: 'set', to_node: 'call' }],
};

async function start(path?: string): Promise<TestEngine> {
  const test = await startEngine(path === undefined ? {} : { path });
  onTestFinished(() => test.stop(0));
  return test;
}

it('a run that was ended without reading it shows what its journal says, not what was known of it', async () => {
  const first = await start();
  for (const graph of [SLEEPS, CALLS]) await first.engine.createGraph(graph);
  const metadata = { team: 'a' };
  const { runId } = await first.engine.startRun({ graphId: 'calls', inputData: { y: 2 }, metadata });
  await until(async () => (await first.engine.getState(runId)).state.phase.kind === 'joining');
  await first.stop();
  damage(first.path, runId, `UPDATE graph_definitions SET definition = '{' WHERE graph_id = 'calls'`);
  const second = await start(first.path);
  expect((await second.engine.getState(runId)).state.phase.kind).toBe('joining');
  await second.engine.cancelRun(runId);
  const { state } = await second.engine.getState(runId);
  expect(state).toMatchObject({ inputData: { y: 2 }, data: { n: 1 }, stepCount: 1, metadata });
  expect(state.phase.kind).toBe('cancelled');
});
