import { Writable } from 'node:stream';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EngineError, type EngineErrorCode } from '../../src/core/base/errors.js';
import { API_ERROR_CODES, API_ERRORS } from '../../src/http/errors/codes.js';
import { failingEngine } from '../helpers/fake-engine.js';
import { type Ask, appOf, asker, startTestServer, type TestServer } from '../helpers/server.js';

/** A log that keeps its lines. */
function linesInto(lines: string[]): Writable {
  return new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk));
      done();
    },
  });
}

const JSON_TYPE = { 'content-type': 'application/json' };

describe('errors', () => {
  let server: TestServer;
  let ask: Ask;
  beforeAll(async () => {
    server = await startTestServer({ maxBodyBytes: 10_000 });
    ask = server.ask;
  });
  afterAll(() => server.stop());

  it('are problem documents (RFC 9457)', async () => {
    const { status, headers, body } = await ask('GET /graph/state/none?wait=1');
    expect(status).toBe(404);
    expect(headers['content-type']).toBe('application/problem+json; charset=utf-8');
    expect(body).toEqual({
      type: 'urn:graphrunner:error:run_not_found',
      title: 'Run ID not found',
      status: 404,
      detail: expect.stringContaining('Run ID not found'),
      instance: '/graph/state/none',
      code: 'run_not_found',
    });
  });

  it.each([
    ['GET /', 404, 'not_found'],
    ['GET /nope?x=1', 404, 'not_found'],
    ['PATCH /graph/demo-review', 405, 'method_not_allowed'],
    ['OPTIONS /graph/run', 405, 'method_not_allowed'],
    ['GET /graph/', 404, 'graph_not_found'],
    ['GET /graph/create', 405, 'method_not_allowed'],
    ['GET /graph/state', 404, 'graph_not_found'],
    ['GET /graph/%zz', 400, 'request_refused'],
    [`GET /graph/${'a'.repeat(17_000)}`, 404, 'not_found'],
  ])('%.60s is %i %s', async (request, status, code) => {
    const answer = await ask(request);
    expect([answer.status, answer.body.code]).toEqual([status, code]);
  });

  it.each([
    ['PATCH /graph/demo-review', 'DELETE, GET, HEAD, PUT'],
    ['OPTIONS /graph/run', 'POST'],
    ['GET /graph/run?wait=1', 'POST'],
    ['DELETE /graph/runs', 'GET, HEAD'],
    ['PUT /graph/tools', 'GET, HEAD'],
    ['POST /graph/state/some-run?wait=1', 'GET, HEAD'],
    ['GET /graph/runs/some-run', 'DELETE'],
    ['GET /graph/runs/some-run/cancel', 'POST'],
    ['HEAD /graph/runs/some-run/events', 'GET'],
    ['POST /health/live', 'GET, HEAD'],
    ['DELETE /docs/static/index.html', 'GET, HEAD'],
  ])('%s names the methods that the path takes', async (request, allow) => {
    const { status, headers } = await ask(request);
    expect([status, headers.allow]).toEqual([405, allow]);
  });

  it('has no Allow where no route is', async () => {
    expect((await ask('PATCH /graph')).headers).toHaveProperty('allow');
    expect((await ask('PATCH /graph/runs/some-run/nothing')).headers).not.toHaveProperty('allow');
  });

  it.each([
    ['{', JSON_TYPE, 400, 'malformed_json', /not JSON: .+/],
    ['', JSON_TYPE, 400, 'malformed_json', /empty/],
    ['{"graph_id":"x"}', { ...JSON_TYPE, 'content-encoding': 'gzip' }, 415, 'unsupported_media_type', /gzip/],
    ['{"graph_id":"x","__proto__":{}}', JSON_TYPE, 400, 'malformed_json', /__proto__/],
    ['{"constructor":{"prototype":{}}}', JSON_TYPE, 400, 'malformed_json', /constructor/],
    ['graph_id=x', { 'content-type': 'application/x-www-form-urlencoded' }, 415, 'unsupported_media_type', /json/],
    ['{}', { 'content-type': 'text/plain' }, 415, 'unsupported_media_type', /json/],
    ['{}', { 'content-type': ';' }, 415, 'unsupported_media_type', /json/],
    [JSON.stringify('x'.repeat(10_000)), JSON_TYPE, 413, 'body_too_large', /larger/],
    [
      `{"graph_id":"x","input_data":${'['.repeat(100)}${']'.repeat(100)}}`,
      JSON_TYPE,
      422,
      'invalid_request',
      /100 levels/,
    ],
    ['null', JSON_TYPE, 422, 'invalid_request', /Required/],
    ['[]', JSON_TYPE, 422, 'invalid_request', /expected object/],
  ])('a body %.40j is refused', async (payload, headers, status, code, detail) => {
    for (const route of ['run', 'create', 'runs/x/resume', 'runs/x/fork', '']) {
      const request = route === '' ? 'PUT /graph/demo-review' : `POST /graph/${route}`;
      const answer = await ask(request, payload, headers as Record<string, string>);
      expect([answer.status, answer.body.code]).toEqual([status, code]);
      expect(answer.body.detail).toMatch(detail);
    }
  });

  it('takes a body whose encoding is no encoding', async () => {
    const headers = { ...JSON_TYPE, 'content-encoding': 'Identity' };
    expect((await ask('POST /graph/run', '{"graph_id":"nope"}', headers)).body.code).toBe('graph_not_found');
  });

  it('takes input at the deepest nesting that is allowed', async () => {
    const payload = `{"graph_id":"nope","input_data":${'['.repeat(99)}${']'.repeat(99)}}`;
    expect((await ask('POST /graph/run', payload, JSON_TYPE)).body.code).toBe('graph_not_found');
  });

  it('needs a body where one is wanted, and none where it is not', async () => {
    expect((await ask('POST /graph/run')).body.errors).toEqual([
      { pointer: '', code: 'required', message: 'Required.' },
    ]);
    expect((await ask('POST /graph/runs/none/cancel', '', JSON_TYPE)).body.code).toBe('run_not_found');
    expect((await ask('DELETE /graph/runs/none', '', JSON_TYPE)).body.code).toBe('run_not_found');
  });

  it('needs no body where one may be left out', async () => {
    const requests = [
      [],
      ['', JSON_TYPE],
      ['null', JSON_TYPE],
      ['{}', JSON_TYPE],
      ['{"limits":{}}', JSON_TYPE],
    ] as const;
    for (const [payload, headers] of requests) {
      expect((await ask('POST /graph/runs/none/retry', payload, headers)).body.code).toBe('run_not_found');
    }
    expect((await ask('POST /graph/runs/none/retry', '[]', JSON_TYPE)).body.code).toBe('invalid_request');
    expect((await ask('POST /graph/runs/none/retry', '{', JSON_TYPE)).body.code).toBe('malformed_json');
  });

  it('lists at most 1000 problems with 20 hints, however much is wrong', async () => {
    const big = await startTestServer();
    const nodes = [...Array(1000).keys()].map((n) => ({ name: `n${n}`, tool_name: 't', tool_nam: 1, nam: 2 }));
    const { body } = await big.ask('POST /graph/create', { name: 'Big', entry_point: 'n0', nodes });
    expect(body.errors).toHaveLength(1000);
    expect(body.errors.filter((error: { hint?: string }) => error.hint !== undefined)).toHaveLength(20);
    await big.stop();
  });
});

describe('errors of the engine', () => {
  it.each(API_ERROR_CODES)('%s has its status and title', async (code) => {
    const app = await appOf(
      failingEngine(new EngineError(code as EngineErrorCode, 'Because.', { retryAfterSeconds: 7 })),
    );
    const answer = await app.inject('/graph');
    const { status, title } = API_ERRORS[code];
    expect(answer.statusCode).toBe(status);
    expect(answer.json()).toMatchObject({ type: `urn:graphrunner:error:${code}`, code, status, title });
    expect(answer.headers['retry-after']).toBe([429, 503].includes(status) ? '7' : undefined);
    await app.close();
  });

  it('503 says when to try again even if the engine does not', async () => {
    const app = await appOf(failingEngine(new EngineError('shutting_down', 'Stopping.')));
    const answer = await app.inject({ method: 'POST', url: '/graph/run', payload: { graph_id: 'x' } });
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
    await app.close();
  });

  it.each([
    new Error('SQLITE_CORRUPT: secret path /var/lib'),
    Object.assign(new Error('secret'), { statusCode: 500 }),
    Object.assign(new Error('secret'), { code: 'constructor' }),
    null,
    'secret',
  ])('a fault of the server (%#) is told to the log, and to the client only by its number', async (fault) => {
    const lines: string[] = [];
    const logger = pino({}, linesInto(lines));
    const app = await appOf(failingEngine(fault), { logger });
    for (const request of ['GET /graph', 'GET /graph/tools']) {
      const [method, url] = request.split(' ') as ['GET', string];
      const answer = await app.inject({ method, url, headers: { authorization: 'Bearer secret-token' } });
      expect(answer.statusCode).toBe(500);
      expect(answer.body).not.toContain('secret');
      const id = /request as (\S+)\./.exec(answer.json().detail)?.[1];
      expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({ level: 50, reqId: id, msg: 'request failed' });
    }
    expect(lines.join()).not.toContain('secret-token');
    await app.close();
  });

  it('logs a line for each request at debug, without query, headers or body', async () => {
    const lines: string[] = [];
    const logger = pino({ level: 'debug' }, linesInto(lines));
    const app = await appOf(failingEngine(new EngineError('run_not_found', 'No.')), { logger });
    await app.inject('/graph/state/abc?wait=1');
    await app.inject('/nope');
    expect(lines.map((line) => JSON.parse(line)).filter((line) => line.msg === 'request')).toMatchObject([
      { method: 'GET', route: '/graph/state/:run_id', status: 404, took_ms: expect.any(Number) },
      { method: 'GET', route: '/nope', status: 404 },
    ]);
    await app.close();
  });
});

describe('error codes', () => {
  it('are snake_case, and each has a title and a meaning', () => {
    for (const [code, { title, meaning }] of Object.entries(API_ERRORS)) {
      expect(code).toMatch(/^[a-z]+(_[a-z]+)*$/);
      expect(title).toMatch(/^[A-Z][A-Za-z ]+$/);
      expect(meaning).toMatch(/^[A-Z].+\.$/);
    }
  });
});

describe('health', () => {
  it('is alive even when it is not ready', async () => {
    const ask = asker(await appOf(failingEngine(new Error())));
    expect((await ask('GET /health/live')).body).toEqual({ status: 'ok' });
    const ready = await ask('GET /health/ready');
    expect([ready.status, ready.body]).toEqual([503, { status: 'unavailable' }]);
  });

  it('is ready until it is told to stop', async () => {
    const server = await startTestServer();
    expect((await server.ask('GET /health/ready')).body).toEqual({ status: 'ready' });
    server.engine.stop();
    expect((await server.ask('GET /health/ready')).status).toBe(503);
    await server.stop();
  });
});
