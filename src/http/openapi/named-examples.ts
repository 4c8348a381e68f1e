/** The key of a schema's `meta` for examples that have names, as OpenAPI writes them. */
export const NAMED_EXAMPLES = 'x-examples';
export type NamedExamples = Readonly<Record<string, { readonly summary: string; readonly value: unknown }>>;
