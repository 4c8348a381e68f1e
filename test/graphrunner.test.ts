import { once } from 'node:events';
import { createServer, type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import fastify from 'fastify';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
// What is loaded at the first call is not to count as a part of the first test.
import '../src/graphrunner.js';
import { createGraphrunner, defineTool, type Graphrunner, type GraphrunnerOptions } from '../src/index.js';
import { LocalQueue } from '../src/store/sqlite/local-queue.js';
import { openStream } from './helpers/event-stream.js';
import { temporaryFolder } from './helpers/temporary-folder.js';

const COUNT = {
  graph_id: 'count',
  name: 'Count',
  entry_point: 'count',
  nodes: [{ name: 'count', tool_name: 'count_words' }],
};
const ASK = {
  graph_id: 'ask',
  name: 'Ask',
  entry_point: 'ask',
  nodes: [{ name: 'ask', tool_name: 'wait_for_input', params: { message: 'Well?', save_as: 'answer' } }],
};

const countWords = defineTool({
  name: 'count_words',
  run: ({ input_data }) => ({ words: String(input_data).split(' ').length }),
});

function newDatabase(): string {
  return join(temporaryFolder(), 'workflow.db');
}

/** An engine that is stopped after the test, unless that has done it. */
async function open(options: Partial<GraphrunnerOptions> = {}): Promise<Graphrunner> {
  const graphrunner = await createGraphrunner({ database: newDatabase(), tools: [countWords], ...options });
  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> => {
    stopped ??= graphrunner.stop();
    return stopped;
  };
  onTestFinished(stop);
  return { ...graphrunner, stop };
}

/** The data of a run of the graph, once it has ended. */
async function countIn({ engine }: Graphrunner, text: string): Promise<unknown> {
  await engine.saveGraph(COUNT);
  const { runId } = await engine.startRun({ graphId: 'count', inputData: text });
  const { state } = await engine.getState(runId, { waitSeconds: 20 });
  return state.data;
}

function post(body: unknown): RequestInit {
  return { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}

describe('an engine in process', () => {
  it('is one of two, with tools and a database each', async () => {
    const one = await open();
    const shout = defineTool({ name: 'count_words', run: () => ({ words: 'LOUD' }) });
    const other = await open({ tools: [shout] });
    await Promise.all([one.start(), other.start()]);
    expect(await Promise.all([countIn(one, 'a b c'), countIn(other, 'a b c')])).toEqual([
      { words: 3 },
      { words: 'LOUD' },
    ]);
  });

  it('drives nothing before it is started, and goes on with what the last one has left', async () => {
    const database = newDatabase();
    const first = await open({ database });
    await first.engine.saveGraph(COUNT);
    const { runId } = await first.engine.startRun({ graphId: 'count', inputData: 'a b' });
    expect((await first.engine.getState(runId)).state.stepCount).toBe(0);
    await first.stop();
    const second = await open({ database });
    await second.start();
    expect((await second.engine.getState(runId, { waitSeconds: 20 })).state.data).toEqual({ words: 2 });
  });

  it('leaves the process as it was', async () => {
    const listeners = () => process.eventNames().map((name) => [name, process.listenerCount(name)]);
    const before = listeners();
    const graphrunner = await open();
    await graphrunner.start();
    await graphrunner.app();
    expect(listeners()).toEqual(before);
    await graphrunner.stop();
    expect(listeners()).toEqual(before);
  });

  it('saves a graph, saves its next version, and says everything that is wrong with one', async () => {
    const { engine } = await open();
    expect(await engine.saveGraph(COUNT)).toMatchObject({ graphId: 'count', version: 1, changed: true });
    expect(await engine.saveGraph(COUNT)).toMatchObject({ version: 1, changed: false });
    expect(await engine.saveGraph({ ...COUNT, name: 'Count again' })).toMatchObject({ version: 2, changed: true });
    expect(await engine.saveGraph({ ...COUNT, graph_id: undefined, name: 'Other' })).toMatchObject({
      graphId: 'other',
    });
    const errors = [{ pointer: '/entry_point' }, { pointer: '/nodes' }];
    await expect(engine.saveGraph({ name: 'Bad' })).rejects.toMatchObject({ code: 'invalid_graph', errors });
  });

  it.each([
    [{ maxQueuedRuns: 0 }, 'MAX_QUEUED_RUNS is "0"; it must be a whole number from 1 to 10000000'],
    [{ apiKeys: ['two words'] }, 'API_KEYS is set to something (not shown)'],
    [{ toolLimits: [['count_wrods', 2]] as const }, 'TOOL_LIMITS names the tool "count_wrods"'],
    [{ role: 'worker' as const }, 'ROLE is "worker"'],
    [{ database: '' }, 'database is ""'],
    [{ port: 80 }, 'there is no option port'],
    [{ databse: 'a.db' }, 'there is no option databse. Did you mean "database"?'],
  ])('refuses %j', async (options, message) => {
    await expect(createGraphrunner({ database: newDatabase(), tools: [countWords], ...options })).rejects.toThrow(
      message,
    );
  });

  it('answers as the API does, without a network', async () => {
    const { fetch: ask, start, engine, stop } = await open({ apiKeys: ['hush'] });
    await start();
    await engine.saveGraph(ASK);
    expect((await ask('http://graphrunner/graph')).status).toBe(401);
    const headers = { authorization: 'Bearer hush' };
    const { body, ...init } = post({ graph_id: 'ask' });
    const started = await ask(new URL('http://graphrunner/graph/run?wait=20'), {
      ...init,
      body: body!,
      headers: { ...init.headers, ...headers },
    });
    const { run_id, status } = (await started.json()) as { run_id: string; status: string };
    expect([started.status, status]).toEqual([202, 'SUBMITTED']);
    const events = await ask(`http://graphrunner/graph/runs/${run_id}/events`, { headers });
    const reader = events.body!.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    while (!text.includes('run.submitted')) text += (await reader.read()).value;
    await reader.cancel();
    const head = await ask('http://graphrunner/health/live', { method: 'HEAD', headers });
    expect([head.status, await head.text()]).toEqual([200, '']);
    await stop();
  });

  it('takes an aborted fetch for a client that has gone', async () => {
    const { fetch: ask, start, engine } = await open();
    await start();
    await engine.saveGraph(ASK);
    const { runId } = await engine.startRun({ graphId: 'ask', inputData: null });
    await engine.getState(runId, { waitSeconds: 20 });
    const url = `/graph/runs/${runId}/events`;
    await expect(ask(url, { signal: AbortSignal.abort(new Error('never asked')) })).rejects.toThrow('never asked');
    const soon = new AbortController();
    const unanswered = ask('/graph/run?wait=20', { ...post({ graph_id: 'ask' }), signal: soon.signal });
    soon.abort(new Error('enough'));
    await expect(unanswered).rejects.toThrow('enough');
    const reading = new AbortController();
    const { body } = await ask(url, { signal: reading.signal });
    const reader = body!.getReader();
    await reader.read();
    const rest = (async () => {
      while (!(await reader.read()).done);
    })();
    reading.abort(new Error('read enough'));
    await expect(rest).rejects.toThrow('read enough');
  });

  it('is started once, and stopped once, and says so after that', async () => {
    const graphrunner = await createGraphrunner({ database: newDatabase(), tools: [countWords] });
    await Promise.all([graphrunner.start(), graphrunner.start()]);
    expect(await countIn(graphrunner, 'a b')).toEqual({ words: 2 });
    await Promise.all([graphrunner.stop(), graphrunner.stop()]);
    await graphrunner.stop();
    const { start, app, fetch: ask } = graphrunner;
    for (const use of [start, app, () => ask('/graph')]) {
      await expect(use()).rejects.toThrow('This engine has been stopped. Open another one.');
    }
  });

  it('lets go of the database if it does not come to be', async () => {
    const database = newDatabase();
    const failing = vi.spyOn(LocalQueue.prototype, 'open').mockRejectedValueOnce(new Error('no runs today'));
    await expect(createGraphrunner({ database })).rejects.toThrow('no runs today');
    failing.mockRestore();
    await (await open({ database })).start();
  });
});

describe('an engine in another application', () => {
  /** A host that parses bodies in its own way, and has the engine below a prefix. */
  async function host(graphrunner: Graphrunner, prefix: string): Promise<string> {
    const app = fastify();
    app.addHook('onRequest', async (_request, reply) => void reply.header('x-host', 'yes'));
    app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, _body, done) => done(null, 'host'));
    app.post('/own', async ({ body }) => ({ body }));
    await app.register(await graphrunner.plugin(), { prefix });
    onTestFinished(() => app.close());
    return app.listen({ host: '127.0.0.1', port: 0 });
  }

  it.each(['/workflows', '/deep/workflows'])('is whole below %s of a Fastify', async (prefix) => {
    const graphrunner = await open({ demo: true, publicUrl: `https://example.com${prefix}` });
    await graphrunner.start();
    const url = await host(graphrunner, prefix);
    const base = `${url}${prefix}`;
    const ran = await fetch(`${base}/graph/run?wait=20`, post({ graph_id: 'demo-review', input_data: 'x = 1' }));
    const state = (await ran.json()) as { status: string; run_id: string };
    expect([ran.status, ran.headers.get('x-host'), state.status]).toEqual([200, null, 'COMPLETED']);
    const stream = await openStream(`${base}/graph/runs/${state.run_id}/events`);
    expect((await stream.ended).at(-1)).toMatchObject({ event: 'run.completed' });
    const broken = await fetch(`${base}/graph/run`, { ...post(0), body: '{' });
    expect([broken.status, broken.headers.get('content-type')]).toEqual([
      400,
      expect.stringContaining('application/problem+json'),
    ]);
    expect((await fetch(`${base}/nowhere`)).status).toBe(404);
    expect(await (await fetch(`${url}/own`, post({}))).json()).toEqual({ body: 'host' });
    const document = (await (await fetch(`${base}/docs/json`)).json()) as { servers: { url: string }[] };
    expect(document.servers).toEqual([{ url: prefix }]);
    // The page names its parts by where it is.
    const page = await fetch(base, { redirect: 'follow' });
    expect([page.url, await page.text()]).toEqual([`${base}/`, expect.stringContaining('web/app.css')]);
    expect((await fetch(`${base}/web/app.css`)).status).toBe(200);
  });

  it('is found below a prefix however the URL spells it', async () => {
    const graphrunner = await open();
    const url = await host(graphrunner, '/:tenant/flows');
    const { port } = new URL(url);
    const ask = async (path: string): Promise<string> => {
      const asked = request({ host: '127.0.0.1', port, path }).end();
      const [response] = (await once(asked, 'response')) as [IncomingMessage];
      response.resume();
      return `${response.statusCode} ${response.headers.location ?? response.headers['content-type']}`;
    };
    const json = '200 application/json; charset=utf-8';
    expect(await ask('/a-long-name/flows/graph')).toBe(json);
    expect(await ask('/a/fl%6Fws/graph')).toBe(json);
    expect(await ask(`${url}/a/flows/graph`)).toBe(json);
    expect(await ask('/a/flows?run=1')).toBe('302 ./flows/?run=1');
  });

  it('is a listener for node:http, which answers nobody by another name of this machine', async () => {
    const graphrunner = await open();
    const handler = await graphrunner.handler();
    const server = createServer((request, response) => {
      request.url = request.url?.replace(/^\/flows/, '');
      handler(request, response);
    });
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const ask = async (host: string): Promise<number> => {
      const { status } = await graphrunner.fetch('http://x/graph', { headers: { host } });
      return status;
    };
    expect((await fetch(`http://127.0.0.1:${port}/flows/graph`)).status).toBe(200);
    expect(await ask('evil.example')).toBe(403);
    const open2 = await open({ anyHost: true });
    expect((await open2.fetch('http://x/graph', { headers: { host: 'evil.example' } })).status).toBe(200);
  });

  it('ends the streams of the host when it stops', async () => {
    const graphrunner = await open();
    await graphrunner.start();
    await graphrunner.engine.saveGraph(ASK);
    const { runId } = await graphrunner.engine.startRun({ graphId: 'ask', inputData: null });
    const stream = await openStream(`${await host(graphrunner, '/flows')}/flows/graph/runs/${runId}/events`);
    await stream.count(1);
    await graphrunner.stop();
    await stream.ended;
    expect(stream.events.map(({ event }) => event)).not.toContain('run.completed');
  });
});
