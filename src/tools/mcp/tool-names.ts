import { createHash } from 'node:crypto';

/** Longest name of a tool after `mcp.<server>.`: with a server of 64 characters, it has room among names of tools. */
const MAX_LENGTH = 128;
const HASH_LENGTH = 8;

/** What stands in a tool's name after `mcp.<server>.` as it is. */
const PLAIN = /^[A-Za-z0-9_.-]+$/;

/**
 * The name under which graphs call a tool of a server. Names that no tool here can have (MCP allows any text) get `_` for
 * each such character, and a hash of the whole name at the end. So a name depends on nothing but the server's own name
 * for the tool, and two tools do not share one.
 */
export function nameForGraphs(tool: string): string {
  if (PLAIN.test(tool) && tool.length <= MAX_LENGTH) return tool;
  const hash = createHash('sha256').update(tool).digest('hex').slice(0, HASH_LENGTH);
  const words = tool.replaceAll(/[^A-Za-z0-9_.-]+/g, '_').slice(0, MAX_LENGTH - HASH_LENGTH - 1);
  return `${words}_${hash}`;
}
