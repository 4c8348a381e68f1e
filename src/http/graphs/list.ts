import { z } from 'zod';
import type { Engine } from '../../engine/engine.js';
import type { App } from '../app-type.js';
import { describeResponses } from '../openapi/responses.js';
import { nextCursorSchema, pageQuerySchema, searchSchema, timeSchema } from '../schemas.js';
import { toTime, type Wire } from '../wire.js';

const graphSummarySchema = z
  .object({
    graph_id: z.string(),
    version: z.int().describe('The latest one.'),
    name: z.string(),
    description: z.string().nullable(),
    created_at: timeSchema.describe('When that version was saved.'),
  })
  .meta({ id: 'GraphSummary' });

const graphListSchema = z
  .object({ graphs: z.array(graphSummarySchema), next_cursor: nextCursorSchema })
  .meta({ id: 'GraphList' });

const graphListQuerySchema = pageQuerySchema.extend({
  search: searchSchema.describe('Only graphs with this text, in whatever case, in their id or name.'),
});

export function listGraphsRoute(app: App, engine: Engine): void {
  app.get(
    '/graph',
    {
      schema: {
        operationId: 'listGraphs',
        summary: 'List graphs',
        description: 'The latest version of each graph, ordered by id.',
        tags: ['Graphs'],
        querystring: graphListQuerySchema,
        response: describeResponses({ 200: { description: 'A page.', schema: graphListSchema } }, ['invalid_request']),
      },
    },
    async (request) => toGraphList(await engine.listGraphs(request.query)),
  );
}

export function toGraphList(page: Awaited<ReturnType<Engine['listGraphs']>>): Wire<typeof graphListSchema> {
  const graphs = page.graphs.map((graph) => ({
    graph_id: graph.graphId,
    version: graph.version,
    name: graph.name,
    description: graph.description,
    created_at: toTime(graph.createdAt),
  }));
  return { graphs, next_cursor: page.nextCursor };
}
