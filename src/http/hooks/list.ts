import { z } from 'zod';
import type { Engine } from '../../engine/engine.js';
import type { App } from '../app-type.js';
import { describeResponses } from '../openapi/responses.js';
import { nextCursorSchema, pageQuerySchema } from '../schemas.js';
import { type HookRouteOptions, hookSchema, toHook } from './schemas.js';

const hookListSchema = z.object({ hooks: z.array(hookSchema), next_cursor: nextCursorSchema }).meta({ id: 'HookList' });

export function listHooksRoute(app: App, engine: Engine, options: HookRouteOptions): void {
  app.get(
    '/hooks',
    {
      schema: {
        operationId: 'listHooks',
        summary: 'List hooks',
        description: 'All hooks, ordered by id.',
        tags: ['Hooks'],
        querystring: pageQuerySchema,
        response: describeResponses({ 200: { description: 'A page.', schema: hookListSchema } }, [
          'hook_unreadable',
          'invalid_request',
        ]),
      },
    },
    async (request) => {
      const { hooks, nextCursor } = await engine.listHooks(request.query);
      return { hooks: hooks.map((hook) => toHook(hook, options)), next_cursor: nextCursor };
    },
  );
}
