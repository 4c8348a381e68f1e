import { z } from 'zod';
import type { Engine, ToolInfo } from '../../engine/engine.js';
import type { App } from '../app-type.js';
import { describeResponses } from '../openapi/responses.js';
import { jsonObjectSchema } from '../schemas.js';
import type { Wire } from '../wire.js';

const toolSchema = z
  .object({
    name: z.string(),
    description: z.string(),
    params: jsonObjectSchema
      .nullable()
      .describe('JSON Schema (2020-12) of the params; null if the tool does not check them.'),
    errors: z
      .array(z.string())
      .nullable()
      .describe('The codes of its errors, besides those of any step; null if it does not declare them.'),
  })
  .meta({ id: 'Tool' });

const toolListSchema = z.object({ tools: z.array(toolSchema) }).meta({ id: 'ToolList' });

export function listToolsRoute(app: App, engine: Engine): void {
  app.get(
    '/graph/tools',
    {
      schema: {
        operationId: 'listTools',
        summary: 'List tools',
        description: 'The possible values of `tool_name` of a node, each with the JSON Schema of its params.',
        tags: ['Registry'],
        response: describeResponses({ 200: { description: 'All tools.', schema: toolListSchema } }),
      },
    },
    () => toToolList(engine.listTools()),
  );
}

export function toToolList(tools: readonly ToolInfo[]): Wire<typeof toolListSchema> {
  return {
    tools: tools.map(({ name, description, params, errors }) => {
      return { name, description, params, errors: errors && [...errors] };
    }),
  };
}
