import type { Engine } from '../../engine/engine.js';
import type { App } from '../app-type.js';
import { BODY_ERRORS, describeResponses } from '../openapi/responses.js';
import { hookParamsSchema } from './schemas.js';

export function deleteHookRoute(app: App, engine: Engine): void {
  app.delete(
    '/hooks/:hook_id',
    {
      schema: {
        operationId: 'deleteHook',
        summary: 'Delete a hook',
        description:
          'Deletes the hook and what is known of its deliveries. The runs that it has started go on. Other servers on the database know it within a second.',
        tags: ['Hooks'],
        params: hookParamsSchema,
        response: describeResponses({ 204: { description: 'Deleted.' } }, ['hook_not_found', ...BODY_ERRORS]),
      },
    },
    async (request, reply) => {
      const { hook_id } = request.params;
      await engine.deleteHook(hook_id);
      request.log.info({ hook_id }, 'hook deleted');
      return reply.code(204).send();
    },
  );
}
