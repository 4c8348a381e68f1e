import { CONDITIONAL_EDGE_FORMS } from '../../core/graph/definition.js';

type Schema = Record<string, unknown>;
interface Parts {
  readonly paths: unknown;
  readonly components: { schemas?: Record<string, unknown> } | undefined;
}

/**
 * Makes the schemas of the document what generators of clients expect:
 * - whole numbers have no bounds that only say that they are whole
 * - components have no `default`, which generators take for "always there": the description says it
 * - a conditional edge is one of its two forms
 */
export function plainSchemas({ paths, components }: Parts): Parts {
  const schemas = Object.entries(components?.schemas ?? {}).map(([name, schema]) => {
    const plain = withoutDefaults(withoutSafeBounds(schema)) as Schema;
    return [name, name === 'ConditionalEdge' ? splitForms(plain) : plain];
  });
  return { paths: withoutSafeBounds(paths), components: { ...components, schemas: Object.fromEntries(schemas) } };
}

function withoutSafeBounds<T>(part: T): T {
  return JSON.parse(JSON.stringify(part), (key, value) => {
    const isBound = key === 'minimum' || key === 'maximum';
    return isBound && Math.abs(value) === Number.MAX_SAFE_INTEGER ? undefined : value;
  });
}

/** Properties can be named `default` too; their value is a schema, and no default of ours is an object. */
function withoutDefaults<T>(part: T): T {
  return JSON.parse(JSON.stringify(part), (_key, value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value) || !isDefault(value.default)) return value;
    const { default: given, description = '', ...rest } = value as Schema;
    return { ...rest, description: `${description} Default ${JSON.stringify(given)}.`.trim() };
  });
}

function isDefault(value: unknown): boolean {
  return value !== undefined && (typeof value !== 'object' || Array.isArray(value));
}

function splitForms({ properties, ...rest }: Schema): Schema {
  const oneOf = CONDITIONAL_EDGE_FORMS.map(({ required, optional }) => {
    const fields = [...required, ...optional].map((name) => [name, (properties as Schema)[name]]);
    return { ...rest, properties: Object.fromEntries(fields), required };
  });
  return { oneOf };
}
