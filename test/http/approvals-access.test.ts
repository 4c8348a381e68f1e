import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { APPROVAL, APPROVAL_GRAPH, APPROVAL_RUN } from '../../src/http/openapi/examples.js';
import { startTestServer, type TestServer, type TestServerOptions } from '../helpers/server.js';

const PUBLIC_URL = 'http://127.0.0.1:8000';

/** A server, and the token of a run on it that waits for a person. */
async function startAsking(options: TestServerOptions = {}): Promise<{ server: TestServer; token: string }> {
  const server = await startTestServer({ publicUrl: PUBLIC_URL, ...options });
  await server.ask('POST /graph/create', APPROVAL_GRAPH);
  const { body } = await server.ask('POST /graph/run?wait=30', APPROVAL_RUN);
  const { waiting } = (await server.ask(`GET /graph/state/${body.run_id}`)).body;
  return { server, token: waiting?.token };
}

describe('approval links', () => {
  it('are not there without a PUBLIC_URL', async () => {
    const server = await startTestServer();
    await server.ask('POST /graph/create', APPROVAL_GRAPH);
    const { body } = await server.ask('POST /graph/run?wait=30', APPROVAL_RUN);
    const { waiting } = (await server.ask(`GET /graph/state/${body.run_id}`)).body;
    expect(waiting.kind).toBe('input');
    expect([Object.hasOwn(waiting, 'token'), Object.hasOwn(waiting, 'answer_url')]).toEqual([false, false]);
    const answer = await server.ask('POST /answers/some-token', { payload: 1 });
    expect([answer.status, answer.body.code]).toEqual([404, 'answer_link_unknown']);
    expect(answer.body.detail).toContain('PUBLIC_URL');
    expect((await server.ask('GET /answers/some-token')).status).toBe(404);
    await server.stop();
  });

  it('are not shown to keys that can only read', async () => {
    const keys = { apiKeys: ['all'], readApiKeys: ['read'] };
    const server = await startTestServer({ publicUrl: PUBLIC_URL, ...keys });
    const as = (key: string) => ({ authorization: `Bearer ${key}` });
    await server.ask('POST /graph/create', APPROVAL_GRAPH, as('all'));
    const { body } = await server.ask('POST /graph/run?wait=30', APPROVAL_RUN, as('all'));
    const state = `GET /graph/state/${body.run_id}`;
    const [shown, hidden] = [
      await server.ask(state, undefined, as('all')),
      await server.ask(state, undefined, as('read')),
    ];
    expect(shown.body.waiting.answer_url).toBe(`${PUBLIC_URL}/answers/${shown.body.waiting.token}`);
    expect(JSON.stringify(hidden.body)).not.toContain(shown.body.waiting.token);
    expect(hidden.body.waiting.id).toBe(shown.body.waiting.id);
    // Who knows the tag of the one has not read the other.
    const known = { ...as('all'), 'if-none-match': String(hidden.headers.etag) };
    expect((await server.ask(state, undefined, known)).status).toBe(200);
    await server.stop();
  });

  it('are the same after a restart', async () => {
    const { server, token } = await startAsking();
    await server.stop();
    const again = await startTestServer({ publicUrl: PUBLIC_URL, path: server.path });
    expect((await again.ask(`POST /answers/${token}`, { payload: APPROVAL.payload })).status).toBe(202);
    await again.stop();
  });

  it('all die with the key, and new ones work', async () => {
    const { server, token } = await startAsking();
    await server.stop();
    const { default: Database } = await import('better-sqlite3');
    if (!server.path.startsWith('postgres')) new Database(server.path).exec('DELETE FROM server_keys').close();
    const again = await startTestServer({ publicUrl: PUBLIC_URL, path: server.path });
    expect((await again.ask(`POST /answers/${token}`, { payload: APPROVAL.payload })).status).toBe(404);
    const [run] = (await again.ask('GET /graph/runs?waiting_for=input')).body.runs;
    const { waiting } = (await again.ask(`GET /graph/state/${run.run_id}`)).body;
    expect((await again.ask(`POST /answers/${waiting.token}`, { payload: APPROVAL.payload })).status).toBe(202);
    await again.stop();
  });
});

describe('the access to approval links', () => {
  let server: TestServer;
  let token: string;
  beforeAll(async () => {
    ({ server, token } = await startAsking({ loopbackOnly: true }));
  });
  afterAll(() => server.stop());
  const form = { 'content-type': 'application/x-www-form-urlencoded' };

  it('needs no origin, which browsers do not give for a page without a referrer', async () => {
    const foreign = { origin: 'null', host: '127.0.0.1:8000', ...form };
    const answer = await server.ask(`POST /answers/${token}`, 'answer.comment=x', foreign);
    // Refused for what it says, not for where it comes from.
    expect([answer.status, answer.headers['content-type']]).toEqual([422, 'text/html; charset=utf-8']);
    const json = { origin: 'null', host: '127.0.0.1:8000' };
    expect((await server.ask('POST /graph/run', APPROVAL_RUN, json)).body.code).toBe('forbidden_origin');
    expect((await server.ask('POST /answers', { payload: 1 }, json)).body.code).toBe('forbidden_origin');
  });

  it('leaves no token in the log, whatever is behind it', async () => {
    const lines: string[] = [];
    const asked = await startAsking({ logger: pino({ level: 'trace' }, { write: (line) => void lines.push(line) }) });
    for (const end of ['', '/', '/x?y', '.', '%']) {
      await asked.server.app.inject(`/answers/${asked.token}${end}`);
      await asked.server.app.inject({ method: 'PUT', url: `/answers/${asked.token}${end}` });
      await asked.server.app.inject(`//answers/${asked.token}${end}`);
    }
    const places = [
      '/answers%2F',
      '/answers%252F',
      '/answers%2525252525252F',
      '/ANSWERS/',
      '/%61nswers/',
      '/answer/',
      '/',
      '/%/',
      '/answers%2F%',
    ];
    for (const place of places) await asked.server.app.inject(`${place}${asked.token}`);
    await asked.server.app.inject(`/answers%2F%${asked.token.charCodeAt(0).toString(16)}${asked.token.slice(1)}`);
    await asked.server.app.inject('/nowhere/else');
    await asked.server.ask(`POST /answers/${asked.token}`, { payload: APPROVAL.payload });
    await asked.server.stop();
    expect(lines.length).toBeGreaterThan(10);
    expect(lines.filter((line) => line.includes(asked.token.slice(1)))).toEqual([]);
    expect(lines.filter((line) => line.includes('/nowhere/else'))).toHaveLength(1);
  });

  it('is limited for wrong tokens, without keeping anybody with a right one waiting', async () => {
    const wrong = `${token.slice(0, 30)}${token[30] === 'x' ? 'y' : 'x'}${token.slice(31)}`;
    const statuses: number[] = [];
    const host = { host: '127.0.0.1:8000' };
    // Nothing of a stranger is read: neither the database nor a body, whatever it is.
    const body = { ...host, 'content-type': 'application/json' };
    const first = await server.ask(`POST /answers/${wrong}`, '{ not JSON', body);
    expect([first.status, first.body.code]).toEqual([404, 'answer_link_unknown']);
    while (statuses.at(-1) !== 429 && statuses.length < 500) {
      statuses.push((await server.ask(`GET /answers/${wrong}`, undefined, host)).status);
    }
    expect(new Set(statuses)).toEqual(new Set([404, 429]));
    const refused = await server.ask(`POST /answers/${wrong}`, { payload: 1 }, host);
    expect([refused.status, refused.body.code, Number(refused.headers['retry-after'])]).toEqual([
      429,
      'too_many_requests',
      1,
    ]);
    expect((await server.ask(`GET /answers/${token}`, undefined, host)).status).toBe(200);
  });

  it('is limited for each wait', async () => {
    const host = { host: '127.0.0.1:8000' };
    const { body } = await server.ask('POST /graph/run?wait=30', APPROVAL_RUN, host);
    const other = (await server.ask(`GET /graph/state/${body.run_id}`, undefined, host)).body.waiting.token;
    const statuses: number[] = [];
    while (statuses.at(-1) !== 429 && statuses.length < 500) {
      statuses.push((await server.ask(`GET /answers/${token}`, undefined, host)).status);
    }
    expect(statuses.at(-1)).toBe(429);
    expect((await server.ask(`POST /answers/${token}`, { payload: APPROVAL.payload }, host)).status).toBe(429);
    expect((await server.ask(`POST /answers/${other}`, { payload: APPROVAL.payload }, host)).status).toBe(202);
  });
});
