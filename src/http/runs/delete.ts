import type { Engine } from '../../engine/engine.js';
import type { App } from '../app-type.js';
import { BODY_ERRORS, describeResponses } from '../openapi/responses.js';
import { runParamsSchema } from '../schemas.js';

export function deleteRunRoute(app: App, engine: Engine): void {
  app.delete(
    '/graph/runs/:run_id',
    {
      schema: {
        operationId: 'deleteRun',
        summary: 'Delete a run',
        description:
          'Deletes it with the runs inside it and all that belongs to them. Only finished top-level runs can be deleted.',
        tags: ['Runs'],
        params: runParamsSchema,
        response: describeResponses({ 204: { description: 'Deleted.' } }, [
          'run_not_found',
          'run_active',
          'run_is_child',
          ...BODY_ERRORS,
        ]),
      },
    },
    async (request, reply) => {
      const { run_id } = request.params;
      await engine.deleteRun(run_id);
      // No journal is left that could say it.
      request.log.info({ run_id }, 'run deleted');
      return reply.code(204).send();
    },
  );
}
