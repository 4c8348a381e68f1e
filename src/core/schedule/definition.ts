import { z } from 'zod';
import type { Json } from '../base/json.js';
import { jsonSchema } from '../base/json-value-schema.js';
import { metadataSchema } from '../base/run-options.js';
import { limitsSchema } from '../graph/definition.js';
import { findTimingProblem, MAX_PATTERN_LENGTH } from './calendar.js';

/** A year. Longer would be an hour that is not known yet: countries change their summer time. */
export const MAX_EVERY_SECONDS = 31_536_000;
export const MAX_CATCH_UP_SECONDS = 31_536_000;

/** Words in paths of the API, which cannot be ids. */
const RESERVED_IDS: readonly string[] = ['preview'];
const SLUG = /^[a-z0-9]+(-[a-z0-9]+)*$/;

/** The id of a schedule. */
export const scheduleIdSchema = z
  .string()
  .min(1)
  .max(100)
  .regex(SLUG, 'must be a slug: a-z, 0-9 and single hyphens between them')
  .refine((id) => !RESERVED_IDS.includes(id), 'is a reserved word');

/** What a schedule does with an occurrence while runs that it has started are not over. */
export const OVERLAPS = {
  skip: 'starts nothing',
  allow: 'starts a run beside them',
  cancel_previous: 'starts a run, and cancels them',
} as const;

export type Overlap = keyof typeof OVERLAPS;

const timingShape = {
  cron: z
    .string()
    .min(1)
    .max(MAX_PATTERN_LENGTH)
    .exactOptional()
    .describe('When it is due: minute, hour, day of the month, month, weekday; with 6 fields, seconds first.'),
  every_seconds: z
    .int()
    .min(1)
    .max(MAX_EVERY_SECONDS)
    .exactOptional()
    .describe('Instead of `cron`: every so many seconds, counted from 1970-01-01T00:00:00Z.'),
  time_zone: z.string().max(100).default('UTC').describe('The time zone of `cron`, by its name in the IANA database.'),
};

function checkTiming(timing: z.output<z.ZodObject<typeof timingShape>>, context: z.RefinementCtx): void {
  const problem = findTimingProblem(timing);
  if (problem === undefined) return;
  context.addIssue({ code: 'custom', path: [problem.field], message: problem.message, input: timing });
}

/** Most instants of a preview. */
const MAX_PREVIEW = 100;

/** A timing, and how many of its instants are wanted. */
export const previewSchema = z
  .strictObject({
    ...timingShape,
    count: z.int().min(1).max(MAX_PREVIEW).default(5).describe('How many instants.'),
    after: z.iso
      .datetime({ offset: true })
      .exactOptional()
      .describe('Instants after this RFC 3339 time; after now if omitted.'),
  })
  .superRefine(checkTiming)
  .meta({ id: 'SchedulePreview' });

const overlapSchema = z
  .enum(Object.keys(OVERLAPS) as [Overlap, ...Overlap[]])
  .default('skip')
  .describe(
    `What an occurrence does while a run that the schedule has started is not over. ${Object.entries(OVERLAPS)
      .map(([name, meaning]) => `\`${name}\`: ${meaning}`)
      .join('; ')}.`,
  );

/** A schedule, as people write it. */
export const scheduleDefinitionSchema = z
  .strictObject({
    schedule_id: scheduleIdSchema.exactOptional().describe('A slug. Made from the id of the graph if it is omitted.'),
    graph_id: z.string().max(100).describe('The graph that it starts runs of.'),
    version: z
      .int()
      .min(1)
      .exactOptional()
      .describe('A version of the graph; the latest one at each start if omitted.'),
    ...timingShape,
    input_data: jsonSchema.exactOptional().describe('The input of each run; null if omitted.'),
    metadata: metadataSchema.exactOptional(),
    limits: limitsSchema.exactOptional(),
    overlap: overlapSchema,
    catch_up_seconds: z
      .int()
      .min(1)
      .max(MAX_CATCH_UP_SECONDS)
      .default(60)
      .describe('An occurrence that could not be started in time is started up to so many seconds late.'),
    enabled: z.boolean().default(true).describe('False: nothing is started until it is true again.'),
  })
  .superRefine(checkTiming)
  .meta({ id: 'ScheduleDefinition' });

export type ScheduleDefinition = z.output<typeof scheduleDefinitionSchema>;
export type PreviewRequest = z.output<typeof previewSchema>;

/** What is stored of a schedule as one document: all but its ids and its input. */
export type ScheduleSettings = Omit<ScheduleDefinition, 'schedule_id' | 'graph_id' | 'input_data'>;

/** The parts of a definition. */
export function splitDefinition({
  schedule_id: scheduleId,
  graph_id: graphId,
  input_data,
  ...settings
}: ScheduleDefinition): {
  readonly scheduleId: string | undefined;
  readonly graphId: string;
  readonly inputData: Json;
  readonly settings: ScheduleSettings;
} {
  return { scheduleId, graphId, inputData: (input_data ?? null) as Json, settings };
}
