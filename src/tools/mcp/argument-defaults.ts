import { isPlainObject, type JsonObject } from '../../core/base/json.js';

/** Schemas come from servers: none is followed deeper. */
const MAX_DEPTH = 20;

/**
 * Fills in required arguments that are missing and have a default in the schema. Many servers list arguments with
 * defaults as required: some fill them in themselves, others refuse the call without them. What is not required stays
 * the server's own affair.
 */
export function fillRequiredDefaults(schema: JsonObject, args: unknown): unknown {
  return fill(schema, args, 0);
}

function fill(schema: unknown, value: unknown, depth: number): unknown {
  if (depth > MAX_DEPTH || !isPlainObject(schema) || !isPlainObject(value) || !isPlainObject(schema.properties))
    return value;
  const required = Array.isArray(schema.required) ? schema.required : [];
  const added: [string, unknown][] = [];
  for (const [key, property] of Object.entries(schema.properties)) {
    if (Object.hasOwn(value, key)) {
      const filled = fill(property, value[key], depth + 1);
      if (filled !== value[key]) added.push([key, filled]);
    } else if (required.includes(key) && isPlainObject(property) && Object.hasOwn(property, 'default')) {
      added.push([key, property.default]);
    }
  }
  return added.length === 0 ? value : { ...value, ...Object.fromEntries(added) };
}
