import { ProtocolError, ProtocolErrorCode, Server } from '@modelcontextprotocol/server';
import { z } from 'zod';
import type { JsonObject } from '../core/base/json.js';
import { didYouMean } from '../core/base/nearest-name.js';
import { problemsOf } from '../core/base/problems.js';
import { answerThrown, answerWith, answerWithError, type ToolAnswer } from './answers.js';
import { CHANGE_TOOLS } from './change-tools.js';
import { callExposed, describeExposed, findExposed, listExposed } from './exposed-graphs.js';
import { GRAPH_TOOLS } from './graph-tools.js';
import { graphHelp } from './help.js';
import { addResources } from './resources.js';
import { RUN_TOOLS } from './run-tools.js';
import type { McpSession, McpTool } from './tool.js';

/** Every tool of ours, in the order in which clients see them. Each name has a `_`, see `toolNameOf`. */
export const MCP_TOOLS: readonly McpTool[] = [graphHelp, ...GRAPH_TOOLS, ...RUN_TOOLS, ...CHANGE_TOOLS];

const INSTRUCTIONS =
  'Graphrunner runs graphs: durable workflows whose nodes call tools. To do something with a graph that is there: list_graphs, start_run, wait_for_run, get_run. To make one: graph_help, list_tools, validate_graph (apply each `fix`), create_graph. If a run is not as expected: explain_run, which says what to do next.';

/**
 * A server for one request, or for one connection: it knows who calls.
 * @example
 * await createMcpServer({ engine, wire, version: '1.0.0', mayOnlyRead: false, actor: {}, onFault }).connect(transport)
 */
export function createMcpServer(session: McpSession): Server {
  const info = { name: 'graphrunner', title: 'Graphrunner', version: session.version };
  const server = new Server(info, { capabilities: { tools: {}, resources: {} }, instructions: INSTRUCTIONS });
  server.setRequestHandler('tools/list', async () => ({ tools: await listTools(session) }));
  server.setRequestHandler('tools/call', async ({ params: { name, arguments: args = {} } }) => {
    return { ...(await callTool(name, args as JsonObject, session)) };
  });
  addResources(server);
  return server;
}

async function listTools({ engine, mayOnlyRead }: McpSession) {
  const ours = DESCRIBED.filter(({ annotations }) => annotations.readOnlyHint || !mayOnlyRead);
  const exposed = mayOnlyRead ? [] : await listExposed(engine);
  return [...ours, ...exposed.map(describeExposed)];
}

function describe({ name, title, description, input, output, ...tool }: McpTool) {
  return {
    name,
    title,
    description,
    inputSchema: objectSchema(z.toJSONSchema(input, { io: 'input' })),
    outputSchema: objectSchema(z.toJSONSchema(output)),
    annotations: {
      readOnlyHint: tool.isReadOnly,
      destructiveHint: tool.isDestructive === true,
      idempotentHint: tool.isReadOnly || tool.isIdempotent === true,
      openWorldHint: false,
    },
  };
}

interface ObjectSchema {
  readonly type: 'object';
  readonly [key: string]: unknown;
}

function objectSchema({ $schema: _, ...schema }: z.core.JSONSchema.BaseSchema): ObjectSchema {
  return { ...schema, type: 'object' as const };
}

/** They are the same for all. */
const DESCRIBED = MCP_TOOLS.map(describe);

async function callTool(name: string, args: JsonObject, session: McpSession): Promise<ToolAnswer> {
  try {
    const tool = MCP_TOOLS.find((each) => each.name === name);
    if (tool !== undefined) return await callOurs(tool, args, session);
    const exposed = await findExposed(session.engine, name);
    if (exposed !== undefined)
      return session.mayOnlyRead ? refuseReader(name) : await callExposed(exposed, args, session);
  } catch (thrown) {
    return answerThrown(thrown, session.onFault);
  }
  const { hint } = didYouMean(
    name,
    MCP_TOOLS.map((each) => each.name),
  );
  throw new ProtocolError(
    ProtocolErrorCode.InvalidParams,
    `There is no tool "${name}". ${hint ?? 'tools/list tells all.'}`,
  );
}

async function callOurs(tool: McpTool, args: JsonObject, session: McpSession): Promise<ToolAnswer> {
  if (session.mayOnlyRead && !tool.isReadOnly) return refuseReader(tool.name);
  const parsed = tool.input.safeParse(args);
  if (parsed.success) return answerWith(await tool.call(parsed.data, session));
  const errors = problemsOf(tool.input, args, parsed.error.issues);
  return answerWithError('invalid_request', `The arguments do not fit the inputSchema of ${tool.name}.`, errors);
}

function refuseReader(name: string): ToolAnswer {
  const message = `The API key can only read, and ${name} changes something. Use another key.`;
  return answerWithError('read_only_key', message);
}
