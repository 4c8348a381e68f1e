import type { Engine } from '../../engine/engine.js';
import type { App } from '../app-type.js';
import { BODY_ERRORS, describeResponses } from '../openapi/responses.js';
import { type HookRouteOptions, hookSchema, newHookSchema, toHook } from './schemas.js';

const CREATED = { description: 'Created.', schema: hookSchema, headers: { Location: 'The path of the hook.' } };

export function createHookRoute(app: App, engine: Engine, options: HookRouteOptions): void {
  app.post(
    '/hooks',
    {
      schema: {
        operationId: 'createHook',
        summary: 'Create a hook',
        description:
          'Makes an address that other services can send deliveries to: each starts a run, sends a signal or answers a wait. There can be 1,000 hooks.',
        tags: ['Hooks'],
        body: newHookSchema,
        response: describeResponses({ 201: CREATED }, [
          'graph_not_found',
          'hook_exists',
          'too_many_hooks',
          'invalid_request',
          ...BODY_ERRORS,
        ]),
      },
    },
    async (request, reply) => {
      const hook = await engine.createHook(request.body);
      request.log.info({ hook_id: hook.hookId }, 'hook created');
      reply.code(201).header('location', `/hooks/${hook.hookId}`);
      return toHook(hook, options);
    },
  );
}
