import { isPlainObject } from '../base/json.js';
import { type AnyTool, SCHEMA_PARAMS } from './tool.js';

/** The JSON Schemas that params of a tool hold. */
export function schemasIn({ [SCHEMA_PARAMS]: names = [] }: AnyTool, params: unknown): readonly unknown[] {
  if (names.length === 0 || !isPlainObject(params)) return [];
  return names.flatMap((name) => (Object.hasOwn(params, name) ? [(params as Record<string, unknown>)[name]] : []));
}
