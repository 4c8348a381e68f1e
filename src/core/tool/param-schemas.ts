import { isPlainObject } from '../base/json.js';
import type { Steps } from '../base/steps.js';
import { compileInSteps } from '../json-schema/json-schema.js';
import { type AnyTool, SCHEMA_PARAMS } from './tool.js';

/** The JSON Schemas that params of a tool hold. */
export function schemasIn({ [SCHEMA_PARAMS]: names = [] }: AnyTool, params: unknown): readonly unknown[] {
  if (names.length === 0 || !isPlainObject(params)) return [];
  return names.flatMap((name) => (Object.hasOwn(params, name) ? [(params as Record<string, unknown>)[name]] : []));
}

/** Compiles schemas in steps. What comes of it is kept, or is found again when the params are checked. */
export function* compileSchemas(schemas: readonly unknown[]): Steps<void> {
  for (const schema of schemas) yield* compileInSteps(schema);
}
