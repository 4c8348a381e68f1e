import type { Engine } from '../../engine/engine.js';
import { actorOf } from '../actor.js';
import type { App } from '../app-type.js';
import { BODY_ERRORS, describeResponses } from '../openapi/responses.js';
import { runParamsSchema } from '../schemas.js';
import { startedRunSchema } from './schemas.js';
import { toStartedRun } from './wire.js';

export function cancelRunRoute(app: App, engine: Engine): void {
  app.post(
    '/graph/runs/:run_id/cancel',
    {
      schema: {
        operationId: 'cancelRun',
        summary: 'Cancel a run',
        description:
          'Tells a running tool to stop. The status is CANCELLED once it has stopped and the runs inside this one have ended. A run that cannot be read is cancelled at once. Repeating the request is harmless.',
        tags: ['Runs'],
        params: runParamsSchema,
        response: describeResponses(
          { 202: { description: 'Requested. The status is the current one.', schema: startedRunSchema } },
          ['run_not_found', 'run_finished', ...BODY_ERRORS],
        ),
      },
    },
    async (request, reply) => {
      const run = await engine.cancelRun(request.params.run_id, actorOf(request));
      return reply.code(202).send(toStartedRun(run));
    },
  );
}
