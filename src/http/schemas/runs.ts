import { z } from 'zod';
import { limitsSchema, nameSchema } from '../../core/graph.js';
import { RUN_STATUSES } from '../../core/run.js';
import { DEMO_RUN } from '../examples.js';
import {
  jsonObjectSchema,
  jsonSchema,
  nextCursorSchema,
  pageShape,
  timeSchema,
  versionSchema,
  waitSchema,
} from './common.js';

const MAX_METADATA = 50;
const metadataValueSchema = z.string().max(1000);

const metadataSchema = z
  .record(nameSchema.max(100), metadataValueSchema)
  .refine((metadata) => Object.keys(metadata).length <= MAX_METADATA, `must have at most ${MAX_METADATA} entries`)
  .describe('Strings of your own, to find the run by.');

export const startRunSchema = z
  .strictObject({
    graph_id: z.string(),
    input_data: jsonSchema.exactOptional().describe('Any JSON; null where left out. Tools see it as `input_data`.'),
    version: versionSchema,
    limits: limitsSchema.exactOptional(),
    metadata: metadataSchema.meta({ maxProperties: MAX_METADATA }).exactOptional(),
  })
  .meta({ examples: [DEMO_RUN] });

export const startQuerySchema = z.strictObject({ wait: waitSchema });

export const startHeadersSchema = z.object({
  'idempotency-key': z
    .string()
    .optional()
    .describe(
      '1 to 255 printable ASCII characters. The same key and body again start nothing and get the first answer.',
    ),
});

export const stateQuerySchema = z.strictObject({
  wait: waitSchema,
  logs_after: z.int().min(0).exactOptional().describe('Only the log lines after this many.'),
});

const statusSchema = z.enum(RUN_STATUSES).meta({ id: 'RunStatus' });

export const runListQuerySchema = z.strictObject({
  status: z.array(z.enum(RUN_STATUSES)).exactOptional().describe('Any of these: repeated, or with commas between.'),
  graph_id: z.string().exactOptional(),
  metadata: z
    .record(z.string(), z.string())
    .exactOptional()
    .describe('Runs with this metadata: `metadata.key=value`, or `metadata[key]=value`; several must all fit.'),
  submitted_after: z.iso.datetime({ offset: true }).exactOptional().describe('An RFC 3339 time; runs submitted later.'),
  ...pageShape,
});

export const startedRunSchema = z.object({ run_id: z.string(), status: statusSchema }).meta({ id: 'StartedRun' });

const runErrorSchema = z
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
  metadata: z.record(z.string(), z.string()),
  error: runErrorSchema.nullable().describe('Why the run failed.'),
  submitted_at: timeSchema,
  started_at: timeSchema.nullable(),
  finished_at: timeSchema.nullable(),
};

export const runStateSchema = z
  .object({
    ...runShape,
    logs: z.array(z.string()),
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

export const runListSchema = z
  .object({ runs: z.array(z.object(runShape).meta({ id: 'RunSummary' })), next_cursor: nextCursorSchema })
  .meta({ id: 'RunList' });

const readSchema = z.union([
  z.object({ path: z.string(), value: jsonSchema }),
  z.object({ path: z.string(), type: z.enum(['string', 'list', 'object']), size: z.int() }),
]);

const decisionSchema = z
  .object({
    kind: z.enum(['edge', 'condition']),
    condition: z.string().optional(),
    outcome: z.string().nullable().optional(),
    to_node: z.string().nullable().describe('Null where the choice failed.'),
    read: z.array(readSchema).optional().describe('What the condition looked at; large values as type and size.'),
  })
  .meta({ id: 'Decision', description: 'Why the run went where it went.' });

const stepSchema = z
  .object({
    step: z.int(),
    node: z.string(),
    status: z.enum(['RUNNING', 'COMPLETED', 'FAILED', 'CANCELLED']),
    attempts: z.int(),
    started_at: timeSchema.nullable(),
    finished_at: timeSchema.nullable(),
    patch: jsonObjectSchema.nullable().describe('The keys of `data` that the step set.'),
    logs: z.array(z.string()),
    error: runErrorSchema.nullable(),
    decision: decisionSchema.nullable(),
  })
  .meta({ id: 'Step' });

export const stepListSchema = z
  .object({ steps: z.array(stepSchema), next_cursor: nextCursorSchema })
  .meta({ id: 'StepList' });

export const healthSchema = z.object({ status: z.enum(['ok', 'ready', 'unavailable']) }).meta({ id: 'Health' });
