import type { Readable, Writable } from 'node:stream';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import type { JSONRPCMessage, RequestId } from '@modelcontextprotocol/server';
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
  const here = new LastingTransport(input, output);
  const there = new StreamableHTTPClientTransport(new URL(`${url.replace(/\/+$/, '')}/mcp`), {
    requestInit: apiKey === undefined ? {} : { headers: { authorization: `Bearer ${apiKey}` } },
  });
  /** What resolves when a request is answered, by its id. */
  const unanswered = new Map<RequestId, () => void>();
  const answer = async (message: Answer): Promise<void> => {
    const done = unanswered.get(message.id);
    unanswered.delete(message.id);
    // A client that is not there any more misses nothing.
    await here.send(message).catch(() => undefined);
    done?.();
  };
  const passOn = (message: JSONRPCMessage): Promise<void> =>
    new Promise((resolve) => {
      const id = 'method' in message && 'id' in message ? message.id : undefined;
      if (id !== undefined) unanswered.set(id, resolve);
      const fail = (error: unknown): void => {
        if (id === undefined) resolve();
        else if (unanswered.has(id)) void answer(refusal(id, error));
      };
      const onRequestStreamEnd = (): void => fail(new Error('the connection was lost before the answer'));
      there.send(message, { onRequestStreamEnd }).then(() => id === undefined && resolve(), fail);
    });
  const pending = new Set<Promise<void>>();
  here.onmessage = (message) => {
    const passed = passOn(message);
    pending.add(passed);
    void passed.then(() => pending.delete(passed));
  };
  there.onmessage = (message) => {
    noteVersion(there, message);
    if (!('method' in message) && message.id !== undefined) void answer(message as Answer);
    else void here.send(message).catch(() => undefined);
  };
  const ended = new Promise<void>((resolve) => {
    input.once('end', resolve).once('close', resolve);
    here.onclose = resolve;
  });
  const started = Promise.all([there.start(), here.start()]);
  return {
    closed: ended.then(async () => {
      await started;
      await Promise.all(pending);
    }),
    async close() {
      await Promise.all([here.hangUp(), there.close()]);
    },
  };
}
/** What the two have agreed on stands in the header of each later request. */
function noteVersion(there: StreamableHTTPClientTransport, message: JSONRPCMessage): void {
  if (!('result' in message)) return;
  const { protocolVersion } = message.result as { protocolVersion?: unknown };
  if (typeof protocolVersion === 'string') there.setProtocolVersion(protocolVersion);
}

/** One that answers what was asked before its input ended. */
class LastingTransport extends StdioServerTransport {
  constructor(
    private readonly input: Readable,
    output: Writable,
  ) {
    super(input, output);
  }

  /** Called at the end of the input, too. */
  override async close(): Promise<void> {
    if (!this.input.readableEnded) await super.close();
  }

  hangUp(): Promise<void> {
    return super.close();
  }
}

type Answer = JSONRPCMessage & { readonly id: RequestId };

/** What answers a request that the server does not answer. */
function refusal(id: RequestId, error: unknown): Answer {
  const message = `graphrunner did not answer: ${messageOf(error)}`;
  return { jsonrpc: '2.0', id, error: { code: SERVER_ERROR, message } };
}
