import { createMcpHandler } from '@modelcontextprotocol/server';
import { createMcpServer } from './server.js';
import type { McpCaller, McpDeps } from './tool.js';

/** Answers requests to the MCP endpoint. */
export type McpHandler = (request: Request, body: unknown, caller: McpCaller) => Promise<Response>;

/**
 * MCP over streamable HTTP. Each request has a server of its own and no session, so any of several processes can answer it,
 * and nothing is held between two. Keys and hosts are checked before.
 */
export function createHttpHandler(deps: McpDeps): McpHandler {
  return (request, parsedBody, caller) => {
    const handler = createMcpHandler(() => createMcpServer({ ...deps, ...caller }), { onerror: caller.onFault });
    return handler.fetch(request, { parsedBody });
  };
}
