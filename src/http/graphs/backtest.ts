import { z } from 'zod';
import { type Engine, FINISHED, MAX_BACKTEST_RUNS } from '../../engine/engine.js';
import type { App } from '../app-type.js';
import { BACKTEST, DEMO_GRAPH_ID } from '../openapi/examples.js';
import { BODY_ERRORS, describeResponses } from '../openapi/responses.js';
import { runListQuerySchema, toRunFilter } from '../runs/list.js';
import { throughShape, toThrough } from '../runs/replay.js';
import {
  divergedOfSchema,
  endSchema,
  MISSING,
  outcomeSchema,
  readsSchema,
  stepCountsSchema,
  toEnds,
  toOutcome,
  usagesSchema,
} from '../runs/replay-schemas.js';
import { graphParamsSchema, kindSchema } from '../schemas.js';
import type { Wire } from '../wire.js';

const filterSchema = runListQuerySchema
  .pick({
    metadata: true,
    submitted_after: true,
    submitted_before: true,
    started_by: true,
    error_code: true,
    current_node: true,
  })
  .extend({ status: z.array(z.enum(FINISHED)).min(1).exactOptional().describe('Any of these; all if omitted.') })
  .describe('Filters of GET /graph/runs. All that are given must match.');

const backtestRequestSchema = z
  .strictObject({
    ...throughShape,
    filter: filterSchema.exactOptional(),
    limit: z.int().min(1).max(MAX_BACKTEST_RUNS).default(1000).describe('At most so many runs, the latest ones.'),
  })
  .refine(({ graph, version }) => graph === undefined || version === undefined, {
    message: 'Cannot have both `graph` and `version`.',
  })
  .meta({ id: 'BacktestRequest' })
  .meta({ examples: [BACKTEST] });

const examplesSchema = z.array(z.string()).describe('The ids of the latest of these runs, five at most.');

const groupSchema = z
  .object({
    at: z.object({ node: z.string(), visit: z.int() }).describe('Where they first go another way.'),
    of: divergedOfSchema,
    was: outcomeSchema,
    would_be: outcomeSchema,
    count: z.int(),
    read: readsSchema,
    examples: examplesSchema,
  })
  .meta({ id: 'BacktestGroup' });

const unknownGroupSchema = z
  .object({
    what: kindSchema('What is missing', {
      ...MISSING,
      run: 'the run as a whole: what is stored of it cannot be read, or is too large',
    }),
    node: z.string().nullable(),
    message: z.string().describe('Of the first of these runs.'),
    count: z.int(),
    examples: examplesSchema,
  })
  .meta({ id: 'BacktestUnknown' });

const endGroupSchema = z.object({ was: endSchema, would_be: endSchema, count: z.int() }).meta({ id: 'BacktestEnd' });

const backtestSchema = z
  .object({
    runs: z.int().describe('The number of runs that were replayed.'),
    same: z.int(),
    diverged: z.int(),
    unknown: z.int(),
    groups: z.array(groupSchema).describe('Runs that go another way, by where they first do: the largest hundred.'),
    unknown_groups: z.array(unknownGroupSchema).describe('Runs of which that is not known, by what is missing first.'),
    ends: z.array(endGroupSchema).describe('How the runs that are not unknown ended, and would end.'),
    complete: z.int().describe('Runs whose replay came to an end. `steps` and `usage` are the sums of these.'),
    steps: stepCountsSchema,
    usage: usagesSchema,
  })
  .meta({ id: 'Backtest' });

export function backtestRoute(app: App, engine: Engine): void {
  app.post(
    '/graph/:graph_id/backtest',
    {
      config: { changesNothing: true },
      schema: {
        operationId: 'backtestGraph',
        summary: 'Try a graph on past runs',
        description:
          'Replays the latest finished runs of a graph through a version of it (the latest if none is named), or through a document. Recorded results stand in for calls, so no tool is called, and nothing is stored.',
        tags: ['Graphs'],
        params: graphParamsSchema(DEMO_GRAPH_ID),
        body: backtestRequestSchema,
        response: describeResponses({ 200: { description: 'What it comes to.', schema: backtestSchema } }, [
          'graph_not_found',
          'graph_unreadable',
          'invalid_request',
          'shutting_down',
          ...BODY_ERRORS,
        ]),
      },
    },
    async (request, reply) => {
      const gone = new AbortController();
      reply.raw.once('close', () => gone.abort());
      const { filter = {}, limit, ...through } = request.body;
      const wanted = { ...toThrough(through), filter: toRunFilter(filter), limit, signal: gone.signal };
      return toBacktest(await engine.backtestGraph(request.params.graph_id, wanted));
    },
  );
}

function toBacktest(report: Awaited<ReturnType<Engine['backtestGraph']>>): Wire<typeof backtestSchema> {
  const { groups, unknownGroups, ends, steps, usage, ...counts } = report;
  return {
    ...counts,
    groups: groups.map(({ was, wouldBe, ...group }) => ({
      ...group,
      was: toOutcome(was),
      would_be: toOutcome(wouldBe),
    })),
    unknown_groups: unknownGroups,
    ends: ends.map(({ count, ...end }) => ({ ...toEnds(end), count })),
    steps: { was: steps.was, would_be: steps.wouldBe },
    usage: { was: usage.was, would_be: usage.wouldBe },
  };
}
