import { z } from 'zod';
import { definedOnly } from '../../core/base/defined-only.js';
import type { Json } from '../../core/base/json.js';
import type { Engine } from '../../engine/engine.js';
import { actorOf } from '../actor.js';
import type { App } from '../app-type.js';
import { APPROVAL } from '../openapi/examples.js';
import { BODY_ERRORS, describeResponses } from '../openapi/responses.js';
import { jsonSchema, runParamsSchema } from '../schemas.js';
import { startedRunSchema } from './schemas.js';
import { toStartedRun } from './wire.js';

const resumeRunSchema = z
  .strictObject({
    payload: jsonSchema.describe('The answer: any JSON that fits `waiting.schema`.'),
    wait_id: z
      .string()
      .exactOptional()
      .describe('`waiting.id` of the wait to answer: a late answer then never ends another wait.'),
  })
  .meta({ id: 'ResumeRun' })
  .meta({ examples: [APPROVAL] });

export function resumeRunRoute(app: App, engine: Engine): void {
  app.post(
    '/graph/runs/:run_id/resume',
    {
      schema: {
        operationId: 'resumeRun',
        summary: 'Answer a wait',
        description:
          'Gives a run the input that it waits for. An answer that does not fit `waiting.schema` changes nothing; a second one is a conflict. A run that waits at a limit takes `{ "limits": { ... } }` with a higher one. While the server is stopping, the answer is stored, and the run goes on after the next start.',
        tags: ['Runs'],
        params: runParamsSchema,
        body: resumeRunSchema,
        response: describeResponses({ 202: { description: 'Stored. The run goes on.', schema: startedRunSchema } }, [
          'run_not_found',
          'run_unreadable',
          'run_not_waiting',
          'limits_too_low',
          'invalid_answer',
          'invalid_request',
          ...BODY_ERRORS,
        ]),
      },
    },
    async (request, reply) => {
      const { payload, wait_id } = request.body;
      const answer = { payload: payload as Json, ...definedOnly({ waitId: wait_id }), ...actorOf(request) };
      const run = await engine.resumeRun(request.params.run_id, answer);
      return reply.code(202).send(toStartedRun(run));
    },
  );
}
