import type { ScheduleDefinition } from '../../core/schedule/definition.js';
import type { Engine } from '../../engine/engine.js';
import type { App } from '../app-type.js';
import { ApiError } from '../errors/api-error.js';
import { BODY_ERRORS, describeResponses } from '../openapi/responses.js';
import { newScheduleSchema, scheduleParamsSchema, scheduleSchema, toSchedule } from './schemas.js';

export function replaceScheduleRoute(app: App, engine: Engine): void {
  app.put(
    '/schedules/:schedule_id',
    {
      schema: {
        operationId: 'replaceSchedule',
        summary: 'Replace a schedule',
        description:
          'What the body omits has its default. The next instant stays, unless `cron`, `every_seconds` or `time_zone` is another. With `"enabled": false` the schedule starts nothing until it is enabled again.',
        tags: ['Schedules'],
        params: scheduleParamsSchema,
        body: newScheduleSchema,
        response: describeResponses({ 200: { description: 'Replaced.', schema: scheduleSchema } }, [
          'schedule_not_found',
          'graph_not_found',
          'graph_unreadable',
          'invalid_input',
          'invalid_request',
          ...BODY_ERRORS,
        ]),
      },
    },
    async (request) => {
      const { schedule_id } = request.params;
      checkId(schedule_id, request.body);
      const schedule = await engine.replaceSchedule(schedule_id, request.body);
      request.log.info({ schedule_id, enabled: schedule.settings.enabled }, 'schedule replaced');
      return toSchedule(schedule);
    },
  );
}

/** @throws ApiError `invalid_request` if the body has another id than the path */
function checkId(scheduleId: string, { schedule_id: idInBody }: ScheduleDefinition): void {
  if (idInBody === undefined || idInBody === scheduleId) return;
  const message = `Not the id in the path, "${scheduleId.slice(0, 100)}".`;
  const errors = [{ pointer: '/schedule_id', code: 'invalid_value', message }];
  throw new ApiError('invalid_request', 'The body names another schedule than the path.', { errors });
}
