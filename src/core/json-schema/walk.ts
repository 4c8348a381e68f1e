import { isPlainObject, type Json, type JsonObject, pointerToken } from '../base/json.js';
import type { SchemaProblem } from './codes.js';

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
  { keyword: 'items', holdsOne: true, inPlace: false },
  { keyword: 'contains', holdsOne: true, inPlace: false },
  { keyword: 'additionalProperties', holdsOne: true, inPlace: false },
  { keyword: 'propertyNames', holdsOne: true, inPlace: false },
  { keyword: 'unevaluatedItems', holdsOne: true, inPlace: false },
  { keyword: 'unevaluatedProperties', holdsOne: true, inPlace: false },
  { keyword: 'prefixItems', holdsOne: false, inPlace: false },
  { keyword: 'properties', holdsOne: false, inPlace: false },
  // These apply to nothing until a `$ref` names them.
  { keyword: '$defs', holdsOne: false, inPlace: false },
  { keyword: 'definitions', holdsOne: false, inPlace: false },
];

const REGULAR_EXPRESSIONS = 'Regular expressions are refused, since some take years. Use enum, minLength or format.';
const DYNAMIC = 'References are "#" or "#/..." here.';
const REFUSED: ReadonlyMap<string, string> = new Map(
  Object.entries({
    pattern: REGULAR_EXPRESSIONS,
    patternProperties: REGULAR_EXPRESSIONS,
    $anchor: DYNAMIC,
    $dynamicAnchor: DYNAMIC,
    $dynamicRef: DYNAMIC,
    $recursiveAnchor: DYNAMIC,
    $recursiveRef: DYNAMIC,
    $async: 'Schemas cannot be asynchronous.',
    dependencies: 'Use dependentRequired or dependentSchemas.',
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

interface Pending {
  readonly schema: Json;
  readonly pointer: string;
}

/** Finds the schemas inside a schema and refuses what could do harm. Ignores wrong shapes; `ajv` finds them. */
export function walkSchema(root: Json): { subschemas: Subschemas; problems: SchemaProblem[] } {
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
      return { subschemas, problems: [{ pointer: '', code: 'invalid_schema', message }] };
    }
  }
  return { subschemas, problems: [...problems, ...findBadReferences(subschemas)] };
}

function childrenOf(schema: JsonObject, pointer: string): (Child & { schema: Json })[] {
  return APPLICATORS.filter(({ keyword }) => Object.hasOwn(schema, keyword)).flatMap(
    ({ keyword, holdsOne, inPlace }): (Child & { schema: Json })[] => {
      const held = schema[keyword] as Json;
      const place = `${pointer}/${keyword}`;
      if (holdsOne) return [{ keyword, key: undefined, inPlace, pointer: place, schema: held }];
      if (typeof held !== 'object' || held === null) return [];
      return Object.entries(held).map(([key, child]) => ({
        keyword,
        key: Array.isArray(held) ? Number(key) : key,
        inPlace,
        pointer: place + pointerToken(key),
        schema: child,
      }));
    },
  );
}

function* refusalsOf(schema: JsonObject, pointer: string): Iterable<SchemaProblem> {
  const code = 'invalid_schema' as const;
  for (const key of Object.keys(schema)) {
    const reason = key === '$id' && pointer !== '' ? DYNAMIC : REFUSED.get(key);
    if (reason !== undefined) yield { pointer: pointer + pointerToken(key), code, message: `"${key}": ${reason}` };
  }
  if (isPlainObject(schema.properties) && Object.hasOwn(schema.properties, '__proto__')) {
    yield { pointer: `${pointer}/properties/__proto__`, code, message: 'A property of this name cannot be checked.' };
  }
  for (const keyword of ['allOf', 'anyOf', 'oneOf', 'prefixItems']) {
    const list = schema[keyword];
    if (!Array.isArray(list) || list.length <= MAX_ALTERNATIVES) continue;
    const message = `A list has at most ${MAX_ALTERNATIVES} schemas. Use enum for a choice of values.`;
    yield { pointer: `${pointer}/${keyword}`, code, message };
  }
  if (isPlainObject(schema.dependentRequired) && Object.keys(schema.dependentRequired).length > MAX_ALTERNATIVES) {
    const message = `This has at most ${MAX_ALTERNATIVES} keys.`;
    yield { pointer: `${pointer}/dependentRequired`, code, message };
  }
  if (Array.isArray(schema.items)) {
    yield { pointer: `${pointer}/items`, code, message: 'Use prefixItems for a list of schemas, one for each place.' };
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
    const message = 'This leads to no schema. References begin with "#/", and shared schemas stand under "$defs".';
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
