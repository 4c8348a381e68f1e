import { z } from 'zod';
import { RUN_STATUSES, type Waiting } from '../../core/run/state.js';
import { jsonObjectSchema, jsonSchema, nextCursorSchema, pageShape, timeSchema, waitSchema } from '../schemas.js';

/** What runs look like. */

const WAITS = ['input', 'timer', 'retry', 'graph', 'branches'] as const satisfies readonly Waiting['kind'][];

const statusSchema = z.enum(RUN_STATUSES).meta({ id: 'RunStatus' });
const waitKindSchema = z.enum(WAITS).meta({
  id: 'WaitKind',
  description:
    'What a run waits for: somebody to answer, a moment, the next try of a step, another graph that runs as a step, or its branches.',
});

export const stateQuerySchema = z.strictObject({
  wait: waitSchema,
  logs_after: z.int().min(0).exactOptional().describe('Only the log lines after this many.'),
});

export const runListQuerySchema = z.strictObject({
  status: z.array(z.enum(RUN_STATUSES)).exactOptional().describe('Any of these: repeated, or with commas between.'),
  graph_id: z.string().exactOptional(),
  parent_run_id: z.string().exactOptional().describe('The runs inside this one. Without it, only top-level runs.'),
  waiting_for: z.enum(WAITS).exactOptional().describe('Only runs that wait for this: those inside other runs too.'),
  metadata: z
    .record(z.string(), z.string())
    .exactOptional()
    .describe('Runs with this metadata: `metadata.key=value`, or `metadata[key]=value`; several must all fit.'),
  submitted_after: z.iso.datetime({ offset: true }).exactOptional().describe('An RFC 3339 time; runs submitted later.'),
  ...pageShape,
});

export const startedRunSchema = z.object({ run_id: z.string(), status: statusSchema }).meta({ id: 'StartedRun' });

const forkedFromSchema = z
  .object({ run_id: z.string(), step: z.int().describe('The first step that was not copied.') })
  .meta({ id: 'ForkedFrom' });

export const forkedRunSchema = startedRunSchema.extend({ forked_from: forkedFromSchema }).meta({ id: 'ForkedRun' });

/** Tokens of language models. */
export const usageSchema = z
  .object({ input_tokens: z.int(), output_tokens: z.int() })
  .meta({ id: 'Usage', description: 'Tokens of language models that were used.' });

export const runErrorSchema = z
  .object({
    code: z.string().describe('A stable code.'),
    message: z.string(),
    node: z.string().nullable(),
    step: z.int().nullable(),
  })
  .meta({ id: 'RunError' });

const runLimitsSchema = z
  .object({ max_steps: z.int(), deadline_seconds: z.number().nullable() })
  .meta({ id: 'RunLimits', description: 'The limits that hold for the run.' });

const runShape = {
  run_id: z.string(),
  graph_id: z.string(),
  graph_version: z.int(),
  status: statusSchema,
  parent_run_id: z.string().nullable().describe('The run that this one is a part of; null for a top-level run.'),
  child_index: z.int().nullable().describe('Which part of its parent it is, from 0.'),
  metadata: z.record(z.string(), z.string()),
  error: runErrorSchema.nullable().describe('Why the run failed.'),
  submitted_at: timeSchema,
  started_at: timeSchema.nullable(),
  finished_at: timeSchema.nullable(),
};

const waitingChildSchema = z
  .object({
    run_id: z.string().describe('The run to answer, with POST /graph/runs/{run_id}/resume.'),
    graph_id: z.string(),
    index: z.int().describe('Which part of its parent it is, from 0.'),
    waiting_for: waitKindSchema.nullable(),
  })
  .meta({ id: 'WaitingChild' });

const waitingSchema = z
  .object({
    id: z.string().describe('Names this wait; `wait_id` of POST /graph/runs/{run_id}/resume.'),
    kind: waitKindSchema,
    node: z.string(),
    since: timeSchema,
    until: timeSchema.nullable().describe('When it ends by itself, or is too late to answer; null for never.'),
    message: z.string().nullable().describe('What is asked.'),
    schema: jsonObjectSchema.nullable().describe('JSON Schema (2020-12) that the answer must fit.'),
    children: z.array(waitingChildSchema).describe('Runs inside this one, at any depth, that wait for input.'),
  })
  .meta({ id: 'Waiting', description: 'Why the run does not go on at the moment.' });

export const runStateSchema = z
  .object({
    ...runShape,
    waiting: waitingSchema.nullable().describe('What the run waits for while its status is WAITING.'),
    forked_from: forkedFromSchema.nullable(),
    logs: z.array(z.string()),
    usage: usageSchema,
    logs_total: z.int().describe('How many log lines the run has, those that `logs_after` left out included.'),
    data: jsonObjectSchema.describe('What the finished steps built up.'),
    input_data: jsonSchema,
    current_node: z.string().nullable().describe('The node in progress; null before the start and at the end.'),
    attempt: z.int().nullable().describe('The try of the step in progress.'),
    step_count: z.int().describe('Finished steps.'),
    limits: runLimitsSchema,
    cancel_requested: z.boolean().describe('True from a cancel until the tool has let go.'),
  })
  .meta({ id: 'RunState' });

const runSummarySchema = z
  .object({ ...runShape, waiting_for: waitKindSchema.nullable().describe('Null where it does not wait.') })
  .meta({ id: 'RunSummary' });

export const runListSchema = z
  .object({ runs: z.array(runSummarySchema), next_cursor: nextCursorSchema })
  .meta({ id: 'RunList' });

export const healthSchema = z.object({ status: z.enum(['ok', 'ready', 'unavailable']) }).meta({ id: 'Health' });
