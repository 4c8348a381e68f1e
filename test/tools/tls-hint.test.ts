import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { httpRequest } from '../../src/tools/http-request.js';
import { llmChat } from '../../src/tools/llm-chat.js';
import { tlsHint } from '../../src/tools/tls-hint.js';
import { startClients } from '../helpers/mcp-servers.js';
import { callTool, failureOf } from '../helpers/tool-call.js';

/** A key and a certificate of it, for a hundred years, that nobody else has signed. */
const PEM = readFileSync(new URL('../fixtures/self-signed.pem', import.meta.url));

async function startHttpsServer(): Promise<string> {
  const server = createServer({ key: PEM, cert: PEM }, (_request, response) => response.end('{}'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const HINT = 'DEPTH_ZERO_SELF_SIGNED_CERT: start graphrunner with NODE_EXTRA_CA_CERTS=FILE';

describe('a certificate that is not trusted', () => {
  it('is explained by http_request, and by its request for a token', async () => {
    const tool = httpRequest({ allow: ['127.0.0.1'], now: Date.now });
    const url = await startHttpsServer();
    expect((await failureOf(callTool(tool, { url }))).message).toContain(HINT);
    const oauth2_client_credentials = { token_url: url, client_id: 'me', client_secret: 'hush' };
    const params = { url: 'http://127.0.0.1:1', auth: { oauth2_client_credentials } };
    expect((await failureOf(callTool(tool, params))).message).toContain(HINT);
  });

  it('is explained by llm_chat', async () => {
    const tool = llmChat({ baseUrl: await startHttpsServer(), allow: [], now: Date.now });
    expect((await failureOf(callTool(tool, { model: 'm', prompt: 'Hi' }))).message).toContain(HINT);
  });

  it('is explained by an MCP server', async () => {
    const clients = await startClients({ every: { type: 'http', url: `${await startHttpsServer()}/mcp` } });
    await clients.saw('is not there');
    expect(JSON.stringify(clients.logged)).toContain(HINT);
  });

  it('is not what an expired one, or another error, is called', () => {
    expect(tlsHint(Object.assign(new Error('expired'), { code: 'CERT_HAS_EXPIRED' }))).toBe('');
    expect(tlsHint('no error')).toBe('');
    const endless = new Error('endless');
    endless.cause = endless;
    expect(tlsHint(endless)).toBe('');
  });
});
