import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { FatalError } from '../../../src/core/tool/tool-errors.js';
import { startHttpServer } from '../../helpers/http-server.js';
import { llmChat, serveModel } from '../../helpers/llm-calls.js';
import { callTool, failureOf } from '../../helpers/tool-call.js';

const NOWHERE = 'http://127.0.0.1:1/v1';
const OK = JSON.stringify({ choices: [{ message: { content: 'ok' } }] });

describe('base_url', () => {
  it.each([
    'http://127.0.0.1:9/v1',
    'http://[::1]:9/v1',
    'http://169.254.169.254/latest',
    'http://10.0.0.1/v1',
    'http://0x7f000001/',
  ])('does not lead outside the public internet: %s', async (base_url) => {
    const error = await failureOf(callTool(llmChat({ baseUrl: NOWHERE }), { model: 'm', prompt: 'x', base_url }));
    expect(error).toBeInstanceOf(FatalError);
    expect(error).toMatchObject({ code: 'llm_address', message: expect.stringContaining('HTTP_ALLOW') });
  });

  it('does not lead there by a name, or as the address of LLM_BASE_URL', async () => {
    const server = await serveModel();
    const resolve = async () => [{ address: '127.0.0.1', family: 4 }];
    const tool = llmChat({ baseUrl: server.baseUrl, resolve });
    const { port } = new URL(server.baseUrl);
    for (const base_url of [server.baseUrl, `http://models.example:${port}/v1`]) {
      const error = await failureOf(callTool(tool, { model: 'm', prompt: 'x', base_url }));
      expect(error).toMatchObject({ code: 'llm_address' });
    }
    expect(server.requests).toHaveLength(0);
    await callTool(tool, { model: 'm', prompt: 'x' });
    expect(server.requests).toHaveLength(1);
  });

  it('leads to what HTTP_ALLOW lists, with the key of the params alone', async () => {
    vi.stubEnv('OPENAI_API_KEY', 'from-environment');
    onTestFinished(() => void vi.unstubAllEnvs());
    const server = await serveModel();
    const tool = llmChat({ baseUrl: NOWHERE, allow: ['127.0.0.1'] });
    await callTool(tool, { model: 'm', prompt: 'x', base_url: server.baseUrl });
    await callTool(tool, { model: 'm', prompt: 'x', base_url: server.baseUrl, api_key: 'sk-own' });
    expect(server.requests.map(({ authorization }) => authorization)).toEqual([undefined, 'Bearer sk-own']);
    expect(JSON.stringify(server.requests)).not.toContain('from-environment');
  });

  it('does not lead on by a redirect', async () => {
    const other = await serveModel();
    const first = await startHttpServer((_request, response) =>
      response.writeHead(307, { location: `${other.baseUrl}/chat/completions` }).end(),
    );
    const tool = llmChat({ baseUrl: NOWHERE, allow: ['127.0.0.1'] });
    const error = await failureOf(callTool(tool, { model: 'm', prompt: 'x', base_url: first.url, api_key: 'sk' }));
    expect(error).toMatchObject({ code: 'llm_status', details: { status: 307 } });
    expect(other.requests).toHaveLength(0);
  });

  it.each([
    ['', '/chat/completions'],
    ['/v1', '/v1/chat/completions'],
    ['/v1//', '/v1/chat/completions'],
    ['/deployments/a?api-version=2024-10-21', '/deployments/a/chat/completions?api-version=2024-10-21'],
  ])('%j, as LLM_BASE_URL, leads to %s', async (path, expected) => {
    const server = await startHttpServer((_request, response) => response.end(OK));
    await callTool(llmChat({ baseUrl: server.url + path }), { model: 'm', prompt: 'x' });
    const tool = llmChat({ baseUrl: NOWHERE, allow: ['127.0.0.1'] });
    await callTool(tool, { model: 'm', prompt: 'x', base_url: server.url + path });
    expect(server.received.map(({ url }) => url)).toEqual([expected, expected]);
  });
});

it('an entry of HTTP_ALLOW that cannot be read is named', () => {
  expect(() => llmChat({ baseUrl: NOWHERE, allow: ['a b'] })).toThrow('"a b"');
});
