import { z } from 'zod';
import type { JsonObject } from '../../core/base/json.js';
import { graphDefinitionSchema } from '../../core/graph/definition.js';
import type { App } from '../app-type.js';
import { plainSchemas } from '../openapi/plain-schemas.js';
import { describeResponses } from '../openapi/responses.js';
import { jsonObjectSchema } from '../schemas.js';

/** @see https://www.ietf.org/archive/id/draft-bhutton-json-schema-01.html#section-14.1 */
const SCHEMA_TYPE = 'application/schema+json';

const SCHEMA = {
  description: 'The JSON Schema.',
  schema: jsonObjectSchema.meta({ id: 'GraphSchema', description: 'A JSON Schema, draft 2020-12.' }),
  mediaTypes: [SCHEMA_TYPE],
};

/** For editors, which send no API key. It is the same on every server of a release. */
export function graphSchemaRoute(app: App): void {
  let text: string | undefined;
  app.get(
    '/schemas/graph.json',
    {
      schema: {
        operationId: 'getGraphSchema',
        summary: 'Read the JSON Schema of graphs',
        description: 'For editors: they complete the fields of a graph, and mark what does not fit. Needs no API key.',
        tags: ['Graphs'],
        security: [],
        response: describeResponses({ 200: SCHEMA }),
      },
    },
    (_request, reply) => {
      text ??= JSON.stringify(graphJsonSchema());
      return reply.type(SCHEMA_TYPE).send(text);
    },
  );
}

/**
 * The JSON Schema of the graph document, as it is sent to the server. The graph doctor finds more: names of nodes that do
 * not exist, for example. `schemas/graph.json` is made of it.
 */
export function graphJsonSchema(): JsonObject {
  const { $schema, $ref, $defs } = z.toJSONSchema(graphDefinitionSchema, { io: 'input' });
  const named = Object.entries($defs ?? {}).map(([name, { id: _, ...schema }]) => [name, schema]);
  const { components } = plainSchemas({ paths: {}, components: { schemas: Object.fromEntries(named) } });
  return {
    $schema: $schema as string,
    $id: 'urn:graphrunner:schema:graph',
    title: 'Graph of graphrunner',
    description: 'A workflow: nodes that call tools, and edges that say what comes next.',
    $ref: $ref as string,
    $defs: components?.schemas as JsonObject,
  };
}
