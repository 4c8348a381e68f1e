import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestServer, type TestServer } from '../helpers/server.js';

const ACCEPT = { accept: 'application/json, text/event-stream' };
const INITIALIZE = {
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'test', version: '1' } },
};

describe('POST /mcp', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer({ loopbackOnly: true, maxBodyBytes: 4096 });
  });
  afterAll(() => server.stop());

  it('answers each request by itself, without a session', async () => {
    const { status, headers, text } = await server.ask('POST /mcp', INITIALIZE, ACCEPT);
    expect(status).toBe(200);
    expect(headers).not.toHaveProperty('mcp-session-id');
    expect(headers).toMatchObject({
      'cache-control': expect.stringContaining('no-'),
      'x-content-type-options': 'nosniff',
    });
    expect(text).toContain('"name":"graphrunner"');
    const list = { jsonrpc: '2.0', id: 2, method: 'tools/list', params: {} };
    expect((await server.ask('POST /mcp', list, { accept: '*/*' })).text).toContain('"name":"start_run"');
  });

  it('takes notifications without an answer', async () => {
    const { status, text } = await server.ask(
      'POST /mcp',
      { jsonrpc: '2.0', method: 'notifications/initialized' },
      ACCEPT,
    );
    expect([status, text]).toEqual([202, '']);
  });

  it('refuses a client that does not take both forms of an answer', async () => {
    const answer = await server.ask('POST /mcp', INITIALIZE, { accept: 'application/json' });
    expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_header' } });
  });

  it.each([
    ['what is no JSON', '{', 400, 'malformed_json'],
    ['a body that is too large', JSON.stringify({ text: 'x'.repeat(5000) }), 413, 'body_too_large'],
    ['a body that is no object', '[1]', 422, 'invalid_request'],
  ])('refuses %s as every route does', async (_what, body, status, code) => {
    const headers = { ...ACCEPT, 'content-type': 'application/json' };
    expect(await server.ask('POST /mcp', body, headers)).toMatchObject({ status, body: { code } });
  });

  it('refuses pages of other sites, and other names of the host', async () => {
    const origin = { ...ACCEPT, origin: 'https://evil.example' };
    expect(await server.ask('POST /mcp', INITIALIZE, origin)).toMatchObject({
      status: 403,
      body: { code: 'forbidden_origin' },
    });
    const host = { ...ACCEPT, host: 'evil.example' };
    expect(await server.ask('POST /mcp', INITIALIZE, host)).toMatchObject({
      status: 403,
      body: { code: 'forbidden_host' },
    });
  });

  it('has no stream of its own, and nothing to delete', async () => {
    for (const method of ['GET', 'DELETE']) {
      expect(await server.ask(`${method} /mcp`)).toMatchObject({ status: 405, headers: { allow: 'POST' } });
    }
  });
});
