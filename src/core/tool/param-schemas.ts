import { isPlainObject } from '../base/json.js';
import { type AnyTool, MODEL_PARAM, SCHEMA_PARAMS } from './tool.js';

/** The JSON Schemas that params of a tool hold. */
export function schemasIn({ [SCHEMA_PARAMS]: names = [] }: AnyTool, params: unknown): readonly unknown[] {
  if (names.length === 0 || !isPlainObject(params)) return [];
  return names.flatMap((name) => (Object.hasOwn(params, name) ? [(params as Record<string, unknown>)[name]] : []));
}

/** The language model that a tool with these params asks; undefined if it asks none. */
export function modelIn({ [MODEL_PARAM]: name }: AnyTool, params: unknown): string | undefined {
  if (name === undefined || !isPlainObject(params)) return undefined;
  const { [name]: model } = params;
  return typeof model === 'string' ? model : undefined;
}
