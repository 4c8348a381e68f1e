import { z } from 'zod';
import type { Json } from '../../core/base/json.js';
import { signalNameSchema } from '../../core/tool/wait.js';
import type { Engine } from '../../engine/engine.js';
import { actorOf } from '../actor.js';
import type { App } from '../app-type.js';
import { idempotencyOf } from '../input/idempotency.js';
import { SIGNAL } from '../openapi/examples.js';
import { BODY_ERRORS, describeResponses } from '../openapi/responses.js';
import { jsonSchema, runParamsSchema } from '../schemas.js';
import { startedRunSchema } from './schemas.js';
import { toStartedRun } from './wire.js';

const signalParamsSchema = runParamsSchema.extend({
  name: signalNameSchema.meta({ description: 'The name that a wait is for.', examples: ['payment'] }),
});

const headersSchema = z.object({
  'idempotency-key': z
    .string()
    .optional()
    .describe(
      '1 to 255 printable ASCII characters. A repeated request with the same key, name and body sends nothing and gets the first response. A run remembers its latest 1,000 keys.',
    ),
});

const sendSignalSchema = z
  .strictObject({
    payload: jsonSchema.exactOptional().describe('Any JSON; null if omitted. It becomes a key of `data`.'),
  })
  .meta({ id: 'SendSignal' })
  .meta({ examples: [SIGNAL] });

const STORED = {
  description: 'Stored. A wait has taken it, or it is kept until one does.',
  schema: startedRunSchema,
  headers: { 'Idempotent-Replayed': '`true` if an earlier request with this Idempotency-Key has sent the signal.' },
};

export function sendSignalRoute(app: App, engine: Engine): void {
  app.post(
    '/graph/runs/:run_id/signals/:name',
    {
      schema: {
        operationId: 'sendSignal',
        summary: 'Send a signal',
        description:
          'Sends a signal to the run, whatever it does. The tool `wait_for_signal` takes the oldest one of its name, whether it came before the wait or during it. A payload that does not fit the schema of the wait which is open changes nothing. At most 1,000 signals that no wait has taken, or 16 MiB of them, are kept.',
        tags: ['Runs'],
        params: signalParamsSchema,
        headers: headersSchema,
        body: sendSignalSchema,
        response: describeResponses({ 202: STORED }, [
          'invalid_header',
          'run_not_found',
          'run_unreadable',
          'run_finished',
          'too_many_signals',
          'invalid_answer',
          'idempotency_mismatch',
          'invalid_request',
          ...BODY_ERRORS,
        ]),
      },
    },
    async (request, reply) => {
      const { run_id, name } = request.params;
      const payload = (request.body.payload ?? null) as Json;
      const run = await engine.sendSignal(run_id, { name, payload, ...idempotencyOf(request), ...actorOf(request) });
      if (run.replayed) reply.header('idempotent-replayed', 'true');
      return reply.code(202).send(toStartedRun(run));
    },
  );
}
