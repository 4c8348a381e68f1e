import type { Engine } from '../../engine/engine.js';
import type { App } from '../app-type.js';
import { type PlaceOptions, placeProblems, placing } from '../input/places.js';
import { BODY_ERRORS, describeResponses } from '../openapi/responses.js';
import { newGraphSchema, savedGraphSchema, toSavedGraph } from './schemas.js';

const CREATED = {
  description: 'Created.',
  schema: savedGraphSchema,
  headers: { Location: 'The path of the graph.' },
};

export function createGraphRoute(app: App, engine: Engine, options: PlaceOptions): void {
  app.post(
    '/graph/create',
    {
      ...placing(options),
      schema: {
        operationId: 'createGraph',
        summary: 'Create a graph',
        description: 'Checks the whole graph and saves it as version 1. Its id and its name must be free.',
        tags: ['Graphs'],
        body: newGraphSchema,
        response: describeResponses({ 201: CREATED }, [
          'invalid_graph',
          'graph_exists',
          'invalid_request',
          ...BODY_ERRORS,
        ]),
      },
    },
    async (request, reply) => {
      const saved = await engine.createGraph(request.body);
      request.log.info({ graph_id: saved.graphId, version: saved.version }, 'graph created');
      reply.code(201).header('location', `/graph/${saved.graphId}`);
      const warnings = await placeProblems(request, saved.warnings, options);
      return toSavedGraph({ ...saved, warnings }, `Graph "${saved.graphId}" created.`);
    },
  );
}
