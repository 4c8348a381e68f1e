import { z } from 'zod';
import { limitsSchema } from '../../core/graph/definition.js';
import { OVERLAPS, scheduleDefinitionSchema } from '../../core/schedule/definition.js';
import { MAX_PASSED, OUTCOMES } from '../../core/schedule/occurrence.js';
import type { ScheduleView } from '../../engine/engine.js';
import { SCHEDULE, SCHEDULE_ID } from '../openapi/examples.js';
import { jsonSchema, kindSchema, nextCursorSchema, timeSchema } from '../schemas.js';
import { toTime, type Wire } from '../wire.js';

/** Schemas of schedules that several operations share, and their names on the wire. */

export const scheduleParamsSchema = z.object({
  schedule_id: z.string().meta({ description: 'The id of a schedule.', examples: [SCHEDULE_ID] }),
});

export const newScheduleSchema = scheduleDefinitionSchema.meta({ examples: [SCHEDULE] });

const lastSchema = z
  .object({
    instant: timeSchema.describe('When the occurrence was due.'),
    outcome: kindSchema('What became of it', OUTCOMES),
    at: timeSchema.describe('When that was decided.'),
    run_id: z.string().nullable().describe('The run that it started.'),
    message: z.string().nullable().describe('Why it started none.'),
    passed_over: z
      .int()
      .describe(`Occurrences right before it that came to nothing, because it was later. Counted up to ${MAX_PASSED}.`),
  })
  .meta({ id: 'LastOccurrence', description: 'The occurrence of a schedule that was looked at last.' });

const listedScheduleSchema = z
  .object({
    schedule_id: z.string(),
    graph_id: z.string(),
    version: z.int().nullable().describe('The version of the graph; null for the latest one at each start.'),
    cron: z.string().nullable(),
    every_seconds: z.int().nullable(),
    time_zone: z.string(),
    metadata: z.record(z.string(), z.string()),
    limits: limitsSchema.nullable(),
    overlap: kindSchema('What an occurrence does while a run that the schedule has started is not over', OVERLAPS),
    catch_up_seconds: z.int(),
    enabled: z.boolean(),
    next: z.array(timeSchema).describe('The next five instants. Empty if the schedule is not enabled.'),
    last: lastSchema.nullable().describe('Null before the first occurrence.'),
    created_at: timeSchema,
    updated_at: timeSchema.describe('When somebody last changed it.'),
  })
  .meta({ id: 'ListedSchedule' });

export const scheduleSchema = listedScheduleSchema.extend({ input_data: jsonSchema }).meta({ id: 'Schedule' });

export const scheduleListSchema = z
  .object({ schedules: z.array(listedScheduleSchema), next_cursor: nextCursorSchema })
  .meta({ id: 'ScheduleList' });

export function toListedSchedule(schedule: ScheduleView): Wire<typeof listedScheduleSchema> {
  const { scheduleId, graphId, settings, next, last, createdAt, updatedAt } = schedule;
  return {
    schedule_id: scheduleId,
    graph_id: graphId,
    version: settings.version ?? null,
    cron: settings.cron ?? null,
    every_seconds: settings.every_seconds ?? null,
    time_zone: settings.time_zone,
    metadata: settings.metadata ?? {},
    limits: settings.limits ?? null,
    overlap: settings.overlap,
    catch_up_seconds: settings.catch_up_seconds,
    enabled: settings.enabled,
    next: next.map(toTime),
    last: last === null ? null : toLast(last),
    created_at: toTime(createdAt),
    updated_at: toTime(updatedAt),
  };
}

export function toSchedule(schedule: ScheduleView & { readonly inputData: unknown }): Wire<typeof scheduleSchema> {
  return { ...toListedSchedule(schedule), input_data: schedule.inputData };
}

function toLast({ instant, outcome, at, run_id, message, passed }: NonNullable<ScheduleView['last']>) {
  return { instant: toTime(instant), outcome, at: toTime(at), run_id, message, passed_over: passed };
}
