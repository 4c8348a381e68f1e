import { type CallToolResult, Client, type Tool } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { messageOf } from '../../core/base/errors.js';
import type { McpServerConfig, StdioServerConfig } from './config.js';
import { ExactNumbers } from './exact-numbers.js';
import { httpTransport, MAX_MESSAGE_BYTES } from './http-transport.js';

/** Longest handshake, in milliseconds: the first start of a package runner downloads the package. */
const CONNECT_TIMEOUT_MS = 60_000;
/** How long a call goes on without an open request, in milliseconds: longer than any reconnection takes. */
const SILENCE_MS = 4000;
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
}

/** A connection to a server, after the handshake. */
export interface Connection {
  /** All pages of its list. */
  listTools(): Promise<readonly Tool[]>;
  callTool(name: string, args: Record<string, unknown>, signal: AbortSignal): Promise<CallToolResult>;
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
  const calls = new Calls(() => void client.close());
  const transport =
    config.kind === 'stdio' ? stdioTransport(config, events) : httpTransport(config, (open) => calls.watch(open));
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
    callTool: (name, args, signal) =>
      calls.add(client.callTool({ name, arguments: args }, { signal, timeout: NO_TIMEOUT_MS })),
    close,
  };
}

/**
 * The calls under way. Over HTTP a server can die without the client noticing: the stream of the answer ends, and the
 * call would wait for ever. So when no request has been open for a while, the connection is given up.
 */
class Calls {
  #pending = 0;
  #open = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(private readonly giveUp: () => void) {}

  async add<T>(call: Promise<T>): Promise<T> {
    this.#pending++;
    try {
      return await call;
    } finally {
      this.#pending--;
      this.watch(this.#open);
    }
  }

  watch(open: number): void {
    this.#open = open;
    clearTimeout(this.#timer);
    if (open === 0 && this.#pending > 0) this.#timer = setTimeout(this.giveUp, SILENCE_MS);
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
