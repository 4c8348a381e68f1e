import type { Engine } from '../../engine/engine.js';
import { actorOf } from '../actor.js';
import type { App } from '../app-type.js';
import { BODY_ERRORS, describeResponses } from '../openapi/responses.js';
import { runParamsSchema } from '../schemas.js';
import { startedRunSchema } from './schemas.js';
import { toStartedRun } from './wire.js';

export function unpauseRunRoute(app: App, engine: Engine): void {
  app.post(
    '/graph/runs/:run_id/unpause',
    {
      schema: {
        operationId: 'unpauseRun',
        summary: 'Unpause a run',
        description:
          'A paused run goes on from where it is. A run that is not paused stays as it is, so repeating the request is harmless.',
        tags: ['Runs'],
        params: runParamsSchema,
        response: describeResponses(
          {
            202: {
              description: 'The run is paused no longer. The status is the current one.',
              schema: startedRunSchema,
            },
          },
          ['run_not_found', 'run_finished', 'run_unreadable', 'server_busy', ...BODY_ERRORS],
        ),
      },
    },
    async (request, reply) => {
      const run = await engine.unpauseRun(request.params.run_id, actorOf(request));
      return reply.code(202).send(toStartedRun(run));
    },
  );
}
