import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Engine } from '../../engine/engine.js';
import type { App } from '../app-type.js';
import { ApiError } from '../errors/api-error.js';
import { isEncoded } from '../input/bodies.js';
import { DELIVERY } from '../openapi/examples.js';
import { describeResponses } from '../openapi/responses.js';
import { startedRunSchema } from '../runs/schemas.js';
import type { StartRunOptions } from '../runs/start.js';
import { toStartedRun } from '../runs/wire.js';
import { DeliveryBodies, MAX_DELIVERY_BYTES } from './delivery-body.js';
import { hookParamsSchema } from './schemas.js';

export interface DeliveryOptions extends Pick<StartRunOptions, 'onRunStarted'> {
  /** Size limit of a request body. */
  readonly maxBodyBytes: number;
  /** Bytes of bodies of deliveries that are held at a time; 64 MiB if it is omitted. */
  readonly maxDeliveryBytes?: number;
}

const ignoredSchema = z.object({ outcome: z.literal('ignored') }).meta({ id: 'IgnoredDelivery' });

const RESPONSES = {
  200: { description: 'A ping of GitHub, which does nothing.', schema: ignoredSchema },
  202: {
    description: 'Stored. The status is that of the run right after it.',
    schema: startedRunSchema,
    headers: {
      Location: 'The path of the state of the run.',
      'Idempotent-Replayed': '`true` if the delivery had come before.',
    },
  },
};

const deliveryBodySchema = z
  .unknown()
  .meta({
    id: 'DeliveryBody',
    description: 'Anything, of any type. Expressions see JSON as JSON, and all else as text.',
  })
  .meta({ examples: [DELIVERY] });

const SCHEMA = {
  operationId: 'deliver',
  summary: 'Send a delivery',
  description:
    'Has a hook start a run, send a signal or answer a wait. Needs no API key: the sender signs it, as `verify` of the hook says. A delivery that comes again gets the first answer, and does nothing more. Compressed bodies are refused.',
  tags: ['Hooks'],
  security: [],
  params: hookParamsSchema,
  body: deliveryBodySchema,
  response: describeResponses(RESPONSES, [
    'invalid_signature',
    'request_refused',
    'hook_not_found',
    'graph_not_found',
    'run_not_found',
    'hook_disabled',
    'hook_unreadable',
    'graph_unreadable',
    'run_unreadable',
    'run_finished',
    'run_not_waiting',
    'limits_too_low',
    'too_many_signals',
    'body_too_large',
    'unsupported_media_type',
    'invalid_delivery',
    'invalid_input',
    'invalid_answer',
    'invalid_request',
    'forbidden_origin',
    'hook_secret_missing',
    'concurrency_full',
    'queue_full',
    'shutting_down',
  ]),
};

/** What every body of this route counts as, so that a type that is no type does not matter either. */
const ANY_TYPE = 'application/octet-stream';

/** Deliveries of other services. They show no API key but a signature, which is checked before the body is parsed. */
export function deliverRoute(app: App, engine: Engine, options: DeliveryOptions): void {
  const { maxBodyBytes, maxDeliveryBytes = MAX_DELIVERY_BYTES, onRunStarted } = options;
  const bodies = new DeliveryBodies({
    maxBytes: maxBodyBytes,
    maxBytesAtOnce: Math.max(maxBodyBytes, maxDeliveryBytes),
  });
  const types = new WeakMap<FastifyRequest, string>();

  async function deliver(request: FastifyRequest, hookId: string, reply: FastifyReply): Promise<FastifyReply> {
    const encoding = request.headers['content-encoding'];
    if (isEncoded(encoding)) {
      throw new ApiError('unsupported_media_type', `Send the body as it is, not as ${encoding}.`);
    }
    const open = await engine.openDelivery(hookId, { ...request.headers, 'content-type': types.get(request) });
    const stream = request.body instanceof Readable ? request.body : undefined;
    const query = request.query as Record<string, string | string[]>;
    const result = await bodies.use(stream, lengthOf(request), (body) => engine.deliver(open, { query, body }));
    if (result.outcome === 'ignored') return reply.code(200).send(result);
    const { runId, isNew, replayed } = result;
    if (isNew) onRunStarted?.(runId, request.id, {});
    if (replayed) reply.header('idempotent-replayed', 'true');
    return reply.code(202).header('location', `/graph/state/${runId}`).send(toStartedRun(result));
  }

  app.register((scope: App, _options, done) => {
    scope.removeAllContentTypeParsers();
    // The handler reads it, once it knows that somebody may send it.
    scope.addContentTypeParser(ANY_TYPE, (_request, payload, parsed) => parsed(null, payload));
    scope.addHook('onRequest', (request, _reply, next) => {
      const type = request.headers['content-type'];
      if (type !== undefined) types.set(request, type);
      request.headers['content-type'] = ANY_TYPE;
      next();
    });
    scope.post('/hooks/:hook_id/deliveries', { schema: SCHEMA }, (request, reply) =>
      deliver(request, request.params.hook_id, reply),
    );
    done();
  });
}

function lengthOf({ headers }: FastifyRequest): number | undefined {
  const length = headers['content-length'];
  return length === undefined ? undefined : Number(length);
}
