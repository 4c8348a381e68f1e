import { z } from 'zod';
import { graphDefinitionSchema } from '../../core/graph/definition.js';
import type { Engine, ListedExample } from '../../engine/engine.js';
import type { App } from '../app-type.js';
import { describeResponses } from '../openapi/responses.js';
import { jsonSchema } from '../schemas.js';
import type { Wire } from '../wire.js';

const exampleSchema = z
  .object({
    graph_id: z.string(),
    name: z.string(),
    description: z.string(),
    definition: graphDefinitionSchema.describe('For `POST /graph/create`.'),
    start: z
      .object({ graph_id: z.string(), input_data: jsonSchema, metadata: z.record(z.string(), z.string()) })
      .describe('For `POST /graph/run`.'),
    answer: jsonSchema.describe('An answer to the question that the run asks; null if it asks nothing.'),
    is_saved: z.boolean().describe('A graph has this id already: the example, or what somebody has made of it.'),
  })
  .meta({ id: 'ExampleGraph' });

const exampleListSchema = z
  .object({ graphs: z.array(exampleSchema).describe('The tour is the first. Empty on a server without the demo.') })
  .meta({ id: 'ExampleGraphList' });

export function listExamplesRoute(app: App, engine: Engine): void {
  app.get(
    '/examples',
    {
      schema: {
        operationId: 'listExamples',
        summary: 'List examples',
        description:
          'Graphs to start from, with a run of each. They need no network and no key. Saves nothing: send a `definition` to `POST /graph/create` if it is not saved, and `start` to `POST /graph/run`.',
        tags: ['Graphs'],
        response: describeResponses({ 200: { description: 'All examples.', schema: exampleListSchema } }),
      },
    },
    async () => toExampleList(await engine.listExamples()),
  );
}

function toExampleList(examples: readonly ListedExample[]): Wire<typeof exampleListSchema> {
  const graphs = examples.map(({ definition, start, answer, isSaved }) => {
    const { graph_id, name, description } = definition;
    const { inputData: input_data, metadata } = start;
    return {
      graph_id,
      name,
      description,
      definition,
      start: { graph_id, input_data, metadata },
      answer,
      is_saved: isSaved,
    };
  });
  return { graphs };
}
