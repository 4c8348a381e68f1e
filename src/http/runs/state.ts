import type { z } from 'zod';
import type { Engine } from '../../engine/engine.js';
import type { App } from '../app-type.js';
import { answers, BODY_ERRORS } from '../openapi/answers.js';
import { pageQuerySchema, runParamsSchema } from '../schemas.js';
import { runListQuerySchema, runListSchema, runStateSchema, startedRunSchema, stateQuerySchema } from './schemas.js';
import { stepListSchema } from './step-schemas.js';
import { toRunList, toRunState, toStepList } from './wire.js';

const TAGS = ['Runs'];

/** Following and listing runs. */
export function runRoutes(app: App, engine: Engine): void {
  app.get(
    '/graph/state/:run_id',
    {
      schema: {
        operationId: 'getRunState',
        summary: 'Read the state of a run',
        description:
          'Live while the run is under way. `wait` holds the answer back until the run is finished, or until it, or a run inside it, waits for input.',
        tags: TAGS,
        params: runParamsSchema,
        querystring: stateQuerySchema,
        response: answers({ 200: { description: 'The state as it is now.', schema: runStateSchema } }, [
          'invalid_request',
          'run_not_found',
        ]),
      },
    },
    async (request) => {
      const { wait = 0, logs_after = 0 } = request.query;
      const options = { waitSeconds: wait, logsAfter: logs_after };
      return toRunState(await engine.getState(request.params.run_id, options));
    },
  );

  app.get(
    '/graph/runs',
    {
      schema: {
        operationId: 'listRuns',
        summary: 'List runs',
        description:
          'Newest first. Filters can be combined; all must fit. Runs inside other runs are listed only where `parent_run_id` or `waiting_for` asks for them.',
        tags: TAGS,
        querystring: runListQuerySchema,
        response: answers({ 200: { description: 'A page.', schema: runListSchema } }, ['invalid_request']),
      },
    },
    async (request) => toRunList(await engine.listRuns(toRunFilter(request.query))),
  );

  app.get(
    '/graph/runs/:run_id/steps',
    {
      schema: {
        operationId: 'listSteps',
        summary: 'List the steps of a run',
        description: 'Each visit to a node: what it changed, what it logged, and why the run went on where it did.',
        tags: TAGS,
        params: runParamsSchema,
        querystring: pageQuerySchema,
        response: answers({ 200: { description: 'A page.', schema: stepListSchema } }, [
          'invalid_request',
          'run_not_found',
        ]),
      },
    },
    async (request) => toStepList(await engine.listSteps(request.params.run_id, request.query)),
  );
  endRoutes(app, engine);
}

function endRoutes(app: App, engine: Engine): void {
  app.post(
    '/graph/runs/:run_id/cancel',
    {
      schema: {
        operationId: 'cancelRun',
        summary: 'Cancel a run',
        description:
          'A running tool is told to stop; the status is CANCELLED once it has let go, and the runs inside this one have ended. Asking again is harmless.',
        tags: TAGS,
        params: runParamsSchema,
        response: answers({ 202: { description: 'Asked for. The status is that of now.', schema: startedRunSchema } }, [
          'run_not_found',
          'run_finished',
          ...BODY_ERRORS,
        ]),
      },
    },
    async (request, reply) => {
      const { runId, status } = await engine.cancelRun(request.params.run_id);
      return reply.code(202).send({ run_id: runId, status });
    },
  );

  app.delete(
    '/graph/runs/:run_id',
    {
      schema: {
        operationId: 'deleteRun',
        summary: 'Delete a run',
        description: 'With the runs inside it and all that belongs to them. Finished top-level runs only.',
        tags: TAGS,
        params: runParamsSchema,
        response: answers({ 204: { description: 'Deleted.' } }, [
          'run_not_found',
          'run_active',
          'run_is_child',
          ...BODY_ERRORS,
        ]),
      },
    },
    async (request, reply) => {
      await engine.deleteRun(request.params.run_id);
      return reply.code(204).send();
    },
  );
}

function toRunFilter(query: z.output<typeof runListQuerySchema>): Parameters<Engine['listRuns']>[0] {
  const { status, graph_id, parent_run_id, waiting_for, submitted_after, ...rest } = query;
  return {
    ...rest,
    ...(status === undefined ? {} : { statuses: status }),
    ...(graph_id === undefined ? {} : { graphId: graph_id }),
    ...(parent_run_id === undefined ? {} : { parentRunId: parent_run_id }),
    ...(waiting_for === undefined ? {} : { waitingFor: waiting_for }),
    ...(submitted_after === undefined ? {} : { submittedAfter: Date.parse(submitted_after) }),
  };
}
