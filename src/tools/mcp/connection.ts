import { type CallToolResult, Client, ProtocolError, ProtocolErrorCode, type Tool } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { assertNever } from '../../core/base/assert-never.js';
import { messageOf } from '../../core/base/errors.js';
import type { TraceContext } from '../../core/base/trace-context.js';
import { Calls } from './calls.js';
import type { McpServerConfig, StdioServerConfig } from './config.js';
import { ExactNumbers } from './exact-numbers.js';
import { httpTransport, MAX_MESSAGE_BYTES, sseTransport } from './http-transport.js';

/** Longest handshake, in milliseconds: the first start of a package runner downloads the package. */
const CONNECT_TIMEOUT_MS = 60_000;
/** Longest end of a session, in milliseconds. */
const TERMINATE_MS = 2000;
/** The longest delay of a Node timer: calls end with the signal of their step. */
const NO_TIMEOUT_MS = 2_147_483_647;
/** Most characters of standard error that are logged at once. */
const MAX_LOGGED = 2000;

export interface ConnectionEvents {
  /** The connection has ended, not by {@link Connection.close}. */
  onGone(reason: string): void;
  /** The server wrote this to its standard error. */
  onStderr(text: string): void;
  /** The server wanted something that is refused, such as an answer of a person. */
  onRefused(method: string): void;
  /** There is a new OAuth token, which must not be shown. */
  onToken(token: string): void;
}

/** A connection to a server, after the handshake. */
export interface Connection {
  /** All pages of its list. */
  listTools(): Promise<readonly Tool[]>;
  callTool(
    name: string,
    args: Record<string, unknown>,
    signal: AbortSignal,
    trace?: TraceContext,
  ): Promise<CallToolResult>;
  /** Ends a session and a child process; calls under way fail. Never rejects. */
  close(): Promise<void>;
}

/**
 * Connects to a server.
 * @param signal Ends the attempt.
 * @throws Error if it does not start, or the handshake takes more than a minute.
 */
export async function connect(
  config: McpServerConfig,
  events: ConnectionEvents,
  signal: AbortSignal,
): Promise<Connection> {
  const client = new Client(
    { name: 'graphrunner', version: '1' },
    {
      capabilities: {},
      // Servers check what they answer; compiling their schemas here would only give them a way to be slow.
      jsonSchemaValidator: {
        getValidator: () => (data) => ({ valid: true, data: data as never, errorMessage: undefined }),
      },
    },
  );
  client.fallbackRequestHandler = ({ method }) => {
    events.onRefused(method);
    return Promise.reject(new ProtocolError(ProtocolErrorCode.MethodNotFound, refusalOf(method)));
  };
  const calls = new Calls(() => void client.close());
  const transport = transportFor(config, events, client, calls);
  let isClosing = false;
  let lastError = 'it hung up';
  client.onerror = (error) => {
    lastError = messageOf(error);
  };
  const close = async (): Promise<void> => {
    isClosing = true;
    if ('terminateSession' in transport) await waitBriefly(transport.terminateSession());
    await client.close().catch(() => undefined);
  };
  try {
    await client.connect(transport, { timeout: CONNECT_TIMEOUT_MS, signal });
  } catch (error) {
    await close();
    throw error;
  }
  client.onclose = () => {
    if (!isClosing) events.onGone(lastError);
  };
  return {
    listTools: async () => (await client.listTools(undefined, { timeout: CONNECT_TIMEOUT_MS, signal })).tools,
    callTool: (name, args, signal, trace) => {
      // Where the conventions of OpenTelemetry for MCP have it: one connection serves many traces.
      const meta = trace === undefined ? {} : { _meta: { ...trace } };
      return calls.add(client.callTool({ name, arguments: args, ...meta }, { signal, timeout: NO_TIMEOUT_MS }));
    },
    close,
  };
}

/** Said to a server that asks something of its client, which has declared no capabilities. */
function refusalOf(method: string): string {
  if (method !== 'elicitation/create') return `graphrunner does not answer ${method}`;
  return 'graphrunner does not ask people on behalf of a server: ask with wait_for_input before the call, and pass the answer as an argument';
}

function transportFor(config: McpServerConfig, events: ConnectionEvents, client: Client, calls: Calls) {
  const onToken = (token: string): void => events.onToken(token);
  switch (config.kind) {
    case 'stdio':
      return stdioTransport(config, events);
    case 'http':
      return httpTransport(config, {
        onOpen: (open) => calls.watch(open),
        // The client opens it again.
        onStreamEnd: () => undefined,
        onToken,
      });
    case 'sse':
      return sseTransport(config, {
        onOpen: () => undefined,
        // A new stream would be a new session, in which no call is answered that is under way.
        onStreamEnd: () => void client.close(),
        onToken,
      });
    default:
      return assertNever(config);
  }
}

function stdioTransport(config: StdioServerConfig, events: ConnectionEvents): StdioClientTransport {
  const { command, args, env, cwd } = config;
  const transport = new StdioClientTransport({
    command,
    args: [...args],
    // Beside these, a child gets only PATH, HOME and the like of our environment.
    env: { ...env },
    stderr: 'pipe',
    maxBufferSize: MAX_MESSAGE_BYTES,
    ...(cwd === undefined ? {} : { cwd }),
  });
  keepExactNumbers(transport);
  transport.stderr?.on('data', (chunk: Buffer) => events.onStderr(chunk.toString().slice(0, MAX_LOGGED).trimEnd()));
  return transport;
}

/** Has the transport read what a server writes with its numbers in quotes. It has no other place for that. */
function keepExactNumbers(transport: StdioClientTransport): void {
  const exact = new ExactNumbers();
  const buffer = Reflect.get(transport, '_readBuffer') as { append: (chunk: Buffer) => void };
  const append = buffer.append.bind(buffer);
  let waiting = 0;
  buffer.append = (chunk) => {
    waiting += chunk.length;
    if (waiting > MAX_MESSAGE_BYTES) throw new Error(`a message is larger than ${MAX_MESSAGE_BYTES} bytes`);
    const lines = exact.push(chunk);
    if (lines.length === 0) return;
    waiting = exact.waitingBytes;
    append(Buffer.from(lines));
  };
}

/** Waits for the end of a session, but not for long. */
async function waitBriefly(work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, TERMINATE_MS);
  });
  await Promise.race([work.catch(() => undefined), timeout]);
  clearTimeout(timer);
}
