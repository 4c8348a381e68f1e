import { z } from 'zod';
import type { JsonObject } from '../core/base/json.js';
import { checkSchema } from './answer-schema.js';

/** Params that the tools have in common which wait for somebody. */

/** A hundred years. */
const MAX_SECONDS = 3_153_600_000;

/** A JSON Schema that answers must fit. */
export const waitSchemaSchema = z
  .union([z.record(z.string(), z.unknown()), z.boolean()])
  .superRefine(checkSchema)
  .optional();

export const expirySchema = z
  .number()
  .positive()
  .max(MAX_SECONDS)
  .optional()
  .describe('When it is too late: wait_expired.');

export const waitKeySchema = z
  .string()
  .min(1)
  .max(200)
  .optional()
  .describe("The key of data; the node's name by default.");

/** When a wait expires that starts now (milliseconds since 1970). */
export function expiryOf(now: () => number, seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : Math.ceil(now() + seconds * 1000);
}

/** `true` and `false` as objects: those that wait are stored with one. */
export function objectSchemaOf(schema: z.output<typeof waitSchemaSchema>): JsonObject | undefined {
  if (typeof schema === 'boolean') return schema ? {} : { not: {} };
  return schema as JsonObject | undefined;
}
