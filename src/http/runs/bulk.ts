import { z } from 'zod';
import { definedOnly } from '../../core/base/defined-only.js';
import { BULK_ACTIONS, MAX_BULK_RUNS } from '../../core/run/bulk.js';
import type { BulkRequest, Engine } from '../../engine/engine.js';
import { actorOf } from '../actor.js';
import type { App } from '../app-type.js';
import { BULK } from '../openapi/examples.js';
import { BODY_ERRORS, describeResponses } from '../openapi/responses.js';
import { nextCursorSchema } from '../schemas.js';
import type { Wire } from '../wire.js';
import { runListQuerySchema, toRunFilter } from './list.js';

/** The filters of a list of runs, in a body. */
export const runFilterSchema = runListQuerySchema.omit({ limit: true, cursor: true }).extend({
  paused: z
    .boolean()
    .exactOptional()
    .describe('True: only runs that are paused, whatever they wait for. False: only those that are not.'),
});

/** The runs that a request is about, if it names them. */
export const runIdsSchema = z
  .array(z.string())
  .min(1)
  .max(MAX_BULK_RUNS)
  .exactOptional()
  .describe('These runs, or those of a `filter`.');

const bulkFilterSchema = runFilterSchema
  .extend({
    all: z.literal(true).exactOptional().describe('Said for all runs, which no other filter says.'),
  })
  .refine(({ order: _, metadata = {}, ...filter }) => Object.keys({ ...metadata, ...filter }).length > 0, {
    message: 'Must have a filter. For all runs, say { "all": true }.',
  })
  .describe(
    'The filters of GET /graph/runs. Without `status`, the runs that the action can be done to. Newest first, or with `order` "asc" oldest first.',
  );

const bulkSchema = z
  .strictObject({
    action: z.enum(BULK_ACTIONS),
    run_ids: runIdsSchema,
    filter: bulkFilterSchema.exactOptional(),
    cursor: z.string().exactOptional().describe('With `filter`: `next_cursor` of the response before, to go on.'),
    dry_run: z.boolean().exactOptional().describe('Does nothing, and says what would be done.'),
  })
  .refine(({ run_ids, filter }) => (run_ids === undefined) !== (filter === undefined), {
    message: 'Must have either `run_ids` or `filter`.',
  })
  .refine(({ cursor, filter }) => cursor === undefined || filter !== undefined, {
    message: 'Goes with a `filter`.',
    path: ['cursor'],
  })
  .meta({ id: 'BulkRequest' })
  .meta({ examples: [BULK] });

const bulkResultSchema = z
  .object({
    run_id: z.string(),
    ok: z.literal(true).optional().describe('Done, or nothing was left to do. Omitted if there is an `error`.'),
    error: z.object({ code: z.string(), message: z.string() }).optional().describe('Why nothing was done to this run.'),
  })
  .meta({ id: 'BulkResult' });

const bulkOutcomeSchema = z
  .object({
    results: z.array(bulkResultSchema).describe('One for each run, in the order of `run_ids` or of the list.'),
    matched: z.int().describe('The number of runs that this response is about.'),
    more: z.boolean().describe('More runs fit the filter: go on with `next_cursor`.'),
    next_cursor: nextCursorSchema,
  })
  .meta({ id: 'BulkOutcome' });

export function bulkRoute(app: App, engine: Engine): void {
  app.post(
    '/graph/runs/bulk',
    {
      schema: {
        operationId: 'changeRuns',
        summary: 'Do the same to many runs',
        description:
          'Cancels, retries, deletes, pauses or unpauses up to 1,000 runs: those that are named, or those that fit a filter. Each run has a result of its own; what is refused for one is done to the others.',
        tags: ['Runs'],
        body: bulkSchema,
        response: describeResponses({ 200: { description: 'What came of it.', schema: bulkOutcomeSchema } }, [
          'invalid_request',
          ...BODY_ERRORS,
        ]),
      },
    },
    async (request) => {
      const outcome = await engine.changeRuns({ ...toBulkRequest(request.body), ...actorOf(request) });
      if (request.body.action === 'delete' && request.body.dry_run !== true) {
        for (const { runId, error } of outcome.results) {
          if (error === undefined) request.log.info({ run_id: runId }, 'run deleted');
        }
      }
      return toBulkOutcome(outcome);
    },
  );
}

function toBulkRequest({
  action,
  run_ids: ids = [],
  filter,
  cursor,
  dry_run,
}: z.output<typeof bulkSchema>): BulkRequest {
  const runs = filter === undefined ? { ids } : { filter: toRunFilter(filter), ...definedOnly({ cursor }) };
  return { action, runs, ...definedOnly({ dryRun: dry_run }) };
}

function toBulkOutcome({
  results,
  nextCursor,
}: Awaited<ReturnType<Engine['changeRuns']>>): Wire<typeof bulkOutcomeSchema> {
  return {
    results: results.map(({ runId, error }) => ({
      run_id: runId,
      ...(error === undefined ? { ok: true } : { error }),
    })),
    matched: results.length,
    more: nextCursor !== null,
    next_cursor: nextCursor,
  };
}
