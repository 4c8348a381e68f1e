import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js';
import { LRUCache } from 'lru-cache';
import { messageOf } from '../base/errors.js';
import { copyJson, type Json, jsonBytes, NotJsonError, pointerToken } from '../base/json.js';
import { finishSteps, type Steps } from '../base/steps.js';
import { compileSchemaCode, type SchemaCheck } from './code.js';
import type { SchemaProblem, ValueProblem } from './codes.js';
import { createFillDefaults } from './defaults.js';
import { isKnownFormat } from './formats.js';
import { type Subschemas, type Walked, walkSchema } from './walk.js';

/** Largest schema as JSON text, in bytes. */
const MAX_SCHEMA_BYTES = 65_536;
/** Most problems that one check reports. */
const MAX_SCHEMA_PROBLEMS = 100;
/** Most steps of a check. Measured, the costliest schemas take 0.1 to 0.2 s for them. */
const MAX_STEPS = 500_000;
/** Most steps to find more than the first problem. */
const MAX_STEPS_FOR_ALL = 10_000;
/** Schemas inside a schema that is compiled for all problems only when a value has some. */
const SMALL_SUBSCHEMAS = 50;
/** Values shown in messages are cut to this many characters. */
const MAX_SHOWN = 100;

/** Drafts whose keywords mean the same, as far as they are not refused. */
const KNOWN_DRAFTS =
  /^https?:\/\/json-schema\.org\/(?:draft-0[4-7]\/schema|draft\/20(?:19-09|20-12)\/schema|schema)#?$/;

/** A compiled JSON Schema. */
export interface JsonSchema {
  /**
   * Finds what is wrong with a value: at most 100 problems (of large values only the first), none if it fits. Takes a
   * fraction of a second at most and never changes the value. Pointers are JSON Pointers (RFC 6901) into the value.
   */
  validate(value: Json): ValueProblem[];
  /**
   * The value with the defaults of its missing properties, frozen where it differs. `problems`: why there is none, or
   * what {@link JsonSchema.validate} finds in it.
   */
  accept(value: Json): { readonly value: Json; readonly problems: readonly ValueProblem[] };
  /** Where the schema has a `format` that is not checked: JSON Pointers into the schema, with its name. */
  readonly unknownFormats: readonly { readonly pointer: string; readonly format: string }[];
}

/** Checks schemas themselves. Made once, on first use: compiling the rules for schemas takes 40 ms. */
let metaSchema: Ajv2020 | undefined;

type CompileResult =
  | { readonly schema: JsonSchema; readonly problems?: undefined }
  | { readonly problems: SchemaProblem[]; readonly schema?: undefined };

/** Compiled schemas are kept up to this size. What a part of one takes, about: 480 of them were measured at 3.8 MB. */
const MAX_KEPT_BYTES = 33_554_432;
const SUBSCHEMA_BYTES = 8000;
/** Schemas by their text: what the doctor has compiled is what runs use, and all answers to a wait share one. */
const kept = new LRUCache<string, CompileResult & { readonly schema: JsonSchema }>({
  maxSize: MAX_KEPT_BYTES,
});

/**
 * Compiles a JSON Schema, draft 2020-12, of at most 64 kB.
 * Refused: references out of the document, dynamic references, and regular expressions with look-arounds or
 * back-references. Unknown keywords and formats have no effect. Schemas come from clients, so both compiling and checking are bounded. Never throws.
 * @returns The schema, or what is wrong with it, with pointers into the schema.
 */
export function compileJsonSchema(schema: unknown): CompileResult {
  return finishSteps(compileParts(schema, Number.POSITIVE_INFINITY));
}

/** Does what {@link compileJsonSchema} does, in steps: the largest schemas take a second, a part a few milliseconds. */
export function compileInSteps(schema: unknown): Steps<CompileResult> {
  return compileParts(schema, SMALL_SUBSCHEMAS);
}

/** @param small schemas with more inside are compiled for all problems too */
function* compileParts(schema: unknown, small: number): Steps<CompileResult> {
  const read = readSchema(schema);
  if ('problem' in read) return { problems: [read.problem] };
  const text = JSON.stringify(read.json);
  const known = kept.get(text);
  if (known !== undefined) return known;
  const walked = walkSchema(read.json);
  const { subschemas, patterns, problems } = walked;
  if (problems.length > 0) return { problems: problems.slice(0, MAX_SCHEMA_PROBLEMS) };
  yield;
  const misshapen = findMisshapen(read.json);
  if (misshapen.length > 0) return { problems: misshapen };
  yield;
  try {
    const findFirst = yield* compileSchemaCode(subschemas, { allErrors: false, maxSteps: MAX_STEPS, patterns });
    // Few need it, but once they do it is too late for steps.
    const findAll = subschemas.size > small ? yield* compileFindAll(walked) : undefined;
    const compiled = { schema: createSchema(walked, createValidate(walked, findFirst, findAll)) };
    kept.set(text, compiled, { size: (subschemas.size + 1) * SUBSCHEMA_BYTES });
    return compiled;
  } catch {
    return { problems: [invalidSchema('', 'The schema is too complex to be compiled. Use fewer schemas inside it.')] };
  }
}

function createSchema({ subschemas }: Walked, validate: JsonSchema['validate']): JsonSchema {
  const fillDefaults = createFillDefaults(subschemas);
  return {
    validate,
    accept(value) {
      const filled = fillDefaults(value);
      if (filled !== undefined) return { value: filled, problems: validate(filled) };
      return { value, problems: [invalidValue('', 'The defaults for this value are too many, or too large.')] };
    },
    unknownFormats: findUnknownFormats(subschemas),
  };
}

function findUnknownFormats(subschemas: Subschemas): JsonSchema['unknownFormats'] {
  return [...subschemas.values()].flatMap(({ pointer, schema }) => {
    if (typeof schema === 'boolean' || typeof schema.format !== 'string' || isKnownFormat(schema.format)) return [];
    return [{ pointer: `${pointer}/format`, format: schema.format }];
  });
}

/** Copies a schema, without what has no effect on values. */
function readSchema(schema: unknown): { json: Json } | { problem: SchemaProblem } {
  try {
    const json = copyJson(schema);
    if (typeof json !== 'boolean' && (typeof json !== 'object' || json === null || Array.isArray(json))) {
      return { problem: invalidSchema('', 'A JSON Schema is an object, true or false.') };
    }
    if (jsonBytes(json) > MAX_SCHEMA_BYTES) {
      return { problem: invalidSchema('', `The schema is larger than ${MAX_SCHEMA_BYTES} bytes.`) };
    }
    if (typeof json === 'boolean') return { json };
    const { $schema, ...rest } = json as Record<string, Json>;
    if ($schema === undefined || (typeof $schema === 'string' && KNOWN_DRAFTS.test($schema))) return { json: rest };
    return { problem: invalidSchema('/$schema', 'This draft is not known. Schemas are read as draft 2020-12.') };
  } catch (thrown) {
    const pointer = thrown instanceof NotJsonError ? thrown.pointer : '';
    return { problem: invalidSchema(pointer, `The schema is not JSON: ${messageOf(thrown)}.`) };
  }
}

function findMisshapen(schema: Json): SchemaProblem[] {
  metaSchema ??= new Ajv2020({ strict: false, allErrors: true, logger: false });
  if (metaSchema.validateSchema(schema as object | boolean) === true) return [];
  const problems = new Map<string, SchemaProblem>();
  for (const error of metaSchema.errors as ErrorObject[]) {
    const { instancePath } = error;
    // Every vocabulary is tried; the first message for a place is the useful one.
    if (!problems.has(instancePath)) problems.set(instancePath, invalidSchema(instancePath, problemOf(error).message));
  }
  return [...problems.values()].slice(0, MAX_SCHEMA_PROBLEMS);
}

function invalidSchema(pointer: string, message: string): SchemaProblem {
  return { pointer, code: 'invalid_schema', message };
}

/**
 * Finds all problems of small values, and the first of large ones: ajv copies all errors so far whenever a reference
 * finds one more. Measured, 100,000 errors that way take 26 s.
 */
function createValidate(
  walked: Walked,
  findFirst: SchemaCheck,
  compiled: SchemaCheck | undefined,
): JsonSchema['validate'] {
  let findAll = compiled;
  return (value) => {
    const first = findFirst(value);
    if (first === undefined) {
      return [invalidValue('', 'The value is too large or too deep to be checked against this schema.')];
    }
    if (first.length === 0) return [];
    findAll ??= finishSteps(compileFindAll(walked));
    return (findAll(value) ?? first).slice(0, MAX_SCHEMA_PROBLEMS).map(problemOf);
  };
}

/** The code that finds all is larger than the one that finds the first: V8 can refuse it alone. */
function* compileFindAll({ subschemas, patterns }: Walked): Steps<SchemaCheck> {
  try {
    return yield* compileSchemaCode(subschemas, { allErrors: true, maxSteps: MAX_STEPS_FOR_ALL, patterns });
  } catch {
    return () => undefined;
  }
}

function problemOf({ keyword, instancePath, params, message }: ErrorObject): ValueProblem {
  switch (keyword) {
    case 'required':
      return { pointer: instancePath + pointerToken(params.missingProperty), code: 'required', message: 'Required.' };
    case 'additionalProperties':
    case 'unevaluatedProperties': {
      const key: string = params.additionalProperty ?? params.unevaluatedProperty;
      return { pointer: instancePath + pointerToken(key), code: 'unknown_key', message: `Unknown key ${shown(key)}.` };
    }
    case 'enum':
      return invalidValue(instancePath, `Must be one of ${params.allowedValues.map(shown).join(', ')}.`);
    case 'const':
      return invalidValue(instancePath, `Must be ${shown(params.allowedValue)}.`);
    case 'type':
      return { pointer: instancePath, code: 'invalid_type', message: sentence(message).replaceAll(',', ' or ') };
    case 'false schema':
      return invalidValue(instancePath, 'Nothing is allowed here.');
    default:
      return invalidValue(instancePath, sentence(message));
  }
}

function invalidValue(pointer: string, message: string): ValueProblem {
  return { pointer, code: 'invalid_value', message: message.length > 500 ? `${message.slice(0, 500)}…` : message };
}

/** A value in a message, cut. */
function shown(value: Json): string {
  const text = JSON.stringify(value);
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
}

/** ajv's words as a sentence. */
function sentence(words = 'is wrong'): string {
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}.`;
}
