import { assertNever } from '../../core/base/assert-never.js';
import { messageOf } from '../../core/base/errors.js';
import type { Json } from '../../core/base/json.js';
import type { Mask } from '../../core/base/mask.js';
import type { TraceContext } from '../../core/base/trace-context.js';
import { FatalError, RetryableError } from '../../core/tool/tool-errors.js';
import { tlsHint } from '../tls-hint.js';
import type { McpServerConfig } from './config.js';
import { type Connection, connect } from './connection.js';
import { failureOf } from './failures.js';
import { type ListedTool, readListedTool } from './listed-tool.js';
import { nameForGraphs } from './tool-names.js';
import { resultOf } from './tool-result.js';

/** Most tools of one server. */
const MAX_TOOLS = 1000;

export interface McpLogger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

interface Deps {
  readonly logger: McpLogger;
  /** Makes what hides the values of secrets, and of a token if there is one. */
  readonly maskFor: (token?: string) => Mask;
}

/** A configured server: connected when it is needed, and again after it was gone. */
export class McpServer {
  readonly name: string;
  #connection: Promise<Connection> | undefined;
  #tools: ReadonlyMap<string, ListedTool> | undefined;
  /** It lists more tools than are used. */
  #isCut = false;
  #mask: Mask;
  readonly #closing = new AbortController();

  constructor(
    private readonly config: McpServerConfig,
    private readonly deps: Deps,
  ) {
    this.name = config.name;
    this.#mask = deps.maskFor();
  }

  /** Its tools as it listed them last, by their names in graphs; undefined as long as it has never been there. */
  get tools(): ReadonlyMap<string, ListedTool> | undefined {
    return this.#tools;
  }

  /** Says why it has no tool of this name. */
  whyNoTool(name: string): string {
    const of = `The MCP server "${this.name}"`;
    const named = nameForGraphs(name);
    if (this.#tools?.has(named) === true) return `${of} has this tool; here it is named "mcp.${this.name}.${named}".`;
    if (this.#isCut) return `${of} does not list it among its first ${MAX_TOOLS} tools, which are all that are used.`;
    return `${of} does not list it.`;
  }

  /**
   * The connection; connects if there is none.
   * @throws RetryableError if the server cannot be reached.
   */
  connected(): Promise<Connection> {
    if (this.#closing.signal.aborted)
      return Promise.reject(new RetryableError(`The MCP server "${this.name}" is being stopped.`));
    this.#connection ??= this.#connect();
    return this.#connection;
  }

  /**
   * Calls a tool, by its name in graphs. A server that is gone is connected again first.
   * @throws RetryableError if the server cannot be reached or is busy; FatalError if it refuses the call; an Error with
   * the tool's own message if the tool failed; the signal's reason after an abort.
   */
  async call(tool: string, args: Record<string, unknown>, signal: AbortSignal, trace?: TraceContext): Promise<Json> {
    try {
      return await this.#callOnce(tool, args, signal, trace);
    } catch (error) {
      if (signal.aborted || failureOf(error) !== 'session') throw this.#toEngineError(error, signal);
    }
    // The server was started anew and has not made the call.
    try {
      return await this.#callOnce(tool, args, signal, trace);
    } catch (error) {
      throw this.#toEngineError(error, signal);
    }
  }

  /** Ends the connection and a child process for good. */
  async close(): Promise<void> {
    this.#closing.abort(new Error('the server is stopping'));
    const connection = this.#connection;
    this.#connection = undefined;
    const opened = await connection?.catch(() => undefined);
    await opened?.close();
  }

  async #callOnce(
    tool: string,
    args: Record<string, unknown>,
    signal: AbortSignal,
    trace: TraceContext | undefined,
  ): Promise<Json> {
    const connecting = this.connected();
    const connection = await orAborted(connecting, signal);
    const listed = this.#tools?.get(tool);
    if (listed === undefined) throw new FatalError(`There is no tool "${tool}". ${this.whyNoTool(tool)}`);
    let answer: Awaited<ReturnType<Connection['callTool']>>;
    try {
      answer = await connection.callTool(listed.name, args, signal, trace);
    } catch (error) {
      if (!signal.aborted && ['session', 'gone'].includes(failureOf(error))) this.#drop(connecting, connection);
      throw error;
    }
    return this.#resultOf(answer);
  }

  /** The tool's result, or its own error. Servers that know secrets can repeat them, so they are hidden here. */
  #resultOf(answer: Parameters<typeof resultOf>[0]): Json {
    try {
      return this.#mask.value(resultOf(answer));
    } catch (error) {
      throw new ToolsOwnError('', { cause: this.#mask.error(error) });
    }
  }

  /** Turns what a call threw into the error that the engine needs. */
  #toEngineError(error: unknown, signal: AbortSignal): unknown {
    if (signal.aborted) return signal.reason;
    if (error instanceof ToolsOwnError) return error.cause;
    if (error instanceof FatalError || error instanceof RetryableError) return error;
    const message = `The MCP server "${this.name}": ${this.#reasonOf(error)}`;
    const failure = failureOf(error);
    switch (failure) {
      case 'refused':
        return new FatalError(message, { cause: error });
      case 'failed':
        return new Error(message, { cause: error });
      case 'session':
      case 'gone':
      case 'busy':
        return new RetryableError(message, { cause: error });
      default:
        return assertNever(failure);
    }
  }

  #reasonOf(error: unknown): string {
    const cause = error instanceof Error && error.cause !== undefined ? ` (${messageOf(error.cause)})` : '';
    return this.#mask.text(messageOf(error) + cause).slice(0, 500) + tlsHint(error);
  }

  #drop(connecting: Promise<Connection>, connection: Connection): void {
    if (this.#connection === connecting) this.#connection = undefined;
    // Over HTTP, other calls can still be answered, and there is nothing to clean up.
    if (this.config.kind === 'stdio') void connection.close();
  }

  #connect(): Promise<Connection> {
    const connecting = this.#open(() => {
      if (this.#connection === connecting) this.#connection = undefined;
    }).catch((error: unknown) => {
      if (this.#connection === connecting) this.#connection = undefined;
      const reason = this.#reasonOf(error);
      this.deps.logger.warn({ mcp_server: this.name, reason }, 'an MCP server is not there');
      throw new RetryableError(`The MCP server "${this.name}" is not there: ${reason}`, { cause: error });
    });
    return connecting;
  }

  async #open(forget: () => void): Promise<Connection> {
    const { logger } = this.deps;
    const mcp_server = this.name;
    const events = {
      onGone: (reason: string) => {
        logger.warn(
          { mcp_server, reason: this.#mask.text(reason) },
          'an MCP server is gone; the next call connects it again',
        );
        forget();
      },
      onStderr: (text: string) =>
        logger.debug({ mcp_server, stderr: this.#mask.text(text) }, 'an MCP server wrote to standard error'),
      onRefused: (method: string) =>
        logger.warn({ mcp_server, method: method.slice(0, 200) }, 'an MCP server asked for what is refused'),
      onToken: (token: string) => {
        this.#mask = this.deps.maskFor(token);
      },
    };
    const connection = await connect(this.config, events, this.#closing.signal);
    try {
      this.#tools = this.#readTools(await connection.listTools());
    } catch (error) {
      await connection.close();
      throw error;
    }
    logger.info({ mcp_server, tools: this.#tools.size }, 'connected to an MCP server');
    return connection;
  }

  #readTools(listed: Awaited<ReturnType<Connection['listTools']>>): Map<string, ListedTool> {
    const tools = new Map<string, ListedTool>();
    this.#isCut = listed.length > MAX_TOOLS;
    if (this.#isCut) {
      this.deps.logger.warn(
        { mcp_server: this.name, tools: listed.length },
        `only the first ${MAX_TOOLS} tools are used`,
      );
    }
    for (const each of listed.slice(0, MAX_TOOLS)) {
      const fields = { mcp_server: this.name, tool: each.name.slice(0, 200) };
      const tool = readListedTool(this.#mask.value(each));
      if (tool.unchecked !== undefined) {
        const why = { ...fields, reason: tool.unchecked };
        this.deps.logger.info(why, 'the params of a tool of an MCP server are checked by the server alone');
      }
      tools.set(nameForGraphs(each.name), tool);
    }
    return tools;
  }
}

/** An error that the tool itself reported. It is passed on as it is. */
class ToolsOwnError extends Error {}

/** Waits for a promise, but not beyond the signal. */
function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
