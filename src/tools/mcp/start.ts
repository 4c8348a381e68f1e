import { maskFor, NO_MASK } from '../../core/base/mask.js';
import type { Registry } from '../../core/tool/registry.js';
import { readMcpConfig } from './config.js';
import { LiveTools } from './live-tools.js';
import { type McpLogger, McpServer } from './server.js';

/** How long the start waits for the servers, in milliseconds. Connecting goes on after that. */
const START_WAIT_MS = 10_000;
/** What stands where a token of OAuth was. No secret of the settings has a name like this. */
const TOKEN = 'oauth token';

export interface McpOptions {
  /** The file that MCP_CONFIG names. */
  readonly path: string;
  /** The values of `${secrets.NAME}` in the file. */
  readonly secrets: Readonly<Record<string, string>>;
  readonly logger: McpLogger;
  readonly startWaitMs?: number;
}

/** The configured MCP servers. */
export interface Mcp {
  /** A registry with their tools, `mcp.<server>.<tool>`, beside those it has. */
  extend(registry: Registry): Registry;
  /** Disconnects, and ends child processes. */
  close(): Promise<void>;
}

/**
 * Connects to the MCP servers of a file. One that cannot be reached is logged and skipped: it is tried again at
 * each call of one of its tools.
 * @throws Error if the file cannot be used.
 */
export async function startMcp({ path, secrets, logger, startWaitMs = START_WAIT_MS }: McpOptions): Promise<Mcp> {
  const { servers: configs, warnings, secretNames, passedOver } = readMcpConfig(path, secrets);
  for (const warning of warnings) logger.warn({ warning }, 'in the MCP configuration');
  const maskWith = (token?: string) => {
    const names = token === undefined ? secretNames : [...secretNames, TOKEN];
    return names.length === 0
      ? NO_MASK
      : maskFor(names, token === undefined ? secrets : { ...secrets, [TOKEN]: token });
  };
  const servers = configs.map((config) => new McpServer(config, { logger, maskFor: maskWith }));
  await atMost(startWaitMs, Promise.allSettled(servers.map((server) => server.connected())));
  return {
    extend: (registry) => {
      const tools = new LiveTools(registry.tools, servers, passedOver);
      return { ...registry, tools, whyNoTool: (name) => tools.whyMissing(name) };
    },
    close: async () => {
      await Promise.all(servers.map((server) => server.close()));
    },
  };
}

async function atMost(ms: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([work, timeout]);
  clearTimeout(timer);
}
