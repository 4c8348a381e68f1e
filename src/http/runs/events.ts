import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { EngineError } from '../../core/base/errors.js';
import type { Engine } from '../../engine/engine.js';
import type { App } from '../app-type.js';
import { answers } from '../openapi/answers.js';
import { runParamsSchema } from '../schemas.js';
import { eventHeadersSchema, eventQuerySchema } from './event-schemas.js';
import { framesOf } from './event-stream.js';

const HEARTBEAT_MS = 15_000;
const EVENT_STREAM = 'text/event-stream';
const SEQ = /^\d{1,15}$/;

/**
 * Runs as they happen. Fastify pipes the stream: it reads on as the client does, and is destroyed when the client goes.
 */
export function eventRoutes(app: App, engine: Engine): void {
  const open = new Set<FastifyReply>();
  // A stopping engine ends its streams; a client that does not read on would still hold the server open.
  app.addHook('preClose', (done) => {
    for (const reply of open) reply.raw.destroy();
    done();
  });

  app.get(
    '/graph/runs/:run_id/events',
    {
      // A HEAD would read the whole stream and show nothing of it.
      exposeHeadRoute: false,
      schema: {
        operationId: 'watchRun',
        summary: 'Watch a run',
        description: `The journal of the run as Server-Sent Events, then each event as it is stored. \`id\` is the event's
\`seq\`, \`event\` its type, \`data\` a JSON object with \`seq\`, \`type\`, \`time\` and what the event holds. The stream ends
after the event that ends the run. \`Last-Event-ID\`, or \`after\`, goes on after an event: none comes twice and none is left out.`,
        tags: ['Runs'],
        params: runParamsSchema,
        querystring: eventQuerySchema,
        headers: eventHeadersSchema,
        response: answers(
          {
            200: { description: 'The stream.', schema: z.string(), mediaTypes: [EVENT_STREAM] },
            204: {
              description: 'Nothing follows `Last-Event-ID`: the run has ended. Tells browsers not to come back.',
            },
          },
          ['invalid_request', 'run_not_found'],
        ),
      },
    },
    async (request, reply) => {
      const last = lastEventId(request.headers['last-event-id']);
      const after = last ?? request.query.after ?? 0;
      const { signal, abort } = closing(reply);
      const watch = await engine.watchRun(request.params.run_id, { after, idleMs: HEARTBEAT_MS, signal });
      if (last !== undefined && watch.isOver) return reply.code(204).send();
      open.add(reply);
      const stream = Readable.from(framesOf(watch.pages), { objectMode: false });
      stream.once('close', () => {
        open.delete(reply);
        abort();
      });
      return reply.header('x-accel-buffering', 'no').type(EVENT_STREAM).send(stream);
    },
  );
}

/** Fires when the client has gone, so that a watch that waits for an event ends at once. */
function closing(reply: FastifyReply): { signal: AbortSignal; abort: () => void } {
  const controller = new AbortController();
  const abort = (): void => controller.abort();
  reply.raw.once('close', abort);
  return { signal: controller.signal, abort };
}

/** The seq that a client read last. It goes before `after`: a browser that comes back repeats the URL that it began with. */
function lastEventId(header: string | string[] | undefined): number | undefined {
  if (header === undefined || header === '') return undefined;
  if (typeof header === 'string' && SEQ.test(header)) return Number(header);
  const message = 'Last-Event-ID must be the id of an event, a whole number.';
  throw new EngineError('invalid_request', message, {
    errors: [{ pointer: '/last-event-id', code: 'invalid_format', message }],
  });
}
