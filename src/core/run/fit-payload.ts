import type { Problem } from '../base/errors.js';
import type { Json, JsonObject } from '../base/json.js';
import { compileJsonSchema } from '../json-schema/json-schema.js';

/**
 * Checks what somebody sent with the schema of a wait. Defaults of the schema are filled in, so that the journal has the
 * whole of it.
 */
export function fitPayload(
  schema: JsonObject | null,
  payload: Json,
): { readonly value: Json; readonly problems: readonly Problem[] } {
  const compiled = schema === null ? undefined : compileJsonSchema(schema).schema;
  return compiled?.accept(payload) ?? { value: payload, problems: [] };
}
