import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isLoopback } from '../../src/http/access.js';
import { listen, startTestServer, type TestServer } from '../helpers/server.js';

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

  it.each(['/health/live', '/health/ready', '/docs', '/docs/', '/docs/json', '/docs/static/swagger-ui.css'])(
    'leaves %s open',
    async (url) => {
      expect((await server.app.inject(url)).statusCode).toBe(200);
    },
  );

  it.each(['/docsx', '/docs/nope', '/health/nope', '//docs', '/docs/../graph', '/docs/static/%2e%2e/%2e%2e/graph'])(
    'opens nothing else by way of %s',
    async (path) => {
      const { statusCode } = await server.app.inject({ method: 'GET', url: { pathname: path } as never });
      expect([401, 404]).toContain(statusCode);
    },
  );
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

  it.each(['localhost', 'LOCALHOST:1', '127.0.0.1', '127.0.0.1:8000', '[::1]', '[::1]:8000'])(
    'may be %s',
    async (host) => {
      expect((await ask('/graph', { host })).status).toBe(200);
    },
  );

  it.each([
    'evil.example',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
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
