import { z } from 'zod';
import { definedOnly } from '../core/base/defined-only.js';
import { defineTool, FOLLOWS_FROM_PARAMS, SCHEMA_PARAMS, UNUSED_SETTINGS } from '../core/tool/tool.js';
import { wait } from '../core/tool/wait.js';
import { expiryOf, expirySchema, objectSchemaOf, waitKeySchema, waitSchemaSchema } from './wait-params.js';

/** Waits for a person, or a program, to answer. `now` is milliseconds since 1970. */
export const waitForInput = (now: () => number) =>
  defineTool({
    name: 'wait_for_input',
    description: 'Parks the run until POST /graph/runs/{run_id}/resume answers; the answer becomes data[save_as].',
    params: z.strictObject({
      message: z.string().min(1).max(8192).describe('What is asked.'),
      schema: waitSchemaSchema.describe('JSON Schema of the answer. Defaults of missing properties are filled in.'),
      expires_in_seconds: expirySchema,
      save_as: waitKeySchema,
    }),
    errors: ['wait_expired'],
    [SCHEMA_PARAMS]: ['schema'],
    [UNUSED_SETTINGS]: {
      timeout_seconds:
        'It limits the call of the tool, and not the wait that follows. Use the param expires_in_seconds.',
    },
    [FOLLOWS_FROM_PARAMS]: true,
    run: (_state, { params: { message, schema, expires_in_seconds: seconds, save_as: saveAs } }) =>
      wait({
        kind: 'input',
        message,
        ...definedOnly({ schema: objectSchemaOf(schema), until: expiryOf(now, seconds), saveAs }),
      }),
  });
