import { pointerToken } from '../../base/json.js';
import type { Steps } from '../../base/steps.js';
import { FORMATS } from '../../json-schema/formats.js';
import { compileInSteps } from '../../json-schema/json-schema.js';
import type { Registry } from '../../tool/registry.js';
import { SCHEMA_PARAMS } from '../../tool/tool.js';
import { type GraphDefinition, paramsOf } from '../definition.js';
import type { GraphWarning } from './codes.js';

/** Warns of formats that are not checked, in all JSON Schemas: that of the input, and those among params. */
export function* warnOfFormats(
  { input_schema: ofInput, nodes }: GraphDefinition,
  registry: Registry,
): Steps<GraphWarning[]> {
  const warnings: GraphWarning[] = ofInput === undefined ? [] : yield* unknownFormats(ofInput, '/input_schema');
  for (const [index, node] of nodes.entries()) {
    const params = paramsOf(node);
    for (const name of registry.tools.get(node.tool_name)?.[SCHEMA_PARAMS] ?? []) {
      if (!Object.hasOwn(params, name)) continue;
      warnings.push(...(yield* unknownFormats(params[name], `/nodes/${index}/params${pointerToken(name)}`)));
      yield;
    }
  }
  return warnings;
}

/** Nothing for what is no schema: that is an error, or has an expression in it. */
function* unknownFormats(document: unknown, pointer: string): Steps<GraphWarning[]> {
  const { schema } = yield* compileInSteps(document);
  return (schema?.unknownFormats ?? []).map(({ pointer: place, format }) => ({
    pointer: pointer + place,
    code: 'unknown_format',
    message: `The format "${format.slice(0, 100)}" is not checked: any text fits. Formats that are: ${[...FORMATS.keys()].join(', ')}.`,
  }));
}
