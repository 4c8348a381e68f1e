import type { Engine } from '../../engine/engine.js';
import { actorOf } from '../actor.js';
import type { App } from '../app-type.js';
import { BODY_ERRORS, describeResponses } from '../openapi/responses.js';
import { runParamsSchema } from '../schemas.js';
import { startedRunSchema } from './schemas.js';
import { toStartedRun } from './wire.js';

export function pauseRunRoute(app: App, engine: Engine): void {
  app.post(
    '/graph/runs/:run_id/pause',
    {
      schema: {
        operationId: 'pauseRun',
        summary: 'Pause a run',
        description:
          'The step in progress ends, and no other begins: the status is then WAITING, and `waiting.kind` is `paused`. What the run waits for goes on, and so do the runs inside it; what they come to is stored. Answers and signals are taken. A timer that is over, or a wait that has expired, is looked at when the run is unpaused. The deadline counts on. Repeating the request is harmless.',
        tags: ['Runs'],
        params: runParamsSchema,
        response: describeResponses(
          { 202: { description: 'Requested. The status is the current one.', schema: startedRunSchema } },
          ['run_not_found', 'run_finished', 'run_unreadable', 'server_busy', ...BODY_ERRORS],
        ),
      },
    },
    async (request, reply) => {
      const run = await engine.pauseRun(request.params.run_id, actorOf(request));
      return reply.code(202).send(toStartedRun(run));
    },
  );
}
