import { afterEach, describe, expect, it } from 'vitest';
import { startTestServer, type TestServer } from '../helpers/server.js';

let server: TestServer;
afterEach(() => server.stop());

describe('a retry', () => {
  it('sets data, and takes a result instead of another call; all of it without the secrets of the node', async () => {
    let calls = 0;
    server = await startTestServer({
      secrets: { TOKEN: 'hunter2-hunter2' },
      definitions: [
        {
          name: 'charge',
          secrets: true,
          run: () => {
            calls += 1;
            throw new Error('no');
          },
        },
      ],
    });
    const params = { token: '${ secrets.TOKEN }' };
    const nodes = [
      { name: 'charge', tool_name: 'charge', params },
      { name: 'done', tool_name: 'transform', params: { values: { seen: '${ data.charge.id }' } } },
    ];
    const edges = [{ from_node: 'charge', to_node: 'done' }];
    await server.ask('POST /graph/create', { graph_id: 'pay', name: 'Pay', entry_point: 'charge', nodes, edges });
    const { body } = await server.ask('POST /graph/run?wait=30', { graph_id: 'pay' });
    expect(body).toMatchObject({ status: 'FAILED', error: { node: 'charge' } });
    const path = `/graph/runs/${body.run_id}`;
    const correction = {
      data: { note: 'is hunter2-hunter2' },
      result: { charge: { id: 'ch_1', by: 'hunter2-hunter2' } },
    };
    const retried = await server.ask(`POST ${path}/retry`, correction);
    expect([retried.status, retried.body]).toEqual([202, { run_id: body.run_id, status: 'RUNNING' }]);
    const state = await server.ask(`GET /graph/state/${body.run_id}?wait=30`);
    expect(calls).toBe(1);
    expect(state.body).toMatchObject({ status: 'COMPLETED', step_count: 2, data: { seen: 'ch_1' } });
    const journal = JSON.stringify(await server.store.readEvents(body.run_id, 0, 100));
    expect(journal).not.toContain('hunter2');
    expect(journal).toContain('[secret TOKEN]');
    const again = await server.ask(`POST ${path}/retry`, { result: {} });
    expect([again.status, again.body.code]).toEqual([409, 'run_not_retryable']);
  });

  it.each([
    [{ data: [] }, '/data'],
    [{ result: 1 }, '/result'],
    [{ results: {} }, '/results'],
  ])('is refused with %j', async (correction, pointer) => {
    server = await startTestServer();
    const { status, body } = await server.ask('POST /graph/runs/none/retry', correction);
    expect([status, body.errors[0].pointer]).toEqual([422, pointer]);
  });

  it('with a result is refused for a run that had not begun its step', async () => {
    server = await startTestServer();
    const started = { graph_id: 'demo-review', input_data: 'if a: pass', limits: { max_steps: 2 } };
    const { body } = await server.ask('POST /graph/run?wait=30', started);
    expect(body.error.code).toBe('max_steps_exceeded');
    const correction = { result: {}, limits: { max_steps: 10 } };
    const { status, body: refused } = await server.ask(`POST /graph/runs/${body.run_id}/retry`, correction);
    expect([status, refused.code, refused.detail]).toEqual([
      409,
      'retry_impossible',
      expect.stringContaining('had not called step 3 (improve) yet'),
    ]);
  });
});
