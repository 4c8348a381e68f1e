import { z } from 'zod';
import { definedOnly } from '../../core/base/defined-only.js';
import type { Engine, MigrateRuns } from '../../engine/engine.js';
import { actorOf } from '../actor.js';
import type { App } from '../app-type.js';
import { DEMO_GRAPH_ID, MIGRATION } from '../openapi/examples.js';
import { BODY_ERRORS, describeResponses } from '../openapi/responses.js';
import { runFilterSchema, runIdsSchema } from '../runs/bulk.js';
import { toRunFilter } from '../runs/list.js';
import { graphParamsSchema, nextCursorSchema } from '../schemas.js';
import type { Wire } from '../wire.js';

const migrateSchema = z
  .strictObject({
    to_version: z.int().min(1).describe('The version of the graph that the runs are to go on with.'),
    run_ids: runIdsSchema,
    filter: runFilterSchema
      .omit({ graph_id: true, parent_run_id: true })
      .exactOptional()
      .describe(
        'The filters of GET /graph/runs, for runs of this graph. If it is omitted, or has no `status`, all that can be moved: those that are SUBMITTED, WAITING, FAILED or CANCELLED.',
      ),
    cursor: z.string().exactOptional().describe('`next_cursor` of the response before, to go on.'),
    dry_run: z.boolean().exactOptional().describe('Moves nothing, and says which runs can be moved. Default: true.'),
  })
  .refine(({ run_ids, filter }) => run_ids === undefined || filter === undefined, {
    message: 'Can have either `run_ids` or `filter`.',
  })
  .refine(({ cursor, run_ids }) => cursor === undefined || run_ids === undefined, {
    message: 'Does not go with `run_ids`.',
    path: ['cursor'],
  })
  .meta({ id: 'MigrateRuns' })
  .meta({ examples: [MIGRATION] });

const migrationResultSchema = z
  .object({
    run_id: z.string(),
    from_version: z.int().nullable().describe('The version that the run was on. Null if there is no such run.'),
    moved: z
      .boolean()
      .optional()
      .describe('Whether the run goes on with `to_version` from here on. Omitted in a dry run.'),
    can_move: z.boolean().optional().describe('In a dry run: whether the run could be moved.'),
    error: z
      .object({
        code: z.string(),
        message: z.string(),
        pointer: z
          .string()
          .optional()
          .describe('A JSON Pointer (RFC 6901) to what is different, in the document of `to_version`.'),
      })
      .optional()
      .describe('Why the run is not moved.'),
  })
  .meta({ id: 'MigrationResult' });

const migrationSchema = z
  .object({
    results: z.array(migrationResultSchema).describe('One for each run, in the order of `run_ids` or of the list.'),
    matched: z.int().describe('The number of runs that this response is about.'),
    more: z.boolean().describe('More runs fit the filter: go on with `next_cursor`.'),
    next_cursor: nextCursorSchema,
    dry_run: z.boolean(),
  })
  .meta({ id: 'Migration' });

export function migrateRunsRoute(app: App, engine: Engine): void {
  app.post(
    '/graph/:graph_id/migrate',
    {
      schema: {
        operationId: 'migrateRuns',
        summary: 'Move runs to another version',
        description:
          'Has runs of a graph go on with another version of it: up to 1,000, each for which what was recorded proves that this version would have come to the same place. Says which can be moved, unless `dry_run` is false.',
        tags: ['Graphs'],
        params: graphParamsSchema(DEMO_GRAPH_ID),
        body: migrateSchema,
        response: describeResponses({ 200: { description: 'What came of it.', schema: migrationSchema } }, [
          'invalid_request',
          'graph_not_found',
          'graph_unreadable',
          ...BODY_ERRORS,
        ]),
      },
    },
    async (request) => {
      const { graph_id: graphId } = request.params;
      return toMigration(await engine.migrateRuns(graphId, { ...toMigrateRuns(request.body), ...actorOf(request) }));
    },
  );
}

function toMigrateRuns({
  to_version: toVersion,
  run_ids: ids,
  filter = {},
  cursor,
  dry_run: dryRun,
}: z.output<typeof migrateSchema>): MigrateRuns {
  const runs = ids === undefined ? { filter: toRunFilter(filter), ...definedOnly({ cursor }) } : { ids };
  return { toVersion, runs, ...definedOnly({ dryRun }) };
}

function toMigration({
  results,
  nextCursor,
  dryRun,
}: Awaited<ReturnType<Engine['migrateRuns']>>): Wire<typeof migrationSchema> {
  return {
    results: results.map(({ runId, fromVersion, error }) => ({
      run_id: runId,
      from_version: fromVersion,
      [dryRun ? 'can_move' : 'moved']: error === undefined,
      ...definedOnly({ error }),
    })),
    matched: results.length,
    more: nextCursor !== null,
    next_cursor: nextCursor,
    dry_run: dryRun,
  };
}
