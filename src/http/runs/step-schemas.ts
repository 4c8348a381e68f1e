import { z } from 'zod';
import { jsonObjectSchema, jsonSchema, nextCursorSchema, timeSchema } from '../schemas.js';
import { runErrorSchema, usageSchema } from './schemas.js';

/** What steps look like, and how those of two runs differ. */

const readSchema = z.union([
  z.object({ path: z.string(), value: jsonSchema }),
  z.object({ path: z.string(), type: z.enum(['string', 'list', 'object']), size: z.int() }),
]);

const decisionSchema = z
  .object({
    kind: z
      .enum(['edge', 'condition', 'case', 'parallel', 'for_each', 'error'])
      .describe('The kind of edge that was taken; `error` is `on_error`.'),
    condition: z.string().optional().describe('The condition function, or the case that was true.'),
    outcome: z.string().nullable().optional(),
    to_node: z.string().nullable().describe('Null where the choice failed, or branches start.'),
    read: z.array(readSchema).optional().describe('What the choice looked at; large values as type and size.'),
  })
  .meta({ id: 'Decision', description: 'Why the run went where it went.' });

const stepSchema = z
  .object({
    step: z.int(),
    node: z.string(),
    status: z.enum(['RUNNING', 'WAITING', 'COMPLETED', 'FAILED', 'CANCELLED']),
    attempts: z.int(),
    started_at: timeSchema.nullable(),
    finished_at: timeSchema.nullable(),
    patch: jsonObjectSchema.nullable().describe('The keys of `data` that the step set.'),
    logs: z.array(z.string()),
    error: runErrorSchema.nullable(),
    decision: decisionSchema.nullable(),
    usage: usageSchema,
  })
  .meta({ id: 'Step' });

export const stepListSchema = z
  .object({ steps: z.array(stepSchema), next_cursor: nextCursorSchema })
  .meta({ id: 'StepList' });

const stepPointSchema = z
  .object({ node: z.string(), status: z.string(), to_node: z.string().nullable() })
  .meta({ id: 'StepPoint', description: 'A step of one of the runs, and where that run went next.' });

const divergenceSchema = z
  .object({
    step: z.int(),
    a: stepPointSchema.nullable().describe('Null where the run has no such step.'),
    b: stepPointSchema.nullable(),
  })
  .meta({ id: 'Divergence' });

const dataDifferenceSchema = z
  .object({
    pointer: z.string().describe('A JSON Pointer (RFC 6901) into `data`.'),
    a: jsonSchema.optional().describe('Left out where the run has no such value.'),
    b: jsonSchema.optional(),
  })
  .meta({ id: 'DataDifference' });

export const runDiffSchema = z
  .object({
    a: z.string(),
    b: z.string(),
    first_divergence: divergenceSchema.nullable().describe('Null where both took the same way so far.'),
    path_a: z.array(z.string()).describe('The nodes that the run visited from there on, at most a hundred.'),
    path_b: z.array(z.string()),
    data: z.array(dataDifferenceSchema).describe('Where `data` of the two differs, at most a hundred places.'),
  })
  .meta({ id: 'RunDiff' });
