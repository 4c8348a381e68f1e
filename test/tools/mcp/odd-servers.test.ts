import type { ServerResponse } from 'node:http';
import { SdkError, SdkErrorCode } from '@modelcontextprotocol/client';
import { describe, expect, it } from 'vitest';
import { whyNotRegistrable } from '../../../src/core/tool/registry.js';
import { FatalError, RetryableError } from '../../../src/core/tool/tool-errors.js';
import { failureOf as kindOf } from '../../../src/tools/mcp/failures.js';
import { diagnose } from '../../helpers/all-steps.js';
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
async function odd(script: Script, others: object = {}): Promise<{ clients: StartedMcp; server: HttpServer }> {
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
  return { clients: await startClients({ odd: { url: server.url }, ...others }), server };
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

  it('may have any names: they get one here that does not change, and the list shows theirs', async () => {
    const called: string[] = [];
    const names = ['with space', 'a/b', 'a b', '搜索', 'x'.repeat(300)];
    const { clients, server } = await odd({ pages: [[PLAIN, ...names.map((name) => ({ ...PLAIN, name }))]] });
    const { tools } = clients.registry;
    const listed = [...tools.keys()];
    expect(listed.slice(0, 5)).toEqual([
      'mcp.odd.plain',
      'mcp.odd.with_space_b8b8f25a',
      'mcp.odd.a_b_c14cddc0',
      'mcp.odd.a_b_c8687a08',
      'mcp.odd.__44ce7ae9',
    ]);
    for (const name of listed) {
      expect(whyNotRegistrable({ name, run: () => undefined })).toBeUndefined();
      await callTool(tools.get(name)!, {});
    }
    for (const { body } of server.received) {
      const { method, params } = JSON.parse(body || '{}');
      if (method === 'tools/call') called.push(params.name);
    }
    expect(called).toEqual(['plain', ...names]);
    expect([...tools.values()].map(({ description }) => description?.slice(0, 12))).toEqual([
      '',
      '"with space"',
      '"a/b": ',
      '"a b": ',
      '"搜索": ',
      '"xxxxxxxxxxx',
    ]);
  });

  it('is used up to its thousandth tool', async () => {
    const many = Array.from({ length: 1001 }, (_, index) => ({ ...PLAIN, name: `t${index}` }));
    const { clients } = await odd({ pages: [many] });
    expect(clients.registry.tools.size).toBe(1000);
    expect((await clients.saw('only the first 1000 tools')).fields.tools).toBe(1001);
    expect(clients.registry.whyNoTool?.('mcp.odd.t1000')).toContain('first 1000 tools');
  });

  it('says why a tool is not in it', async () => {
    const { clients } = await odd(
      { pages: [[{ ...PLAIN, name: 'with space' }]] },
      { off: { disabled: true }, 'b c': {} },
    );
    const graph = (tool_name: string) => ({
      name: 'g',
      entry_point: 'n',
      nodes: [{ name: 'n', tool_name }],
      edges: [],
    });
    const messageFor = (name: string) => diagnose(graph(name), clients.registry).errors[0]?.message;
    expect(messageFor('mcp.odd.with space')).toBe(
      'There is no tool "mcp.odd.with space". The MCP server "odd" has this tool; here it is named "mcp.odd.with_space_b8b8f25a".',
    );
    expect(messageFor('mcp.odd.gone')).toContain('The MCP server "odd" does not list it.');
    expect(messageFor('mcp.off.x')).toContain('The MCP server "off" is disabled.');
    expect(messageFor('mcp.b c.x')).toContain('The MCP server "b c" is passed over: names here are letters');
    expect(messageFor('mcp.other.x')).toContain('MCP_CONFIG names no server "other".');
    expect(messageFor('mcp.odd')).toContain('named mcp.<server>.<tool>');
    expect(messageFor('fail_')).toContain('Name a registered tool.');
  });

  it('may have schemas that we cannot check with: then the server alone does', async () => {
    const inputSchema = { type: 'object', properties: { id: { type: 'string', pattern: '^(?=a)a+$' } } };
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

describe('an argument that is required and has a default', () => {
  const inputSchema = {
    type: 'object',
    properties: {
      query: { type: 'string' },
      limit: { type: 'integer', default: 10 },
      order: { type: 'string', default: 'asc' },
      page: {
        type: 'object',
        properties: { size: { type: 'integer', default: 5 }, at: { type: 'integer' } },
        required: ['size'],
      },
    },
    required: ['query', 'limit', 'page'],
  };
  const search = { name: 'search', inputSchema };

  it.each([
    [
      { query: 'x', page: {} },
      { query: 'x', limit: 10, page: { size: 5 } },
    ],
    [
      { query: 'x', limit: 1, page: { size: 2, at: 3 } },
      { query: 'x', limit: 1, page: { size: 2, at: 3 } },
    ],
  ])('is not demanded: %j is sent as %j', async (given, sent) => {
    const { clients, server } = await odd({ pages: [[search]] });
    const tool = clients.registry.tools.get('mcp.odd.search')!;
    expect(findingsOf(tool, given)).toEqual([]);
    await callTool(tool, given);
    expect(JSON.parse(server.received.at(-1)?.body ?? '').params.arguments).toEqual(sent);
  });

  it('leaves others demanded', async () => {
    const { clients } = await odd({ pages: [[search]] });
    expect(findingsOf(clients.registry.tools.get('mcp.odd.search')!, {})).toEqual([
      'query: Required.',
      'page: Required.',
    ]);
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
    if (method === 'GET') return void response.writeHead(405).end();
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

it('a call says what it belongs to, if that is traced', async () => {
  const { tool, server } = await calling({ result: { content: [] } });
  const trace = { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', tracestate: 'a=1' };
  await callTool(tool, {}, { trace });
  await callTool(tool, {});
  const [traced, plain] = server.received.slice(-2).map(({ body }) => JSON.parse(body).params);
  expect(traced._meta).toMatchObject(trace);
  expect(plain._meta ?? {}).not.toHaveProperty('traceparent');
});
