import type { Engine } from '../../engine/engine.js';
import type { App } from '../app-type.js';
import { BODY_ERRORS, describeResponses } from '../openapi/responses.js';
import { scheduleParamsSchema } from './schemas.js';

export function deleteScheduleRoute(app: App, engine: Engine): void {
  app.delete(
    '/schedules/:schedule_id',
    {
      schema: {
        operationId: 'deleteSchedule',
        summary: 'Delete a schedule',
        description: 'Runs that it has started go on.',
        tags: ['Schedules'],
        params: scheduleParamsSchema,
        response: describeResponses({ 204: { description: 'Deleted.' } }, ['schedule_not_found', ...BODY_ERRORS]),
      },
    },
    async (request, reply) => {
      const { schedule_id } = request.params;
      await engine.deleteSchedule(schedule_id);
      request.log.info({ schedule_id }, 'schedule deleted');
      return reply.code(204).send();
    },
  );
}
