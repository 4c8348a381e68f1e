import type { Engine } from '../../engine/engine.js';
import type { App } from '../app-type.js';
import { depthCompiler } from '../input/validation.js';
import { answers, BODY_ERRORS } from '../openapi/answers.js';
import { newGraphSchema, savedGraphSchema, verdictSchema } from './schemas.js';
import { toSavedGraph } from './wire.js';

/** Making graphs. */
export function newGraphRoutes(app: App, engine: Engine): void {
  app.post(
    '/graph/create',
    {
      schema: {
        operationId: 'createGraph',
        summary: 'Create a graph',
        description: 'Checks the graph as a whole and saves it as version 1. Ids and names are taken once.',
        tags: ['Graphs'],
        body: newGraphSchema,
        response: answers(
          {
            201: {
              description: 'Created.',
              schema: savedGraphSchema,
              headers: { Location: 'Where the graph can be read.' },
            },
          },
          ['invalid_graph', 'graph_exists', 'invalid_request', ...BODY_ERRORS],
        ),
      },
    },
    async (request, reply) => {
      const saved = await engine.createGraph(request.body);
      reply.code(201).header('location', `/graph/${saved.graphId}`);
      return toSavedGraph(saved, `Graph "${saved.graphId}" created.`);
    },
  );

  app.post(
    '/graph/validate',
    {
      validatorCompiler: depthCompiler,
      schema: {
        operationId: 'validateGraph',
        summary: 'Check a graph',
        description: 'Says what POST /graph/create would say of this body, wrong shapes included. Nothing is saved.',
        tags: ['Graphs'],
        body: newGraphSchema,
        response: answers({ 200: { description: 'The verdict.', schema: verdictSchema } }, [
          'invalid_request',
          ...BODY_ERRORS,
        ]),
      },
    },
    (request) => {
      const { valid, errors, warnings } = engine.validateGraph(request.body);
      return { valid, errors, warnings };
    },
  );
}
