import { z } from 'zod';
import type { Engine } from '../../engine/engine.js';
import type { App } from '../app-type.js';
import { DIAGRAM, formatSchema, sendDiagram } from '../diagram-response.js';
import { type PlaceOptions, placing } from '../input/places.js';
import { DEMO_GRAPH_ID } from '../openapi/examples.js';
import { BODY_ERRORS, describeResponses } from '../openapi/responses.js';
import { graphParamsSchema, versionSchema } from '../schemas.js';
import { newGraphSchema } from './schemas.js';

export function drawGraphRoute(app: App, engine: Engine): void {
  app.get(
    '/graph/:graph_id/diagram',
    {
      schema: {
        operationId: 'drawGraph',
        summary: 'Draw a graph',
        description: "As Mermaid text or as a picture (SVG) in the reader's preferred colours, light or dark.",
        tags: ['Graphs'],
        params: graphParamsSchema(DEMO_GRAPH_ID),
        querystring: z.strictObject({ format: formatSchema, version: versionSchema }),
        response: describeResponses({ 200: { description: 'The graph.', ...DIAGRAM } }, [
          'invalid_request',
          'diagram_too_large',
          'graph_not_found',
          'graph_unreadable',
          'server_busy',
          'shutting_down',
        ]),
      },
    },
    async (request, reply) => {
      const { format = 'mermaid', version } = request.query;
      return sendDiagram(reply, format, await engine.drawGraph(request.params.graph_id, format, version));
    },
  );
}

export function drawDocumentRoute(app: App, engine: Engine, options: PlaceOptions): void {
  const placed = placing(options);
  app.post(
    '/graph/diagram',
    {
      ...placed,
      config: { ...placed.config, changesNothing: true },
      schema: {
        operationId: 'drawDocument',
        summary: 'Draw a graph that is not saved',
        description:
          'As Mermaid text or as a picture (SVG), like `GET /graph/{graph_id}/diagram`. Nothing is saved. Edges to what is no node are left out.',
        tags: ['Graphs'],
        body: newGraphSchema,
        querystring: z.strictObject({ format: formatSchema }),
        response: describeResponses({ 200: { description: 'The graph.', ...DIAGRAM } }, [
          'invalid_request',
          'diagram_too_large',
          'server_busy',
          'shutting_down',
          ...BODY_ERRORS,
        ]),
      },
    },
    async (request, reply) => {
      const { format = 'mermaid' } = request.query;
      return sendDiagram(reply, format, await engine.drawDocument(request.body, format));
    },
  );
}
