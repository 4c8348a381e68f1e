import { expect, it } from 'vitest';
import { defineTool } from '../../src/core/tool/tool.js';
import { startEngineForTest } from '../helpers/engine-for-test.js';
import { flatten } from '../helpers/flat-run.js';

async function usageOf(used: object): Promise<unknown> {
  const pays = defineTool({
    name: 'pays',
    run: (_state, { usage }) => {
      usage(used);
      usage(used);
      return {};
    },
  });
  const { engine } = await startEngineForTest({ definitions: [pays] });
  const nodes = [{ name: 'a', tool_name: 'pays' }];
  await engine.createGraph({ graph_id: 'g', name: 'g', entry_point: 'a', nodes, edges: [] });
  const { runId } = await engine.startRun({ graphId: 'g', inputData: null });
  const state = flatten((await engine.getState(runId, { waitSeconds: 10 })).state);
  return state.error?.message ?? state.usage;
}

it.each<[object, unknown]>([
  [{ cost_usd: 0.1 }, { input_tokens: 0, output_tokens: 0, cost_usd: 0.2 }],
  [{ input_tokens: 3 }, { input_tokens: 6, output_tokens: 0 }],
  [
    { output_tokens: 2, cost_usd: 0 },
    { input_tokens: 0, output_tokens: 4, cost_usd: 0 },
  ],
  [{ cost_usd: -1 }, 'usage() takes a cost_usd from 0 to 1000000 US dollars'],
  [{ cost_usd: 'much' }, 'usage() takes a cost_usd from 0 to 1000000 US dollars'],
  [{ cost_usd: Number.NaN }, 'usage() takes a cost_usd from 0 to 1000000 US dollars'],
  [{ input_tokens: 1.5 }, 'usage() takes whole numbers of tokens'],
])('a tool that says it used %j comes to %j in two calls', async (used, comes) => {
  expect(await usageOf(used)).toEqual(comes);
});
