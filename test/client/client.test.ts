import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { ApiError, createClient, dataOf, type RunEvent, type StepOutput } from '../../src/client/client.js';
import { watchRun } from '../../src/client/watch-run.js';
import { defineTool } from '../../src/core/tool/tool.js';
import { startHttpServer } from '../helpers/http-server.js';
import { listen, startTestServer, type TestServer } from '../helpers/server.js';
import { TcpProxy } from '../helpers/tcp-proxy.js';
import { chain, type Gate, gate } from '../helpers/tools.js';

/** What the tool `talk` sends, and when it ends. */
let emitted: Gate[] = [];
let spoken: Gate;
const talk = defineTool({
  name: 'talk',
  run: async (_state, { emit }) => {
    for (const [index, turn] of emitted.entries()) {
      await turn.promise;
      emit(`chunk ${index}`);
    }
    await spoken.promise;
    return { talked: true };
  },
});

const quick = defineTool({ name: 'quick', run: () => ({ quick: true }) });

const ASK = {
  graph_id: 'ask',
  name: 'ask',
  entry_point: 'ask',
  nodes: [{ name: 'ask', tool_name: 'wait_for_input', params: { message: 'Well?', schema: { type: 'boolean' } } }],
  edges: [],
};

const MANY = {
  graph_id: 'many',
  name: 'many',
  entry_point: 'n0',
  nodes: Array.from({ length: 30 }, (_, index) => ({ name: `n${index}`, tool_name: 'quick' })),
  edges: Array.from({ length: 29 }, (_, index) => ({ from_node: `n${index}`, to_node: `n${index + 1}` })),
};

let server: TestServer;
let url: string;
let proxy: TcpProxy;
beforeAll(async () => {
  server = await startTestServer({ definitions: [talk, quick] });
  url = await listen(server);
  for (const graph of [ASK, MANY, chain('talk', 'talk')]) await server.engine.createGraph(graph);
});
beforeEach(async () => {
  emitted = [];
  spoken = gate();
  proxy = new TcpProxy({ host: '127.0.0.1', port: Number(new URL(url).port) });
  await proxy.open();
  onTestFinished(() => proxy.close());
});
afterAll(() => server.stop());

/** A client that reaches the server through the proxy. */
function clientBehindProxy(options: { reconnectSeconds?: number } = {}) {
  return createClient({ url: `http://127.0.0.1:${proxy.port}`, ...options });
}

describe('the typed client', () => {
  it('has the routes as methods, whose errors dataOf throws', async () => {
    const client = createClient({ url });
    const { graphs } = dataOf(await client.GET('/graph', { params: { query: { limit: 1 } } }));
    expect(graphs).toHaveLength(1);
    const answer = await client.GET('/graph/{graph_id}', { params: { path: { graph_id: 'none' } } });
    expect(answer.error?.code).toBe('graph_not_found');
    expect(() => dataOf(answer)).toThrow(ApiError);
  });

  it('says what is wrong with a request, item by item', async () => {
    const wrong = { name: 'x', entry_point: 'a', nodes: [{ name: 'a', tool_name: 'quik' }] };
    const answer = await createClient({ url }).POST('/graph/create', { body: wrong });
    const error = await Promise.resolve()
      .then(() => dataOf(answer))
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      name: 'ApiError',
      status: 400,
      code: 'invalid_graph',
      errors: [{ pointer: '/nodes/0/tool_name', code: 'unknown_tool' }],
    });
  });

  it('sends its key', async () => {
    const { url, received } = await startHttpServer((_request, response) => response.end('{}'));
    await createClient({ url, apiKey: 'k1' }).GET('/graph');
    expect(received[0]?.headers.authorization).toBe('Bearer k1');
  });

  it('says that nobody answers, and what answers that is not the API', async () => {
    await proxy.close();
    await expect(clientBehindProxy().GET('/graph')).rejects.toMatchObject({
      status: 0,
      code: 'unreachable',
      message: `No server answers at http://127.0.0.1:${proxy.port}.`,
    });
    const { url } = await startHttpServer((_request, response) => response.writeHead(418).end('<h1>Hello</h1>'));
    const answer = await createClient({ url }).GET('/graph');
    expect(() => dataOf(answer)).toThrow('The answer has status 418 and is none of graphrunner.');
  });
});

describe('startRun', () => {
  it('starts one run, though the answer to its request is lost', async () => {
    const { isCutOnce } = cutOnce('POST /graph/run', 'cut after');
    const { run_id } = await clientBehindProxy().startRun({ graph_id: 'ask', metadata: { team: 'lost' } });
    expect(isCutOnce()).toBe(true);
    const query = { 'metadata.team': 'lost' } as object;
    const { runs } = dataOf(await createClient({ url }).GET('/graph/runs', { params: { query } }));
    expect(runs.map((run) => run.run_id)).toEqual([run_id]);
  });

  it('starts one run for a key of its own', async () => {
    const client = createClient({ url });
    const start = () => client.startRun({ graph_id: 'many' }, { idempotencyKey: 'order-17' });
    const [first, second] = [await start(), await start()];
    expect(second.run_id).toBe(first.run_id);
  });

  it('waits as long as a busy server says, and gives up when its patience is over', async () => {
    let answers = 0;
    const { url, received } = await startHttpServer((_request, response) => {
      answers += 1;
      if (answers === 1) response.writeHead(503, { 'retry-after': '0.05' }).end('{}');
      else response.writeHead(503, { 'retry-after': '30' }).end('{}');
    });
    const started = createClient({ url, reconnectSeconds: 10 }).startRun({ graph_id: 'ask' });
    await expect(started).rejects.toMatchObject({ status: 503, retryAfterSeconds: 30 });
    expect(received).toHaveLength(2);
    expect(received[0]?.headers['idempotency-key']).toBe(received[1]?.headers['idempotency-key']);
  });

  it('gives up on a server that says to come back for ever', async () => {
    const { url, received } = await startHttpServer((_request, response) => {
      response.writeHead(received.length < 50 ? 503 : 500, { 'retry-after': '0.02' }).end('{}');
    });
    const started = createClient({ url, reconnectSeconds: 0.2 }).startRun({ graph_id: 'ask' });
    await expect(started).rejects.toMatchObject({ status: 503 });
  });

  it('is not repeated if the request is wrong', async () => {
    const started = createClient({ url }).startRun({ graph_id: 'none' });
    await expect(started).rejects.toMatchObject({ status: 404, code: 'graph_not_found' });
  });
});

describe('waitForRun', () => {
  it('resolves when the run waits for a person, and after the answer when it has ended', async () => {
    const client = createClient({ url });
    const { run_id } = await client.startRun({ graph_id: 'ask' });
    const asking = await client.waitForRun(run_id);
    expect(asking.waiting).toMatchObject({ kind: 'input', message: 'Well?' });
    await expect(client.answer(run_id, 'yes')).rejects.toMatchObject({ code: 'invalid_answer' });
    await client.answer(run_id, true, { waitId: asking.waiting?.id ?? '' });
    expect((await client.waitForRun(run_id)).status).toBe('COMPLETED');
  });

  it('goes on waiting while the server is away', async () => {
    const client = clientBehindProxy();
    const { run_id } = await client.startRun({ graph_id: 'talk' });
    const asked = arrival(`GET /graph/state/${run_id}`);
    const ended = client.waitForRun(run_id);
    await asked;
    await proxy.close();
    spoken.open();
    await proxy.open();
    expect(await ended).toMatchObject({ status: 'COMPLETED', data: { talked: true } });
  });

  it('resolves with a run under way when the time is up, and rejects when it is aborted', async () => {
    const client = createClient({ url });
    const { run_id } = await client.startRun({ graph_id: 'talk' });
    expect((await client.waitForRun(run_id, { timeoutSeconds: 0.1 })).status).toBe('RUNNING');
    const controller = new AbortController();
    const ended = client.waitForRun(run_id, { signal: controller.signal });
    controller.abort(new Error('enough'));
    await expect(ended).rejects.toThrow('enough');
    spoken.open();
  });
});

describe('watchRun', () => {
  it('yields each event of a run once, however often the connection is cut', async () => {
    const { run_id } = await createClient({ url }).startRun({ graph_id: 'many' });
    await createClient({ url }).waitForRun(run_id);
    const events: RunEvent[] = [];
    for await (const event of clientBehindProxy().watchRun(run_id)) {
      events.push(event);
      if (event.seq % 10 === 0) proxy.cut();
    }
    const { length } = events;
    expect(events.map(({ seq }) => seq)).toEqual(Array.from({ length }, (_, index) => index + 1));
    expect(events.at(-1)?.type).toBe('run.completed');
  });

  it('yields what a step sends once, also that which a new connection repeats', async () => {
    emitted = [gate(), gate()];
    const client = clientBehindProxy();
    const { run_id } = await client.startRun({ graph_id: 'talk' });
    const items: (RunEvent | StepOutput)[] = [];
    for await (const item of client.watchRun(run_id, { output: true })) {
      items.push(item);
      if (item.type === 'run.started') emitted[0]?.open();
      if (item.type !== 'output') continue;
      if (item.index === 0) proxy.cut();
      emitted[1]?.open();
      if (item.index === 1) spoken.open();
    }
    expect(items.map((item) => (item.type === 'output' ? item.chunk : item.type))).toEqual([
      'run.submitted',
      'run.started',
      'chunk 0',
      'chunk 1',
      'step.completed',
      'run.completed',
    ]);
  });

  it('takes a connection that has been silent for too long for lost', async () => {
    const client = clientBehindProxy();
    const { run_id } = await client.startRun({ graph_id: 'talk' });
    const limits = { url, reconnectSeconds: 20, silentMs: 300 };
    const watch = watchRun(client, run_id, {}, limits);
    const types = [(await watch.next()).value?.type, (await watch.next()).value?.type];
    proxy.freeze(true);
    spoken.open();
    await createClient({ url }).waitForRun(run_id);
    // What the server has sent meanwhile never comes, and the connection stays open.
    proxy.freeze(false);
    types.push((await watch.next()).value?.type, (await watch.next()).value?.type);
    expect(types).toEqual(['run.submitted', 'run.started', 'step.completed', 'run.completed']);
  });

  it('begins after an event, and ends at once if nothing follows', async () => {
    const client = createClient({ url });
    const { run_id } = await client.startRun({ graph_id: 'many' });
    await client.waitForRun(run_id);
    const events = await all(client.watchRun(run_id));
    const last = events.at(-1)!;
    expect(await all(client.watchRun(run_id, { after: last.seq - 1 }))).toEqual([last]);
    expect(await all(client.watchRun(run_id, { after: last.seq }))).toEqual([]);
  });

  it('rejects if there is no such run, if it is aborted, and when its patience is over', async () => {
    const client = clientBehindProxy({ reconnectSeconds: 0.2 });
    await expect(client.watchRun('none').next()).rejects.toMatchObject({ code: 'run_not_found' });
    const { run_id } = await client.startRun({ graph_id: 'talk' });
    const controller = new AbortController();
    const watch = client.watchRun(run_id, { signal: controller.signal });
    await watch.next();
    await watch.next();
    const next = watch.next();
    controller.abort(new Error('enough'));
    await expect(next).rejects.toThrow('enough');
    const cut = client.watchRun(run_id, { after: 2 });
    const nothing = cut.next();
    await arrival(`GET /graph/runs/${run_id}/events`);
    await proxy.close();
    await expect(nothing).rejects.toMatchObject({ code: 'unreachable' });
    spoken.open();
  });
});

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

/** Resolves when a request has come to the proxy. */
function arrival(line: string): Promise<void> {
  return new Promise((resolve) => {
    proxy.judge = (data) => {
      if (data.toString('latin1').startsWith(line)) resolve();
      return 'pass';
    };
  });
}

/** The proxy cuts the connection of the first request that begins like this. */
function cutOnce(line: string, verdict: 'cut before' | 'cut after') {
  let isCut = false;
  proxy.judge = (data) => {
    if (isCut || !data.toString('latin1').startsWith(line)) return 'pass';
    isCut = true;
    return verdict;
  };
  return { isCutOnce: () => isCut };
}
