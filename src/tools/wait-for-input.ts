import { z } from 'zod';
import { definedOnly } from '../core/base/defined-only.js';
import type { JsonObject } from '../core/base/json.js';
import { defineTool, SCHEMA_PARAMS, UNUSED_SETTINGS } from '../core/tool/tool.js';
import { wait } from '../core/tool/wait.js';
import { checkSchema } from './answer-schema.js';

const MAX_SECONDS = 3_153_600_000;

/** Waits for a person, or a program, to answer. `now` is milliseconds since 1970. */
export const waitForInput = (now: () => number) =>
  defineTool({
    name: 'wait_for_input',
    description: 'Parks the run until POST /graph/runs/{run_id}/resume answers; the answer becomes data[save_as].',
    params: z.strictObject({
      message: z.string().min(1).max(8192).describe('What is asked.'),
      schema: z
        .union([z.record(z.string(), z.unknown()), z.boolean()])
        .superRefine(checkSchema)
        .optional()
        .describe('JSON Schema of the answer. Defaults of missing properties are filled in.'),
      expires_in_seconds: z
        .number()
        .positive()
        .max(MAX_SECONDS)
        .optional()
        .describe('When it is too late: wait_expired.'),
      save_as: z.string().min(1).max(200).optional().describe("The key of data; the node's name by default."),
    }),
    [SCHEMA_PARAMS]: ['schema'],
    [UNUSED_SETTINGS]: {
      retry: 'A question that nobody has answered in time is not asked again. Lead to the node again with on_error.',
      timeout_seconds:
        'It limits the call of the tool, and not the wait that follows. Use the param expires_in_seconds.',
    },
    run: (_state, { params: { message, schema, expires_in_seconds: seconds, save_as: saveAs } }) =>
      wait({
        kind: 'input',
        message,
        ...definedOnly({
          schema: typeof schema === 'boolean' ? objectSchemaOf(schema) : (schema as JsonObject | undefined),
          until: seconds === undefined ? undefined : Math.ceil(now() + seconds * 1000),
          saveAs,
        }),
      }),
  });

/** `true` and `false` as objects: those that wait are stored with one. */
function objectSchemaOf(schema: boolean): JsonObject {
  return schema ? {} : { not: {} };
}
