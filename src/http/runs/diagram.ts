import { z } from 'zod';
import type { Engine } from '../../engine/engine.js';
import type { App } from '../app-type.js';
import { DIAGRAM, formatSchema, sendDiagram } from '../diagram-response.js';
import { describeResponses } from '../openapi/responses.js';
import { runParamsSchema } from '../schemas.js';

export function drawRunRoute(app: App, engine: Engine): void {
  app.get(
    '/graph/runs/:run_id/diagram',
    {
      schema: {
        operationId: 'drawRun',
        summary: 'Draw a run',
        description:
          'Its graph with the run on it: how often each node was visited, where the run is, and what failed. Its branches are on it too, the latest hundred of them.',
        tags: ['Runs'],
        params: runParamsSchema,
        querystring: z.strictObject({ format: formatSchema }),
        response: describeResponses({ 200: { description: 'The run.', ...DIAGRAM } }, [
          'invalid_request',
          'diagram_too_large',
          'server_busy',
          'shutting_down',
          'run_not_found',
          'run_unreadable',
          'graph_unreadable',
          'graph_not_found',
        ]),
      },
    },
    async (request, reply) => {
      const { format = 'mermaid' } = request.query;
      return sendDiagram(reply, format, await engine.drawRun(request.params.run_id, format));
    },
  );
}
