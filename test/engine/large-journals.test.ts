import { expect, it } from 'vitest';
import { defineTool } from '../../src/core/tool/tool.js';
import { startEngineForTest } from '../helpers/engine-for-test.js';
import { chain } from '../helpers/tools.js';

const STEPS = 6;
const large = defineTool({ name: 'large', run: (_, { node }) => ({ [node]: node.padEnd(600_000, 'x') }) });

it('what reads a whole journal reads on after a page that its events fill', async () => {
  const { engine } = await startEngineForTest({ definitions: [large] });
  const nodes = Array.from({ length: STEPS }, (_, index) => ({ name: `n${index}`, tool_name: 'large' }));
  const edges = nodes.slice(1).map(({ name }, index) => ({ from_node: `n${index}`, to_node: name }));
  await engine.createGraph({ ...chain('large', 'large'), entry_point: 'n0', nodes, edges });
  const { runId } = await engine.startRun({ graphId: 'large', inputData: null });
  const { state } = await engine.getState(runId, { waitSeconds: 20 });
  expect(Object.keys(state.data)).toHaveLength(STEPS);

  const { steps, nextCursor } = await engine.listSteps(runId, { limit: 200 });
  expect([steps.map(({ node }) => node), nextCursor]).toEqual([nodes.map(({ name }) => name), null]);
  expect(await engine.drawRun(runId, 'mermaid')).toMatch(/n4.*n5/s);
  const fork = await engine.forkRun(runId, { fromStep: STEPS });
  const { state: forked } = await engine.getState(fork.runId, { waitSeconds: 20 });
  expect(forked).toMatchObject({ data: state.data, stepCount: STEPS });
  expect(await engine.diffRuns(runId, fork.runId)).toMatchObject({ firstDivergence: null, data: [] });
});

it('a fork copies 32 MiB at most, and says so', async () => {
  const megabyte = defineTool({ name: 'megabyte', run: () => ({ text: 'x'.repeat(1_000_000) }) });
  const { engine } = await startEngineForTest({ definitions: [megabyte] });
  const loop = { ...chain('loop', 'megabyte'), edges: [{ from_node: 'megabyte', to_node: 'megabyte' }] };
  await engine.createGraph(loop);
  const { runId } = await engine.startRun({ graphId: 'loop', inputData: null, limits: { max_steps: 36 } });
  await engine.getState(runId, { waitSeconds: 30 });
  await expect(engine.forkRun(runId, { fromStep: 36 })).rejects.toMatchObject({
    code: 'fork_impossible',
    message: expect.stringContaining('more than 32 MiB'),
  });
  const fork = await engine.forkRun(runId, { fromStep: 33 });
  const { state } = await engine.getState(fork.runId, { waitSeconds: 30 });
  expect(state.stepCount).toBe(36);
});
