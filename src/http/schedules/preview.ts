import { z } from 'zod';
import { previewSchema } from '../../core/schedule/definition.js';
import type { Engine } from '../../engine/engine.js';
import type { App } from '../app-type.js';
import { SCHEDULE_TIMES } from '../openapi/examples.js';
import { BODY_ERRORS, describeResponses } from '../openapi/responses.js';
import { timeSchema } from '../schemas.js';
import { toTime } from '../wire.js';

const instantsSchema = z
  .object({ next: z.array(timeSchema).describe('The instants, in order.') })
  .meta({ id: 'ScheduleInstants' });

export function previewScheduleRoute(app: App, engine: Engine): void {
  app.post(
    '/schedules/preview',
    {
      config: { changesNothing: true },
      schema: {
        operationId: 'previewSchedule',
        summary: 'See when a schedule would be due',
        description: 'Saves nothing.',
        tags: ['Schedules'],
        body: previewSchema.meta({ examples: [SCHEDULE_TIMES] }),
        response: describeResponses({ 200: { description: 'When it would be due.', schema: instantsSchema } }, [
          'invalid_request',
          ...BODY_ERRORS,
        ]),
      },
    },
    async (request) => ({ next: (await engine.previewSchedule(request.body)).map(toTime) }),
  );
}
