import { z } from 'zod';

/** What a mapper to the wire returns: the schema's output, which nobody changes any more. */
export type Wire<S extends z.ZodType> = DeepReadonly<z.output<S>>;

type DeepReadonly<T> = T extends (infer Item)[]
  ? readonly DeepReadonly<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: DeepReadonly<T[Key]> }
    : T;

/** Any JSON. Not `z.json()`: that is recursive, and its reference dangles in the OpenAPI document. */
export const jsonSchema = z.unknown().meta({ id: 'JsonValue', description: 'Any JSON value.' });
export const jsonObjectSchema = z.record(z.string(), z.unknown());

/** RFC 3339, UTC. */
export const timeSchema = z.string().meta({ format: 'date-time', examples: ['2026-11-23T09:30:00.000Z'] });

const limitSchema = z.int().min(1).max(200).default(50).describe('Most items to answer with.');
const cursorSchema = z.string().exactOptional().describe('`next_cursor` of the page before.');
export const pageShape = { limit: limitSchema, cursor: cursorSchema };
export const pageQuerySchema = z.strictObject(pageShape);

export const nextCursorSchema = z
  .string()
  .nullable()
  .describe('Pass it as `cursor` for the next page; null at the end.');

export const waitSchema = z
  .int()
  .min(1)
  .max(60)
  .exactOptional()
  .describe('Seconds to hold the answer back until the run is finished, or it or a run inside it waits for input.');

export const versionSchema = z
  .int()
  .min(1)
  .exactOptional()
  .describe('A version of the graph; the latest where left out.');

const runIdSchema = z.string().meta({
  description: 'The id that POST /graph/run answered with.',
  examples: ['019ab0f4-5c00-7000-8000-000000000000'],
});
export const runParamsSchema = z.object({ run_id: runIdSchema });
export const runPairParamsSchema = z.object({ a: runIdSchema, b: runIdSchema });

/** The path parameter of routes on one graph, with an id to try it out on. */
export function graphParamsSchema(example: string) {
  return z.object({ graph_id: z.string().meta({ description: 'The id of a graph.', examples: [example] }) });
}

export const problemItemSchema = z
  .object({
    pointer: z.string().describe('Where: a JSON Pointer (RFC 6901) into the body, or into the query as an object.'),
    code: z.string().describe('What, as a stable code.'),
    message: z.string().describe('What, in words.'),
    hint: z.string().optional().describe('What was probably meant.'),
  })
  .meta({ id: 'ProblemItem' });
