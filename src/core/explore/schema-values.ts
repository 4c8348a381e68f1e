import type { Json, JsonObject } from '../base/json.js';
import { compileJsonSchema } from '../json-schema/json-schema.js';
import { distinct, guess, type Option, valuesAround, vary, without } from './guess.js';
import { type Hint, NO_HINT } from './hints.js';

/** How deep values are made, and references followed. */
const MAX_DEPTH = 8;
/** Text for formats that are checked. */
const FORMATS: Readonly<Record<string, string>> = {
  'date-time': '2026-01-01T00:00:00Z',
  date: '2026-01-01',
  time: '00:00:00Z',
  email: 'someone@example.com',
  uri: 'https://example.com/',
  uuid: '00000000-0000-4000-8000-000000000000',
  ipv4: '192.0.2.1',
};

interface Made {
  readonly root: JsonObject;
  readonly depth: number;
}

/**
 * Values that fit a JSON Schema: one with every property, then others at its edges: without what is optional, the ends of
 * ranges, each of an `enum`. Where the schema says nothing they are assumed. None if none was found that fits.
 * @param hint what expressions look for in the value
 */
export function valuesOf(schema: Json, hint: Hint): readonly Option[] {
  if (!isObject(schema)) return schema === false ? [] : guess(hint);
  const compiled = compileJsonSchema(schema).schema;
  const made = distinct(make(schema, hint, { root: schema, depth: 0 }));
  const isOpen = Object.keys(schema).length === 0;
  return made
    .filter((value) => compiled?.validate(value).length === 0)
    .map((value) => ({ value, isAssumed: isOpen || hasOpenPart(schema, hint) }));
}

/** True if expressions look into a part that the schema says nothing of. */
function hasOpenPart(schema: JsonObject, hint: Hint): boolean {
  const properties = isObject(schema.properties) ? schema.properties : {};
  return [...hint.fields].some(([key, inner]) => {
    const part = properties[key];
    if (!isObject(part)) return false;
    return isUnspecified(part) ? true : hasOpenPart(part, inner);
  });
}

function isUnspecified(schema: JsonObject): boolean {
  return !Object.keys(schema).some((key) => !['description', 'title', 'default'].includes(key));
}

function make(schema: Json, hint: Hint, at: Made): readonly Json[] {
  if (!isObject(schema) || isUnspecified(schema)) return guess(hint, at.depth).map(({ value }) => value);
  if (at.depth > MAX_DEPTH) return [null];
  const next = { ...at, depth: at.depth + 1 };
  const { const: constant, enum: all, $ref: ref, anyOf, oneOf, allOf } = schema;
  if (constant !== undefined) return [constant];
  if (isList(all)) return all;
  if (typeof ref === 'string') return make(resolve(ref, at.root), hint, next);
  const choices = anyOf ?? oneOf;
  if (isList(choices)) return choices.flatMap((each) => make(merge(schema, each), hint, next));
  if (isList(allOf)) return make(allOf.reduce(merge, { ...schema, allOf: null }) as JsonObject, hint, next);
  return typesOf(schema).flatMap((type) => makeType(type, schema, hint, next));
}

/** A schema with what one of its parts says besides. */
function merge(schema: Json, part: Json): Json {
  const { anyOf: _, oneOf: __, ...rest } = schema as JsonObject;
  if (!isObject(part)) return rest;
  const properties = { ...(rest.properties as JsonObject | undefined), ...(part.properties as JsonObject | undefined) };
  const required = [...listOf(rest.required), ...listOf(part.required)];
  return { ...rest, ...part, properties, required };
}

function resolve(ref: string, root: JsonObject): Json {
  const [, , ...path] = ref.split('/');
  const [, holder] = ref.split('/');
  let at: Json = holder === undefined ? root : (root[holder] ?? {});
  for (const key of path) at = isObject(at) ? (at[key] ?? {}) : {};
  return at;
}

function typesOf({ type, properties, items, minimum, maximum }: JsonObject): readonly Json[] {
  if (type !== undefined) return listOf(type);
  if (isObject(properties) && Object.keys(properties).length > 0) return ['object'];
  if (items !== undefined) return ['array'];
  return minimum !== undefined || maximum !== undefined ? ['number'] : ['string', 'number', 'null'];
}

function makeType(type: Json, schema: JsonObject, hint: Hint, at: Made): readonly Json[] {
  switch (type) {
    case 'object':
      return makeObjects(schema, hint, at);
    case 'array':
      return makeLists(schema, hint, at);
    case 'number':
    case 'integer':
      return makeNumbers(schema, hint);
    case 'boolean':
      return [true, false];
    case 'string':
      return makeTexts(schema, hint);
    default:
      return [null];
  }
}

function makeObjects({ properties, required, default: usual }: JsonObject, hint: Hint, at: Made): readonly Json[] {
  const options = Object.entries(isObject(properties) ? properties : {}).map(([key, part]) => {
    return [key, make(part, hint.fields.get(key) ?? NO_HINT, at)] as const;
  });
  const whole = Object.fromEntries(options.map(([key, [first = null]]) => [key, first]));
  const needed = listOf(required);
  const least = options.reduce((left, [key]) => (needed.includes(key) ? left : without(left, key)), whole);
  return [...vary(whole, options), least, ...(usual === undefined ? [] : [usual])];
}

function makeLists({ items, minItems }: JsonObject, hint: Hint, at: Made): readonly Json[] {
  const options = items === undefined ? ['item'] : make(items, hint.item ?? NO_HINT, at);
  const [first = null, second = first] = options;
  const least = typeof minItems === 'number' ? Math.min(minItems, 100) : 0;
  const fill = (length: number) => Array.from({ length }, () => first);
  return [fill(Math.max(1, least)), fill(least), [...fill(least + 1), second], ...options.slice(1).map((one) => [one])];
}

function makeNumbers(
  { minimum, maximum, exclusiveMinimum: above, exclusiveMaximum: below }: JsonObject,
  { constants }: Hint,
) {
  const ends = [minimum, maximum].filter((each) => each !== undefined);
  const inside = [above, below].flatMap((each) => (typeof each === 'number' ? [each + 1, each - 1] : []));
  return [...constants.flatMap(valuesAround), ...ends, ...inside, 1, 0, -1].filter(isNumber);
}

function makeTexts({ format, minLength, maxLength }: JsonObject, { constants }: Hint): readonly Json[] {
  const text = typeof format === 'string' ? (FORMATS[format] ?? 'text') : 'text';
  const least = typeof minLength === 'number' ? Math.min(minLength, 1000) : 0;
  const most = typeof maxLength === 'number' ? maxLength : text.length;
  const wanted = constants.flatMap(valuesAround).filter((each) => typeof each === 'string');
  return [...wanted, text.padEnd(least, 'x').slice(0, Math.max(least, most)), 'x'.repeat(least)];
}

function isNumber(value: Json): boolean {
  return typeof value === 'number';
}

function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}

function listOf(value: Json | undefined): readonly Json[] {
  return isList(value) ? value : value === undefined ? [] : [value];
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
