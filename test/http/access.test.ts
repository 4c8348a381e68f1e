import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readConfig } from '../../src/config.js';
import { isLoopback } from '../../src/http/access.js';
import { listen, startServerWithWait, startTestServer, type TestServer } from '../helpers/server.js';

describe('API keys', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer({ apiKeys: ['first-key', 'second-key'] });
  });
  afterAll(() => server.stop());

  it.each(['GET /graph', 'POST /graph/run', 'GET /nope', 'DELETE /graph/demo-review'])(
    '%s needs one',
    async (route) => {
      const answer = await server.ask(route);
      expect([answer.status, answer.body.code]).toEqual([401, 'unauthorized']);
      expect(answer.headers['www-authenticate']).toBe('Bearer');
    },
  );

  it.each([
    'first-key',
    'Bearer',
    'Bearer ',
    'Bearer wrong',
    'Bearer first-keyx',
    'Basic first-key',
    'Bearer first-key second-key',
  ])('refuses %j', async (authorization) => {
    expect((await server.ask('GET /graph', undefined, { authorization })).status).toBe(401);
  });

  it.each(['Bearer first-key', 'Bearer second-key', 'bearer  second-key'])('takes %j', async (authorization) => {
    expect((await server.ask('GET /graph', undefined, { authorization })).status).toBe(200);
  });

  it.each([
    '/health/live',
    '/health/ready',
    '/docs',
    '/docs/',
    '/docs/json',
    '/docs/static/swagger-ui.css',
    '/schemas/graph.json',
  ])('leaves %s open', async (url) => {
    expect((await server.app.inject(url)).statusCode).toBe(200);
  });

  it.each([
    '/docsx',
    '/docs/nope',
    '/health/nope',
    '//docs',
    '/docs/../graph',
    '/schemas/nope',
    '/schemas/../graph',
    '/docs/static/%2e%2e/%2e%2e/graph',
  ])('opens nothing else by way of %s', async (path) => {
    const { statusCode } = await server.app.inject({ method: 'GET', url: { pathname: path } as never });
    expect([401, 404]).toContain(statusCode);
  });
});

describe('the Host header without keys on loopback', () => {
  let server: TestServer;
  let port: number;
  beforeAll(async () => {
    server = await startTestServer({ loopbackOnly: true });
    port = Number(new URL(await listen(server)).port);
  });
  afterAll(() => server.stop());

  const ask = (path: string, headers: Record<string, string>): Promise<{ status: number | undefined; body: string }> =>
    new Promise((resolve, reject) => {
      const sent = request({ host: '127.0.0.1', port, path, headers, setHost: false }, (answer) => {
        let body = '';
        answer.on('data', (chunk) => {
          body += chunk;
        });
        answer.on('end', () => resolve({ status: answer.statusCode, body }));
      });
      sent.on('error', reject).end();
    });

  it.each([
    'localhost',
    'LOCALHOST:1',
    '127.0.0.1',
    '127.0.0.1:8000',
    '127.0.0.2:8000',
    '127.255.0.1',
    '[::1]',
    '[::1]:8000',
  ])('may be %s', async (host) => {
    expect((await ask('/graph', { host })).status).toBe(200);
  });

  it.each([
    'evil.example',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    '127.0.0.evil.example',
    '127.0.0',
    '128.0.0.1',
    'evil@localhost',
    '',
    '0.0.0.0',
    'localhost:x',
  ])('may not be %j, on any route', async (host) => {
    for (const path of ['/graph', '/docs', '/health/live', '/nope']) {
      const answer = await ask(path, { host });
      expect([answer.status, JSON.parse(answer.body).code]).toEqual([403, 'forbidden_host']);
    }
  });

  it('may not be missing', async () => {
    expect(isLoopback(undefined)).toBe(false);
    expect((await ask('/graph', {})).status).toBe(403);
  });
});

it('answers to the address that it listens on, if that is another one of the loopback', async () => {
  const { isOpenOnLoopback, host } = readConfig({ HOST: '127.0.0.2' });
  const server = await startTestServer({ loopbackOnly: isOpenOnLoopback });
  const url = await server.app.listen({ host, port: 0 });
  expect(new URL(url).hostname).toBe('127.0.0.2');
  expect((await fetch(`${url}/graph`)).status).toBe(200);
  await server.stop();
});

describe('requests of web pages, without keys', () => {
  let server: TestServer;
  let runId: string;
  beforeAll(async () => {
    ({ server, runId } = await startServerWithWait());
  });
  afterAll(() => server.stop());

  const statusOf = async () => (await server.ask(`GET /graph/state/${runId}`)).body.status;

  const FOREIGN: Record<string, string>[] = [
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
    { 'sec-fetch-site': 'cross-site', origin: 'http://own.example' },
    { 'sec-fetch-site': 'same-origin, cross-site' },
    { origin: 'http://evil.example' },
    { origin: 'http://own.example:81' },
    { origin: 'http://own.example.evil.example' },
    { origin: 'null' },
    { origin: '' },
  ];

  it.each(FOREIGN)('change nothing if they come with %j', async (foreign) => {
    const headers = { host: 'own.example', ...foreign };
    for (const request of [
      `POST /graph/runs/${runId}/cancel`,
      `POST /graph/runs/${runId}/retry`,
      `DELETE /graph/runs/${runId}`,
      'DELETE /graph/waits',
      'POST /graph/run',
      'PUT /graph/waits',
    ]) {
      const { status, body } = await server.ask(request, undefined, headers);
      expect([status, body.code], request).toEqual([403, 'forbidden_origin']);
    }
    expect(await statusOf()).toBe('WAITING');
  });

  it.each(FOREIGN)('read as before with %j', async (foreign) => {
    const headers = { host: 'own.example', ...foreign };
    expect((await server.ask(`GET /graph/state/${runId}`, undefined, headers)).status).toBe(200);
  });

  it.each<Record<string, string>>([
    {},
    { 'sec-fetch-site': 'same-origin' },
    { 'sec-fetch-site': 'none' },
    { 'sec-fetch-site': 'same-origin', origin: 'https://in.front.example' },
    { origin: 'http://own.example' },
    { origin: 'https://own.example' },
  ])('change what they like with %j', async (own) => {
    const headers = { host: 'Own.example', 'content-type': 'application/json', ...own };
    expect((await server.ask('POST /graph/run', '{"graph_id":"waits"}', headers)).status).toBe(202);
  });

  it('are told apart by their key if there are keys', async () => {
    const closed = await startTestServer({ apiKeys: ['key'] });
    const headers = { authorization: 'Bearer key', 'sec-fetch-site': 'cross-site', origin: 'http://evil.example' };
    expect((await closed.ask('DELETE /graph/nope', undefined, headers)).body.code).toBe('graph_not_found');
    await closed.stop();
  });
});

describe('answers', () => {
  it('carry headers that keep browsers from doing more with them than meant', async () => {
    const server = await startTestServer();
    for (const request of ['GET /graph', 'GET /nope', 'POST /graph/run', 'GET /graph/%zz']) {
      const { headers } = await server.ask(request);
      expect(headers['x-content-type-options'], request).toBe('nosniff');
    }
    expect((await server.app.inject('/graph')).headers['content-security-policy']).toContain("default-src 'none'");
    await server.stop();
  });
});
