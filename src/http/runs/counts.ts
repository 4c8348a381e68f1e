import { z } from 'zod';
import type { Engine } from '../../engine/engine.js';
import type { App } from '../app-type.js';
import { describeResponses } from '../openapi/responses.js';
import type { Wire } from '../wire.js';
import { runListQuerySchema, toRunFilter } from './list.js';
import { statusSchema } from './schemas.js';

const runCountsSchema = z
  .object({
    counts: z.object({
      SUBMITTED: z.int(),
      RUNNING: z.int(),
      WAITING: z.int(),
      COMPLETED: z.int(),
      FAILED: z.int(),
      CANCELLED: z.int(),
    }),
    at_least: z
      .array(statusSchema)
      .describe('Statuses of which there can be more runs: counting has a bound. Empty if all were counted.'),
  })
  .meta({ id: 'RunCounts' });

export function countRunsRoute(app: App, engine: Engine): void {
  app.get(
    '/graph/runs/counts',
    {
      schema: {
        operationId: 'countRuns',
        summary: 'Count runs by status',
        description: 'Those that `GET /graph/runs` lists with the same filters: up to 10,000 of each status.',
        tags: ['Runs'],
        querystring: runListQuerySchema.omit({ status: true, order: true, limit: true, cursor: true }),
        response: describeResponses({ 200: { description: 'The counts.', schema: runCountsSchema } }, [
          'invalid_request',
        ]),
      },
    },
    async (request) => toRunCounts(await engine.countRuns(toRunFilter(request.query))),
  );
}

function toRunCounts({ counts, atLeast }: Awaited<ReturnType<Engine['countRuns']>>): Wire<typeof runCountsSchema> {
  return { counts, at_least: atLeast };
}
