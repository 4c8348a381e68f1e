import { z } from 'zod';
import type { Engine } from '../../engine/engine.js';
import type { App } from '../app-type.js';
import { describeResponses } from '../openapi/responses.js';
import { statusSchema } from '../runs/schemas.js';
import { kindSchema, nextCursorSchema, pageQuerySchema, timeSchema } from '../schemas.js';
import { toTime, type Wire } from '../wire.js';
import { hookParamsSchema, refusalsSchema, toRefusals } from './schemas.js';

type Page = Awaited<ReturnType<Engine['listHookDeliveries']>>;
type Outcome = Page['deliveries'][number]['outcome'];

const deliverySchema = z
  .object({
    delivery_id: z.string().nullable().describe('What `dedupe` has given, cut to 500 characters; null if nothing.'),
    received_at: timeSchema,
    outcome: kindSchema<Outcome>('What came of it', {
      accepted: 'it has started, signalled or answered a run',
      failed: 'it could not; if it comes again, it is looked at again',
      ignored: 'it was a ping of GitHub',
    }),
    run_id: z.string().nullable(),
    status: statusSchema.nullable().describe('The status that it was answered with.'),
    code: z.string().nullable().describe('Why it failed: the code of the answer.'),
    detail: z.string().nullable().describe('Why it failed.'),
  })
  .meta({ id: 'HookDelivery' });

const deliveryListSchema = z
  .object({ deliveries: z.array(deliverySchema), refusals: refusalsSchema, next_cursor: nextCursorSchema })
  .meta({ id: 'HookDeliveryList' });

export function listHookDeliveriesRoute(app: App, engine: Engine): void {
  app.get(
    '/hooks/:hook_id/deliveries',
    {
      schema: {
        operationId: 'listHookDeliveries',
        summary: 'List deliveries',
        description:
          'What the hook was sent, the latest first: for a week, and at most 100,000. Requests with a wrong signature are only counted.',
        tags: ['Hooks'],
        params: hookParamsSchema,
        querystring: pageQuerySchema,
        response: describeResponses({ 200: { description: 'A page.', schema: deliveryListSchema } }, [
          'hook_not_found',
          'invalid_request',
        ]),
      },
    },
    async (request) => toDeliveryList(await engine.listHookDeliveries(request.params.hook_id, request.query)),
  );
}

function toDeliveryList({ hook, deliveries, nextCursor }: Page): Wire<typeof deliveryListSchema> {
  return {
    deliveries: deliveries.map(({ deliveryId, receivedAt, outcome, runId, status, code, detail }) => {
      return { delivery_id: deliveryId, received_at: toTime(receivedAt), outcome, run_id: runId, status, code, detail };
    }),
    refusals: toRefusals(hook),
    next_cursor: nextCursor,
  };
}
