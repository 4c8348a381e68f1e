import { z } from 'zod';
import type { Engine } from '../../engine/engine.js';
import type { App } from '../app-type.js';
import { describeResponses } from '../openapi/responses.js';

const healthSchema = z.object({ status: z.enum(['ok', 'ready', 'unavailable']) }).meta({ id: 'Health' });

/** Health checks of supervisors and load balancers. They need no API key. */
export function healthRoutes(app: App, engine: Engine): void {
  app.get(
    '/health/live',
    {
      schema: {
        operationId: 'isAlive',
        summary: 'Is the process alive?',
        description: 'Always `ok` while the process can respond at all.',
        tags: ['Service'],
        security: [],
        response: describeResponses({ 200: { description: 'It is alive.', schema: healthSchema } }),
      },
    },
    () => ({ status: 'ok' }),
  );

  app.get(
    '/health/ready',
    {
      schema: {
        operationId: 'isReady',
        summary: 'Can it take requests?',
        description: 'Not while it is starting or stopping, nor while the database cannot be written.',
        tags: ['Service'],
        security: [],
        response: describeResponses({
          200: { description: 'It can: `ready`.', schema: healthSchema },
          503: { description: 'It cannot: `unavailable`.', schema: healthSchema },
        }),
      },
    },
    (_request, reply) => {
      const ready = engine.isReady();
      return reply.code(ready ? 200 : 503).send({ status: ready ? 'ready' : 'unavailable' });
    },
  );
}
