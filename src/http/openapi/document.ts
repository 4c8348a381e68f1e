import type { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod';
import { needsBody } from '../input/bodies.js';
import { NAMED_EXAMPLES, type NamedExamples } from './named-examples.js';
import { plainSchemas } from './plain-schemas.js';

type Transformed = ReturnType<typeof jsonSchemaTransform>;
type Responses = Record<string, { headers?: unknown; content?: Record<string, { example?: unknown }> } | undefined>;

/**
 * Restores what is dropped on the way to the document: headers and examples of responses by jsonSchemaTransform, and by
 * @fastify/swagger the examples of a body, if its schema is a reference, and that the body is optional. {@link polishDocument} finds
 * the latter two under BODY.
 */
export function restoreDropped(
  schema: { response?: unknown; body?: unknown } | undefined,
  transformed: Transformed,
): Transformed {
  restoreResponses((schema?.response ?? {}) as Responses, transformed.schema as { response?: Responses });
  const { body } = transformed.schema as { body?: { examples?: unknown[]; [NAMED_EXAMPLES]?: NamedExamples } };
  if (body === undefined) return transformed;
  const { [NAMED_EXAMPLES]: examples, ...rest } = body;
  const shown = examples === undefined ? { example: body.examples?.[0] } : { examples };
  Object.assign(transformed.schema, { body: rest, [BODY]: { shown, required: needsBody(schema?.body) } });
  return transformed;
}

function restoreResponses(before: Responses, { response: after = {} }: { response?: Responses }): void {
  for (const [status, response] of Object.entries(after)) {
    const original = before[status];
    if (response?.content === undefined || original === undefined) continue;
    if (original.headers !== undefined) response.headers = original.headers;
    for (const [type, media] of Object.entries(response.content)) {
      const example = original.content?.[type]?.example;
      if (example !== undefined) media.example = example;
    }
  }
}

/** What needs no key lacks none. It can lack something else. */
function dropKeyError({ responses = {} }: Operation): void {
  const { 401: refused } = responses;
  if (refused === undefined) return;
  const others = refused.description?.split('\n\n').filter((each) => !each.startsWith('`unauthorized`')) ?? [];
  if (others.length === 0) delete responses['401'];
  else refused.description = others.join('\n\n');
}

const BODY = 'x-body';

type ApiDocument = ReturnType<typeof jsonSchemaTransformObject>;

/** The parts of the document that are changed. */
interface Parts {
  paths?: Record<string, Record<string, Operation>>;
  components?: { schemas?: Record<string, unknown> };
}

/** Makes the document complete, and free of schemas that nothing refers to. */
export function polishDocument(document: ApiDocument): ApiDocument {
  const parts = document as Parts;
  for (const operation of Object.values(parts.paths ?? {}).flatMap((path) => Object.values(path))) {
    writeDeepObjects(operation);
    describeBody(operation);
    if (operation.security?.length === 0) dropKeyError(operation);
  }
  const used = dropUnusedSchemas(parts);
  return { ...used, ...plainSchemas({ paths: used.paths, components: used.components }) } as ApiDocument;
}

interface Operation {
  security?: readonly object[];
  responses?: Record<string, { description?: string }>;
  parameters?: Parameter[];
  requestBody?: { required: boolean; content: Record<string, object> };
  [BODY]?: { readonly shown: object; readonly required: boolean };
}

type Parameter = { name?: string; in?: string; style?: string; explode?: boolean; example?: unknown };

/** Declares how the one query parameter that is an object is written. An empty example keeps "Try it out" from filling it. */
function writeDeepObjects({ parameters = [] }: Operation): void {
  for (const parameter of parameters) {
    if (parameter.in !== 'query' || parameter.name !== 'metadata') continue;
    Object.assign(parameter, { style: 'deepObject', explode: true, example: {} });
  }
}

/** What browsers send for the page of an approval link. */
export const FORM_TYPE = 'application/x-www-form-urlencoded';

const FORM = {
  schema: {
    type: 'object',
    description:
      'The fields of the page: `answer.<key>` for a property of the schema of the wait, or `answer` for the whole answer.',
    additionalProperties: { type: 'string' },
  },
  example: { 'answer.approved': 'true' },
};

function describeBody(operation: Operation): void {
  const { requestBody, [BODY]: body } = operation;
  delete operation[BODY];
  if (requestBody === undefined || body === undefined) return;
  requestBody.required = body.required;
  for (const [type, media] of Object.entries(requestBody.content)) {
    requestBody.content[type] = type === FORM_TYPE ? FORM : { ...media, ...body.shown };
  }
}

const REFERENCE = /"#\/components\/schemas\/([^"]+)"/g;

/**
 * Every schema comes twice, as it is read (`NodeInput`) and as it is written (`Node`). Twins that are equal become one,
 * and schemas that nothing refers to are dropped.
 */
function dropUnusedSchemas(document: Parts): Parts {
  const schemas = document.components?.schemas ?? {};
  const chosen = new Map<string, string>();
  const oneOf = (name: string): string => {
    const twin = name.replace(/Input$/, '');
    // Twins can be equal but for the twins that they refer to. One that refers to itself is chosen while it is compared.
    if (!chosen.has(name)) chosen.set(name, name).set(name, isEqual(twin, name) ? twin : name);
    return chosen.get(name) ?? name;
  };
  const isEqual = (a: string, b: string) => JSON.stringify(merge(schemas[a])) === JSON.stringify(merge(schemas[b]));
  const merge = <T>(part: T): T => {
    if (part === undefined) return part;
    return JSON.parse(JSON.stringify(part).replace(REFERENCE, (_, name) => `"#/components/schemas/${oneOf(name)}"`));
  };
  const paths = merge(document.paths ?? {});
  const used = new Map<string, unknown>();
  const visit = (part: unknown): void => {
    for (const [, name = ''] of JSON.stringify(part).matchAll(REFERENCE)) {
      if (used.has(name)) continue;
      used.set(name, merge(schemas[name]));
      visit(used.get(name));
    }
  };
  visit(paths);
  const kept = Object.fromEntries([...used].sort(([a], [b]) => (a < b ? -1 : 1)));
  return { ...document, paths, components: { ...document.components, schemas: kept } };
}
