import { _, Ajv2020, type ErrorObject, type KeywordCxt } from 'ajv/dist/2020.js';
import type { Json, JsonObject } from '../base/json.js';
import type { Subschema, Subschemas } from './walk.js';

/** Characters that are read in one step. */
const CHARACTERS_PER_STEP = 32;

/** Keywords whose values are data, copied as they are. Everything else (titles, formats, ...) has no effect. */
const ASSERTIONS = [
  'type',
  'enum',
  'const',
  'multipleOf',
  'maximum',
  'exclusiveMaximum',
  'minimum',
  'exclusiveMinimum',
  'maxLength',
  'minLength',
  'maxItems',
  'minItems',
  'uniqueItems',
  'maxContains',
  'minContains',
  'maxProperties',
  'minProperties',
  'required',
  'dependentRequired',
] as const;

/** `contains` makes lists of 10,000 items the longest: measured, 0.05 s for these, and 27 s for ten times as many. */
const SQUARE_PER_STEP = 200;

/** What one use of a schema costs, the value's size aside. */
interface Spending {
  readonly cost: number;
  /** `contains` does not stop at the first error, and copies all of them for each item that a reference refuses. */
  readonly isQuadratic: boolean;
}

type Spend = (units: number) => void;

/** Thrown in a check that takes too many steps. */
class TooMuchWorkError extends Error {}

/**
 * Finds what is wrong with a value: nothing, or ajv's errors.
 * Undefined when it takes too long, or goes too deep for the stack: a long chain of references at each level of a deep
 * value. `steps`: fewer than the schema has for a check.
 */
export type SchemaCheck = (value: Json, steps?: number) => readonly ErrorObject[] | undefined;

export interface SchemaCodeOptions {
  /** Whether to go on after the first error. */
  readonly allErrors: boolean;
  /** Most steps of one check, of about 0.2 µs each. */
  readonly maxSteps: number;
}

/**
 * Compiles a schema that has been walked and found harmless.
 *
 * ajv gets a schema of our own making: known keywords only, every reference `#/$defs/n`. So nothing that it would
 * resolve, register or print into code comes from the client but names and data, which it escapes. Each schema in it
 * counts its use (the keyword `spend`), because schemas that refer to themselves twice take time that doubles with each
 * level of the value. ajv's own `uniqueItems` compares all pairs; ours does not.
 * @throws Error when the generated code is too deep for the engine.
 */
export function compileSchemaCode(subschemas: Subschemas, { allErrors, maxSteps }: SchemaCodeOptions): SchemaCheck {
  let left = maxSteps;
  const spend: Spend = (units) => {
    left -= units;
    if (left < 0) throw new TooMuchWorkError();
  };
  const validate = createAjv({ allErrors, unevaluated: [...subschemas.values()].some(hasUnevaluated) }, spend).compile(
    rewrite(subschemas),
  );
  return (value, steps = maxSteps) => {
    left = steps;
    try {
      return validate(value) ? [] : (validate.errors as ErrorObject[]);
    } catch (thrown) {
      if (thrown instanceof TooMuchWorkError || thrown instanceof RangeError) return undefined;
      throw thrown;
    }
  };
}

/** One instance for each schema: an instance keeps what it has compiled for ever. Making one takes 0.2 ms. */
function createAjv(options: { readonly allErrors: boolean; readonly unevaluated: boolean }, spend: Spend): Ajv2020 {
  const ajv = new Ajv2020({
    meta: false,
    validateSchema: false,
    strict: false,
    logger: false,
    ...options,
    ownProperties: true,
    // Inlined, a large schema would be generated once for each reference to it.
    inlineRefs: false,
    multipleOfPrecision: 9,
    // Optimizing takes longer than it saves: schemas are used a few times.
    code: { optimize: false },
  });
  const spendOn = (value: Json, cost: number, isQuadratic: boolean): void => {
    const size = sizeOf(value);
    spend(cost + size + (isQuadratic ? size ** 2 / SQUARE_PER_STEP : 0));
  };
  ajv.addKeyword({
    keyword: 'spend',
    schemaType: 'object',
    errors: false,
    before: '$ref',
    // One call in the generated code. As a function that can refuse, it would take half as much code again as all else.
    code({ gen, schema, data }: KeywordCxt) {
      const { cost, isQuadratic } = schema as Spending;
      gen.code(_`${gen.scopeValue('func', { ref: spendOn })}(${data}, ${cost}, ${isQuadratic})`);
    },
  });
  ajv.removeKeyword('uniqueItems');
  ajv.addKeyword({
    keyword: 'uniqueItems',
    type: 'array',
    schemaType: 'boolean',
    error: { message: 'must not have duplicate items' },
    validate: (isWanted: boolean, items: readonly Json[]) =>
      !isWanted || new Set(items.map((item) => canonicalText(item, spend))).size === items.length,
  });
  return ajv;
}

/** True for a schema that depends on what others have looked at; the code of all others need not keep count of that. */
function hasUnevaluated({ schema }: Subschema): boolean {
  return typeof schema === 'object' && ('unevaluatedItems' in schema || 'unevaluatedProperties' in schema);
}

/** What one use of a value costs, without its parts, which count for themselves. */
function sizeOf(value: Json): number {
  if (typeof value === 'string') return value.length / CHARACTERS_PER_STEP;
  return typeof value === 'object' && value !== null ? Object.keys(value).length : 0;
}

/** The same text for the same JSON, whatever the order of its keys. */
function canonicalText(value: Json, spend: (units: number) => void): string {
  spend(1 + sizeOf(value));
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map((item) => canonicalText(item, spend)).join(',')}]`;
  const map = value as JsonObject;
  const entries = Object.keys(map)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonicalText(map[key] as Json, spend)}`);
  return `{${entries.join(',')}}`;
}

/** The schema that ajv compiles. */
function rewrite(subschemas: Subschemas): Record<string, unknown> {
  const refs = [...subschemas.values()].flatMap(({ ref }) => (ref === undefined ? [] : [ref]));
  const shared = [...new Set(refs)];
  const rewriting = { subschemas, names: new Map(shared.map((pointer, index) => [pointer, `#/$defs/${index}`])) };
  const $defs = Object.fromEntries(shared.map((pointer, index) => [String(index), rewriteBody(pointer, rewriting)]));
  return { allOf: [rewriteOne('', rewriting)], $defs };
}

interface Rewriting {
  readonly subschemas: Subschemas;
  /** How references name the schemas that have some. */
  readonly names: ReadonlyMap<string, string>;
}

function rewriteOne(pointer: string, rewriting: Rewriting): unknown {
  const name = rewriting.names.get(pointer);
  return name === undefined ? rewriteBody(pointer, rewriting) : { $ref: name };
}

function rewriteBody(pointer: string, rewriting: Rewriting): unknown {
  const { schema, children, ref } = rewriting.subschemas.get(pointer) as Subschema;
  if (typeof schema === 'boolean') return schema;
  const assertions = ASSERTIONS.filter((keyword) => Object.hasOwn(schema, keyword));
  return {
    spend: { cost: costOf(schema), isQuadratic: Object.hasOwn(schema, 'contains') } satisfies Spending,
    ...(ref === undefined ? {} : { $ref: rewriting.names.get(ref) }),
    ...Object.fromEntries(assertions.map((keyword) => [keyword, schema[keyword]])),
    ...rewriteChildren(children, rewriting),
  };
}

function rewriteChildren(children: Subschema['children'], rewriting: Rewriting): Record<string, unknown> {
  const copy: Record<string, unknown> = {};
  const lists = new Map<string, unknown[]>();
  const maps = new Map<string, [string, unknown][]>();
  for (const { keyword, key, pointer } of children) {
    // Definitions count only for the references that name them.
    if (keyword === '$defs' || keyword === 'definitions') continue;
    const child = rewriteOne(pointer, rewriting);
    if (key === undefined) copy[keyword] = child;
    else if (typeof key === 'number') lists.set(keyword, [...(lists.get(keyword) ?? []), child]);
    else maps.set(keyword, [...(maps.get(keyword) ?? []), [key, child]]);
  }
  for (const [keyword, entries] of maps) copy[keyword] = Object.fromEntries(entries);
  return { ...copy, ...Object.fromEntries(lists) };
}

/** What one use of a schema costs, its inner schemas aside: values to compare with, names to look for. */
function costOf(schema: JsonObject): number {
  let cost = 1;
  for (const keyword of ['enum', 'const', 'required', 'dependentRequired', 'properties'] as const) {
    if (!Object.hasOwn(schema, keyword)) continue;
    const held = schema[keyword] as Json;
    cost += keyword === 'properties' ? sizeOf(held) : parts(held);
  }
  return cost;
}

/** Values inside a value, itself included. */
function parts(value: Json): number {
  if (typeof value === 'string') return 1 + value.length / CHARACTERS_PER_STEP;
  if (typeof value !== 'object' || value === null) return 1;
  return Object.values(value).reduce((sum: number, part) => sum + parts(part as Json), 1);
}
