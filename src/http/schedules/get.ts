import type { Engine } from '../../engine/engine.js';
import type { App } from '../app-type.js';
import { describeResponses } from '../openapi/responses.js';
import { scheduleParamsSchema, scheduleSchema, toSchedule } from './schemas.js';

export function getScheduleRoute(app: App, engine: Engine): void {
  app.get(
    '/schedules/:schedule_id',
    {
      schema: {
        operationId: 'getSchedule',
        summary: 'Read a schedule',
        description: 'With its next five instants, and what became of its last occurrence.',
        tags: ['Schedules'],
        params: scheduleParamsSchema,
        response: describeResponses({ 200: { description: 'The schedule.', schema: scheduleSchema } }, [
          'schedule_not_found',
          'schedule_unreadable',
        ]),
      },
    },
    async (request) => toSchedule(await engine.getSchedule(request.params.schedule_id)),
  );
}
