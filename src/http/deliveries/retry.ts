import type { Engine } from '../../engine/engine.js';
import type { App } from '../app-type.js';
import { BODY_ERRORS, describeResponses } from '../openapi/responses.js';
import { deliveryParamsSchema, deliverySchema } from './schemas.js';
import { toDelivery } from './wire.js';

export function retryDeliveryRoute(app: App, engine: Engine): void {
  app.post(
    '/deliveries/:delivery_id/retry',
    {
      schema: {
        operationId: 'retryDelivery',
        summary: 'Try a callback again',
        description:
          'Has a callback tried now, and for three days more: one that was given up, or whose target wanted no more of the run, or one that is pending. Later events of the run are told to the target again. Repeating the request is harmless.',
        tags: ['Callbacks'],
        params: deliveryParamsSchema,
        response: describeResponses({ 202: { description: 'It is due.', schema: deliverySchema } }, [
          'delivery_not_found',
          'delivery_done',
          ...BODY_ERRORS,
        ]),
      },
    },
    async (request, reply) => reply.code(202).send(toDelivery(await engine.retryDelivery(request.params.delivery_id))),
  );
}
