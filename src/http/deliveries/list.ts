import { z } from 'zod';
import { definedOnly } from '../../core/base/defined-only.js';
import type { Engine } from '../../engine/engine.js';
import type { App } from '../app-type.js';
import { describeResponses } from '../openapi/responses.js';
import { pageShape } from '../schemas.js';
import { deliveryListSchema, deliveryStatusSchema } from './schemas.js';
import { toDeliveryList } from './wire.js';

const deliveryListQuerySchema = z.strictObject({
  status: z
    .array(z.enum(deliveryStatusSchema.options))
    .exactOptional()
    .describe('Any of these: repeated, or separated by commas.'),
  run_id: z.string().exactOptional().describe('Only those of this run.'),
  ...pageShape,
});

export function listDeliveriesRoute(app: App, engine: Engine): void {
  app.get(
    '/deliveries',
    {
      schema: {
        operationId: 'listDeliveries',
        summary: 'List callbacks',
        description: 'What runs have told others, and are still to tell them. Newest first.',
        tags: ['Callbacks'],
        querystring: deliveryListQuerySchema,
        response: describeResponses({ 200: { description: 'A page.', schema: deliveryListSchema } }, [
          'invalid_request',
        ]),
      },
    },
    async (request) => {
      const { status: statuses, run_id: runId, limit, cursor } = request.query;
      return toDeliveryList(await engine.listDeliveries({ limit, ...definedOnly({ statuses, runId, cursor }) }));
    },
  );
}
