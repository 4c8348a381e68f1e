import { z } from 'zod';
import { definedOnly } from '../../core/base/defined-only.js';
import type { JsonObject } from '../../core/base/json.js';
import { limitsSchema } from '../../core/graph/definition.js';
import type { Engine, RetryRun } from '../../engine/engine.js';
import { actorOf } from '../actor.js';
import type { App } from '../app-type.js';
import { RETRY } from '../openapi/examples.js';
import { BODY_ERRORS, describeResponses } from '../openapi/responses.js';
import { jsonObjectSchema, runParamsSchema } from '../schemas.js';
import { startedRunSchema } from './schemas.js';
import { toStartedRun } from './wire.js';

const retryRunSchema = z
  .strictObject({
    limits: limitsSchema.exactOptional().describe('They replace those that the run had.'),
    data: jsonObjectSchema.exactOptional().describe('Keys of `data` to set before the run goes on.'),
    result: jsonObjectSchema
      .exactOptional()
      .describe('The patch of the step that the run stopped at. Its tool is not called again; the run goes on by it.'),
  })
  .meta({ id: 'RetryRun' })
  .optional()
  .meta({ examples: [RETRY] });

export function retryRunRoute(app: App, engine: Engine): void {
  app.post(
    '/graph/runs/:run_id/retry',
    {
      schema: {
        operationId: 'retryRun',
        summary: 'Retry a run',
        description:
          'A FAILED or CANCELLED run goes on from the step it stopped at, and its deadline starts again. `data` corrects what the step sees; `result` takes the place of the step. The body can be omitted.',
        tags: ['Runs'],
        params: runParamsSchema,
        body: retryRunSchema,
        response: describeResponses({ 202: { description: 'The run goes on.', schema: startedRunSchema } }, [
          'run_not_found',
          'run_unreadable',
          'graph_unreadable',
          'run_not_retryable',
          'retry_impossible',
          'run_is_child',
          'limits_too_low',
          'graph_deleted',
          'concurrency_full',
          'queue_full',
          'shutting_down',
          'invalid_request',
          ...BODY_ERRORS,
        ]),
      },
    },
    async (request, reply) => {
      const run = await engine.retryRun(request.params.run_id, { ...toRetryRun(request.body), ...actorOf(request) });
      return reply.code(202).send(toStartedRun(run));
    },
  );
}

function toRetryRun({ limits, data, result }: z.output<typeof retryRunSchema> = {}): RetryRun {
  return definedOnly({ limits, data: data as JsonObject | undefined, result: result as JsonObject | undefined });
}
