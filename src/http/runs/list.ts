import { z } from 'zod';
import { definedOnly } from '../../core/base/defined-only.js';
import { readStartedBy, STARTER_KINDS } from '../../core/run/started-by.js';
import type { Engine } from '../../engine/engine.js';
import type { App } from '../app-type.js';
import { describeResponses } from '../openapi/responses.js';
import { pageShape, searchSchema } from '../schemas.js';
import { runListSchema, statusSchema, waitKindSchema } from './schemas.js';
import { toRunList } from './wire.js';

export const runListQuerySchema = z.strictObject({
  status: z
    .array(z.enum(statusSchema.options))
    .exactOptional()
    .describe('Any of these: repeated, or separated by commas.'),
  graph_id: z.string().exactOptional(),
  parent_run_id: z.string().exactOptional().describe('The runs inside this one. If omitted, only top-level runs.'),
  waiting_for: z
    .enum(waitKindSchema.options)
    .exactOptional()
    .describe('Only runs that wait for this, including those inside other runs.'),
  metadata: z
    .record(z.string(), z.string())
    .exactOptional()
    .describe('Runs with this metadata: `metadata.key=value`, or `metadata[key]=value`. Several must all match.'),
  submitted_after: z.iso.datetime({ offset: true }).exactOptional().describe('An RFC 3339 time; runs submitted later.'),
  submitted_before: z.iso
    .datetime({ offset: true })
    .exactOptional()
    .describe('An RFC 3339 time; runs submitted earlier.'),
  started_by: z
    .string()
    .refine((text) => readStartedBy(text) !== undefined, {
      message: `Must be one of ${Object.keys(STARTER_KINDS).join(', ')}, with ":" and an id or without.`,
    })
    .exactOptional()
    .describe('Only runs that this has started: a kind, such as `schedule`, or one of it, such as `schedule:nightly`.'),
  error_code: z.string().exactOptional().describe('Only runs that failed with this `code` of their `error`.'),
  current_node: z
    .string()
    .exactOptional()
    .describe('Only runs that are at this node, or that failed or were cancelled there.'),
  paused: z
    .enum(['true', 'false'])
    .exactOptional()
    .describe('`true`: only runs that are paused, whatever they wait for. `false`: only those that are not.'),
  search: searchSchema.describe(
    'Only runs with this text, in whatever case, in their id, the id of their graph, a value of their metadata, or the code, message or node of their error.',
  ),
  order: z
    .enum(['asc', 'desc'])
    .exactOptional()
    .describe('By when they were submitted. `asc`: the oldest first. Default: `desc`, the newest first.'),
  ...pageShape,
});

export function listRunsRoute(app: App, engine: Engine): void {
  app.get(
    '/graph/runs',
    {
      schema: {
        operationId: 'listRuns',
        summary: 'List runs',
        description:
          'Newest first, or with `order=asc` oldest first. Filters can be combined; all must match. Runs inside other runs are listed only if `parent_run_id` or `waiting_for` asks for them.',
        tags: ['Runs'],
        querystring: runListQuerySchema,
        response: describeResponses({ 200: { description: 'A page.', schema: runListSchema } }, ['invalid_request']),
      },
    },
    async (request) => {
      const { limit, cursor } = request.query;
      return toRunList(await engine.listRuns({ ...toRunFilter(request.query), limit, ...definedOnly({ cursor }) }));
    },
  );
}

/** The filters of a list, without what pages it. */
export function toRunFilter(
  query: Omit<z.output<typeof runListQuerySchema>, 'limit' | 'cursor' | 'paused'> & {
    paused?: boolean | 'true' | 'false';
  },
): Omit<Parameters<Engine['listRuns']>[0], 'limit' | 'cursor'> {
  return definedOnly({
    metadata: query.metadata,
    statuses: query.status,
    graphId: query.graph_id,
    parentRunId: query.parent_run_id,
    waitingFor: query.waiting_for,
    startedBy: query.started_by === undefined ? undefined : readStartedBy(query.started_by),
    errorCode: query.error_code,
    currentNode: query.current_node,
    search: query.search,
    paused: query.paused === undefined ? undefined : query.paused === true || query.paused === 'true',
    submittedAfter: toMilliseconds(query.submitted_after),
    submittedBefore: toMilliseconds(query.submitted_before),
    oldestFirst: query.order === undefined ? undefined : query.order === 'asc',
  });
}

function toMilliseconds(time: string | undefined): number | undefined {
  return time === undefined ? undefined : Date.parse(time);
}
