import type { ServerResponse } from 'node:http';
import { SdkError, SdkErrorCode } from '@modelcontextprotocol/client';
import { describe, expect, it } from 'vitest';
import { FatalError, RetryableError } from '../../../src/core/tool/tool-errors.js';
import { failureOf as kindOf } from '../../../src/tools/mcp/failures.js';
import { type HttpServer, startHttpServer } from '../../helpers/http-server.js';
import { type StartedMcp, startClients } from '../../helpers/mcp-servers.js';
import { callTool, failureOf, findingsOf } from '../../helpers/tool-call.js';

type Answer = { result: object } | { error: object } | ((response: ServerResponse, id: unknown) => void);

interface Script {
  readonly pages?: readonly (readonly object[])[];
  readonly call?: (index: number) => Answer;
}

const PLAIN = { name: 'plain', inputSchema: { type: 'object' } };

/** A server that says what it is told to: one that real ones are not likely to be. */
async function odd(script: Script): Promise<{ clients: StartedMcp; server: HttpServer }> {
  const { pages = [[PLAIN]], call = () => ({ result: { content: [] } }) } = script;
  let calls = 0;
  const answerTo = (method: string, params: { cursor?: string } = {}): Answer => {
    if (method === 'initialize') {
      const serverInfo = { name: 'odd', version: '1' };
      return { result: { protocolVersion: '2025-06-18', capabilities: { tools: {} }, serverInfo } };
    }
    if (method === 'tools/call') return call(calls++);
    const page = Number(params.cursor ?? 0);
    const more = page + 1 < pages.length ? { nextCursor: String(page + 1) } : {};
    return { result: { tools: pages[page], ...more } };
  };
  const server = await startHttpServer(({ method: verb, body }, response) => {
    if (verb !== 'POST') return void response.writeHead(405).end();
    const { id, method, params } = JSON.parse(body);
    if (id === undefined) return void response.writeHead(202).end();
    const answer = answerTo(method, params);
    if (typeof answer === 'function') return answer(response, id);
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ jsonrpc: '2.0', id, ...answer }));
  });
  return { clients: await startClients({ odd: { url: server.url } }), server };
}

async function calling(...answers: Answer[]) {
  const { clients, server } = await odd({ call: (index) => answers[Math.min(index, answers.length - 1)] as Answer });
  const tool = clients.registry.tools.get('mcp.odd.plain')!;
  return { tool, clients, server, call: () => callTool(tool, {}), failure: () => failureOf(callTool(tool, {})) };
}

const status =
  (code: number, body = '') =>
  (response: ServerResponse) =>
    void response.writeHead(code).end(body);

describe('a list of tools', () => {
  it('is read to its last page', async () => {
    const pages = [[PLAIN], [{ ...PLAIN, name: 'second' }], [{ ...PLAIN, name: 'third' }]];
    const { clients } = await odd({ pages });
    expect([...clients.registry.tools.keys()]).toEqual(['mcp.odd.plain', 'mcp.odd.second', 'mcp.odd.third']);
  });

  it('is taken without the names that no tool can have', async () => {
    const { clients } = await odd({ pages: [[PLAIN, { ...PLAIN, name: 'with space' }, { ...PLAIN, name: 'a/b' }]] });
    expect([...clients.registry.tools.keys()]).toEqual(['mcp.odd.plain']);
    const { fields } = await clients.saw('is passed over');
    expect(fields).toMatchObject({ tool: 'with space', reason: expect.stringContaining('use letters') });
  });

  it('may have schemas that we cannot check with: then the server alone does', async () => {
    const inputSchema = { type: 'object', properties: { id: { type: 'string', pattern: '^a+$' } } };
    const { clients } = await odd({ pages: [[{ name: 'strict', inputSchema }]] });
    const tool = clients.registry.tools.get('mcp.odd.strict')!;
    expect(tool.params?.jsonSchema).toEqual(inputSchema);
    expect(findingsOf(tool, { id: 5 })).toEqual([]);
    expect((await clients.saw('checked by the server alone')).fields.reason).toContain('pattern');
  });

  it('may have huge descriptions and schemas: they are cut, or not shown', async () => {
    const properties = { a: { type: 'string', description: 'x'.repeat(100_000) } };
    const huge = { name: 'huge', description: 'y'.repeat(100_000), inputSchema: { type: 'object', properties } };
    const { clients } = await odd({ pages: [[huge]] });
    const tool = clients.registry.tools.get('mcp.odd.huge')!;
    expect(tool.description).toHaveLength(4000);
    expect(tool.params?.jsonSchema).toEqual({ type: 'object' });
  });

  it('that cannot be read means that the server is not there', async () => {
    const { clients } = await odd({ pages: [[{ no: 'name' }]] });
    await clients.saw('is not there');
    const error = await failureOf(callTool(clients.registry.tools.get('mcp.odd.plain')!, {}));
    expect(error).toBeInstanceOf(RetryableError);
  });

  it('points into arguments with any names', async () => {
    const inputSchema = { type: 'object', properties: { 'a/b~c': { type: 'number' } } };
    const { clients } = await odd({ pages: [[{ name: 't', inputSchema }]] });
    expect(findingsOf(clients.registry.tools.get('mcp.odd.t')!, { 'a/b~c': 'x' })).toEqual(['a/b~c: Must be number.']);
  });
});

describe('an answer', () => {
  it.each([
    [
      {
        content: [
          { type: 'text', text: 'a' },
          { type: 'text', text: 'b' },
        ],
      },
      'a\nb',
    ],
    [{ content: [] }, ''],
    [{ content: [{ type: 'text', text: '{}' }], structuredContent: { a: 1 } }, { a: 1 }],
    [
      {
        content: [
          { type: 'text', text: 'a' },
          { type: 'resource_link', uri: 'x:y', name: 'n' },
        ],
      },
      [
        { type: 'text', text: 'a' },
        { type: 'resource_link', uri: 'x:y', name: 'n' },
      ],
    ],
  ])('of %j is kept as %j', async (result, kept) => {
    const { call } = await calling({ result });
    expect((await call()).patch).toEqual({ the_node: kept });
  });

  it.each([
    [[{ type: 'text', text: 'No such city.' }], 'No such city.'],
    [[], 'The tool failed and did not say why.'],
  ])('that is an error fails with its words', async (content, message) => {
    const { failure } = await calling({ result: { content, isError: true } });
    const error = await failure();
    expect(error.message).toBe(message);
    expect(error).not.toBeInstanceOf(FatalError);
    expect(error).not.toBeInstanceOf(RetryableError);
  });

  it('that is larger than a step can keep is refused for good', async () => {
    const { failure } = await calling({ result: { content: [{ type: 'text', text: 'x'.repeat(2_000_000) }] } });
    expect(await failure()).toBeInstanceOf(FatalError);
  });

  it('that never ends is cut off', async () => {
    const { failure } = await calling((response) => {
      const chunk = Buffer.alloc(65_536, ' ');
      const more = (): void => {
        while (!response.destroyed && response.write(chunk)) {
          // Until the other side reads slower than this writes.
        }
      };
      response.writeHead(200, { 'content-type': 'application/json' }).on('drain', more);
      more();
    });
    const error = await failure();
    expect(error).toBeInstanceOf(RetryableError);
    expect(error.message).toContain('larger than 4194304 bytes');
  });

  it('that ends before it is given makes the call worth another try', async () => {
    const { failure } = await calling((response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).end(': nothing\n\n');
    });
    expect(await failure()).toBeInstanceOf(RetryableError);
  });
});

describe('a call', () => {
  it.each([-32_600, -32_601, -32_602])('that the protocol refuses with %i is not made again', async (code) => {
    const { failure } = await calling({ error: { code, message: 'Not like this.' } });
    const error = await failure();
    expect(error).toBeInstanceOf(FatalError);
    expect(error.message).toContain('The MCP server "odd": ');
    expect(error.message).toContain('Not like this.');
  });

  it('that failed inside the server may be made again', async () => {
    const { failure } = await calling({ error: { code: -32_603, message: 'Broken.' } });
    const error = await failure();
    expect(error).not.toBeInstanceOf(FatalError);
    expect(error.message).toContain('Broken.');
  });

  it.each([401, 403, 400, 422])('that is answered %i is not made again', async (code) => {
    const { failure } = await calling(status(code, 'no'));
    expect(await failure()).toBeInstanceOf(FatalError);
  });

  it.each([429, 500, 503])('that is answered %i may be made again', async (code) => {
    const { failure } = await calling(status(code, 'later'));
    expect(await failure()).toBeInstanceOf(RetryableError);
  });

  it.each([
    [404, ''],
    [400, 'Bad Request: No valid session ID provided'],
  ])('whose session has ended (%i) is made in a new one', async (code, body) => {
    const { call, server } = await calling(status(code, body), { result: { content: [] } });
    await call();
    const methods = server.received.map((request) => JSON.parse(request.body || '{}').method);
    expect(methods.filter((method) => method === 'initialize')).toHaveLength(2);
    expect(methods.filter((method) => method === 'tools/call')).toHaveLength(2);
  });

  it('whose sessions all end at once is worth another try', async () => {
    const { failure } = await calling(status(404));
    expect(await failure()).toBeInstanceOf(RetryableError);
  });

  it('that is cut off is worth another try, and the next one connects anew', async () => {
    const { failure, call } = await calling((response) => response.destroy(), { result: { content: [] } });
    expect(await failure()).toBeInstanceOf(RetryableError);
    await call();
  });
});

it('a server whose goodbye takes for ever does not hold up the stop', async () => {
  const server = await startHttpServer(({ method, body }, response) => {
    if (method === 'DELETE') return;
    const { id, method: call } = JSON.parse(body);
    const result =
      call === 'initialize'
        ? { protocolVersion: '2025-06-18', capabilities: { tools: {} }, serverInfo: { name: 'odd', version: '1' } }
        : { tools: [] };
    response.writeHead(id === undefined ? 202 : 200, { 'content-type': 'application/json', 'mcp-session-id': 's' });
    response.end(id === undefined ? '' : JSON.stringify({ jsonrpc: '2.0', id, result }));
  });
  const { mcp } = await startClients({ odd: { url: server.url } });
  await mcp.close();
  expect(server.received.at(-1)?.method).toBe('DELETE');
});

it('errors of the client library are sorted too', () => {
  expect(kindOf(new SdkError(SdkErrorCode.RequestTimeout, 'late'))).toBe('busy');
  expect(kindOf(new SdkError(SdkErrorCode.InvalidResult, 'odd'))).toBe('failed');
  expect(kindOf(new SdkError(SdkErrorCode.ConnectionClosed, 'gone'))).toBe('gone');
  expect(kindOf(new TypeError('fetch failed'))).toBe('gone');
});
