import type { Readable, Writable } from 'node:stream';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import type { JSONRPCMessage } from '@modelcontextprotocol/server';
import { StdioServerTransport, serveStdio as serve } from '@modelcontextprotocol/server/stdio';
import { messageOf } from '../core/base/errors.js';
import { createMcpServer } from './server.js';
import type { McpCaller, McpDeps } from './tool.js';

/** The two ends of a pipe; the process's own if they are omitted. Nothing but messages goes to `output`. */
export interface Pipe {
  readonly input?: Readable;
  readonly output?: Writable;
}

/** A server that talks through a pipe. */
export interface StdioServer {
  /** Resolves when the client has closed its end. */
  readonly closed: Promise<void>;
  close(): Promise<void>;
}

/** Code of a JSON-RPC error that the server defines (JSON-RPC 2.0, section 5.1). */
const SERVER_ERROR = -32_000;

/**
 * MCP over stdin and stdout, by an engine in this process.
 * @example
 * await serveStdio({ engine, wire, version, mayOnlyRead: false, actor: {}, onFault }).closed
 */
export function serveStdio(session: McpDeps & McpCaller, pipe: Pipe = {}): StdioServer {
  const { input = process.stdin, output = process.stdout } = pipe;
  const closed = new Promise<void>((resolve) => {
    input.once('end', resolve).once('close', resolve);
  });
  const transport = new StdioServerTransport(input, output);
  const handle = serve(() => createMcpServer(session), { transport, onerror: session.onFault });
  return { closed, close: () => handle.close() };
}

/**
 * Passes messages between a client at stdin and stdout and the MCP server at `/mcp` of a running graphrunner. What the
 * server refuses, such as a wrong key, is told to the client as a JSON-RPC error.
 * @example
 * await bridgeStdio({ url: 'http://127.0.0.1:8000', apiKey }).closed
 */
export function bridgeStdio(
  { url, apiKey }: { readonly url: string; readonly apiKey?: string | undefined },
  pipe: Pipe = {},
): StdioServer {
  const { input = process.stdin, output = process.stdout } = pipe;
  const here = new StdioServerTransport(input, output);
  const there = new StreamableHTTPClientTransport(new URL(`${url.replace(/\/+$/, '')}/mcp`), {
    requestInit: apiKey === undefined ? {} : { headers: { authorization: `Bearer ${apiKey}` } },
  });
  const pending = new Set<Promise<void>>();
  here.onmessage = (message) => {
    const sent = there.send(message).catch((error: unknown) => refuse(here, message, error).catch(ignore));
    pending.add(sent);
    void sent.finally(() => pending.delete(sent));
  };
  there.onmessage = (message) => {
    noteVersion(there, message);
    void here.send(message).catch(ignore);
  };
  const closed = new Promise<void>((resolve) => {
    input.once('end', resolve).once('close', resolve);
  });
  const started = Promise.all([there.start(), here.start()]);
  return {
    closed: closed.then(async () => {
      await started;
      await Promise.all(pending);
    }),
    async close() {
      await Promise.all([here.close(), there.close()]);
    },
  };
}

/** The client has closed the pipe: nobody is left to be told. */
function ignore(): void {}

/** What the two have agreed on stands in the header of each later request. */
function noteVersion(there: StreamableHTTPClientTransport, message: JSONRPCMessage): void {
  if (!('result' in message)) return;
  const { protocolVersion } = message.result as { protocolVersion?: unknown };
  if (typeof protocolVersion === 'string') there.setProtocolVersion(protocolVersion);
}

/** A request that cannot be answered gets an error; a notification is lost. */
async function refuse(here: StdioServerTransport, message: JSONRPCMessage, error: unknown): Promise<void> {
  if (!('id' in message) || message.id === undefined || !('method' in message)) return;
  const text = `graphrunner did not answer: ${messageOf(error)}`;
  await here.send({ jsonrpc: '2.0', id: message.id, error: { code: SERVER_ERROR, message: text } });
}
