import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import type { Engine } from '../../engine/engine.js';
import type { App } from '../app-type.js';
import { ApiError } from '../errors/api-error.js';
import { describeResponses } from '../openapi/responses.js';
import { runParamsSchema } from '../schemas.js';
import { EVENT_MEANINGS, STREAMED_SCHEMA } from './event-schemas.js';
import { framesOf } from './event-stream.js';

const HEARTBEAT_MS = 15_000;
const EVENT_STREAM = 'text/event-stream';
const SEQ = /^\d{1,15}$/;

const EVENT_LIST = Object.entries(EVENT_MEANINGS).map(([type, meaning]) => `- \`${type}\`: ${meaning}`);

const DESCRIPTION = `The journal of the run as Server-Sent Events, then each event as it is stored. \`id\` is the event's
\`seq\`, \`event\` its type, \`data\` a JSON object with \`seq\`, \`type\`, \`time\` and the fields of the event. The stream ends
after the event that ends the run, or before one that cannot be read. \`Last-Event-ID\`, or \`after\`, resumes after an event: none is repeated or missed.

What steps send while they work comes in between, without \`id\`: \`output\` (OutputEvent) is a chunk, and \`output_gap\`
(OutputGapEvent) says that chunks were dropped, because the client reads too slowly or came too late. It is not stored:
\`output=true\` begins with what the step under way has sent so far, up to its last 64 kB.

Browsers' \`EventSource\` calls a listener for each type (\`addEventListener('step.completed', ...)\`), never \`onmessage\`, and
cannot send a key: if the server has API keys, read the stream with \`fetch\` and the \`Authorization\` header.

${EVENT_LIST.join('\n')}`;

const eventQuerySchema = z.strictObject({
  after: z.int().min(0).exactOptional().describe('Only events with a larger `seq`. `Last-Event-ID` has precedence.'),
  output: z
    .enum(['true', 'false'])
    .exactOptional()
    .describe('`true`: what the step under way has sent so far, and then what comes. Default: what comes.'),
});

const eventHeadersSchema = z.object({
  'last-event-id': z.string().optional().describe('The `id` of the last event that was received. Browsers send it.'),
});

/** OpenAPI 3.1 has no word for the events of a stream: this says what the JSON in it is. */
const streamSchema = z.string().meta({ contentMediaType: 'application/json', contentSchema: STREAMED_SCHEMA });

const RESPONSES = {
  200: {
    description: 'The stream. Each `data` is a RunEvent, or what a step sends.',
    schema: streamSchema,
    mediaTypes: [EVENT_STREAM],
  },
  204: { description: 'The run has ended and has no event after `Last-Event-ID`. Stops browsers from reconnecting.' },
};

/** Fastify pipes the stream: it reads as fast as the client does, and destroys the stream when the client disconnects. */
export function watchRunRoute(app: App, engine: Engine): void {
  const open = new Set<FastifyReply>();
  // A stopping engine ends its streams; a client that does not read would still keep the server open.
  app.addHook('preClose', (done) => {
    for (const reply of open) reply.raw.destroy();
    done();
  });

  app.get(
    '/graph/runs/:run_id/events',
    {
      // A HEAD request would read the whole stream and show nothing of it.
      exposeHeadRoute: false,
      schema: {
        operationId: 'watchRun',
        summary: 'Watch a run',
        description: DESCRIPTION,
        tags: ['Runs'],
        params: runParamsSchema,
        querystring: eventQuerySchema,
        headers: eventHeadersSchema,
        response: describeResponses(RESPONSES, ['invalid_request', 'run_not_found', 'run_unreadable']),
      },
    },
    async (request, reply) => {
      const last = parseLastEventId(request.headers['last-event-id']);
      const after = last ?? request.query.after ?? 0;
      const gone = abortOnClose(reply);
      const replay = request.query.output === 'true';
      const how = { after, idleMs: HEARTBEAT_MS, signal: gone.signal, replay };
      const watch = await engine.streamRun(request.params.run_id, how);
      if (last !== undefined && watch.isOver) return reply.code(204).send();
      open.add(reply);
      const stream = Readable.from(framesOf(watch.pages), { objectMode: false });
      stream.once('close', () => {
        open.delete(reply);
        gone.abort();
      });
      return reply.header('x-accel-buffering', 'no').type(EVENT_STREAM).send(stream);
    },
  );
}

/** Aborts when the client has disconnected, so that a watch that waits for an event ends at once. */
function abortOnClose(reply: FastifyReply): AbortController {
  const controller = new AbortController();
  reply.raw.once('close', () => controller.abort());
  return controller;
}

/** The seq of the last event that a client read. It precedes `after`: a browser reconnects with its first URL. */
function parseLastEventId(header: string | string[] | undefined): number | undefined {
  if (header === undefined || header === '') return undefined;
  if (typeof header === 'string' && SEQ.test(header)) return Number(header);
  const message = 'Last-Event-ID must be the id of an event, a whole number.';
  throw new ApiError('invalid_request', message, {
    errors: [{ pointer: '/last-event-id', code: 'invalid_format', message }],
  });
}
