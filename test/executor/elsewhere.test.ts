import { afterEach, expect, it, vi } from 'vitest';
import { defineTool } from '../../src/core/tool/tool.js';
import { NO_PEERS } from '../../src/store/ports.js';
import { startEngine } from '../helpers/engine.js';
import { startEngineForTest } from '../helpers/engine-for-test.js';
import { flatten } from '../helpers/flat-run.js';
import { until } from '../helpers/until.js';

afterEach(() => void vi.restoreAllMocks());

const away = defineTool({ name: 'away', run: () => ({ done: true }) });
const graph = {
  graphId: 'work',
  name: 'work',
  entry_point: 'ask',
  nodes: [
    { name: 'ask', tool_name: 'wait_for_input', params: { message: 'go on?' } },
    { name: 'work', tool_name: 'away' },
  ],
  edges: [{ from_node: 'ask', to_node: 'work' }],
};

/** A run that waits for a person before it needs the tool, on a server that does not have the tool. */
async function waitingRun() {
  const first = await startEngine({ definitions: [away] });
  await first.engine.createGraph(graph);
  const { runId } = await first.engine.startRun({ graphId: 'work', inputData: null });
  await first.engine.getState(runId, { waitSeconds: 10 });
  await first.stop();
  const { engine, path, stop } = await startEngine({ path: first.path });
  return { engine, runId, path, stop };
}

it('leaves a run alone whose tool only another server has, until that has driven it', async () => {
  const have = vi.spyOn(NO_PEERS, 'have').mockImplementation(async () => true);
  const { engine, runId, path, stop } = await waitingRun();
  await engine.resumeRun(runId, { payload: 'yes' });
  await until(() => have.mock.calls.length >= 2 || undefined);
  expect(have).toHaveBeenCalledWith(['away']);
  expect(flatten((await engine.getState(runId)).state)).toMatchObject({ status: 'RUNNING', cursor: { node: 'work' } });
  await stop();
  const { engine: other } = await startEngineForTest({ definitions: [away], path });
  const { state } = await other.getState(runId, { waitSeconds: 10 });
  expect(flatten(state)).toMatchObject({ status: 'COMPLETED', data: { done: true }, recoveries: 0 });
});

it('fails a run whose tool no server has', async () => {
  const { engine, runId, stop } = await waitingRun();
  await engine.resumeRun(runId, { payload: 'yes' });
  const { state } = await engine.getState(runId, { waitSeconds: 10 });
  expect(flatten(state).error).toMatchObject({ code: 'tool_missing' });
  await stop();
});
