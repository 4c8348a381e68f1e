import { z } from 'zod';
import { graphDefinitionSchema } from '../../core/graph/definition.js';
import { NAMED_EXAMPLES, type NamedExamples } from '../openapi/document.js';
import { APPROVAL_GRAPH, MY_GRAPH, PARALLEL_GRAPH, UPDATED_DEMO } from '../openapi/examples.js';
import { jsonObjectSchema, nextCursorSchema, problemItemSchema, timeSchema, versionSchema } from '../schemas.js';

const NEW_GRAPHS: NamedExamples = {
  review: { summary: 'A loop: review until the code is simple enough', value: MY_GRAPH },
  approval: { summary: 'A wait for a person, then another graph as a step', value: APPROVAL_GRAPH },
  parallel: { summary: 'Branches that run side by side', value: PARALLEL_GRAPH },
};

export const newGraphSchema = graphDefinitionSchema.meta({ [NAMED_EXAMPLES]: NEW_GRAPHS });
export const updatedGraphSchema = graphDefinitionSchema.meta({ examples: [UPDATED_DEMO] });

export const graphQuerySchema = z.strictObject({ version: versionSchema });

export const verdictSchema = z
  .object({
    valid: z.boolean(),
    errors: z.array(problemItemSchema).describe('Why the graph would be refused.'),
    warnings: z.array(problemItemSchema).describe('What looks odd, and is accepted.'),
  })
  .meta({ id: 'Verdict' });

export const savedGraphSchema = z
  .object({
    graph_id: z.string(),
    version: z.int(),
    message: z.string(),
    warnings: z.array(problemItemSchema).describe('What looks odd, and is accepted.'),
  })
  .meta({ id: 'SavedGraph' });

export const graphSchema = z
  .object({
    graph_id: z.string(),
    version: z.int(),
    name: z.string(),
    created_at: timeSchema,
    definition: graphDefinitionSchema,
  })
  .meta({ id: 'Graph' });

export const graphListSchema = z
  .object({
    graphs: z.array(
      z.object({
        graph_id: z.string(),
        version: z.int().describe('The latest.'),
        name: z.string(),
        description: z.string().nullable(),
        created_at: timeSchema.describe('When that version was made.'),
      }),
    ),
    next_cursor: nextCursorSchema,
  })
  .meta({ id: 'GraphList' });

export const toolListSchema = z
  .object({
    tools: z.array(
      z.object({
        name: z.string(),
        description: z.string(),
        params: jsonObjectSchema
          .nullable()
          .describe('JSON Schema (2020-12) of the params; null where nothing is checked.'),
      }),
    ),
  })
  .meta({ id: 'ToolList' });

export const conditionListSchema = z
  .object({
    conditions: z.array(
      z.object({
        name: z.string(),
        description: z.string(),
        outcomes: z.array(z.string()).nullable().describe('All that it can answer; null where it does not say.'),
      }),
    ),
  })
  .meta({ id: 'ConditionList' });
