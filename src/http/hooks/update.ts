import type { NewHook } from '../../core/hook/definition.js';
import type { Engine } from '../../engine/engine.js';
import type { App } from '../app-type.js';
import { ApiError } from '../errors/api-error.js';
import { BODY_ERRORS, describeResponses } from '../openapi/responses.js';
import { type HookRouteOptions, hookParamsSchema, hookSchema, newHookSchema, toHook } from './schemas.js';

export function updateHookRoute(app: App, engine: Engine, options: HookRouteOptions): void {
  app.put(
    '/hooks/:hook_id',
    {
      schema: {
        operationId: 'updateHook',
        summary: 'Replace a hook',
        description:
          'Replaces the whole hook. Deliveries that it has accepted stay known: one that comes again gets its first answer. Other servers on the database know it within a second.',
        tags: ['Hooks'],
        params: hookParamsSchema,
        body: newHookSchema,
        response: describeResponses({ 200: { description: 'Saved.', schema: hookSchema } }, [
          'hook_not_found',
          'graph_not_found',
          'hook_unreadable',
          'invalid_request',
          ...BODY_ERRORS,
        ]),
      },
    },
    async (request) => {
      const { hook_id } = request.params;
      const hook = await engine.updateHook(hook_id, withoutId(hook_id, request.body));
      request.log.info({ hook_id }, 'hook updated');
      return toHook(hook, options);
    },
  );
}

/** The document without its id, which must be that of the path if there is one. */
function withoutId(hookId: string, { hook_id: idInBody, ...definition }: NewHook): Omit<NewHook, 'hook_id'> {
  if (idInBody === undefined || idInBody === hookId) return definition;
  const message = `Not the id in the path, "${hookId.slice(0, 100)}".`;
  const errors = [{ pointer: '/hook_id', code: 'invalid_value', message }];
  throw new ApiError('invalid_request', 'The body names another hook than the path.', { errors });
}
