import type { Engine } from '../../engine/engine.js';
import type { App } from '../app-type.js';
import { describeResponses } from '../openapi/responses.js';
import { deliveryParamsSchema, deliverySchema } from './schemas.js';
import { toDelivery } from './wire.js';

export function getDeliveryRoute(app: App, engine: Engine): void {
  app.get(
    '/deliveries/:delivery_id',
    {
      schema: {
        operationId: 'getDelivery',
        summary: 'Read a callback',
        description: 'With its latest tries, and the body that is sent.',
        tags: ['Callbacks'],
        params: deliveryParamsSchema,
        response: describeResponses({ 200: { description: 'The callback.', schema: deliverySchema } }, [
          'delivery_not_found',
        ]),
      },
    },
    async (request) => toDelivery(await engine.getDelivery(request.params.delivery_id)),
  );
}
