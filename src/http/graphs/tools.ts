import type { Engine } from '../../engine/engine.js';
import type { App } from '../app-type.js';
import { answers } from '../openapi/answers.js';
import { conditionListSchema, toolListSchema } from './schemas.js';
import { toConditionList, toToolList } from './wire.js';

/** What graphs can name. */
export function registryRoutes(app: App, engine: Engine): void {
  app.get(
    '/graph/tools',
    {
      schema: {
        operationId: 'listTools',
        summary: 'List tools',
        description: 'What `tool_name` of a node can be, and the JSON Schema of its params.',
        tags: ['Registry'],
        response: answers({ 200: { description: 'All tools.', schema: toolListSchema } }),
      },
    },
    () => toToolList(engine.listTools()),
  );

  app.get(
    '/graph/conditions',
    {
      schema: {
        operationId: 'listConditions',
        summary: 'List conditions',
        description: 'What `condition_function` of a conditional edge can be, and what it can answer.',
        tags: ['Registry'],
        response: answers({ 200: { description: 'All conditions.', schema: conditionListSchema } }),
      },
    },
    () => toConditionList(engine.listConditions()),
  );
}
