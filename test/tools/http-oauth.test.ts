import type { ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import { httpRequest } from '../../src/tools/http-request.js';
import { type HttpServer, type Received, startHttpServer } from '../helpers/http-server.js';
import { callTool, failureOf } from '../helpers/tool-call.js';

/** A service that takes only the newest of the tokens that its own endpoint gives out. */
async function startService(
  options: { life?: number; refuses?: (request: Received) => number | undefined; text?: object } = {},
) {
  let count = 0;
  const service = await startHttpServer((request, response) => {
    if (request.url === '/token') return giveToken(request, response);
    const isKnown = request.headers.authorization === `Bearer token-${count}`;
    response.writeHead(isKnown ? 200 : 401).end(`got ${request.headers.authorization}`);
  });
  const giveToken = (request: Received, response: ServerResponse): void => {
    const status = options.refuses?.(request);
    if (status !== undefined) return void response.writeHead(status).end('{"error":"invalid_client"}');
    count += 1;
    const token = { access_token: `token-${count}`, token_type: 'Bearer', expires_in: options.life ?? 600 };
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(options.text ?? token));
  };
  return { ...service, revoke: () => (count += 1), tokens: () => count };
}

const tokenRequests = ({ received }: HttpServer) => received.filter(({ url }) => url === '/token');

let now = 0;
const tool = () => httpRequest({ allow: ['127.0.0.1'], now: () => now });
const paramsFor = ({ url }: HttpServer, more: object = {}) => ({
  url: `${url}/data`,
  auth: {
    oauth2_client_credentials: {
      token_url: `${url}/token`,
      client_id: 'me&',
      client_secret: 's p',
      scope: 'a b',
      ...more,
    },
  },
});

describe('client credentials', () => {
  it('are exchanged for a token, which no result, log or error has', async () => {
    const service = await startService();
    const { patch, logs } = await callTool(tool(), paramsFor(service));
    expect(patch.the_node).toMatchObject({ status: 200, body: 'got Bearer [secret authorization]' });
    expect(JSON.stringify([patch, logs])).not.toContain('token-1');
    const [request] = tokenRequests(service);
    expect(request).toMatchObject({
      method: 'POST',
      body: 'grant_type=client_credentials&scope=a+b',
      headers: { authorization: `Basic ${Buffer.from('me%26:s+p').toString('base64')}` },
    });
    service.revoke();
    const refused = await startHttpServer(({ headers }, response) =>
      response.writeHead(400).end(headers.authorization),
    );
    const error = await failureOf(callTool(tool(), { ...paramsFor(service), url: refused.url }));
    expect(error).toMatchObject({
      message: expect.stringContaining('Bearer [secret authorization]'),
      code: 'http_status',
    });
    expect(JSON.stringify(error)).not.toContain('token-');
  });

  it('are exchanged once for as long as the token lives', async () => {
    const service = await startService({ life: 600 });
    const one = tool();
    for (const time of [0, 530_000]) {
      now = time;
      await callTool(one, paramsFor(service));
    }
    expect(tokenRequests(service)).toHaveLength(1);
    now = 541_000;
    await callTool(one, paramsFor(service));
    expect(tokenRequests(service)).toHaveLength(2);
    now = 0;
    await callTool(one, paramsFor(service, { scope: 'other' }));
    expect(tokenRequests(service)).toHaveLength(3);
  });

  it('are exchanged once for many steps at the same time', async () => {
    const service = await startService();
    const one = tool();
    await Promise.all(Array.from({ length: 10 }, () => callTool(one, paramsFor(service))));
    expect(tokenRequests(service)).toHaveLength(1);
  });

  it('are exchanged again if the service refuses the token, once', async () => {
    const service = await startService();
    const one = tool();
    await callTool(one, paramsFor(service));
    service.revoke();
    const { patch } = await callTool(one, { ...paramsFor(service), method: 'POST' });
    expect(patch.the_node).toMatchObject({ status: 200 });
    expect(tokenRequests(service)).toHaveLength(2);
    const never = await startHttpServer((_request, response) => response.writeHead(401).end());
    const error = await failureOf(callTool(one, { ...paramsFor(service), url: never.url }));
    expect(error).toMatchObject({ code: 'http_status', details: { status: 401 } });
    expect(never.received).toHaveLength(2);
  });

  it('are sent in the body to a server that refuses the header', async () => {
    const service = await startService({
      refuses: ({ headers }) => (headers.authorization === undefined ? undefined : 401),
    });
    await callTool(tool(), paramsFor(service));
    const [, request] = tokenRequests(service);
    expect(request?.body).toBe('grant_type=client_credentials&scope=a+b&client_id=me%26&client_secret=s+p');
  });

  it.each([
    [400, 'FatalError'],
    [403, 'FatalError'],
    [429, 'RetryableError'],
    [500, 'RetryableError'],
  ])('that are answered with %i fail the step', async (status, name) => {
    const service = await startService({ refuses: () => status });
    const error = await failureOf(callTool(tool(), { ...paramsFor(service), method: 'POST' }));
    expect(error).toMatchObject({ name, code: 'http_auth', details: { status } });
    expect(error.message).toBe(`The token endpoint ${service.url} answered ${status}: {"error":"invalid_client"}`);
    expect(service.received.every(({ url }) => url === '/token')).toBe(true);
  });

  it.each([{}, { access_token: 'a b', token_type: 'bearer' }, { access_token: 'secret-token', token_type: 'mac' }])(
    'that are answered with %j fail the step, without a word of it',
    async (text) => {
      const error = await failureOf(callTool(tool(), paramsFor(await startService({ text }))));
      expect(error).toMatchObject({ name: 'FatalError', code: 'http_auth' });
      expect(error.message).toMatch(/answered without a bearer token$/);
    },
  );

  it('are not sent to an address inside, nor on to where a redirect leads', async () => {
    const service = await startService();
    const closed = httpRequest({ allow: ['localhost'], now: () => 0 });
    const params = { ...paramsFor(service), url: `http://localhost:${service.port}/data` };
    expect(await failureOf(callTool(closed, params))).toMatchObject({ name: 'FatalError', code: 'http_refused' });
    const lured = await startHttpServer((_request, response) =>
      response.writeHead(307, { location: `${service.url}/token` }).end(),
    );
    const error = await failureOf(callTool(tool(), paramsFor(service, { token_url: lured.url })));
    expect(error).toMatchObject({ code: 'http_auth', details: { status: 307 } });
    expect(service.received).toEqual([]);
  });

  it('are worth another try if their server cannot be reached, for a POST too, and stop when the step does', async () => {
    const broken = await startHttpServer((_request, response) => void response.destroy());
    const error = await failureOf(callTool(tool(), { ...paramsFor(broken), method: 'POST' }));
    expect(error).toMatchObject({ name: 'RetryableError', code: 'http_auth' });
    const silent = await startHttpServer(() => undefined);
    const controller = new AbortController();
    const failed = failureOf(callTool(tool(), { ...paramsFor(silent), method: 'POST' }, { signal: controller.signal }));
    await silent.arrived(1);
    controller.abort(new Error('stopped'));
    expect((await failed).message).toBe('stopped');
    const stopped = callTool(tool(), paramsFor(silent), { signal: controller.signal });
    expect((await failureOf(stopped)).message).toBe('stopped');
  });
});

it('the header of a user and a password is hidden if a service sends it back', async () => {
  const echo = await startHttpServer(({ headers }, response) => response.end(headers.authorization));
  const { patch } = await callTool(tool(), { url: echo.url, auth: { basic: { user: 'u', password: 'p' } } });
  expect(patch.the_node).toMatchObject({ body: 'Basic [secret authorization]' });
  // The mask of the step knows a token of the params, if it is a secret.
  const again = await callTool(tool(), { url: echo.url, auth: { bearer: 'e' } });
  expect(again.patch.the_node).toMatchObject({ body: 'Bearer e' });
});
