import type { z } from 'zod';
import type { Json } from '../../core/base/json.js';
import { isFinished } from '../../core/run/state.js';
import type { Engine, StartRun } from '../../engine/engine.js';
import type { App } from '../app-type.js';
import { idempotencyOf } from '../input/idempotency.js';
import { answers, BODY_ERRORS } from '../openapi/answers.js';
import { NEW_RUN_HEADERS, newRunHeadersSchema, startQuerySchema, startRunSchema } from './request-schemas.js';
import { runStateSchema, startedRunSchema } from './schemas.js';
import { toRunState } from './wire.js';

/** Starting runs. `onRunStarted` hears which request did. */
export function startRunRoute(
  app: App,
  engine: Engine,
  { onRunStarted }: { readonly onRunStarted?: (runId: string, requestId: string) => void },
): void {
  app.post(
    '/graph/run',
    {
      schema: {
        operationId: 'startRun',
        summary: 'Start a run',
        description:
          'Answers at once, as soon as the run is stored; `wait` asks for the result where it comes in time. A run that waits for input, or holds one that does, is not waited for any longer.',
        tags: ['Runs'],
        querystring: startQuerySchema,
        headers: newRunHeadersSchema,
        body: startRunSchema,
        response: answers(
          {
            200: {
              description: 'Finished within `wait`, FAILED too.',
              schema: runStateSchema,
              headers: NEW_RUN_HEADERS,
            },
            202: { description: 'Submitted.', schema: startedRunSchema, headers: NEW_RUN_HEADERS },
          },
          [
            'invalid_header',
            'graph_not_found',
            'invalid_input',
            'idempotency_mismatch',
            'queue_full',
            'shutting_down',
            'invalid_request',
            ...BODY_ERRORS,
          ],
        ),
      },
    },
    async (request, reply) => {
      const { wait } = request.query;
      const { runId, replayed } = await engine.startRun({ ...toStartRun(request.body), ...idempotencyOf(request) });
      reply.header('location', `/graph/state/${runId}`);
      if (replayed) reply.header('idempotent-replayed', 'true');
      else onRunStarted?.(runId, request.id);
      const view = wait === undefined ? undefined : await engine.getState(runId, { waitSeconds: wait });
      if (view !== undefined && isFinished(view.state.status)) return reply.code(200).send(toRunState(view));
      return reply.code(202).send({ run_id: runId, status: 'SUBMITTED' });
    },
  );
}

function toStartRun({ graph_id, input_data, ...options }: z.output<typeof startRunSchema>): StartRun {
  return { graphId: graph_id, inputData: (input_data ?? null) as Json, ...options };
}
