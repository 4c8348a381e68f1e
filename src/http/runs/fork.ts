import type { z } from 'zod';
import type { JsonObject } from '../../core/base/json.js';
import type { Engine } from '../../engine/engine.js';
import type { App } from '../app-type.js';
import { idempotencyOf } from '../input/idempotency.js';
import { answers, BODY_ERRORS } from '../openapi/answers.js';
import { runParamsSchema } from '../schemas.js';
import { forkRunSchema, NEW_RUN_HEADERS, newRunHeadersSchema } from './request-schemas.js';
import { forkedRunSchema } from './schemas.js';
import { toForkedRun } from './wire.js';

/** Starting runs from the middle of others. */
export function forkRunRoute(app: App, engine: Engine): void {
  app.post(
    '/graph/runs/:run_id/fork',
    {
      schema: {
        operationId: 'forkRun',
        summary: 'Fork a run',
        description:
          'Starts a new run with the steps before `from_step` copied from this one, which is left as it is, even while it is under way.',
        tags: ['Runs'],
        params: runParamsSchema,
        headers: newRunHeadersSchema,
        body: forkRunSchema,
        response: answers(
          { 202: { description: 'Submitted: the new run.', schema: forkedRunSchema, headers: NEW_RUN_HEADERS } },
          [
            'invalid_header',
            'run_not_found',
            'fork_impossible',
            'run_is_child',
            'graph_deleted',
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
      const fork = { ...toFork(request.body), ...idempotencyOf(request) };
      const forked = await engine.forkRun(request.params.run_id, fork);
      reply.header('location', `/graph/state/${forked.runId}`);
      if (forked.replayed) reply.header('idempotent-replayed', 'true');
      return reply.code(202).send(toForkedRun(forked));
    },
  );
}

function toFork({ from_step, data, ...rest }: z.output<typeof forkRunSchema>): Parameters<Engine['forkRun']>[1] {
  return { fromStep: from_step, ...(data === undefined ? {} : { data: data as JsonObject }), ...rest };
}
