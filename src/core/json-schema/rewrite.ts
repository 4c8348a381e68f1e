import type { Json, JsonObject } from '../base/json.js';
import { isKnownFormat } from './formats.js';
import type { Subschema, Subschemas } from './walk.js';

/** Characters that are read in one step. */
export const CHARACTERS_PER_STEP = 32;

/** Keywords whose values are data, copied as they are. Everything else (titles, unknown formats, ...) has no effect. */
const ASSERTIONS = [
  'type',
  'enum',
  'const',
  'format',
  'pattern',
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

/** Keywords that hold a schema for each of any number of names. Each has a keyword of ours beside it, for its parts. */
export const WIDE = [
  { keyword: 'properties', inParts: 'propertiesInParts' },
  { keyword: 'dependentSchemas', inParts: 'dependentSchemasInParts' },
] as const;

/** What becomes one function has about this many keywords, and takes some milliseconds to compile. */
const MAX_WEIGHT = 60;
/** Schemas with fewer keywords cost no more where they stand than a call does. */
const MIN_CUT = 2;
/** Names and values to compare with that count as one keyword. */
const NAMES_PER_WEIGHT = 4;

/** What one use of a schema costs, the value's size aside. */
export interface Spending {
  readonly cost: number;
  /** `contains` does not stop at the first error, and copies all of them for each item that a reference refuses. */
  readonly isQuadratic: boolean;
}

/** A schema for ajv, whose keyword `use` calls the part of this number. */
export type Part = Readonly<Record<string, unknown>>;

interface Weighed {
  readonly schema: Part | boolean;
  /** About how many keywords become code in the same function. */
  readonly weight: number;
}

type PlacedChild = Subschema['children'][number] & Weighed;

interface Rewriting {
  readonly subschemas: Subschemas;
  /** The part that is the schema at a pointer, for those that references name. */
  readonly numbers: ReadonlyMap<string, number>;
  readonly parts: Part[];
}

/**
 * Rewrites a schema into parts of known keywords, the first of which is the whole. What references name is a part, and
 * so is what would make the code of another too long to compile at once.
 */
export function rewriteInParts(subschemas: Subschemas): readonly Part[] {
  const refs = [...subschemas.values()].flatMap(({ ref }) => (ref === undefined ? [] : [ref]));
  const numbers = new Map([...new Set(['', ...refs])].map((pointer, index) => [pointer, index]));
  const rewriting: Rewriting = { subschemas, numbers, parts: Array.from(numbers, () => ({})) };
  for (const [pointer, number] of numbers) rewriting.parts[number] = partOf(rewriteBody(pointer, rewriting).schema);
  return rewriting.parts;
}

function partOf(schema: Part | boolean): Part {
  return typeof schema === 'boolean' ? { allOf: [schema] } : schema;
}

function rewriteBody(pointer: string, rewriting: Rewriting): Weighed {
  const { schema, children, ref } = rewriting.subschemas.get(pointer) as Subschema;
  if (typeof schema === 'boolean') return { schema, weight: 1 };
  const assertions = ASSERTIONS.filter(
    (keyword) => Object.hasOwn(schema, keyword) && (keyword !== 'format' || isKnownFormat(schema.format)),
  );
  const values = assertions.map((keyword) => schema[keyword] as Json);
  const own = values.reduce((sum: number, value) => sum + 1 + parts(value) / NAMES_PER_WEIGHT, 1);
  const placed = children.flatMap((child) => place(child, rewriting));
  const isHeavy = own + weightOf(placed) > MAX_WEIGHT;
  const held = isHeavy ? cut(placed, rewriting) : holdChildren(placed);
  return {
    schema: {
      spend: { cost: costOf(schema), isQuadratic: Object.hasOwn(schema, 'contains') } satisfies Spending,
      ...(ref === undefined ? {} : { use: rewriting.numbers.get(ref) }),
      ...Object.fromEntries(assertions.map((keyword, index) => [keyword, values[index]])),
      ...held,
      ...keyDependencies(schema, held.dependencies),
    },
    weight: isHeavy ? MAX_WEIGHT : own + weightOf(placed),
  };
}

/** The lists of keys among `dependencies`, beside the schemas. */
function keyDependencies(schema: JsonObject, held: unknown): { dependencies?: object } {
  if (!Object.hasOwn(schema, 'dependencies')) return {};
  const lists = Object.entries(schema.dependencies as JsonObject).filter(([, keys]) => Array.isArray(keys));
  return { dependencies: { ...(held as object | undefined), ...Object.fromEntries(lists) } };
}

function weightOf(schemas: readonly Weighed[]): number {
  return schemas.reduce((sum, { weight }) => sum + weight, 0);
}

/** Definitions count only for the references that name them. */
function place(child: Subschema['children'][number], rewriting: Rewriting): PlacedChild[] {
  if (child.keyword === '$defs' || child.keyword === 'definitions') return [];
  const number = rewriting.numbers.get(child.pointer);
  return [{ ...child, ...(number === undefined ? rewriteBody(child.pointer, rewriting) : useOf(number)) }];
}

function useOf(number: number): Weighed {
  return { schema: { use: number }, weight: 1 };
}

/** Makes parts of what a schema holds. */
function cut(placed: readonly PlacedChild[], rewriting: Rewriting): Record<string, unknown> {
  const addPart = (schema: Part): Weighed => useOf(rewriting.parts.push(schema) - 1);
  const cutOne = (child: PlacedChild): PlacedChild =>
    child.weight > MIN_CUT ? { ...child, ...addPart(partOf(child.schema)) } : child;
  const isWide = ({ keyword }: PlacedChild) => WIDE.some((wide) => wide.keyword === keyword);
  const held = holdChildren(placed.filter((child) => !isWide(child)).map(cutOne));
  for (const { keyword, inParts } of WIDE) {
    const members = placed.filter((child) => child.keyword === keyword);
    if (members.length === 0) continue;
    // Other keywords ask which names are here.
    if (keyword === 'properties') held[keyword] = Object.fromEntries(members.map(({ key }) => [key, true]));
    held[inParts] = pack(members).map((pack) => addPart(holdChildren(pack)).schema);
  }
  return held;
}

/** Groups members, in order, of about the weight of one part. */
function pack(members: readonly PlacedChild[]): PlacedChild[][] {
  const packs: PlacedChild[][] = [];
  let room = 0;
  for (const member of members) {
    if (room <= 0) {
      packs.push([]);
      room = MAX_WEIGHT;
    }
    packs.at(-1)?.push(member);
    room -= member.weight;
  }
  return packs;
}

/** Children as their keywords hold them. */
function holdChildren(children: readonly PlacedChild[]): Record<string, unknown> {
  const copy: Record<string, unknown> = {};
  const lists = new Map<string, unknown[]>();
  const maps = new Map<string, [string, unknown][]>();
  for (const { keyword, key, schema } of children) {
    if (key === undefined) copy[keyword] = schema;
    else if (typeof key === 'number') lists.set(keyword, [...(lists.get(keyword) ?? []), schema]);
    else maps.set(keyword, [...(maps.get(keyword) ?? []), [key, schema]]);
  }
  for (const [keyword, entries] of maps) copy[keyword] = Object.fromEntries(entries);
  return { ...copy, ...Object.fromEntries(lists) };
}

/** What one use of a schema costs, its inner schemas aside: values to compare with, names to look for. */
function costOf(schema: JsonObject): number {
  let cost = 1;
  for (const keyword of ['enum', 'const', 'required', 'dependentRequired', 'dependencies'] as const) {
    if (Object.hasOwn(schema, keyword)) cost += parts(schema[keyword] as Json);
  }
  return Object.hasOwn(schema, 'properties') ? cost + sizeOf(schema.properties as Json) : cost;
}

/** What one use of a value costs, without its parts, which count for themselves. */
export function sizeOf(value: Json): number {
  if (typeof value === 'string') return value.length / CHARACTERS_PER_STEP;
  return typeof value === 'object' && value !== null ? Object.keys(value).length : 0;
}

/** Values inside a value, itself included. */
function parts(value: Json): number {
  if (typeof value === 'string') return 1 + value.length / CHARACTERS_PER_STEP;
  if (typeof value !== 'object' || value === null) return 1;
  return Object.values(value).reduce((sum: number, part) => sum + parts(part as Json), 1);
}
