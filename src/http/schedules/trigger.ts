import type { Engine } from '../../engine/engine.js';
import { actorOf } from '../actor.js';
import type { App } from '../app-type.js';
import { idempotencyOf } from '../input/idempotency.js';
import { BODY_ERRORS, describeResponses } from '../openapi/responses.js';
import { NEW_RUN_HEADERS, newRunHeadersSchema, setNewRunHeaders } from '../runs/new-run.js';
import { startedRunSchema } from '../runs/schemas.js';
import type { StartRunOptions } from '../runs/start.js';
import { toStartedRun } from '../runs/wire.js';
import { scheduleParamsSchema } from './schemas.js';

const SUBMITTED = { description: 'Submitted.', schema: startedRunSchema, headers: NEW_RUN_HEADERS };

export function triggerScheduleRoute(app: App, engine: Engine, { onRunStarted }: StartRunOptions): void {
  app.post(
    '/schedules/:schedule_id/trigger',
    {
      schema: {
        operationId: 'triggerSchedule',
        summary: 'Start a run of a schedule now',
        description:
          'Whatever runs of it are not over, and whether it is enabled: `overlap` is for its own occurrences, which look at this run too. When it is due next stays as it is.',
        tags: ['Schedules'],
        params: scheduleParamsSchema,
        headers: newRunHeadersSchema,
        response: describeResponses({ 202: SUBMITTED }, [
          'invalid_header',
          'schedule_not_found',
          'schedule_unreadable',
          'graph_not_found',
          'graph_unreadable',
          'invalid_input',
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
      const actor = actorOf(request);
      const run = await engine.triggerSchedule(request.params.schedule_id, { ...idempotencyOf(request), ...actor });
      setNewRunHeaders(reply, run);
      if (!run.replayed) onRunStarted?.(run.runId, request.id, actor);
      return reply.code(202).send(toStartedRun({ runId: run.runId, status: 'SUBMITTED' }));
    },
  );
}
