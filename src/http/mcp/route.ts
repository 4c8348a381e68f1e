import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Actor } from '../../core/run/actor.js';
import type { Engine } from '../../engine/engine.js';
import type { McpHandler } from '../../mcp/http.js';
import { actorOf } from '../actor.js';
import type { App } from '../app-type.js';
import { ApiError } from '../errors/api-error.js';
import { BODY_ERRORS, describeResponses } from '../openapi/responses.js';
import { jsonObjectSchema } from '../schemas.js';
import { MCP_WIRE } from './wire.js';

export interface McpOptions {
  /** The version of the API. */
  readonly version: string;
  readonly onRunStarted?: (runId: string, requestId: string, actor: Actor) => void;
}

const messageSchema = jsonObjectSchema.meta({
  id: 'McpMessage',
  description: 'A JSON-RPC message of the Model Context Protocol.',
});
const LIST_TOOLS = { jsonrpc: '2.0', id: 1, method: 'tools/list', params: {} };

const RESPONSES = {
  200: {
    description: 'The answer to a request: a JSON-RPC message, or a stream of server-sent events with one in it.',
    schema: messageSchema,
    mediaTypes: ['application/json', 'text/event-stream'],
  },
  202: { description: 'A notification was taken.' },
};

/**
 * The MCP server, over streamable HTTP without sessions. Keys, hosts and origins are checked as for every route; which tools a
 * key that can only read may call, the server itself knows.
 */
export function mcpRoute(app: App, engine: Engine, { version, onRunStarted }: McpOptions): void {
  let handler: Promise<McpHandler> | undefined;
  app.post(
    '/mcp',
    {
      config: { changesNothing: true },
      schema: {
        operationId: 'callMcp',
        summary: 'Talk to the MCP server',
        description:
          'For agents: the Model Context Protocol, over streamable HTTP. Its tools do what the other routes do. A key that can only read sees and calls the tools that read.',
        tags: ['Agents'],
        body: messageSchema.meta({ examples: [LIST_TOOLS] }),
        response: describeResponses(RESPONSES, ['invalid_request', 'invalid_header', ...BODY_ERRORS]),
      },
    },
    async (request, reply) => {
      handler ??= loadHandler(engine, version);
      const { mayOnlyRead } = request;
      const answer = (await handler)(toWebRequest(request, reply), request.body, {
        mayOnlyRead,
        actor: actorOf(request),
        onRunStarted: (runId, actor) => onRunStarted?.(runId, request.id, actor),
        onFault: (err) => request.log.error({ err }, 'MCP request failed'),
      });
      return sendWebResponse(reply, await answer);
    },
  );
}

/** The library takes 25 MB and most of a second, so it is loaded for the first agent that comes. */
async function loadHandler(engine: Engine, version: string): Promise<McpHandler> {
  const { createHttpHandler } = await import('../../mcp/http.js');
  return createHttpHandler({ engine, wire: MCP_WIRE, version });
}

/** What the protocol has clients say. */
const ACCEPTED = ['application/json', 'text/event-stream'];
const ACCEPT = ACCEPTED.join(', ');
const REFUSED = `The Accept header must name both ${ACCEPTED.join(' and ')}, as the Model Context Protocol has it.`;

/** The parts of a request that the protocol looks at; its body is parsed already. Who takes any answer takes both forms. */
function toWebRequest({ headers, method }: FastifyRequest, { raw }: FastifyReply): Request {
  const gone = new AbortController();
  raw.once('close', () => gone.abort());
  const named = Object.entries(headers).flatMap(([name, value]) =>
    typeof value === 'string' && name !== 'authorization' ? [[name, value] as [string, string]] : [],
  );
  const { accept = '*/*' } = headers;
  if (accept.includes('*/*')) named.push(['accept', ACCEPT]);
  else if (!ACCEPTED.every((type) => accept.includes(type))) throw new ApiError('invalid_header', REFUSED);
  // Not by the Host that the client gave: it need not be one of a URL.
  return new Request('http://localhost/mcp', { method, headers: named, signal: gone.signal });
}

function sendWebResponse(reply: FastifyReply, { status, headers, body }: Response): FastifyReply {
  reply.code(status);
  for (const [name, value] of headers) reply.header(name, value);
  return reply.send(body === null ? undefined : Readable.fromWeb(body as ReadableStream));
}
