import { Console } from 'node:console';
import { loadConfig } from '../config.js';
import { messageOf } from '../core/base/errors.js';
import { type Graphrunner, openGraphrunner } from '../graphrunner.js';
import { MCP_WIRE } from '../http/mcp/wire.js';
import { type Pipe, serveStdio } from '../mcp/stdio.js';
import { createLogger } from '../observe/logger.js';
import { readVersion } from '../version.js';
import { CliError } from './cli-error.js';
import { engineOptions } from './engine-options.js';
import { whenAborted } from './when-aborted.js';

export interface AgentOptions {
  /** When it fires, the engine stops. */
  readonly interrupted: AbortSignal;
  /** Where the log goes, since standard output has the protocol. */
  readonly log: (text: string) => void;
}

/**
 * Serves an agent at the other end of a pipe by an engine in this process, until the agent has closed its end.
 * @throws CliError if the settings or the database cannot be used
 */
export async function serveAgent(pipe: Pipe, { interrupted, log }: AgentOptions): Promise<void> {
  // Standard output has the protocol, and what modules of tools print must not get into it.
  globalThis.console = new Console(process.stderr);
  const { graphrunner, onFault } = await open(log);
  const server = serveStdio(
    { engine: graphrunner.engine, wire: MCP_WIRE, version: readVersion(), mayOnlyRead: false, actor: {}, onFault },
    pipe,
  );
  await graphrunner.start();
  await Promise.race([server.closed, whenAborted(interrupted)]);
  await server.close();
  await graphrunner.stop();
}

async function open(
  log: AgentOptions['log'],
): Promise<{ graphrunner: Graphrunner; onFault: (error: unknown) => void }> {
  try {
    const config = loadConfig();
    const logger = createLogger(config.logLevel, { write: log });
    const graphrunner = await openGraphrunner({ ...engineOptions(config), logger });
    return { graphrunner, onFault: (err) => logger.error({ err }, 'MCP request failed') };
  } catch (error) {
    throw new CliError(messageOf(error));
  }
}
