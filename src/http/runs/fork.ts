import { z } from 'zod';
import { definedOnly } from '../../core/base/defined-only.js';
import type { JsonObject } from '../../core/base/json.js';
import type { Engine, ForkRun } from '../../engine/engine.js';
import { actorOf } from '../actor.js';
import type { App } from '../app-type.js';
import { idempotencyOf } from '../input/idempotency.js';
import { FORK } from '../openapi/examples.js';
import { BODY_ERRORS, describeResponses } from '../openapi/responses.js';
import { jsonObjectSchema, runParamsSchema, versionSchema } from '../schemas.js';
import type { Wire } from '../wire.js';
import { NEW_RUN_HEADERS, newRunHeadersSchema, setNewRunHeaders } from './new-run.js';
import { forkedFromSchema, startedRunSchema } from './schemas.js';
import { toStartedRun } from './wire.js';

const forkRunSchema = z
  .strictObject({
    from_step: z.int().min(1).describe('The first step that runs anew; those before it are copied.'),
    data: jsonObjectSchema.exactOptional().describe('Keys of `data` to set before that step.'),
    version: versionSchema.describe('The version of the graph to go on with; that of the original if omitted.'),
  })
  .meta({ id: 'ForkRun' })
  .meta({ examples: [FORK] });

const forkedRunSchema = startedRunSchema.extend({ forked_from: forkedFromSchema }).meta({ id: 'ForkedRun' });

const FORKED = { description: 'Submitted: the new run.', schema: forkedRunSchema, headers: NEW_RUN_HEADERS };

export function forkRunRoute(app: App, engine: Engine): void {
  app.post(
    '/graph/runs/:run_id/fork',
    {
      schema: {
        operationId: 'forkRun',
        summary: 'Fork a run',
        description:
          'Starts a new run with the steps before `from_step` copied from this one. This one is left unchanged, even while it is under way.',
        tags: ['Runs'],
        params: runParamsSchema,
        headers: newRunHeadersSchema,
        body: forkRunSchema,
        response: describeResponses({ 202: FORKED }, [
          'invalid_header',
          'run_not_found',
          'run_unreadable',
          'graph_unreadable',
          'fork_impossible',
          'run_is_child',
          'graph_deleted',
          'idempotency_mismatch',
          'concurrency_full',
          'queue_full',
          'shutting_down',
          'invalid_request',
          ...BODY_ERRORS,
        ]),
      },
    },
    async (request, reply) => {
      const fork = { ...toForkRun(request.body), ...idempotencyOf(request), ...actorOf(request) };
      const forked = await engine.forkRun(request.params.run_id, fork);
      setNewRunHeaders(reply, forked);
      return reply.code(202).send(toForkedRun(forked));
    },
  );
}

function toForkRun({ from_step, data, version }: z.output<typeof forkRunSchema>): ForkRun {
  return { fromStep: from_step, ...definedOnly({ data: data as JsonObject | undefined, version }) };
}

function toForkedRun(run: Awaited<ReturnType<Engine['forkRun']>>): Wire<typeof forkedRunSchema> {
  return { ...toStartedRun(run), forked_from: run.forkedFrom };
}
