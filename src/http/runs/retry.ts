import type { Json } from '../../core/base/json.js';
import type { Engine } from '../../engine/engine.js';
import type { App } from '../app-type.js';
import { answers, BODY_ERRORS } from '../openapi/answers.js';
import { runParamsSchema } from '../schemas.js';
import { resumeRunSchema, retryRunSchema } from './request-schemas.js';
import { startedRunSchema } from './schemas.js';

/** Going on with runs that wait or have stopped. */
export function continueRunRoutes(app: App, engine: Engine): void {
  app.post(
    '/graph/runs/:run_id/resume',
    {
      schema: {
        operationId: 'resumeRun',
        summary: 'Answer a wait',
        description:
          'Gives a run the input that it waits for. An answer that does not fit `waiting.schema` changes nothing; a second one is a conflict. While the server is stopping, the answer is stored, and the run goes on after the next start.',
        tags: ['Runs'],
        params: runParamsSchema,
        body: resumeRunSchema,
        response: answers({ 202: { description: 'Taken. The run goes on.', schema: startedRunSchema } }, [
          'run_not_found',
          'run_not_waiting',
          'invalid_answer',
          'invalid_request',
          ...BODY_ERRORS,
        ]),
      },
    },
    async (request, reply) => {
      const { payload, wait_id } = request.body;
      const answer = { payload: payload as Json, ...(wait_id === undefined ? {} : { waitId: wait_id }) };
      const { runId, status } = await engine.resumeRun(request.params.run_id, answer);
      return reply.code(202).send({ run_id: runId, status });
    },
  );

  app.post(
    '/graph/runs/:run_id/retry',
    {
      schema: {
        operationId: 'retryRun',
        summary: 'Retry a run',
        description:
          'A FAILED or CANCELLED run goes on from the step it stopped at, with its deadline started again. The body can be left out.',
        tags: ['Runs'],
        params: runParamsSchema,
        body: retryRunSchema,
        response: answers({ 202: { description: 'The run goes on.', schema: startedRunSchema } }, [
          'run_not_found',
          'run_not_retryable',
          'run_is_child',
          'limits_too_low',
          'graph_deleted',
          'queue_full',
          'shutting_down',
          'invalid_request',
          ...BODY_ERRORS,
        ]),
      },
    },
    async (request, reply) => {
      const { runId, status } = await engine.retryRun(request.params.run_id, request.body ?? {});
      return reply.code(202).send({ run_id: runId, status });
    },
  );
}
