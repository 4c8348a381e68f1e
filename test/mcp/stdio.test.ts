import { PassThrough, Writable } from 'node:stream';
import type { JSONRPCMessage, Transport } from '@modelcontextprotocol/client';
import { describe, expect, it, onTestFinished } from 'vitest';
import { MCP_WIRE } from '../../src/http/mcp/wire.js';
import { bridgeStdio, type Pipe, type StdioServer, serveStdio } from '../../src/mcp/stdio.js';
import { startEngineForTest } from '../helpers/engine-for-test.js';
import { agentOn } from '../helpers/mcp-client.js';
import { listen, startTestServer } from '../helpers/server.js';
import { TcpProxy } from '../helpers/tcp-proxy.js';
import { until } from '../helpers/until.js';

/** A pipe, and the end of it at which a client is. */
function openPipe(): { pipe: Required<Pipe>; input: PassThrough; lines: string[]; transport: Transport } {
  const [input, output] = [new PassThrough(), new PassThrough()];
  const lines: string[] = [];
  const transport: Transport = {
    async start() {
      output.on('data', (chunk: Buffer) => {
        for (const line of chunk.toString().split('\n').filter(Boolean)) {
          lines.push(line);
          transport.onmessage?.(JSON.parse(line) as JSONRPCMessage);
        }
      });
    },
    async send(message) {
      input.write(`${JSON.stringify(message)}\n`);
    },
    async close() {
      input.end();
      transport.onclose?.();
    },
  };
  return { pipe: { input, output }, input, lines, transport };
}

/** Closes the client's end, and waits until the server has noticed. */
async function hangUp(input: PassThrough, server: StdioServer): Promise<void> {
  input.end();
  await server.closed;
  await server.close();
}

const GRAPH = {
  graph_id: 'note',
  name: 'Note',
  entry_point: 'a',
  nodes: [{ name: 'a', tool_name: 'set_data', params: { values: { noted: true } } }],
};

const SLOW = {
  graph_id: 'slow',
  name: 'Slow',
  entry_point: 'a',
  nodes: [{ name: 'a', tool_name: 'delay', params: { seconds: 3600 } }],
  edges: [],
  expose_as_tool: true,
};

describe('MCP over a pipe', () => {
  it('is served by an engine in this process', async () => {
    const { engine } = await startEngineForTest();
    const { pipe, input, lines, transport } = openPipe();
    const onFault = (error: unknown): never => {
      throw error;
    };
    const server = serveStdio(
      { engine, wire: MCP_WIRE, version: '1.0.0', mayOnlyRead: false, actor: { by: 'me' }, onFault },
      pipe,
    );
    const agent = await agentOn(transport);
    await agent.call('create_graph', { graph: GRAPH });
    const { body: run } = await agent.call('start_run', { graph_id: 'note' });
    expect((await agent.call('wait_for_run', { run_id: run.run_id })).body.status).toBe('COMPLETED');
    await hangUp(input, server);
    expect(lines.every((line) => JSON.parse(line).jsonrpc === '2.0')).toBe(true);
  });

  it('is passed on to a server that is running, with its key', async () => {
    const server = await startTestServer({ namedApiKeys: [{ name: 'piped', key: 'a-long-enough-key' }] });
    onTestFinished(() => server.stop());
    const url = await listen(server);
    const { pipe, input, transport } = openPipe();
    const bridge = bridgeStdio({ url: `${url}/`, apiKey: 'a-long-enough-key' }, pipe);
    const agent = await agentOn(transport);
    const { body: run } = await agent.call('start_run', { graph_id: 'demo-review', input_data: 'x = 1' });
    const { body: state } = await agent.call('get_run', { run_id: run.run_id });
    expect(state.started_by).toEqual({ kind: 'mcp', id: 'piped' });
    await hangUp(input, bridge);
  });

  it('has what was asked answered before it closes, though the client has closed its end', async () => {
    const server = await startTestServer();
    onTestFinished(() => server.stop());
    const { pipe, input, transport, lines } = openPipe();
    await transport.start();
    const bridge = bridgeStdio({ url: await listen(server) }, pipe);
    input.end(`${JSON.stringify({ jsonrpc: '2.0', id: 2, method: 'ping' })}\n`);
    await bridge.closed;
    await bridge.close();
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([{ id: 2, result: {} }]);
  });

  it('answers what was asked with an error if the connection is lost', async () => {
    const server = await startTestServer();
    onTestFinished(() => server.stop());
    const proxy = new TcpProxy({ host: '127.0.0.1', port: Number(new URL(await listen(server)).port) });
    await proxy.open();
    const { pipe, input, transport } = openPipe();
    const bridge = bridgeStdio({ url: `http://127.0.0.1:${proxy.port}` }, pipe);
    const agent = await agentOn(transport);
    await server.engine.createGraph(SLOW);
    const waiting = agent.call('slow', {});
    await until(async () => (await server.engine.listRuns({ limit: 1 })).runs.length > 0);
    await proxy.close();
    await expect(waiting).rejects.toThrow(/graphrunner did not answer/);
    await hangUp(input, bridge);
  });

  it('tells the client what the server refuses', async () => {
    const server = await startTestServer({ apiKeys: ['a-long-enough-key'] });
    onTestFinished(() => server.stop());
    const { pipe, input, transport } = openPipe();
    const bridge = bridgeStdio({ url: await listen(server) }, pipe);
    await expect(agentOn(transport)).rejects.toThrow(/graphrunner did not answer: .*(401|nauthorized)/s);
    input.write(`${JSON.stringify({ jsonrpc: '2.0', method: 'notifications/initialized' })}\n`);
    await hangUp(input, bridge);
  });

  it('is over without a word when the client has gone', async () => {
    const { pipe, input } = openPipe();
    const output = new Writable({ write: (_chunk, _encoding, done) => done(new Error('write EPIPE')) });
    output.on('error', () => undefined);
    const bridge = bridgeStdio({ url: 'http://127.0.0.1:9' }, { ...pipe, output });
    input.write(`${JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' })}\n`);
    await hangUp(input, bridge);
  });
});
