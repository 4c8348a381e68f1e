import type { ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import { RetryableError } from '../../../src/core/tool/tool-errors.js';
import { type HttpServer, type Received, startHttpServer } from '../../helpers/http-server.js';
import { startClients } from '../../helpers/mcp-servers.js';
import { callTool, failureOf } from '../../helpers/tool-call.js';

const CREDENTIALS = `Basic ${Buffer.from('robot:s3cret').toString('base64')}`;

interface Options {
  /** What the resource says of who gives tokens. Default: the server itself. */
  readonly advertised?: string;
}

/** An MCP server whose tool tells the token that it got, and the server of its tokens, which end when `revoke` is called. */
async function protectedServer({ advertised }: Options = {}) {
  let issued = 0;
  const json = (response: ServerResponse, body: object, status = 200, headers = {}) =>
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
  const answer = (request: Received, response: ServerResponse) => {
    const { url } = server;
    if (request.url === '/.well-known/oauth-protected-resource/mcp') {
      return json(response, { resource: `${url}/mcp`, authorization_servers: [advertised ?? url] });
    }
    if (request.url === '/.well-known/oauth-authorization-server') {
      return json(response, {
        issuer: url,
        authorization_endpoint: `${url}/authorize`,
        token_endpoint: `${url}/token`,
        response_types_supported: ['code'],
        grant_types_supported: ['client_credentials'],
        token_endpoint_auth_methods_supported: ['client_secret_basic'],
      });
    }
    if (request.url === '/token') {
      if (request.headers.authorization !== CREDENTIALS) return json(response, { error: 'invalid_client' }, 401);
      issued += 1;
      return json(response, { access_token: `token-number-${issued}`, token_type: 'Bearer', expires_in: 3600 });
    }
    return answerMcp(request, response);
  };
  const answerMcp = (request: Received, response: ServerResponse) => {
    if (request.url !== '/mcp') return json(response, {}, 404);
    if (request.method !== 'POST') return json(response, {}, 405);
    const { authorization = 'none' } = request.headers;
    if (authorization !== `Bearer token-number-${issued}`) {
      const metadata = `${server.url}/.well-known/oauth-protected-resource/mcp`;
      return json(response, {}, 401, { 'www-authenticate': `Bearer resource_metadata="${metadata}"` });
    }
    const { id, method } = JSON.parse(request.body);
    if (id === undefined) return json(response, {}, 202);
    return json(response, { jsonrpc: '2.0', id, result: resultFor(method, authorization) });
  };
  const server: HttpServer = await startHttpServer(answer);
  return { server, revoke: () => void issued++, tokens: () => issued };
}

function resultFor(method: string, authorization: string): object {
  if (method === 'initialize') {
    return { protocolVersion: '2025-06-18', capabilities: { tools: {} }, serverInfo: { name: 'p', version: '1' } };
  }
  if (method === 'tools/list') return { tools: [{ name: 'whoami', inputSchema: { type: 'object' } }] };
  return { content: [{ type: 'text', text: authorization }] };
}

const requestsFor = (server: HttpServer, url: string) => server.received.filter((request) => request.url === url);

describe('OAuth client credentials of an MCP server', () => {
  it('get a token, which is shown nowhere, and another one when it has ended', async () => {
    const { server, revoke } = await protectedServer();
    const oauth = { issuer: server.url, client_id: 'robot', client_secret: '${secrets.ROBOT}', scope: 'tools' };
    const clients = await startClients({ safe: { url: `${server.url}/mcp`, oauth } }, { secrets: { ROBOT: 's3cret' } });
    const tool = clients.registry.tools.get('mcp.safe.whoami')!;
    expect((await callTool(tool, {})).patch).toEqual({ the_node: 'Bearer [secret oauth token]' });
    revoke();
    expect((await callTool(tool, {})).patch).toEqual({ the_node: 'Bearer [secret oauth token]' });
    const [first, second] = requestsFor(server, '/token').map(({ body }) =>
      Object.fromEntries(new URLSearchParams(body)),
    );
    expect(first).toEqual({ grant_type: 'client_credentials', scope: 'tools', resource: `${server.url}/mcp` });
    expect(second).toEqual(first);
    expect(requestsFor(server, '/token')).toHaveLength(2);
    expect(JSON.stringify(clients.logged)).not.toMatch(/s3cret|token-number/);
  });

  it('that are wrong are told', async () => {
    const { server } = await protectedServer();
    const oauth = { issuer: server.url, client_id: 'robot', client_secret: 'wrong-one' };
    const clients = await startClients({ safe: { url: `${server.url}/mcp`, oauth } });
    expect((await clients.saw('is not there')).fields.reason).toContain('invalid_client');
    expect(await failureOf(callTool(clients.registry.tools.get('mcp.safe.whoami')!, {}))).toBeInstanceOf(
      RetryableError,
    );
  });

  it('go to no other server than the issuer', async () => {
    const { server, tokens } = await protectedServer();
    const oauth = { issuer: 'https://auth.example', client_id: 'robot', client_secret: 's3cret' };
    const clients = await startClients({ safe: { url: `${server.url}/mcp`, oauth } });
    await clients.saw('is not there');
    expect(requestsFor(server, '/token')).toEqual([]);
    expect(tokens()).toBe(0);
  });
});
