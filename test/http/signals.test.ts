import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestServer, type TestServer } from '../helpers/server.js';
import { until } from '../helpers/until.js';

const GRAPH = {
  graph_id: 'order',
  name: 'Order',
  entry_point: 'pay',
  nodes: [
    {
      name: 'pay',
      tool_name: 'wait_for_signal',
      params: {
        name: 'payment.done',
        schema: { type: 'object', properties: { paid: { type: 'boolean' } } },
        expires_in_seconds: 3600,
      },
    },
    { name: 'ship', tool_name: 'wait_for_signal', params: { name: 'shipped' } },
  ],
  edges: [{ from_node: 'pay', to_node: 'ship' }],
};

describe('signals', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer();
    expect((await server.ask('POST /graph/create', GRAPH)).body.warnings).toEqual([]);
  });
  afterAll(() => server.stop());

  const state = async (runId: string, query = '') => (await server.ask(`GET /graph/state/${runId}${query}`)).body;
  const send = (runId: string, name: string, body: object = {}, headers = {}) =>
    server.ask(`POST /graph/runs/${runId}/signals/${name}`, body, headers);
  const waitsAt = (runId: string, node: string) =>
    until(async () => {
      const body = await state(runId);
      return body.waiting?.node === node ? body.waiting : undefined;
    });

  /** Starts a run and waits until it waits. */
  async function start(): Promise<string> {
    const { body } = await server.ask('POST /graph/run', { graph_id: 'order' });
    await waitsAt(body.run_id, 'pay');
    return body.run_id;
  }

  it('are shown as what a run waits for, and found by it', async () => {
    const runId = await start();
    expect(await waitsAt(runId, 'pay')).toEqual({
      id: 'w3',
      kind: 'signal',
      node: 'pay',
      since: expect.any(String),
      until: expect.any(String),
      message: null,
      schema: { type: 'object', properties: { paid: { type: 'boolean' } } },
      signal: 'payment.done',
      limit: null,
      limit_of: null,
      evidence: null,
      children: [],
    });
    const { body } = await server.ask('GET /graph/runs?waiting_for=signal&graph_id=order');
    expect(body.runs).toMatchObject([{ run_id: runId, waiting_for: 'signal' }]);
    const resumed = await server.ask(`POST /graph/runs/${runId}/resume`, { payload: { paid: true } });
    expect([resumed.status, resumed.body.code]).toEqual([409, 'run_not_waiting']);
    expect(resumed.body.detail).toContain('waits for the signal "payment.done"');
  });

  it('end the wait for them, or are kept; null is the payload of one without', async () => {
    const runId = await start();
    expect((await send(runId, 'shipped')).body).toEqual({ run_id: runId, status: 'WAITING' });
    const sent = await send(runId, 'payment.done', { payload: { paid: true } });
    expect([sent.status, sent.body]).toEqual([202, { run_id: runId, status: 'RUNNING' }]);
    expect(await state(runId, '?wait=30')).toMatchObject({
      status: 'COMPLETED',
      data: { pay: { paid: true }, ship: null },
      waiting: null,
      step_count: 2,
    });
    const late = await send(runId, 'shipped');
    expect([late.status, late.body.code]).toEqual([409, 'run_finished']);
    expect(late.body.detail).toContain('COMPLETED');
    const { body } = await server.ask(`GET /graph/runs/${runId}/steps`);
    expect(body.steps).toMatchObject([
      { node: 'pay', status: 'COMPLETED', patch: { pay: { paid: true } } },
      { node: 'ship', status: 'COMPLETED', patch: { ship: null } },
    ]);
  });

  it('are in the event stream', async () => {
    const runId = await start();
    await send(runId, 'shipped', { payload: [1] }, { 'idempotency-key': 'once' });
    await send(runId, 'payment.done', { payload: {} });
    await state(runId, '?wait=30');
    const { text } = await server.ask(`GET /graph/runs/${runId}/events`);
    const events = Array.from(text.matchAll(/^data: (.*)$/gm), ([, data = '']) => JSON.parse(data));
    expect(events.map(({ type, outcome }) => outcome ?? type)).toEqual([
      ...['run.submitted', 'run.started', 'wait.started', 'signal.received', 'signal.received', 'signalled'],
      ...['step.completed', 'wait.started', 'signalled', 'step.completed', 'run.completed'],
    ]);
    expect(events[3]).toMatchObject({
      name: 'shipped',
      payload: [1],
      request: { key: expect.stringMatching(/^[\w-]{22}$/), fingerprint: expect.any(String), status: 'WAITING' },
    });
  });

  it('are refused if they do not fit the schema of the wait that is open', async () => {
    const runId = await start();
    const misfit = await send(runId, 'payment.done', { payload: { paid: 'yes' } });
    expect([misfit.status, misfit.body.code]).toEqual([422, 'invalid_answer']);
    expect(misfit.body.errors).toMatchObject([{ pointer: '/payload/paid' }]);
    expect((await waitsAt(runId, 'pay')).id).toBe('w3');
  });

  it('are refused if they are too large as data, though the body is not', async () => {
    const runId = await start();
    const large = await send(runId, 'later', { payload: 'x'.repeat(1_048_000) });
    expect([large.status, large.body.code]).toEqual([422, 'invalid_request']);
    expect(large.body.errors).toMatchObject([{ pointer: '/payload', code: 'too_big' }]);
  });

  it('are sent once for an Idempotency-Key, which is for one name, body and run', async () => {
    const runId = await start();
    const once = { 'idempotency-key': 'once' };
    const first = await send(runId, 'payment.done', { payload: { paid: true } }, once);
    await waitsAt(runId, 'ship');
    const again = await send(runId, 'payment.done', { payload: { paid: true } }, once);
    expect([again.status, again.body]).toEqual([first.status, first.body]);
    expect([first, again].map(({ headers }) => headers['idempotent-replayed'])).toEqual([undefined, 'true']);
    for (const [name, payload] of [
      ['payment.done', { paid: false }],
      ['shipped', { paid: true }],
    ] as const) {
      const other = await send(runId, name, { payload }, once);
      expect([other.status, other.body.code]).toEqual([422, 'idempotency_mismatch']);
    }
    const elsewhere = await send(await start(), 'payment.done', { payload: { paid: true } }, once);
    expect([elsewhere.status, elsewhere.headers['idempotent-replayed']]).toEqual([202, undefined]);
    const bad = await send(runId, 'shipped', {}, { 'idempotency-key': 'é' });
    expect([bad.status, bad.body.code]).toEqual([400, 'invalid_header']);
  });

  it('are refused when a run keeps a thousand', async () => {
    const runId = await start();
    const other = () => send(runId, 'other');
    for (let sent = 0; sent < 1000; sent += 50) await Promise.all(Array.from({ length: 50 }, other));
    const refused = await other();
    expect([refused.status, refused.body.code]).toEqual([409, 'too_many_signals']);
    expect(refused.body.detail).toContain('1000');
  }, 60_000);

  it.each([
    ['any', 'go', { payload: 1, wait_id: 'w3' }, '/wait_id'],
    ['any', 'go', { Payload: 1 }, '/Payload'],
  ])('of run %s named %s with the body %j are refused', async (run, name, body, pointer) => {
    const refused = await send(run, name, body);
    expect([refused.status, refused.body.code]).toEqual([422, 'invalid_request']);
    expect(refused.body.errors[0].pointer).toBe(pointer);
  });

  it.each(['Go', 'x'.repeat(101), 'a%2Fb', '_x', '%C3%A9'])('cannot be named %s', async (name) => {
    const refused = await send('any', name, { payload: 1 });
    expect([refused.status, refused.body.code]).toEqual([422, 'invalid_request']);
    expect(refused.body.detail).toContain('The name of a signal must be 1 to 100 characters');
  });

  it('go to runs that are there', async () => {
    const sent = await send('nowhere', 'go', { payload: 1 });
    expect([sent.status, sent.body.code]).toEqual([404, 'run_not_found']);
  });
});
