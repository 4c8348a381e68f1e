import { z } from 'zod';
import type { Engine } from '../../engine/engine.js';
import type { App } from '../app-type.js';
import { DIAGRAM, formatSchema, sendDiagram } from '../diagram-response.js';
import { DEMO_GRAPH_ID } from '../openapi/examples.js';
import { describeResponses } from '../openapi/responses.js';
import { graphParamsSchema, versionSchema } from '../schemas.js';

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
        ]),
      },
    },
    async (request, reply) => {
      const { format = 'mermaid', version } = request.query;
      return sendDiagram(reply, format, await engine.drawGraph(request.params.graph_id, format, version));
    },
  );
}
