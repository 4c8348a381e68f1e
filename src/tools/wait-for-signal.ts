import { z } from 'zod';
import { definedOnly } from '../core/base/defined-only.js';
import { defineTool, FOLLOWS_FROM_PARAMS, SCHEMA_PARAMS, UNUSED_SETTINGS } from '../core/tool/tool.js';
import { signalNameSchema, wait } from '../core/tool/wait.js';
import { expiryOf, expirySchema, objectSchemaOf, waitKeySchema, waitSchemaSchema } from './wait-params.js';

/** Takes the oldest signal of a name that the run has not taken, or waits for one. `now` is milliseconds since 1970. */
export const waitForSignal = (now: () => number) =>
  defineTool({
    name: 'wait_for_signal',
    description:
      'Takes the oldest signal of a name, or parks the run until POST /graph/runs/{run_id}/signals/{name} sends one; its payload becomes data[save_as].',
    params: z.strictObject({
      name: signalNameSchema.describe('The name of the signal.'),
      schema: waitSchemaSchema.describe('JSON Schema of the payload. Defaults of missing properties are filled in.'),
      expires_in_seconds: expirySchema,
      save_as: waitKeySchema,
    }),
    errors: ['wait_expired', 'invalid_signal'],
    [SCHEMA_PARAMS]: ['schema'],
    [UNUSED_SETTINGS]: {
      timeout_seconds:
        'It limits the call of the tool, and not the wait that follows. Use the param expires_in_seconds.',
    },
    [FOLLOWS_FROM_PARAMS]: true,
    run: (_state, { params: { name, schema, expires_in_seconds: seconds, save_as: saveAs } }) =>
      wait({
        kind: 'signal',
        name,
        ...definedOnly({ schema: objectSchemaOf(schema), until: expiryOf(now, seconds), saveAs }),
      }),
  });
