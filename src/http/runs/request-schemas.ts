import { z } from 'zod';
import { limitsSchema, nameSchema } from '../../core/graph/definition.js';
import { NAMED_EXAMPLES, type NamedExamples } from '../openapi/document.js';
import { APPROVAL, APPROVAL_RUN, DEMO_RUN, FORK, RETRY } from '../openapi/examples.js';
import { jsonObjectSchema, jsonSchema, versionSchema, waitSchema } from '../schemas.js';

/** What starts runs, and what goes on with them. */

const MAX_METADATA = 50;
const metadataValueSchema = z.string().max(1000);

const metadataSchema = z
  .record(nameSchema.max(100), metadataValueSchema)
  .refine((metadata) => Object.keys(metadata).length <= MAX_METADATA, `must have at most ${MAX_METADATA} entries`)
  .describe('Strings of your own, to find the run by.');

const NEW_RUNS: NamedExamples = {
  demo: { summary: 'The demo, in three rounds', value: DEMO_RUN },
  approval: { summary: 'The approval that POST /graph/create has as an example: it waits', value: APPROVAL_RUN },
};

export const startRunSchema = z
  .strictObject({
    graph_id: z.string(),
    input_data: jsonSchema.exactOptional().describe('Any JSON; null where left out. Tools see it as `input_data`.'),
    version: versionSchema,
    limits: limitsSchema.exactOptional(),
    metadata: metadataSchema.meta({ maxProperties: MAX_METADATA }).exactOptional(),
  })
  .meta({ [NAMED_EXAMPLES]: NEW_RUNS });

export const startQuerySchema = z.strictObject({ wait: waitSchema });

/** The headers of requests that make runs. */
export const newRunHeadersSchema = z.object({
  'idempotency-key': z
    .string()
    .optional()
    .describe(
      '1 to 255 printable ASCII characters. The same key and body again start nothing and get the first answer.',
    ),
});

/** The headers of answers that made a run. */
export const NEW_RUN_HEADERS = {
  Location: 'Where the run can be followed.',
  'Idempotent-Replayed': '`true` where the Idempotency-Key had started this run before.',
};

export const resumeRunSchema = z
  .strictObject({
    payload: jsonSchema.describe('The answer: any JSON that fits `waiting.schema`.'),
    wait_id: z
      .string()
      .exactOptional()
      .describe('`waiting.id` of the wait that is meant: a late answer then never meets another one.'),
  })
  .meta({ examples: [APPROVAL] });

export const retryRunSchema = z
  .strictObject({ limits: limitsSchema.exactOptional().describe('In place of those that the run had.') })
  .optional()
  .meta({ examples: [RETRY] });

export const forkRunSchema = z
  .strictObject({
    from_step: z.int().min(1).describe('The first step that runs anew; those before it are copied.'),
    data: jsonObjectSchema.exactOptional().describe('Keys of `data` to set before that step.'),
    version: versionSchema.describe('The version of the graph to go on with; that of the original where left out.'),
  })
  .meta({ examples: [FORK] });
