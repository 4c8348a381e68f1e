import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FatalError } from '../../../src/core/tool/tool-errors.js';
import { ExactNumbers } from '../../../src/tools/mcp/exact-numbers.js';
import { startHttpServer } from '../../helpers/http-server.js';
import { type StartedMcp, startClients } from '../../helpers/mcp-servers.js';
import { temporaryFolder } from '../../helpers/temporary-folder.js';
import { callTool, failureOf } from '../../helpers/tool-call.js';

const LONG = '1234567890123456789';

/** A message as its text, with this text as the structured content. */
function messageFor(body: string, content: string): string | undefined {
  const { id, method } = JSON.parse(body);
  if (id === undefined) return undefined;
  const serverInfo = { name: 'exact', version: '1' };
  const results: Record<string, object> = {
    initialize: { protocolVersion: '2025-06-18', capabilities: { tools: {} }, serverInfo },
    'tools/list': { tools: [{ name: 'plain', inputSchema: { type: 'object' } }] },
    'tools/call': { content: [], structuredContent: 'HERE' },
  };
  return JSON.stringify({ jsonrpc: '2.0', id, result: results[method] }).replace('"HERE"', content);
}

async function overHttp(content: string, type: string): Promise<StartedMcp> {
  const server = await startHttpServer(({ method, body }, response) => {
    if (method !== 'POST') return void response.writeHead(405).end();
    const message = messageFor(body, content);
    if (message === undefined) return void response.writeHead(202).end();
    response.writeHead(200, { 'content-type': type });
    response.end(type === 'application/json' ? message : `id: ${LONG}\r\ndata: ${message}\r\n\r\n`);
  });
  return startClients({ exact: { url: server.url } });
}

async function overStdio(content: string): Promise<StartedMcp> {
  const script = join(temporaryFolder(), 'server.mjs');
  writeFileSync(
    script,
    `import { createInterface } from 'node:readline';
    ${messageFor.toString()}
    for await (const line of createInterface({ input: process.stdin })) {
      const message = messageFor(line, ${JSON.stringify(content)});
      if (message === undefined) continue;
      process.stdout.write(message.slice(0, 50));
      await new Promise((resolve) => setTimeout(resolve, 5));
      process.stdout.write(message.slice(50) + '\\n');
    }`,
  );
  return startClients({ exact: { command: process.execPath, args: [script] } });
}

const WAYS: [string, (content: string) => Promise<StartedMcp>][] = [
  ['JSON', (content) => overHttp(content, 'application/json')],
  ['an event stream', (content) => overHttp(content, 'text/event-stream')],
  ['standard streams', overStdio],
];

describe.each(WAYS)('the result of an MCP tool over %s', (_way, start) => {
  it('keeps whole numbers of more than 53 bits as text', async () => {
    const { registry } = await start(`{"id":${LONG},"ids":[7,-9007199254740993],"x":0.1,"é":"${LONG}"}`);
    const { patch } = await callTool(registry.tools.get('mcp.exact.plain')!, {});
    expect(patch.the_node).toEqual({ id: LONG, ids: [7, '-9007199254740993'], x: 0.1, é: LONG });
  });

  it('is refused for good with a number that overflows', async () => {
    const { registry } = await start('{"a":[1e400]}');
    const error = await failureOf(callTool(registry.tools.get('mcp.exact.plain')!, {}));
    expect(error).toBeInstanceOf(FatalError);
    expect(error.message).toBe('The result holds a number at /a/0 that is too large: numbers go up to 1.7e308.');
  });
});

describe('ExactNumbers', () => {
  function read(chunks: readonly string[], isEventStream = false): string {
    const exact = new ExactNumbers(isEventStream);
    return Buffer.concat([...chunks.map((chunk) => exact.push(Buffer.from(chunk))), exact.end()]).toString();
  }

  it('reads numbers and characters that are cut into chunks', () => {
    const text = `{"a":\r\n${LONG},\n"é": "${LONG}\\"${LONG}"}\n{"b":${LONG}}`;
    const exact = `{"a":\r\n"${LONG}",\n"é": "${LONG}\\"${LONG}"}\n{"b":"${LONG}"}`;
    for (let at = 0; at < text.length; at++) expect(read([text.slice(0, at), text.slice(at)])).toBe(exact);
  });

  it('leaves everything but the data of events as it is', () => {
    expect(read([`id: ${LONG}\ndata: [${LONG}]\n: ${LONG}\n\n`], true)).toBe(
      `id: ${LONG}\ndata: ["${LONG}"]\n: ${LONG}\n\n`,
    );
  });
});
