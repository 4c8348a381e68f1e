import { z } from 'zod';
import type { Engine } from '../../engine/engine.js';
import { isKnown, NOT_MODIFIED, TAG_HEADERS, tagOfState } from '../answers/entity-tag.js';
import type { AnswerOptions } from '../answers/large-answers.js';
import type { App } from '../app-type.js';
import { linkOf, type PublicOptions } from '../approvals/shown-link.js';
import { describeResponses } from '../openapi/responses.js';
import { ifNoneMatchSchema, runParamsSchema, waitSchema } from '../schemas.js';
import { runStateSchema } from './schemas.js';
import { toRunState } from './wire.js';

const stateQuerySchema = z.strictObject({
  wait: waitSchema,
  logs_after: z.int().min(0).exactOptional().describe('Skips this many log lines.'),
  data: z
    .enum(['true', 'false'])
    .exactOptional()
    .describe(
      '`false` leaves out what can be large: `data` is empty, and `input_data` null. For readers that follow the events.',
    ),
});

export function getRunStateRoute(
  app: App,
  engine: Engine,
  { answers, publicUrl }: AnswerOptions & PublicOptions,
): void {
  app.get(
    '/graph/state/:run_id',
    {
      schema: {
        operationId: 'getRunState',
        summary: 'Read the state of a run',
        description:
          'Live while the run is under way. With `wait`, it responds once the run is finished, or once it or a run inside it waits for input. Send the `ETag` of the last answer as `If-None-Match`: as long as nothing has happened, the response is an empty 304.',
        tags: ['Runs'],
        params: runParamsSchema,
        querystring: stateQuerySchema,
        headers: ifNoneMatchSchema,
        response: describeResponses(
          { 200: { description: 'The current state.', schema: runStateSchema, headers: TAG_HEADERS }, ...NOT_MODIFIED },
          ['invalid_request', 'run_not_found', 'run_unreadable'],
        ),
      },
    },
    async (request, reply) => {
      const { wait = 0, logs_after = 0 } = request.query;
      const admit = (bytes: number): void => answers.admit(reply, bytes);
      const options = { waitSeconds: wait, logsAfter: logs_after, admit };
      const send = await engine.useState(request.params.run_id, options, async (view) => {
        const link = linkOf(view, request.mayOnlyRead ? undefined : publicUrl);
        if (isKnown(request, reply, tagOfState(view, link))) return () => reply.code(304).send();
        const state = toRunState(view, link);
        const shown = request.query.data === 'false' ? { ...state, data: {}, input_data: null } : state;
        return answers.prepare(reply, shown);
      });
      return send();
    },
  );
}
