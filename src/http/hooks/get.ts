import type { Engine } from '../../engine/engine.js';
import type { App } from '../app-type.js';
import { describeResponses } from '../openapi/responses.js';
import { type HookRouteOptions, hookParamsSchema, hookSchema, toHook } from './schemas.js';

export function getHookRoute(app: App, engine: Engine, options: HookRouteOptions): void {
  app.get(
    '/hooks/:hook_id',
    {
      schema: {
        operationId: 'getHook',
        summary: 'Read a hook',
        description: 'The hook, with the number of requests that it has refused. Never the secret.',
        tags: ['Hooks'],
        params: hookParamsSchema,
        response: describeResponses({ 200: { description: 'The hook.', schema: hookSchema } }, [
          'hook_not_found',
          'hook_unreadable',
        ]),
      },
    },
    async (request) => toHook(await engine.getHook(request.params.hook_id), options),
  );
}
