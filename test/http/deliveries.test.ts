import { describe, expect, it, onTestFinished } from 'vitest';
import { HOOK_SECRET, startReceiver } from '../helpers/receiver.js';
import { startTestServer, type TestServer, type TestServerOptions } from '../helpers/server.js';
import { until } from '../helpers/until.js';

const ALL = ['completed', 'failed', 'cancelled', 'waiting_for_input', 'limit'];

async function start(options: TestServerOptions = {}): Promise<TestServer> {
  const server = await startTestServer({ secrets: { HOOK: HOOK_SECRET }, ...options });
  onTestFinished(() => server.stop());
  return server;
}

const to = (url: string, more: object = {}) => ({ url, on: ALL, secret: 'HOOK', ...more });

/** A graph of some nodes in a row; `notify` if it tells somebody. */
function graph(id: string, nodes: readonly (readonly [tool: string, params?: object])[], more: object = {}) {
  const list = nodes.map(([tool_name, params = {}], index) => ({ name: `n${index}`, tool_name, params }));
  const edges = list.slice(1).map(({ name }, index) => ({ from_node: `n${index}`, to_node: name }));
  return { graph_id: id, name: id, entry_point: 'n0', nodes: list, edges, ...more };
}

const SETS = ['set_data', { values: { n: 1 } }] as const;
const ASKS = ['wait_for_input', { message: 'Well?' }] as const;
const FAILS = ['fail', { message: 'no' }] as const;

async function run({ ask }: TestServer, document: { graph_id: string }, body: object = {}): Promise<string> {
  const created = await ask('POST /graph/create', document);
  expect(created.status).toBe(201);
  const { body: started } = await ask('POST /graph/run?wait=10', { graph_id: document.graph_id, ...body });
  return started.run_id;
}

const deliveriesOf = async ({ ask }: TestServer, query: string) =>
  (await ask(`GET /deliveries?${query}`)).body.deliveries;

describe('callbacks', () => {
  it('go to the targets of the graph and of the start, signed, in the order of events', async () => {
    const server = await start();
    const receiver = await startReceiver();
    const notify = [to(`${receiver.url}/graph`, { on: ['completed'] })];
    const runId = await run(server, graph('asks', [ASKS, SETS], { notify }), {
      notify: [to(`${receiver.url}/run`)],
      metadata: { team: 'blue' },
    });
    await server.ask(`POST /graph/runs/${runId}/resume`, { payload: 'yes' });
    await receiver.arrived(3);
    const told = (path: string) => receiver.callbacks.filter((one) => one.path === path).map(({ body }) => body);
    expect(told('/graph').map(({ type }) => type)).toEqual(['run.completed']);
    expect(told('/run').map(({ type }) => type)).toEqual(['run.waiting_for_input', 'run.completed']);
    expect(told('/run')[0].data).toMatchObject({ run_id: runId, waiting: { kind: 'input', message: 'Well?' } });
    expect(told('/run')[1]).toEqual({
      type: 'run.completed',
      timestamp: expect.stringMatching(/^\d{4}-.*Z$/),
      data: {
        run_id: runId,
        graph_id: 'asks',
        graph_version: 1,
        status: 'COMPLETED',
        metadata: { team: 'blue' },
        data: { n0: 'yes', n: 1 },
      },
    });
  });

  it('tell of failures, limits and cancels, and of the ends of a run that is retried', async () => {
    const server = await start();
    const receiver = await startReceiver();
    const notify = [to(receiver.url)];
    const runId = await run(server, graph('fails', [SETS, FAILS], { notify }));
    await receiver.arrived(1);
    await server.ask(`POST /graph/runs/${runId}/retry?wait=10`, {});
    await receiver.arrived(2);
    const limits = { max_steps: 1, on_limit: 'wait' };
    const limited = await run(server, graph('limited', [SETS, SETS], { notify, limits }));
    await receiver.arrived(3);
    await server.ask(`POST /graph/runs/${limited}/cancel`);
    await receiver.arrived(4);
    expect(receiver.callbacks.map(({ body }) => [body.type, body.data.error?.code])).toEqual([
      ['run.failed', 'tool_failed'],
      ['run.failed', 'tool_failed'],
      ['run.limit', undefined],
      ['run.cancelled', undefined],
    ]);
    expect(receiver.callbacks[2]!.body.data.waiting).toMatchObject({ kind: 'limit', limit: 'max_steps' });
    expect(new Set(receiver.callbacks.map(({ id }) => id)).size).toBe(4);
  });

  it('tell of top-level runs: forks and runs that a step has started, but not of runs inside others', async () => {
    const server = await start();
    const receiver = await startReceiver();
    const notify = [to(receiver.url, { on: ['completed'] })];
    await server.ask('POST /graph/create', graph('inner', [SETS], { notify }));
    const outer = graph('outer', [
      ['run_graph', { graph_id: 'inner' }],
      ['run_graph', { graph_id: 'inner', wait: false, save_as: 'aside' }],
    ]);
    const runId = await run(server, outer, { notify });
    await receiver.arrived(2);
    const { body: state } = await server.ask(`GET /graph/state/${runId}`);
    const { body: forked } = await server.ask(`POST /graph/runs/${runId}/fork`, { from_step: 2 });
    await receiver.arrived(4);
    const told = receiver.callbacks.map(({ body }) => body.data.run_id);
    expect(told).toEqual(expect.arrayContaining([runId, state.data.aside.run_id, forked.run_id]));
    expect(new Set(told).size).toBe(4);
    expect(await deliveriesOf(server, '')).toHaveLength(4);
  });

  it('are listed with what became of them, and read with their tries', async () => {
    const server = await start();
    const receiver = await startReceiver(({ body }) => (body.type === 'run.completed' ? 204 : 410));
    const runs: string[] = [];
    runs.push(await run(server, graph('sets', [SETS], { notify: [to(receiver.url)] })));
    runs.push(await run(server, graph('fails', [FAILS], { notify: [to(receiver.url)] })));
    await until(async () => (await deliveriesOf(server, 'status=pending')).length === 0);
    const all = await deliveriesOf(server, '');
    expect(all.map(({ run_id, status }: Record<string, string>) => [run_id, status])).toEqual([
      [runs[1], 'gone'],
      [runs[0], 'delivered'],
    ]);
    expect(await deliveriesOf(server, 'status=delivered,dead')).toEqual([all[1]]);
    expect(await deliveriesOf(server, `run_id=${runs[1]}`)).toEqual([all[0]]);
    const first = await server.ask('GET /deliveries?limit=1');
    expect(first.body).toEqual({ deliveries: [all[0]], next_cursor: expect.any(String) });
    const second = await server.ask(`GET /deliveries?limit=1&cursor=${encodeURIComponent(first.body.next_cursor)}`);
    expect(second.body).toEqual({ deliveries: [all[1]], next_cursor: null });
    const { body } = await server.ask(`GET /deliveries/${all[1].delivery_id}`);
    expect(body).toEqual({
      ...all[1],
      attempts: [{ at: expect.any(String), ms: expect.any(Number), status: 204, error: null }],
      payload: receiver.callbacks[0]!.body,
    });
    expect(all[1].delivery_id).toBe(receiver.callbacks[0]!.id);
  });

  it('are tried again when somebody asks for it, under the same id', async () => {
    const server = await start();
    const receiver = await startReceiver((_callback, count) => (count === 0 ? 410 : 200));
    await run(server, graph('sets', [SETS], { notify: [to(receiver.url)] }));
    const [gone] = await until(async () => {
      const found = await deliveriesOf(server, 'status=gone');
      return found.length > 0 ? found : undefined;
    });
    const retried = await server.ask(`POST /deliveries/${gone.delivery_id}/retry`);
    expect(retried).toMatchObject({
      status: 202,
      body: { delivery_id: gone.delivery_id, status: 'pending', tries: 0 },
    });
    await receiver.arrived(2);
    expect(new Set(receiver.callbacks.map(({ id }) => id))).toEqual(new Set([gone.delivery_id]));
    await until(async () => (await deliveriesOf(server, 'status=delivered')).length === 1);
    const again = await server.ask(`POST /deliveries/${gone.delivery_id}/retry`);
    expect(again).toMatchObject({ status: 409, body: { code: 'delivery_done' } });
  });

  it('go with their run', async () => {
    const server = await start();
    const receiver = await startReceiver(() => 500);
    const runId = await run(server, graph('sets', [SETS], { notify: [to(receiver.url)] }));
    await receiver.arrived(1);
    const [pending] = await deliveriesOf(server, 'status=pending');
    expect((await server.ask(`DELETE /graph/runs/${runId}`)).status).toBe(204);
    expect((await server.ask(`GET /deliveries/${pending.delivery_id}`)).body.code).toBe('delivery_not_found');
    expect(await deliveriesOf(server, '')).toEqual([]);
  });

  it('wait for a receiver no longer than they should, and go on after a restart', async () => {
    const server = await startTestServer({ secrets: { HOOK: HOOK_SECRET }, timeoutMs: 50 });
    const receiver = await startReceiver((_callback, count) => (count === 0 ? () => undefined : 200));
    await run(server, graph('sets', [SETS], { notify: [to(receiver.url)] }));
    await until(async () => (await deliveriesOf(server, 'status=pending'))[0]?.tries === 1);
    const [{ delivery_id }] = await deliveriesOf(server, 'status=pending');
    expect((await server.ask(`GET /deliveries/${delivery_id}`)).body.attempts).toMatchObject([
      { status: null, error: 'There was no answer within 0.05 seconds.' },
    ]);
    await server.stop();
    const second = await start({ path: server.path });
    await receiver.arrived(2);
    await until(async () => (await deliveriesOf(second, 'status=delivered')).length === 1);
    expect(new Set(receiver.callbacks.map(({ id }) => id)).size).toBe(1);
  });

  it('are refused if there is no such one, or the query is wrong', async () => {
    const server = await start();
    for (const [request, status, code] of [
      ['GET /deliveries/no-id', 404, 'delivery_not_found'],
      ['GET /deliveries/msg_019ab0f45c0070008000000000000000_5_0', 404, 'delivery_not_found'],
      ['POST /deliveries/msg_019ab0f45c0070008000000000000000_5_0/retry', 404, 'delivery_not_found'],
      ['GET /deliveries?status=lost', 422, 'invalid_request'],
      ['GET /deliveries?cursor=1:no-id', 422, 'invalid_request'],
      ['GET /deliveries?cursor=x', 422, 'invalid_request'],
      ['GET /deliveries?limit=0', 422, 'invalid_request'],
      ['GET /deliveries?graph_id=a', 422, 'invalid_request'],
    ] as const)
      expect(await server.ask(request), request).toMatchObject({ status, body: { code } });
  });

  it('cannot be changed with a key that can only read', async () => {
    const server = await start({ apiKeys: ['all'], readApiKeys: ['read'] });
    const key = { authorization: 'Bearer read' };
    expect((await server.ask('GET /deliveries', undefined, key)).status).toBe(200);
    const retry = await server.ask('POST /deliveries/msg_019ab0f45c0070008000000000000000_5_0/retry', undefined, key);
    expect(retry).toMatchObject({ status: 403, body: { code: 'read_only_key' } });
  });
});

describe('targets', () => {
  it('with a URL that cannot be stored or asked are refused', async () => {
    const server = await start();
    await server.ask('POST /graph/create', graph('sets', [SETS]));
    for (const url of ['http://a.example/\0', 'http://a.example/\ud800', 'ftp://a.example/', 'http://u:p@a.example/']) {
      const refused = { status: 422, body: { errors: [{ pointer: '/notify/0/url' }] } };
      const started = await server.ask('POST /graph/run', { graph_id: 'sets', notify: [to(url)] });
      expect(started, url).toMatchObject(refused);
      expect(await server.ask('POST /graph/create', graph('other', [SETS], { notify: [to(url)] }))).toMatchObject(
        refused,
      );
    }
  });

  it('whose secret the server does not have are a warning', async () => {
    const server = await start();
    const notify = [to('https://a.example/'), to('https://a.example/', { secret: 'OTHER' })];
    const { body } = await server.ask('POST /graph/validate', graph('sets', [SETS], { notify }));
    expect(body).toMatchObject({
      valid: true,
      warnings: [
        { pointer: '/notify/1/secret', code: 'unset_secret', message: expect.stringContaining('SECRET_OTHER') },
      ],
    });
  });

  it('that are hidden from the internet are told only if the server allows it', async () => {
    const server = await start();
    const notify = [to('http://10.0.0.1:9/secret-path')];
    await run(server, graph('sets', [SETS], { notify }));
    await until(async () => (await deliveriesOf(server, ''))[0]?.tries > 0);
    const [{ delivery_id, status }] = await deliveriesOf(server, '');
    expect(status).toBe('pending');
    expect((await server.ask(`GET /deliveries/${delivery_id}`)).body.attempts[0]).toMatchObject({
      status: null,
      error: '10.0.0.1:9 is not on the public internet. HTTP_ALLOW can let requests go there.',
    });
  });
});
