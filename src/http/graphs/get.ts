import { z } from 'zod';
import { graphDefinitionSchema } from '../../core/graph/definition.js';
import type { Engine } from '../../engine/engine.js';
import { isKnown, NOT_MODIFIED, TAG_HEADERS } from '../answers/entity-tag.js';
import type { AnswerOptions } from '../answers/large-answers.js';
import type { App } from '../app-type.js';
import { DEMO_GRAPH_ID } from '../openapi/examples.js';
import { describeResponses } from '../openapi/responses.js';
import { graphParamsSchema, ifNoneMatchSchema, timeSchema, versionSchema } from '../schemas.js';
import { mapOnce, toTime, type Wire } from '../wire.js';

const graphSchema = z
  .object({
    graph_id: z.string(),
    version: z.int(),
    name: z.string(),
    created_at: timeSchema,
    definition: graphDefinitionSchema,
  })
  .meta({ id: 'Graph' });

export function getGraphRoute(app: App, engine: Engine, { answers }: AnswerOptions): void {
  app.get(
    '/graph/:graph_id',
    {
      schema: {
        operationId: 'getGraph',
        summary: 'Read a graph',
        description: 'The latest version, or the given one.',
        tags: ['Graphs'],
        params: graphParamsSchema(DEMO_GRAPH_ID),
        querystring: z.strictObject({ version: versionSchema }),
        headers: ifNoneMatchSchema,
        response: describeResponses(
          { 200: { description: 'The graph.', schema: graphSchema, headers: TAG_HEADERS }, ...NOT_MODIFIED },
          ['invalid_request', 'graph_not_found', 'graph_unreadable'],
        ),
      },
    },
    async (request, reply) => {
      const graph = await engine.getGraph(request.params.graph_id, request.query.version);
      // A version never changes. Its number is not given again in one database, but can be in another.
      if (isKnown(request, reply, `${graph.version}-${graph.createdAt}`)) return reply.code(304).send();
      const send = await answers.prepare(reply, toGraph(graph));
      return send();
    },
  );
}

type GraphVersion = Awaited<ReturnType<Engine['getGraph']>>;

/** The id is beside the definition, so that the definition can be sent back, or to another server, as it is. */
const withoutId = mapOnce(({ graph_id: _, ...definition }: GraphVersion['definition']) => definition);

export function toGraph(graph: GraphVersion): Wire<typeof graphSchema> {
  return {
    graph_id: graph.graphId,
    version: graph.version,
    name: graph.name,
    created_at: toTime(graph.createdAt),
    definition: withoutId(graph.definition),
  };
}
