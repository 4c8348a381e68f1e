import { messageOf } from '../base/errors.js';
import { isPlainObject, type Json, type JsonObject, pointerToken, toPointer } from '../base/json.js';
import type { SchemaProblem } from './codes.js';
import { compilePattern, type Pattern } from './pattern.js';

/** Most schemas inside a schema, itself included. Measured, compiling 500 takes up to 0.2 s. */
const MAX_SUBSCHEMAS = 500;
/** Most schemas in one `oneOf` and the like: the code for them is nested, and takes quadratic time to make. */
const MAX_ALTERNATIVES = 100;

/** Keywords that hold schemas: one, or a list or map of them. Those that are `inPlace` apply them to the same value. */
const APPLICATORS = [
  { keyword: 'not', holdsOne: true, inPlace: true },
  { keyword: 'if', holdsOne: true, inPlace: true },
  { keyword: 'then', holdsOne: true, inPlace: true },
  { keyword: 'else', holdsOne: true, inPlace: true },
  { keyword: 'allOf', holdsOne: false, inPlace: true },
  { keyword: 'anyOf', holdsOne: false, inPlace: true },
  { keyword: 'oneOf', holdsOne: false, inPlace: true },
  { keyword: 'dependentSchemas', holdsOne: false, inPlace: true },
  // Of older drafts. It can hold lists of keys too.
  { keyword: 'dependencies', holdsOne: false, inPlace: true },
  { keyword: 'items', holdsOne: true, inPlace: false },
  { keyword: 'contains', holdsOne: true, inPlace: false },
  { keyword: 'additionalProperties', holdsOne: true, inPlace: false },
  { keyword: 'propertyNames', holdsOne: true, inPlace: false },
  { keyword: 'unevaluatedItems', holdsOne: true, inPlace: false },
  { keyword: 'unevaluatedProperties', holdsOne: true, inPlace: false },
  { keyword: 'prefixItems', holdsOne: false, inPlace: false },
  { keyword: 'properties', holdsOne: false, inPlace: false },
  { keyword: 'patternProperties', holdsOne: false, inPlace: false },
  // These apply to nothing until a `$ref` names them.
  { keyword: '$defs', holdsOne: false, inPlace: false },
  { keyword: 'definitions', holdsOne: false, inPlace: false },
];

/** Most patterns of a schema, and most instructions of all: compiling these takes 0.1 s. */
const MAX_PATTERNS = 100;
const MAX_INSTRUCTIONS = 3000;
const REFERENCES = 'References are "#", "#/..." or "#anchor" here.';
const REFUSED: ReadonlyMap<string, string> = new Map(
  Object.entries({
    $dynamicAnchor: REFERENCES,
    $dynamicRef: REFERENCES,
    $recursiveAnchor: REFERENCES,
    $recursiveRef: REFERENCES,
    $async: 'Schemas cannot be asynchronous.',
  }),
);

/** A schema inside a schema, and where. */
export interface Subschema {
  readonly pointer: string;
  readonly schema: JsonObject | boolean;
  readonly children: readonly Child[];
  /** The pointer that its `$ref` names. */
  readonly ref: string | undefined;
}

interface Child {
  readonly keyword: string;
  /** The key in a map of schemas, the index in a list of them. */
  readonly key: string | number | undefined;
  readonly inPlace: boolean;
  readonly pointer: string;
}

/** The schemas that a document holds, by pointer, the whole first. `const`, `enum` and `default` hold data. */
export type Subschemas = ReadonlyMap<string, Subschema>;

interface RefusedPlace {
  readonly place: readonly string[];
  readonly message: string;
}

interface Pending {
  readonly schema: Json;
  readonly pointer: string;
}

/** What is inside a schema. */
export interface Walked {
  readonly subschemas: Subschemas;
  /** Its regular expressions, compiled. */
  readonly patterns: ReadonlyMap<string, Pattern>;
  readonly problems: readonly SchemaProblem[];
}

/** Finds the schemas inside a schema and refuses what could do harm. Ignores wrong shapes; `ajv` finds them. */
export function walkSchema(root: Json): Walked {
  const subschemas = new Map<string, Subschema>();
  const problems: SchemaProblem[] = [];
  const pending: Pending[] = [{ schema: root, pointer: '' }];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { schema, pointer } = next;
    if (typeof schema === 'boolean') {
      subschemas.set(pointer, { pointer, schema, children: [], ref: undefined });
    } else if (isPlainObject(schema)) {
      const children = childrenOf(schema, pointer);
      subschemas.set(pointer, { pointer, schema, children, ref: refOf(schema) });
      problems.push(...refusalsOf(schema, pointer));
      pending.push(...children.map((child) => ({ schema: child.schema, pointer: child.pointer })).reverse());
    }
    if (subschemas.size + pending.length > MAX_SUBSCHEMAS) {
      const message = `The schema has more than ${MAX_SUBSCHEMAS} schemas inside it.`;
      return { subschemas, patterns: new Map(), problems: [{ pointer: '', code: 'invalid_schema', message }] };
    }
  }
  const named = resolveAnchors(subschemas);
  const { patterns, problems: badPatterns } = compilePatterns(named.subschemas);
  problems.push(...named.problems, ...badPatterns, ...findBadReferences(named.subschemas));
  return { subschemas: named.subschemas, patterns, problems };
}

/** Puts the pointer of a schema in place of each reference to its `$anchor`. */
function resolveAnchors(subschemas: Subschemas): { subschemas: Subschemas; problems: SchemaProblem[] } {
  const places = new Map<string, string>();
  const problems: SchemaProblem[] = [];
  for (const { pointer, schema } of subschemas.values()) {
    if (typeof schema === 'boolean' || typeof schema.$anchor !== 'string') continue;
    const message = 'Another schema in the document has this anchor too.';
    if (places.has(schema.$anchor)) problems.push({ pointer: `${pointer}/$anchor`, code: 'invalid_schema', message });
    places.set(schema.$anchor, pointer);
  }
  if (places.size === 0) return { subschemas, problems };
  const resolved = [...subschemas].map(([pointer, subschema]): [string, Subschema] => {
    const place = subschema.ref?.startsWith('#') ? places.get(subschema.ref.slice(1)) : undefined;
    return [pointer, place === undefined ? subschema : { ...subschema, ref: place }];
  });
  return { subschemas: new Map(resolved), problems };
}

/** Compiles the regular expressions of all schemas. */
function compilePatterns(subschemas: Subschemas): { patterns: Map<string, Pattern>; problems: SchemaProblem[] } {
  const patterns = new Map<string, Pattern>();
  const problems: SchemaProblem[] = [];
  const refuse = (pointer: string, message: string) => problems.push({ pointer, code: 'invalid_schema', message });
  let instructions = 0;
  for (const { pointer, source } of [...subschemas.values()].flatMap(patternsOf)) {
    if (patterns.has(source)) continue;
    if (patterns.size === MAX_PATTERNS || instructions > MAX_INSTRUCTIONS) {
      refuse(pointer, 'The patterns of the schema are too many, or too large together. Use fewer.');
      break;
    }
    try {
      const pattern = compilePattern(source);
      patterns.set(source, pattern);
      instructions += pattern.instructions;
    } catch (thrown) {
      refuse(pointer, messageOf(thrown));
    }
  }
  return { patterns, problems };
}

function patternsOf({ pointer, schema }: Subschema): { pointer: string; source: string }[] {
  if (typeof schema === 'boolean') return [];
  const own = typeof schema.pattern === 'string' ? [{ pointer: `${pointer}/pattern`, source: schema.pattern }] : [];
  const keys = isPlainObject(schema.patternProperties) ? Object.keys(schema.patternProperties) : [];
  return [...own, ...keys.map((key) => ({ pointer: `${pointer}/patternProperties${pointerToken(key)}`, source: key }))];
}

function childrenOf(schema: JsonObject, pointer: string): (Child & { schema: Json })[] {
  return APPLICATORS.filter(({ keyword }) => Object.hasOwn(schema, keyword)).flatMap(
    ({ keyword, holdsOne, inPlace }): (Child & { schema: Json })[] => {
      const held = schema[keyword] as Json;
      const place = `${pointer}/${keyword}`;
      if (holdsOne) return [{ keyword, key: undefined, inPlace, pointer: place, schema: held }];
      if (typeof held !== 'object' || held === null) return [];
      const isSchema = ([, child]: [string, Json]) => keyword !== 'dependencies' || !Array.isArray(child);
      return Object.entries(held)
        .filter(isSchema)
        .map(([key, child]) => ({
          keyword,
          key: Array.isArray(held) ? Number(key) : key,
          inPlace,
          pointer: place + pointerToken(key),
          schema: child,
        }));
    },
  );
}

function refusalsOf(schema: JsonObject, pointer: string): SchemaProblem[] {
  return [...refusedKeywords(schema, pointer === ''), ...refusedSizes(schema)].map(({ place, message }) => ({
    pointer: pointer + toPointer(place),
    code: 'invalid_schema',
    message,
  }));
}

function* refusedKeywords(schema: JsonObject, isWhole: boolean): Iterable<RefusedPlace> {
  const { properties, items, enum: values } = schema;
  for (const key of Object.keys(schema)) {
    const reason = key === '$id' && !isWhole ? REFERENCES : REFUSED.get(key);
    if (reason !== undefined) yield { place: [key], message: `"${key}": ${reason}` };
  }
  if (isPlainObject(properties) && Object.hasOwn(properties, '__proto__')) {
    yield { place: ['properties', '__proto__'], message: 'A property of this name cannot be checked.' };
  }
  if (Array.isArray(values) && values.length === 0) {
    yield { place: ['enum'], message: 'An empty list allows no value at all. List one at least.' };
  }
  if (Array.isArray(items)) {
    yield { place: ['items'], message: 'Use prefixItems for a list of schemas, one for each place.' };
  }
}

function* refusedSizes(schema: JsonObject): Iterable<RefusedPlace> {
  for (const keyword of ['allOf', 'anyOf', 'oneOf', 'prefixItems']) {
    const list = schema[keyword];
    if (!Array.isArray(list) || list.length <= MAX_ALTERNATIVES) continue;
    yield {
      place: [keyword],
      message: `A list has at most ${MAX_ALTERNATIVES} schemas. Use enum for a choice of values.`,
    };
  }
  for (const keyword of ['dependentRequired', 'dependencies', 'patternProperties']) {
    const map = schema[keyword];
    if (!isPlainObject(map) || Object.keys(map).length <= MAX_ALTERNATIVES) continue;
    yield { place: [keyword], message: `This has at most ${MAX_ALTERNATIVES} keys.` };
  }
}

function refOf(schema: JsonObject): string | undefined {
  const ref = Object.hasOwn(schema, '$ref') ? schema.$ref : undefined;
  if (typeof ref !== 'string') return undefined;
  if (ref === '#') return '';
  if (!ref.startsWith('#/')) return ref;
  try {
    return decodeURIComponent(ref.slice(1));
  } catch {
    return ref;
  }
}

function findBadReferences(subschemas: Subschemas): SchemaProblem[] {
  const code = 'invalid_schema' as const;
  const problems = [...subschemas.values()].flatMap(({ pointer, ref }) => {
    if (ref === undefined || subschemas.has(ref)) return [];
    const message =
      'This leads to no schema. References begin with "#/", or name an "$anchor", and shared schemas stand under "$defs".';
    return [{ pointer: `${pointer}/$ref`, code, message }];
  });
  if (problems.length > 0) return problems;
  const looping = findLoop(subschemas);
  if (looping === undefined) return [];
  const message = 'This comes back to itself without going deeper into the value: the check would never end.';
  return [{ pointer: looping, code, message }];
}

/** A schema that applies itself to the same value again, if there is one. */
function findLoop(subschemas: Subschemas): string | undefined {
  const done = new Map<string, boolean>();
  const visit = (pointer: string): string | undefined => {
    const isDone = done.get(pointer);
    if (isDone !== undefined) return isDone ? undefined : pointer;
    done.set(pointer, false);
    const { children = [], ref } = subschemas.get(pointer) ?? {};
    const next = children.filter((child) => child.inPlace).map((child) => child.pointer);
    for (const target of ref === undefined ? next : [...next, ref]) {
      const loop = visit(target);
      if (loop !== undefined) return loop;
    }
    done.set(pointer, true);
    return undefined;
  };
  for (const pointer of subschemas.keys()) {
    const loop = visit(pointer);
    if (loop !== undefined) return loop;
  }
  return undefined;
}
