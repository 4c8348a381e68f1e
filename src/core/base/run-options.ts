import { z } from 'zod';
import { isWellFormed } from './json.js';

/** What people say of a run that they start, whether by a request or by a step of another run. */

/** A hundred years: longer than any run, and still an exact time in milliseconds. */
export const MAX_DEADLINE_SECONDS = 3_153_600_000;
const MAX_STEPS = 1_000_000;
/** Entries of the metadata of a run. */
export const MAX_METADATA = 50;

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused.
const NO_CONTROL = /^[^\u0000-\u001f\u007f]*$/;

/** What text that is stored beside JSON must be. A refinement: the schemas of OpenAPI have no word for it. */
export const WELL_FORMED = [isWellFormed, 'must not hold half of a surrogate pair'] as const;

/** A name that people give: 1 to 200 characters, none of them a control character or half a character. */
export const nameSchema = z
  .string()
  .min(1)
  .max(200)
  .regex(NO_CONTROL, 'must not hold control characters')
  .refine(...WELL_FORMED);

/** Limits of a run, as documents have them. */
export const runLimitsSchema = z.strictObject({
  max_steps: z.int().min(1).max(MAX_STEPS).optional().describe('Most steps a run may take. Default 1000.'),
  deadline_seconds: z
    .number()
    .positive()
    .max(MAX_DEADLINE_SECONDS)
    .optional()
    .describe('The run fails when it is not finished this long after it was submitted; queueing and downtime count.'),
});

/** Strings that a run can be found by. */
export const metadataSchema = z
  .record(
    nameSchema.max(100),
    z
      .string()
      .max(1000)
      .refine(...WELL_FORMED),
  )
  .refine((metadata) => Object.keys(metadata).length <= MAX_METADATA, `must have at most ${MAX_METADATA} entries`)
  .describe('Strings of your own, to find the run by.')
  .meta({ maxProperties: MAX_METADATA });

export type RunLimitsDocument = z.output<typeof runLimitsSchema>;
export type Metadata = Readonly<Record<string, string>>;
