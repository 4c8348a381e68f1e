import type { Engine } from '../../engine/engine.js';
import type { App } from '../app-type.js';
import { BODY_ERRORS, describeResponses } from '../openapi/responses.js';
import { newScheduleSchema, scheduleSchema, toSchedule } from './schemas.js';

const CREATED = {
  description: 'Created.',
  schema: scheduleSchema,
  headers: { Location: 'The path of the schedule.' },
};

export function createScheduleRoute(app: App, engine: Engine): void {
  app.post(
    '/schedules',
    {
      schema: {
        operationId: 'createSchedule',
        summary: 'Create a schedule',
        description:
          'Starts runs of a graph at the times that `cron` or `every_seconds` says. The input has to fit the `input_schema` of the graph.',
        tags: ['Schedules'],
        body: newScheduleSchema,
        response: describeResponses({ 201: CREATED }, [
          'graph_not_found',
          'graph_unreadable',
          'schedule_exists',
          'invalid_input',
          'invalid_request',
          ...BODY_ERRORS,
        ]),
      },
    },
    async (request, reply) => {
      const schedule = await engine.createSchedule(request.body);
      const { scheduleId } = schedule;
      request.log.info({ schedule_id: scheduleId, graph_id: schedule.graphId }, 'schedule created');
      reply.code(201).header('location', `/schedules/${scheduleId}`);
      return toSchedule(schedule);
    },
  );
}
