import type { Tool } from '@modelcontextprotocol/client';
import { type Json, type JsonObject, jsonBytes } from '../../core/base/json.js';
import { compileAnswerSchema } from '../answer-schema.js';
import { fillRequiredDefaults } from './argument-defaults.js';
import { nameForGraphs } from './tool-names.js';

const MAX_DESCRIPTION = 4000;
/** Larger schemas are not shown, and not checked with. In bytes of JSON. */
const MAX_SHOWN_SCHEMA_BYTES = 65_536;

/** A tool as its server lists it. */
export interface ListedTool {
  /** Its name at the server. */
  readonly name: string;
  readonly description: string;
  readonly jsonSchema: JsonObject;
  /** Fills in arguments that are required and have a default. */
  readonly fillDefaults: (args: unknown) => unknown;
  /** Finds what is wrong with arguments. Undefined if the schema cannot be used here. */
  readonly validate: ReturnType<typeof compileAnswerSchema>['validate'];
  /** Why it cannot. */
  readonly unchecked: string | undefined;
}

/**
 * Reads what a server says of a tool. A schema that we refuse (with regular expressions, say) is no reason to refuse
 * the tool: the server checks arguments itself, and only the early check when a graph is saved is missing.
 */
export function readListedTool({ name, description = '', inputSchema }: Tool): ListedTool {
  const schema = inputSchema as JsonObject;
  const { validate, problems } = compileAnswerSchema(schema);
  return {
    name,
    description: describe(name, description).slice(0, MAX_DESCRIPTION),
    jsonSchema: jsonBytes(schema as Json) > MAX_SHOWN_SCHEMA_BYTES ? { type: 'object' } : schema,
    fillDefaults: (args) => fillRequiredDefaults(schema, args),
    validate,
    unchecked: problems?.[0]?.message,
  };
}

/** Whoever reads the list must find the tool that the server's documentation names. */
function describe(name: string, description: string): string {
  return name === nameForGraphs(name) ? description : `${JSON.stringify(name)}: ${description}`;
}
