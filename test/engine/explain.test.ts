import { expect, it } from 'vitest';
import { startEngineForTest } from '../helpers/engine-for-test.js';

const LOOP = {
  graph_id: 'loop',
  name: 'Loop',
  entry_point: 'count',
  nodes: [{ name: 'count', tool_name: 'set_data', params: { values: { n: '${ (data.?n).orValue(0) + 1 }' } } }],
  edges: [],
  conditional_edges: [{ from_node: 'count', cases: [{ when: 'data.n < 300', to_node: 'count' }], otherwise: 'END' }],
};

it('a long run is explained by its latest steps alone, with the values that led on', async () => {
  const { engine } = await startEngineForTest();
  await engine.createGraph(LOOP);
  const { runId } = await engine.startRun({ graphId: 'loop', inputData: null });
  await engine.getState(runId, { waitSeconds: 30 });
  const { status, path, earlier_steps } = await engine.explainRun(runId, { lastSteps: 3 });
  expect(status).toBe('COMPLETED');
  expect(path.map(({ step }) => step)).toEqual([298, 299, 300]);
  expect(path.at(-1)?.because).toBe('The case "data.n < 300" after "count" was true (data.n = 299).');
  expect(earlier_steps).toBe(297);
  expect((await engine.explainRun(runId)).path).toHaveLength(20);
});

it('a run that is not there cannot be explained', async () => {
  const { engine } = await startEngineForTest();
  await expect(engine.explainRun('none')).rejects.toMatchObject({ code: 'run_not_found' });
});
