import { z } from 'zod';
import { jsonSchema } from '../core/base/json-value-schema.js';
import { PROBLEM_CODES } from './errors/problem-codes.js';

export { jsonObjectSchema } from '../core/base/json-object-schema.js';
export { jsonSchema } from '../core/base/json-value-schema.js';

/** Schemas that several operations share. */

/** RFC 3339, UTC. */
export const timeSchema = z.string().meta({ format: 'date-time', examples: ['2026-11-23T09:30:00.000Z'] });

/**
 * An enum of the wire, described by what each of its values means.
 * With a union of the core as type argument, a new kind does not compile until it is described.
 *
 * @example
 * kindSchema<WaitKind>('What a run waits for', { timer: 'a moment', ... })
 */
export function kindSchema<K extends string>(about: string, meanings: Readonly<Record<K, string>>) {
  const kinds = Object.keys(meanings) as [K, ...K[]];
  const list = kinds.map((kind) => `\`${kind}\`: ${meanings[kind]}`).join('; ');
  return z.enum(kinds).describe(`${about}. ${list}.`);
}

const limitSchema = z.int().min(1).max(200).default(50).describe('The largest number of items in the answer.');
const cursorSchema = z.string().exactOptional().describe('`next_cursor` of the previous page.');
/** A text that is searched for. */
export const searchSchema = z.string().trim().min(1).max(200).exactOptional();
export const pageShape = { limit: limitSchema, cursor: cursorSchema };
export const pageQuerySchema = z.strictObject(pageShape);

export const nextCursorSchema = z
  .string()
  .nullable()
  .describe('Send it as `cursor` to get the next page; null on the last page.');

export const waitSchema = z
  .int()
  .min(1)
  .max(60)
  .exactOptional()
  .describe('Seconds to wait for the run to finish, or for it or a run inside it to wait for input.');

export const versionSchema = z
  .int()
  .min(1)
  .exactOptional()
  .describe('A version of the graph; the latest one if omitted.');

const runIdSchema = z.string().meta({
  description: 'The id that POST /graph/run returned.',
  examples: ['019ab0f4-5c00-7000-8000-000000000000'],
});
export const runParamsSchema = z.object({ run_id: runIdSchema });
export const runPairParamsSchema = z.object({ a: runIdSchema, b: runIdSchema });

/** The path parameter of routes on one graph, with an id to try it with. */
export function graphParamsSchema(example: string) {
  return z.object({ graph_id: z.string().meta({ description: 'The id of a graph.', examples: [example] }) });
}

const pathSchema = z.string().describe('A JSON Pointer (RFC 6901) into the body.');

const patchOperationSchema = z
  .discriminatedUnion('op', [
    z.object({ op: z.enum(['add', 'replace']), path: pathSchema, value: jsonSchema }),
    z.object({ op: z.literal('remove'), path: pathSchema }),
    z.object({ op: z.literal('move'), from: pathSchema, path: pathSchema }),
  ])
  .meta({ id: 'PatchOperation', description: 'An operation of a JSON Patch (RFC 6902).' });

export const problemItemSchema = z
  .object({
    pointer: z.string().describe('Where: a JSON Pointer (RFC 6901) into the body, or into the query as an object.'),
    code: z.enum(PROBLEM_CODES).describe('A stable code.'),
    message: z.string().describe('An explanation.'),
    hint: z.string().optional().describe('What was probably meant.'),
    fix: z
      .array(patchOperationSchema)
      .optional()
      .describe('Of a graph: a JSON Patch (RFC 6902) of the body that corrects this. Only where that is certain.'),
    line: z.int().min(1).optional().describe('Where in the text of the body, if it is a graph. Counts from 1.'),
    column: z.int().min(1).optional().describe('Where in the line, in UTF-16 code units. Counts from 1.'),
  })
  .meta({ id: 'ProblemItem' });

/** For answers that have an entity tag. */
export const ifNoneMatchSchema = z.object({
  'if-none-match': z.string().optional().describe('The `ETag` of an earlier response: if nothing has changed, 304.'),
});
