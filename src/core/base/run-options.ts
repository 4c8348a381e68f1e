import { z } from 'zod';
import { definedOnly } from './defined-only.js';
import { isWellFormed } from './json.js';

/** What people say of a run that they start, whether by a request or by a step of another run. */

/** A hundred years: longer than any run, and still an exact time in milliseconds. */
export const MAX_DEADLINE_SECONDS = 3_153_600_000;
const MAX_STEPS = 1_000_000;
/** A trillion: sums of them are exact. */
const MAX_TOKENS = 1_000_000_000_000;
/** Dollars. A million has exact sums of billionths of a dollar. */
export const MAX_COST_USD = 1_000_000;
/** What costs are counted in. */
const MIN_COST_USD = 1e-9;
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
  max_tokens: z
    .int()
    .min(1)
    .max(MAX_TOKENS)
    .optional()
    .describe('Most tokens, input and output together, that the run and all runs inside it may use.'),
  max_cost_usd: z
    .number()
    .min(MIN_COST_USD)
    .max(MAX_COST_USD)
    .optional()
    .describe('The most that the run and all runs inside it may cost, in US dollars, as far as tools say.'),
  max_visits: z.int().min(1).max(MAX_STEPS).optional().describe('Most visits to any one node.'),
  no_progress: z
    .int()
    .min(1)
    .max(MAX_STEPS)
    .optional()
    .describe('The run stops when it comes to a node this many times in a row with `data` as at the visit before.'),
  on_limit: z
    .enum(['fail', 'wait'])
    .optional()
    .describe(
      'At a limit other than the deadline the run fails, or waits until somebody lifts the limit. Default fail.',
    ),
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

/** The limits that a run need not have, and what happens at one. */
export interface Guards {
  readonly max_tokens?: number;
  readonly max_cost_usd?: number;
  readonly max_visits?: number;
  readonly no_progress?: number;
  readonly on_limit?: 'fail' | 'wait';
}

/** The guards among some limits; undefined if there are none. */
export function guardsIn(limits: { readonly [K in keyof Guards]?: Guards[K] | undefined }): Guards | undefined {
  const { max_tokens, max_cost_usd, max_visits, no_progress, on_limit } = limits;
  const guards: Guards = definedOnly({ max_tokens, max_cost_usd, max_visits, no_progress, on_limit });
  return Object.keys(guards).length === 0 ? undefined : guards;
}
export type Metadata = Readonly<Record<string, string>>;
