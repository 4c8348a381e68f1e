import { EngineError } from '../../core/base/errors.js';
import type { GraphDefinition } from '../../core/graph/definition.js';
import type { Engine } from '../../engine/engine.js';
import type { App } from '../app-type.js';
import { answers, BODY_ERRORS } from '../openapi/answers.js';
import { DEMO_GRAPH_ID, MY_GRAPH_ID } from '../openapi/examples.js';
import { graphParamsSchema, pageQuerySchema } from '../schemas.js';
import { graphListSchema, graphQuerySchema, graphSchema, savedGraphSchema, updatedGraphSchema } from './schemas.js';
import { toGraph, toGraphList, toSavedGraph } from './wire.js';

/** Graphs that are there: reading, updating, deleting. */
export function graphRoutes(app: App, engine: Engine): void {
  readRoutes(app, engine);
  app.put(
    '/graph/:graph_id',
    {
      schema: {
        operationId: 'updateGraph',
        summary: 'Save a new version',
        description: 'Runs under way keep the version they started with. An identical graph makes no new version.',
        tags: ['Graphs'],
        params: graphParamsSchema(DEMO_GRAPH_ID),
        body: updatedGraphSchema,
        response: answers({ 200: { description: 'Saved, or the same as before.', schema: savedGraphSchema } }, [
          'invalid_graph',
          'graph_not_found',
          'graph_exists',
          'shutting_down',
          'invalid_request',
          ...BODY_ERRORS,
        ]),
      },
    },
    async (request) => {
      const { graph_id } = request.params;
      const saved = await engine.updateGraph(graph_id, definitionOf(graph_id, request.body));
      const message = saved.changed
        ? `Version ${saved.version} saved.`
        : `Nothing changed since version ${saved.version}.`;
      return toSavedGraph(saved, message);
    },
  );

  app.delete(
    '/graph/:graph_id',
    {
      schema: {
        operationId: 'deleteGraph',
        summary: 'Delete a graph',
        description: 'Its finished runs can still be read; its id and name are free again.',
        tags: ['Graphs'],
        params: graphParamsSchema(MY_GRAPH_ID),
        response: answers({ 204: { description: 'Deleted.' } }, ['graph_not_found', 'graph_in_use', ...BODY_ERRORS]),
      },
    },
    async (request, reply) => {
      await engine.deleteGraph(request.params.graph_id);
      return reply.code(204).send();
    },
  );
}

function readRoutes(app: App, engine: Engine): void {
  app.get(
    '/graph',
    {
      schema: {
        operationId: 'listGraphs',
        summary: 'List graphs',
        description: 'The latest version of each, by id.',
        tags: ['Graphs'],
        querystring: pageQuerySchema,
        response: answers({ 200: { description: 'A page.', schema: graphListSchema } }, ['invalid_request']),
      },
    },
    async (request) => toGraphList(await engine.listGraphs(request.query)),
  );

  app.get(
    '/graph/:graph_id',
    {
      schema: {
        operationId: 'getGraph',
        summary: 'Read a graph',
        description: 'The latest version, or the one that is asked for.',
        tags: ['Graphs'],
        params: graphParamsSchema(DEMO_GRAPH_ID),
        querystring: graphQuerySchema,
        response: answers({ 200: { description: 'The graph.', schema: graphSchema } }, [
          'invalid_request',
          'graph_not_found',
        ]),
      },
    },
    async (request) => toGraph(await engine.getGraph(request.params.graph_id, request.query.version)),
  );
}

/** The document without the id, which the path says. */
function definitionOf(graphId: string, { graph_id: said, ...definition }: GraphDefinition): GraphDefinition {
  if (said === undefined || said === graphId) return definition;
  const message = `Not the id in the path, "${graphId.slice(0, 100)}".`;
  const errors = [{ pointer: '/graph_id', code: 'invalid_value', message }];
  throw new EngineError('invalid_request', 'The body names another graph than the path.', { errors });
}
