import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { jsonBytes } from '../../src/core/base/json.js';
import { MAX_DETAILS_BYTES } from '../../src/core/tool/failure.js';
import { httpRequest } from '../../src/tools/http-request.js';
import { startEngineForTest } from '../helpers/engine-for-test.js';
import { flatten } from '../helpers/flat-run.js';
import { startHttpServer } from '../helpers/http-server.js';
import { callTool, failureOf } from '../helpers/tool-call.js';

const local = httpRequest({ allow: ['127.0.0.1'], now: () => 0 });

/** A server that writes these bytes to whoever sends something, and hangs up. */
async function startTcpServer(bytes: string): Promise<{ url: string; connections: () => number }> {
  let connections = 0;
  const server = createTcpServer((socket) => {
    connections += 1;
    socket.on('error', () => undefined).once('data', () => socket.end(bytes));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, connections: () => connections };
}

async function closedPort(): Promise<string> {
  const server = createTcpServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return `http://127.0.0.1:${port}`;
}

const HALF = 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\nX-Id: 7\r\n\r\nabc';

describe('another try after a failure of the network', () => {
  it.each([
    ['GET', '', true],
    ['GET', HALF, true],
    ['PUT', '', true],
    ['DELETE', '', true],
    ['PUT', HALF, false],
    ['DELETE', HALF, false],
    ['POST', '', false],
    ['PATCH', 'HTTP/1.1 200 OK\r\n', false],
    ['POST', HALF, false],
    ['POST', 'HTTP/1.1 202 Accepted\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc', false],
  ])('of %s that got %j: %s', async (method, bytes, isWorthIt) => {
    const { url } = await startTcpServer(bytes);
    const error = await failureOf(callTool(local, { method, url }));
    expect(error).toMatchObject({ name: isWorthIt ? 'RetryableError' : 'FatalError', code: 'http_network' });
    expect(error.message.includes('It is not sent again, because it may have had its effect.')).toBe(!isWorthIt);
  });

  it('is worth it for each method if there was no connection', async () => {
    const url = await closedPort();
    for (const method of ['GET', 'POST', 'PATCH', 'PUT', 'DELETE']) {
      const error = await failureOf(callTool(local, { method, url }));
      expect(error).toMatchObject({ name: 'RetryableError', code: 'http_network', details: { code: 'ECONNREFUSED' } });
    }
  });

  it('is not worth it if the answer had begun, which is in the details', async () => {
    const { url } = await startTcpServer(HALF);
    const error = await failureOf(callTool(local, { method: 'POST', url }));
    expect(error.message).toContain(`POST ${url} answered 200, and then failed: `);
    expect(error).toMatchObject({ details: { status: 200, headers: { 'x-id': '7' } } });
  });

  it('is not worth it after a redirect either', async () => {
    const url = await closedPort();
    const server = await startHttpServer((_request, response) => response.writeHead(303, { location: url }).end());
    expect(await failureOf(callTool(local, { method: 'POST', url: server.url }))).toMatchObject({ name: 'FatalError' });
    expect(await failureOf(callTool(local, { url: server.url }))).toMatchObject({ name: 'RetryableError' });
  });

  it('has a code of its own if there was no connection in time', async () => {
    const late = Object.assign(new Error('connect ETIMEDOUT'), { code: 'ETIMEDOUT' });
    const tool = httpRequest({ allow: [], now: () => 0, resolve: () => Promise.reject(late) });
    const error = await failureOf(callTool(tool, { method: 'POST', url: 'http://late.example' }));
    expect(error).toMatchObject({ name: 'RetryableError', code: 'http_timeout', details: { code: 'ETIMEDOUT' } });
  });
});

describe('another try after a status', () => {
  const later = { 'retry-after': '7' };
  it.each([
    ['GET', 500, {}, true],
    ['PUT', 502, {}, true],
    ['POST', 429, {}, true],
    ['PATCH', 503, later, true],
    ['POST', 503, {}, false],
    ['POST', 500, later, false],
    ['PATCH', 504, {}, false],
    ['GET', 404, {}, false],
  ])('of %s: %i with %j', async (method, status, headers, isWorthIt) => {
    const server = await startHttpServer((_request, response) => response.writeHead(status, headers).end());
    const error = await failureOf(callTool(local, { method, url: server.url }));
    expect(error.name).toBe(isWorthIt ? 'RetryableError' : 'FatalError');
  });

  it('is not worth it if a redirect has had the request done', async () => {
    const server = await startHttpServer(({ url }, response) => {
      if (url === '/') response.writeHead(303, { location: '/busy' }).end();
      else response.writeHead(429).end();
    });
    expect((await failureOf(callTool(local, { method: 'POST', url: server.url }))).name).toBe('FatalError');
  });
});

describe('the details of a status', () => {
  async function detailsOf(type: string, body: string | Buffer, status = 422) {
    const server = await startHttpServer((_request, response) => {
      response.writeHead(status, { 'content-type': type, 'set-cookie': 'a=b', 'x-id': '7' }).end(body);
    });
    const error = await failureOf(callTool(local, { url: server.url }));
    const { code, details } = error as { code?: string; details?: { status: number; headers: object; body: unknown } };
    expect(code).toBe('http_status');
    expect(jsonBytes(details as never)).toBeLessThanOrEqual(MAX_DETAILS_BYTES);
    return details;
  }

  it('are the status, the headers and the body', async () => {
    const details = await detailsOf('application/json', '{"code":"NOT_FOUND"}', 404);
    expect(details).toMatchObject({ status: 404, headers: { 'x-id': '7' }, body: { code: 'NOT_FOUND' } });
    expect(details?.headers).not.toHaveProperty('set-cookie');
  });

  it.each([
    ['text/plain', 'why', 'why'],
    ['application/json', '{"a":1e400}', '{"a":1e400}'],
    ['image/png', Buffer.from([0x89]), { base64: 'iQ==', content_type: 'image/png', size: 1 }],
  ])('have a body of %s', async (type, bytes, body) => {
    expect((await detailsOf(type, bytes))?.body).toEqual(body);
  });

  it('have as much of a large body as there is room for', async () => {
    const findings = JSON.stringify(
      Array.from({ length: 300 }, (_, index) => ({ index, message: 'must be a number' })),
    );
    expect((await detailsOf('application/json', findings))?.body).toHaveLength(300);
    for (const large of ['x'.repeat(100_000), '"'.repeat(100_000), '\u0001'.repeat(100_000), 'ü'.repeat(100_000)]) {
      const body = String((await detailsOf('text/plain', large))?.body);
      expect(body.endsWith('…')).toBe(true);
      expect(large.startsWith(body.slice(0, -1).replace(/\ufffd$/, ''))).toBe(true);
      expect(jsonBytes(body)).toBeGreaterThan(50_000);
    }
    expect(typeof (await detailsOf('image/png', Buffer.alloc(60_000, 0xff)))?.body).toBe('string');
  });

  it('have no body if that broke off', async () => {
    const { url } = await startTcpServer(HALF.replace('200 OK', '404 Not Found'));
    const error = await failureOf(callTool(local, { url }));
    expect(error).toMatchObject({ name: 'FatalError', code: 'http_status', details: { status: 404, body: null } });
  });
});

describe('other codes', () => {
  it('are there for addresses that are not allowed, and for answers that cannot be kept', async () => {
    const refused = await failureOf(callTool(local, { url: 'http://10.0.0.1' }));
    expect(refused).toMatchObject({ name: 'FatalError', code: 'http_refused' });
    const server = await startHttpServer((_request, response) => response.end('"'.repeat(600_000)));
    for (const params of [{}, { max_bytes: 10 }]) {
      expect(await failureOf(callTool(local, { url: server.url, ...params }))).toMatchObject({
        name: 'FatalError',
        code: 'http_invalid_answer',
      });
    }
  });
});

describe('a run', () => {
  async function runOnce(node: object) {
    const { engine } = await startEngineForTest();
    const nodes = [{ name: 'n', tool_name: 'http_request', ...node }];
    await engine.createGraph({ graph_id: 'g', name: 'g', entry_point: 'n', nodes, edges: [] });
    const { runId } = await engine.startRun({ graphId: 'g', inputData: null });
    return engine.getState(runId, { waitSeconds: 10 });
  }
  const retry = { max_attempts: 3, interval_seconds: 0 };

  it('does not send a POST again whose answer does not end', async () => {
    const server = await startHttpServer((_request, response) => response.writeHead(200).write('some'));
    const params = { method: 'POST', url: server.url };
    const { state } = await runOnce({ params, retry, timeout_seconds: 0.3 });
    expect(flatten(state).error).toMatchObject({ code: 'timeout' });
    expect(server.received).toHaveLength(1);
  });

  it('sends a GET again whose answer does not end', async () => {
    const server = await startHttpServer((_request, response) => response.writeHead(200).write('some'));
    const { state } = await runOnce({ params: { url: server.url }, retry, timeout_seconds: 0.3 });
    expect(flatten(state).error).toMatchObject({ code: 'timeout' });
    expect(server.received).toHaveLength(3);
  });

  it('logs what it asked, and that there was no answer', async () => {
    const url = await closedPort();
    const { logs } = await runOnce({ params: { url, query: { q: 1 } } });
    expect(logs.slice(1, 3)).toEqual([
      `GET ${url}/?q=1: no answer`,
      expect.stringContaining(`Error in node n: GET ${url}`),
    ]);
  });
});
