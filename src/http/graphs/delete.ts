import type { Engine } from '../../engine/engine.js';
import type { App } from '../app-type.js';
import { MY_GRAPH_ID } from '../openapi/examples.js';
import { BODY_ERRORS, describeResponses } from '../openapi/responses.js';
import { graphParamsSchema } from '../schemas.js';

export function deleteGraphRoute(app: App, engine: Engine): void {
  app.delete(
    '/graph/:graph_id',
    {
      schema: {
        operationId: 'deleteGraph',
        summary: 'Delete a graph',
        description: 'Its finished runs can still be read. Its id and its name are free again.',
        tags: ['Graphs'],
        params: graphParamsSchema(MY_GRAPH_ID),
        response: describeResponses({ 204: { description: 'Deleted.' } }, [
          'graph_not_found',
          'graph_in_use',
          ...BODY_ERRORS,
        ]),
      },
    },
    async (request, reply) => {
      const { graph_id } = request.params;
      await engine.deleteGraph(graph_id);
      request.log.info({ graph_id }, 'graph deleted');
      return reply.code(204).send();
    },
  );
}
