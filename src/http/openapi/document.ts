import type { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod';
import { needsBody } from '../input/bodies.js';
import { NAMED_EXAMPLES, type NamedExamples } from './named-examples.js';

type Transformed = ReturnType<typeof jsonSchemaTransform>;
type Responses = Record<string, { headers?: unknown; content?: Record<string, { example?: unknown }> } | undefined>;

/**
 * Puts back what is dropped on the way to the document: headers and examples of answers by jsonSchemaTransform, and by
 * @fastify/swagger the examples of a body, if its schema is a reference, and that it can be left out. `polished` finds
 * the latter two under BODY.
 */
export function withWhatTheTransformDrops(
  schema: { response?: unknown; body?: unknown } | undefined,
  transformed: Transformed,
): Transformed {
  describeAnswers((schema?.response ?? {}) as Responses, transformed.schema as { response?: Responses });
  const { body } = transformed.schema as { body?: { examples?: unknown[]; [NAMED_EXAMPLES]?: NamedExamples } };
  if (body === undefined) return transformed;
  const { [NAMED_EXAMPLES]: examples, ...rest } = body;
  const shown = examples === undefined ? { example: body.examples?.[0] } : { examples };
  Object.assign(transformed.schema, { body: rest, [BODY]: { shown, required: needsBody(schema?.body) } });
  return transformed;
}

function describeAnswers(before: Responses, { response: after = {} }: { response?: Responses }): void {
  for (const [status, answer] of Object.entries(after)) {
    const original = before[status];
    if (answer?.content === undefined || original === undefined) continue;
    if (original.headers !== undefined) answer.headers = original.headers;
    for (const [type, media] of Object.entries(answer.content)) {
      const example = original.content?.[type]?.example;
      if (example !== undefined) media.example = example;
    }
  }
}

const BODY = 'x-body';

type ApiDocument = ReturnType<typeof jsonSchemaTransformObject>;

/** The parts of the document that are worked on. */
interface Parts {
  paths?: Record<string, Record<string, Operation>>;
  components?: { schemas?: Record<string, unknown> };
}

/** The document as people and their tools like to read it. */
export function polished(document: ApiDocument): ApiDocument {
  const parts = document as Parts;
  for (const operation of Object.values(parts.paths ?? {}).flatMap((path) => Object.values(path))) {
    writeDeepObjects(operation);
    describeBody(operation);
  }
  return withoutIdleSchemas(parts) as ApiDocument;
}

interface Operation {
  parameters?: Parameter[];
  requestBody?: { required: boolean; content: Record<string, object> };
  [BODY]?: { readonly shown: object; readonly required: boolean };
}

type Parameter = { name?: string; in?: string; style?: string; explode?: boolean; example?: unknown };

/** Says how the one query parameter that is an object is written. An empty example keeps "Try it out" from filling it. */
function writeDeepObjects({ parameters = [] }: Operation): void {
  for (const parameter of parameters) {
    if (parameter.in !== 'query' || parameter.name !== 'metadata') continue;
    Object.assign(parameter, { style: 'deepObject', explode: true, example: {} });
  }
}

function describeBody(operation: Operation): void {
  const { requestBody, [BODY]: said } = operation;
  delete operation[BODY];
  if (requestBody === undefined || said === undefined) return;
  requestBody.required = said.required;
  for (const media of Object.values(requestBody.content)) Object.assign(media, said.shown);
}

const REFERENCE = /"#\/components\/schemas\/([^"]+)"/g;

/**
 * Every schema comes twice, as it is read (`NodeInput`) and as it is written (`Node`). Twins that are equal become one,
 * and what nothing refers to is left out.
 */
function withoutIdleSchemas(document: Parts): Parts {
  const schemas = document.components?.schemas ?? {};
  const oneOf = (name: string): string => {
    const twin = name.replace(/Input$/, '');
    return JSON.stringify(schemas[twin]) === JSON.stringify(schemas[name]) ? twin : name;
  };
  const merge = <T>(part: T): T => {
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
