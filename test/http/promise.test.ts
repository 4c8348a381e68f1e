import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CODE_REVIEW, DEMO_DATA, DEMO_LOGS, MESSY_CODE } from '../helpers/demo.js';
import { startTestServer, type TestServer } from '../helpers/server.js';

describe('the three routes that never change', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer();
  });
  afterAll(() => server.stop());

  it('runs the demo to its end with exactly these logs', async () => {
    const started = await server.ask('POST /graph/run', { graph_id: 'demo-review', input_data: MESSY_CODE });
    expect(started.status).toBe(202);
    expect(started.body).toEqual({ run_id: expect.any(String), status: 'SUBMITTED' });
    const { run_id } = started.body;
    expect(started.headers.location).toBe(`/graph/state/${run_id}`);

    const state = await server.ask(`GET /graph/state/${run_id}?wait=10`);
    expect(state.status).toBe(200);
    expect(state.body).toEqual({
      run_id,
      graph_id: 'demo-review',
      graph_version: 1,
      status: 'COMPLETED',
      logs: DEMO_LOGS,
      logs_total: DEMO_LOGS.length,
      data: DEMO_DATA,
      input_data: MESSY_CODE,
      current_node: null,
      attempt: null,
      step_count: 8,
      waiting: null,
      children: null,
      usage: { input_tokens: 0, output_tokens: 0 },
      usage_total: { input_tokens: 0, output_tokens: 0 },
      parent_run_id: null,
      child_index: null,
      forked_from: null,
      imported_from: null,
      error: null,
      metadata: {},
      limits: {
        max_steps: 1000,
        deadline_seconds: null,
        max_tokens: null,
        max_cost_usd: null,
        max_visits: null,
        no_progress: null,
        on_limit: 'fail',
      },
      visits: { extract: 1, analyze: 4, improve: 3 },
      cancel_requested: false,
      paused: false,
      submitted_by: null,
      started_by: { kind: 'api', id: null },
      paused_by: null,
      queued: null,
      cancelled_by: null,
      submitted_at: expect.stringMatching(/^\d{4}-.*Z$/),
      started_at: expect.stringMatching(/^\d{4}-.*Z$/),
      finished_at: expect.stringMatching(/^\d{4}-.*Z$/),
    });
  });

  it('creates the graph of the documentation and says where it is', async () => {
    const created = await server.ask('POST /graph/create', CODE_REVIEW);
    expect(created.status).toBe(201);
    expect(created.body).toEqual({ graph_id: 'code-review', version: 1, message: expect.any(String), warnings: [] });
    expect(created.headers.location).toBe('/graph/code-review');
    expect((await server.ask('GET /graph/code-review')).status).toBe(200);
  });

  it('refuses the same name again', async () => {
    const again = await server.ask('POST /graph/create', { ...CODE_REVIEW, graph_id: 'another-id' });
    expect(again.status).toBe(409);
    expect(again.body).toMatchObject({ code: 'graph_exists', title: 'Graph exists', status: 409 });
  });

  it('takes a graph without conditional edges and a run without input', async () => {
    const graph = {
      name: 'Plain',
      graph_id: 'plain',
      entry_point: 'a',
      nodes: [{ name: 'a', tool_name: 'extract_code' }],
      edges: [],
    };
    expect((await server.ask('POST /graph/create', graph)).status).toBe(201);
    const run = await server.ask('POST /graph/run?wait=10', { graph_id: 'plain' });
    expect(run.body.input_data).toBeNull();
  });
});
