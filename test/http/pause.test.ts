import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestServer, type TestServer } from '../helpers/server.js';

const GRAPH = {
  graph_id: 'ask',
  name: 'Ask',
  entry_point: 'ask',
  nodes: [{ name: 'ask', tool_name: 'wait_for_input', params: { message: '?' } }],
  edges: [],
};

describe('a pause', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer();
    await server.ask('POST /graph/create', GRAPH);
  });
  afterAll(() => server.stop());

  const state = async (runId: string, query = '') => (await server.ask(`GET /graph/state/${runId}${query}`)).body;

  it('is shown beside the wait that goes on, then as what the run waits for, until it is unpaused', async () => {
    const { body } = await server.ask('POST /graph/run?wait=30', { graph_id: 'ask' });
    const runId = body.run_id;
    expect(await state(runId)).toMatchObject({ paused: false, waiting: { kind: 'input' } });
    for (const _ of ['once', 'twice']) {
      const paused = await server.ask(`POST /graph/runs/${runId}/pause`);
      expect([paused.status, paused.body]).toEqual([202, { run_id: runId, status: 'WAITING' }]);
    }
    expect(await state(runId)).toMatchObject({ paused: true, waiting: { kind: 'input' } });
    await server.ask(`POST /graph/runs/${runId}/resume`, { payload: 1 });
    expect(await state(runId, '?wait=30')).toMatchObject({
      status: 'WAITING',
      paused: true,
      current_node: 'ask',
      waiting: { kind: 'paused', node: 'ask', until: null, message: null, schema: null, signal: null, children: [] },
    });
    const listed = await server.ask('GET /graph/runs?waiting_for=paused');
    expect(listed.body.runs).toMatchObject([{ run_id: runId, waiting_for: 'paused' }]);
    const late = await server.ask(`POST /graph/runs/${runId}/resume`, { payload: 2 });
    expect([late.status, late.body.code]).toEqual([409, 'run_not_waiting']);
    const unpaused = await server.ask(`POST /graph/runs/${runId}/unpause`);
    expect([unpaused.status, unpaused.body]).toEqual([202, { run_id: runId, status: 'RUNNING' }]);
    expect(await state(runId, '?wait=30')).toMatchObject({ status: 'COMPLETED', paused: false, data: { ask: 1 } });
    for (const action of ['pause', 'unpause']) {
      const refused = await server.ask(`POST /graph/runs/${runId}/${action}`);
      expect([refused.status, refused.body.code]).toEqual([409, 'run_finished']);
      const missing = await server.ask(`POST /graph/runs/none/${action}`);
      expect([missing.status, missing.body.code]).toEqual([404, 'run_not_found']);
    }
  });
});
