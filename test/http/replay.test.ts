import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestServer, type TestServer } from '../helpers/server.js';

/** Asks for days off: few are approved at once. */
const leave = (most: number) => ({
  graph_id: 'leave',
  name: 'Leave',
  entry_point: 'check',
  nodes: [
    { name: 'check', tool_name: 'set_data', params: { values: { days: '${ input_data.days }' } } },
    { name: 'approve', tool_name: 'set_data', params: { values: { approved: true } } },
    { name: 'escalate', tool_name: 'set_data', params: { values: { approved: false } } },
  ],
  conditional_edges: [
    { from_node: 'check', cases: [{ when: `data.days <= ${most}`, to_node: 'approve' }], otherwise: 'escalate' },
  ],
});

let server: TestServer;
let runId: string;
beforeAll(async () => {
  server = await startTestServer({ apiKeys: ['write-key-write-key'], readApiKeys: ['read-key-read-key'] });
  await ask('POST /graph/create', leave(5));
  for (const days of [1, 5, 3]) {
    const { body } = await ask('POST /graph/run?wait=30', { graph_id: 'leave', input_data: { days } });
    if (days === 5) runId = body.run_id;
  }
  await ask('PUT /graph/leave', leave(4));
});
afterAll(() => server.stop());

const ask = (request: string, body?: object, key = 'write-key-write-key') =>
  server.ask(request, body, { authorization: `Bearer ${key}` });

describe('POST /graph/replay', () => {
  it('walks a run through its own graph, with a key that can only read', async () => {
    const { status, body } = await ask('POST /graph/replay', { run_id: runId }, 'read-key-read-key');
    expect([status, body]).toEqual([
      200,
      {
        verdict: 'same',
        first_divergence: null,
        path: [
          { node: 'check', step: 1, visit: 1, status: 'completed', to_node: 'approve' },
          { node: 'approve', step: 2, visit: 1, status: 'completed', to_node: null },
        ],
        missing: [],
        end: {
          was: { status: 'COMPLETED', error_code: null, node: 'approve' },
          would_be: { status: 'COMPLETED', error_code: null, node: 'approve' },
        },
        steps: { was: 2, would_be: 2 },
        usage: { was: { input_tokens: 0, output_tokens: 0 }, would_be: { input_tokens: 0, output_tokens: 0 } },
      },
    ]);
  });

  it.each([{ version: 2 }, { graph: leave(4) }])('says where it would go another way: %#', async (through) => {
    const { body } = await ask('POST /graph/replay', { run_id: runId, ...through });
    expect(body).toMatchObject({
      verdict: 'diverged',
      first_divergence: {
        at: { node: 'check', step: 1, visit: 1 },
        of: 'way',
        was: { to_node: 'approve' },
        would_be: { to_node: 'escalate' },
        read: [{ path: 'data.days', value: 5 }],
      },
      end: { would_be: { node: 'escalate' } },
    });
  });

  it('walks the run of a capsule through the graph that comes with it, or another one', async () => {
    const { body: capsule } = await ask(`GET /graph/runs/${runId}/capsule`);
    const count = async () => (await ask('GET /graph/runs?limit=200')).body.runs.length;
    const before = await count();
    expect((await ask('POST /graph/replay', { capsule }, 'read-key-read-key')).body.verdict).toBe('same');
    expect((await ask('POST /graph/replay', { capsule, graph: leave(4) })).body.verdict).toBe('diverged');
    expect(await count()).toBe(before);
  });

  it('refuses a capsule that was changed, and says where', async () => {
    const { body: capsule } = await ask(`GET /graph/runs/${runId}/capsule`);
    const changed = { ...capsule, events: capsule.events.slice(0, -1) };
    const { status, body } = await ask('POST /graph/replay', { capsule: changed });
    expect([status, body.code, body.errors[0].pointer]).toEqual([422, 'invalid_capsule', '/capsule/digest']);
    const { body: none } = await ask('POST /graph/replay', { capsule: {} });
    expect(none.errors[0].pointer).toMatch(/^\/capsule/);
  });

  it.each([
    [{}, 422, 'invalid_request'],
    [{ run_id: 'none' }, 404, 'run_not_found'],
    [{ run_id: 'RUN', version: 9 }, 404, 'graph_not_found'],
    [{ run_id: 'RUN', version: 1, graph: leave(1) }, 422, 'invalid_request'],
    [{ run_id: 'RUN', capsule: {} }, 422, 'invalid_request'],
  ])('answers %j with %i %s', async (body, status, code) => {
    const given = 'run_id' in body && body.run_id === 'RUN' ? { ...body, run_id: runId } : body;
    const answer = await ask('POST /graph/replay', given);
    expect([answer.status, answer.body.code]).toEqual([status, code]);
  });

  it('says what is wrong with a graph, with pointers into the body', async () => {
    const graph = { ...leave(5), entry_point: 'nowhere' };
    for (const request of ['POST /graph/replay', 'POST /graph/leave/backtest']) {
      const run = request.endsWith('replay') ? { run_id: runId } : {};
      const { status, body } = await ask(request, { ...run, graph });
      expect([status, body.code, body.errors[0].pointer]).toEqual([422, 'invalid_request', '/graph/entry_point']);
    }
  });
});

describe('POST /graph/{graph_id}/backtest', () => {
  it('tries a graph on past runs, with a key that can only read', async () => {
    const { status, body } = await ask('POST /graph/leave/backtest', { graph: leave(4) }, 'read-key-read-key');
    expect([status, body]).toEqual([
      200,
      {
        runs: 3,
        same: 2,
        diverged: 1,
        unknown: 0,
        groups: [
          {
            at: { node: 'check', visit: 1 },
            of: 'way',
            was: { text: expect.any(String), to_node: 'approve' },
            would_be: { text: expect.any(String), to_node: 'escalate' },
            count: 1,
            read: [{ path: 'data.days', value: 5 }],
            examples: [runId],
          },
        ],
        unknown_groups: [],
        ends: expect.arrayContaining([expect.objectContaining({ count: 2 }), expect.objectContaining({ count: 1 })]),
        complete: 3,
        steps: { was: 6, would_be: 6 },
        usage: { was: { input_tokens: 0, output_tokens: 0 }, would_be: { input_tokens: 0, output_tokens: 0 } },
      },
    ]);
  });

  it('takes a version, the latest if none is named, a filter and a limit', async () => {
    const counts = async (body: object) => {
      const { runs, diverged } = (await ask('POST /graph/leave/backtest', body)).body;
      return [runs, diverged];
    };
    expect(await counts({})).toEqual([3, 1]);
    expect(await counts({ version: 1 })).toEqual([3, 0]);
    expect(await counts({ version: 2, limit: 1 })).toEqual([1, 0]);
    expect(await counts({ filter: { status: ['FAILED'] } })).toEqual([0, 0]);
    expect(await counts({ filter: { current_node: 'approve', metadata: { no: 'such' } } })).toEqual([0, 0]);
  });

  it.each([
    [{ limit: 10_001 }, 422],
    [{ filter: { status: ['RUNNING'] } }, 422],
    [{ version: 9 }, 404],
    [{ version: 1, graph: leave(1) }, 422],
  ])('refuses %j with %i', async (body, status) => {
    expect((await ask('POST /graph/leave/backtest', body)).status).toBe(status);
    expect((await ask('POST /graph/none/backtest', {})).body.code).toBe('graph_not_found');
  });
});
