import { z } from 'zod';
import { definedOnly } from '../../core/base/defined-only.js';
import type { Engine } from '../../engine/engine.js';
import type { App } from '../app-type.js';
import { describeResponses } from '../openapi/responses.js';
import { pageShape } from '../schemas.js';
import { scheduleListSchema, toListedSchedule } from './schemas.js';

const querySchema = z.strictObject({
  graph_id: z.string().exactOptional().describe('Only schedules of this graph.'),
  ...pageShape,
});

export function listSchedulesRoute(app: App, engine: Engine): void {
  app.get(
    '/schedules',
    {
      schema: {
        operationId: 'listSchedules',
        summary: 'List schedules',
        description: 'By id, without their input.',
        tags: ['Schedules'],
        querystring: querySchema,
        response: describeResponses({ 200: { description: 'A page.', schema: scheduleListSchema } }, [
          'invalid_request',
        ]),
      },
    },
    async (request) => {
      const { limit, cursor, graph_id: graphId } = request.query;
      const page = await engine.listSchedules({ limit, ...definedOnly({ cursor, graphId }) });
      return { schedules: page.schedules.map(toListedSchedule), next_cursor: page.nextCursor };
    },
  );
}
