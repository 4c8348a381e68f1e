import { describe, expect, it } from 'vitest';
import { startTestServer } from '../helpers/server.js';
import { heldTool } from '../helpers/tools.js';
import { until } from '../helpers/until.js';

/** A branch for each item: those with `ask` wait for an answer, the others for the held tool. */
const EACH = {
  graph_id: 'each',
  name: 'each',
  entry_point: 'start',
  nodes: [
    { name: 'start', tool_name: 'set_data', params: { values: {} } },
    { name: 'choose', tool_name: 'set_data', params: { values: { ask: '${ run.item == "ask" }' } } },
    { name: 'ask', tool_name: 'wait_for_input', params: { message: '?' } },
    { name: 'hold', tool_name: 'held' },
    { name: 'join', tool_name: 'set_data', params: { values: {} } },
  ],
  edges: [
    { from_node: 'ask', to_node: 'join' },
    { from_node: 'hold', to_node: 'join' },
  ],
  conditional_edges: [{ from_node: 'choose', cases: [{ when: 'data.ask', to_node: 'ask' }], otherwise: 'hold' }],
  for_each_edges: [
    {
      from_node: 'start',
      items: '${ input_data }',
      to_node: 'choose',
      join_node: 'join',
      collect_as: 'all',
      max_parallel: 3,
    },
  ],
};

describe('the state of a run that waits for its children', () => {
  it('counts them by how far they are', async () => {
    const held = heldTool('held');
    const server = await startTestServer({ definitions: [held.tool] });
    await server.ask('POST /graph/create', EACH);
    const input_data = ['hold', 'ask', 'ask', 'hold', 'ask'];
    const { body } = await server.ask('POST /graph/run', { graph_id: 'each', input_data });
    const request = `GET /graph/state/${body.run_id}`;
    const counts = async () => (await server.ask(request)).body.children;
    await held.called(1);
    await until(async () => (await counts()).waiting === 2);
    expect(await counts()).toEqual({ total: 5, completed: 0, failed: 0, running: 1, waiting: 2 });
    const { headers } = await server.ask(request);
    held.release({});
    await until(async () => (await counts()).waiting === 3);
    expect(await counts()).toEqual({ total: 5, completed: 2, failed: 0, running: 0, waiting: 3 });
    // The last event is the same, and the answer is another.
    expect((await server.ask(request, undefined, { 'if-none-match': String(headers.etag) })).status).toBe(200);
    const { runs } = (await server.ask(`GET /graph/runs?parent_run_id=${body.run_id}&status=WAITING`)).body;
    expect(runs.map((run: { branch: unknown }) => run.branch)).toEqual(['ask', 'ask', 'ask']);
    expect((await server.ask(request)).body.waiting.children).toMatchObject([{ branch: 'ask', index: 1 }, {}, {}]);
    for (const { run_id } of runs) await server.ask(`POST /graph/runs/${run_id}/resume`, { payload: 1 });
    const { body: ended } = await server.ask(`${request}?wait=10`);
    expect(ended).toMatchObject({ status: 'COMPLETED', children: null });
    await server.stop();
  });
});
