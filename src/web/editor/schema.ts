/** The parts of a JSON Schema that say what can be written. */
export interface JsonSchema {
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, JsonSchema>>;
  readonly description?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: JsonSchema | boolean;
  readonly items?: JsonSchema;
  readonly oneOf?: readonly JsonSchema[];
  readonly anyOf?: readonly JsonSchema[];
  readonly allOf?: readonly JsonSchema[];
}

/** More references in a row than this go in circles. */
const MAX_DEPTH = 20;

/** The schemas that a value at a path can have: one for each alternative. */
export function schemasAt(root: JsonSchema, path: readonly (string | number)[]): JsonSchema[] {
  let found = alternatives(root, root);
  for (const part of path)
    found = found.flatMap((schema) => {
      const next = step(schema, part);
      return typeof next === 'object' ? alternatives(next, root) : [];
    });
  return found;
}

function step(schema: JsonSchema, part: string | number): JsonSchema | boolean | undefined {
  return typeof part === 'number' ? schema.items : (schema.properties?.[part] ?? schema.additionalProperties);
}

function alternatives(schema: JsonSchema, root: JsonSchema, depth = 0): JsonSchema[] {
  if (depth > MAX_DEPTH) return [];
  const { $ref, oneOf = [], anyOf = [], allOf = [] } = schema;
  const referred = $ref?.startsWith('#/$defs/') ? root.$defs?.[$ref.slice('#/$defs/'.length)] : undefined;
  const more = [...oneOf, ...anyOf, ...allOf, ...(referred === undefined ? [] : [referred])];
  return [schema, ...more.flatMap((each) => alternatives(each, root, depth + 1))];
}

/** The keys of objects with one of these schemas. */
export function keysOf(schemas: readonly JsonSchema[]): [string, JsonSchema][] {
  return [...new Map(schemas.flatMap(({ properties = {} }) => Object.entries(properties)))];
}

/** The texts that a value with one of these schemas can be. */
export function wordsOfSchema(schemas: readonly JsonSchema[]): string[] {
  const all = schemas.flatMap((schema) => [...(schema.enum ?? []), schema.const]);
  return [...new Set(all.filter((value) => typeof value === 'string'))];
}
