import { _, Ajv2020, type ErrorObject, type KeywordCxt, type ValidateFunction } from 'ajv/dist/2020.js';
import { callRef } from 'ajv/dist/vocabularies/core/ref.js';
import type { Json, JsonObject } from '../base/json.js';
import type { Steps } from '../base/steps.js';
import { FORMATS } from './formats.js';
import type { Pattern } from './pattern.js';
import { rewriteInParts, type Spending, sizeOf, WIDE } from './rewrite.js';
import type { Subschema, Subschemas } from './walk.js';

/** `contains` makes lists of 10,000 items the longest: measured, 0.05 s for these, and 27 s for ten times as many. */
const SQUARE_PER_STEP = 200;

type Spend = (units: number) => void;

/** Thrown in a check that takes too many steps. */
class TooMuchWorkError extends Error {}

/**
 * Finds what is wrong with a value: nothing, or ajv's errors.
 * Undefined when it takes too long, or goes too deep for the stack: a long chain of references at each level of a deep
 * value.
 */
export type SchemaCheck = (value: Json) => readonly ErrorObject[] | undefined;

export interface SchemaCodeOptions {
  /** Whether to go on after the first error. */
  readonly allErrors: boolean;
  /** Most steps of one check, of about 0.2 µs each. */
  readonly maxSteps: number;
  /** The regular expressions of the schema. */
  readonly patterns: ReadonlyMap<string, Pattern>;
}

/** A part that others call: one that is compiled later, or calls them. */
interface Linked {
  validate?: ValidateFunction;
}

/**
 * Compiles a schema that has been walked and found harmless, a part in each step.
 *
 * ajv gets schemas of our own making: known keywords only, and the keyword `use` for every reference. So nothing that it
 * would resolve, register or print into code comes from the client but names and data, which it escapes. Each schema
 * counts its use (the keyword `spend`), because schemas that refer to themselves twice take time that doubles with each
 * level of the value. ajv's own `uniqueItems` compares all pairs; ours does not.
 * @throws Error when the generated code is too deep for the engine.
 */
export function* compileSchemaCode(
  subschemas: Subschemas,
  { allErrors, maxSteps, patterns }: SchemaCodeOptions,
): Steps<SchemaCheck> {
  let left = maxSteps;
  const spend: Spend = (units) => {
    left -= units;
    if (left < 0) throw new TooMuchWorkError();
  };
  const check = (validate: ValidateFunction, value: Json, steps: number): readonly ErrorObject[] | undefined => {
    left = steps;
    try {
      return validate(value) ? [] : (validate.errors as ErrorObject[]);
    } catch (thrown) {
      if (thrown instanceof TooMuchWorkError || thrown instanceof RangeError) return undefined;
      throw thrown;
    }
  };
  const parts = rewriteInParts(subschemas);
  const linked = parts.map((): Linked => ({}));
  const unevaluated = [...subschemas.values()].some(hasUnevaluated);
  const ajv = createAjv({ allErrors, unevaluated }, { spend, linked, patterns });
  const validates: ValidateFunction[] = [];
  for (const [number, part] of parts.entries()) {
    const validate = ajv.compile(part);
    (linked[number] as Linked).validate = validate;
    validates.push(validate);
    yield;
  }
  // The engine reads generated code at its first call, which takes a third of the time again.
  for (const validate of validates) {
    check(validate, null, 0);
    yield;
  }
  return (value) => check(validates[0] as ValidateFunction, value, maxSteps);
}

/** What the code of a schema calls. */
interface Needs {
  readonly spend: Spend;
  readonly linked: readonly Linked[];
  readonly patterns: ReadonlyMap<string, Pattern>;
}

/** One instance for each schema: an instance keeps what it has compiled for ever. Making one takes 0.2 ms. */
function createAjv(
  options: { readonly allErrors: boolean; readonly unevaluated: boolean },
  { spend, linked, patterns }: Needs,
): Ajv2020 {
  const ajv = new Ajv2020({
    meta: false,
    validateSchema: false,
    strict: false,
    logger: false,
    ...options,
    ownProperties: true,
    formats: formatsFor(spend),
    // Optimizing takes longer than it saves: schemas are used a few times.
    code: { optimize: false, regExp: regExpFor(spend, patterns) },
  });
  const spendOn = (value: Json, cost: number, isQuadratic: boolean): void => {
    const size = sizeOf(value);
    spend(cost + size + (isQuadratic ? size ** 2 / SQUARE_PER_STEP : 0));
  };
  ajv.addKeyword({
    keyword: 'use',
    schemaType: 'number',
    before: '$ref',
    // As ajv calls what a reference names while it compiles that.
    code(context: KeywordCxt) {
      const part = context.gen.scopeValue('wrapper', { ref: linked[context.schema as number] });
      callRef(context, _`${part}.validate`);
    },
  });
  for (const { keyword, inParts } of WIDE) {
    ajv.addKeyword({ keyword: inParts, type: 'object', schemaType: 'array', before: keyword, code: applyAll });
  }
  ajv.addKeyword({
    keyword: 'spend',
    schemaType: 'object',
    errors: false,
    before: 'use',
    // One call in the generated code. As a function that can refuse, it would take half as much code again as all else.
    code({ gen, schema, data }: KeywordCxt) {
      const { cost, isQuadratic } = schema as Spending;
      gen.code(_`${gen.scopeValue('func', { ref: spendOn })}(${data}, ${cost}, ${isQuadratic})`);
    },
  });
  ajv.removeKeyword('multipleOf');
  ajv.addKeyword({
    keyword: 'multipleOf',
    type: 'number',
    schemaType: 'number',
    error: { message: ({ schema }) => `must be multiple of ${schema}` },
    validate: isMultipleOf,
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

/** As people mean it: 19.99 is a multiple of 0.01, though no double is. A quotient that overflows tells nothing. */
function isMultipleOf(divisor: number, value: number): boolean {
  const quotient = value / divisor;
  if (!Number.isFinite(quotient)) return value % divisor === 0;
  return Math.abs(Math.round(quotient) - quotient) <= 1e-9;
}

/** The formats that are checked, each with its cost. */
function formatsFor(spend: Spend): Record<string, (text: string) => boolean> {
  return Object.fromEntries(
    [...FORMATS].map(([name, fits]) => [
      name,
      (text: string) => {
        spend(1 + text.length);
        return fits(text);
      },
    ]),
  );
}

/** Has ajv use patterns that are compiled already, instead of `RegExp`. */
function regExpFor(
  spend: Spend,
  patterns: ReadonlyMap<string, Pattern>,
): { (source: string): { test(text: string): boolean }; code: string } {
  const find = (source: string) => {
    const pattern = patterns.get(source) as Pattern;
    return {
      test(text: string): boolean {
        spend(pattern.costOf(text));
        return pattern.test(text);
      },
      // The name by which ajv knows it again.
      toString: () => source,
    };
  };
  return Object.assign(find, { code: 'pattern' });
}

/** Applies all schemas of a list, as `allOf` does. */
function applyAll(context: KeywordCxt): void {
  const valid = context.gen.name('valid');
  for (const index of (context.schema as readonly unknown[]).keys()) {
    const applied = context.subschema({ keyword: context.keyword, schemaProp: index }, valid);
    context.ok(valid);
    context.mergeEvaluated(applied);
  }
}

/** True for a schema that depends on what others have looked at; the code of all others need not keep count of that. */
function hasUnevaluated({ schema }: Subschema): boolean {
  return typeof schema === 'object' && ('unevaluatedItems' in schema || 'unevaluatedProperties' in schema);
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
