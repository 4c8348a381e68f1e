import { z } from 'zod';
import { DECISION_KINDS, type LimitKind } from '../../core/run/events.js';
import { STARTER_KINDS } from '../../core/run/started-by.js';
import type { RunStatus } from '../../core/run/state.js';
import type { WaitKind } from '../../core/run/waits.js';
import { jsonObjectSchema, jsonSchema, kindSchema, nextCursorSchema, timeSchema } from '../schemas.js';

/** Schemas of runs that several operations share. */

export const statusSchema = kindSchema<RunStatus>('How far a run is', {
  SUBMITTED: 'stored, and not started yet',
  RUNNING: 'under way',
  WAITING: 'parked until something happens',
  COMPLETED: 'finished',
  FAILED: 'stopped by an error; can be retried',
  CANCELLED: 'stopped by a request; can be retried',
}).meta({ id: 'RunStatus' });

export const waitKindSchema = kindSchema<WaitKind>('What a run waits for', {
  input: 'an answer from outside',
  signal: 'a signal from outside',
  timer: 'a moment',
  retry: 'the next attempt of a step',
  graph: 'another graph that runs as a step',
  branches: 'its branches',
  paused: 'somebody to unpause it',
  limit: 'somebody to lift the limit that it has come to',
}).meta({ id: 'WaitKind' });

export const startedRunSchema = z.object({ run_id: z.string(), status: statusSchema }).meta({ id: 'StartedRun' });

export const forkedFromSchema = z
  .object({ run_id: z.string(), step: z.int().describe('The first step that was not copied.') })
  .meta({ id: 'ForkedFrom' });

export const importedFromSchema = z.object({ run_id: z.string() }).meta({
  id: 'ImportedFrom',
  description: 'The run that this one is a copy of, on the server that it was exported from.',
});

export const usageSchema = z
  .object({
    input_tokens: z.int(),
    output_tokens: z.int(),
    cost_usd: z.number().optional().describe('US dollars. Omitted if no tool said what it cost.'),
  })
  .meta({ id: 'Usage', description: 'Tokens of language models that were used, and what calls cost.' });

export const limitKindSchema = kindSchema<LimitKind>('The limit that a run has come to', {
  max_steps: 'its limit of steps',
  max_tokens: 'the tokens that it, or a run above it, may use with all runs inside',
  max_cost_usd: 'what it, or a run above it, may cost with all runs inside',
  max_visits: 'its limit of visits to one node',
  no_progress: 'visits to a node in a row that found `data` unchanged',
}).meta({ id: 'LimitKind' });

export const runErrorSchema = z
  .object({
    code: z.string().describe('A stable code: one of the server, or one of the tool that failed.'),
    message: z.string(),
    node: z.string().nullable(),
    step: z.int().nullable(),
    details: jsonSchema
      .optional()
      .describe('What the tool said of the error, for programs. Omitted if it said nothing, and in lists of runs.'),
  })
  .meta({ id: 'RunError' });

export const readSchema = z
  .union([
    z.object({ path: z.string(), value: jsonSchema }),
    z.object({ path: z.string(), type: z.enum(['string', 'list', 'object']), size: z.int() }),
  ])
  .meta({ id: 'Read' });

export const decisionSchema = z
  .object({
    kind: kindSchema('The kind of edge that was taken', DECISION_KINDS),
    condition: z.string().optional().describe('The condition function, or the case that was true.'),
    outcome: z.string().nullable().optional(),
    to_node: z.string().nullable().describe('Null if the choice failed, or if branches start.'),
    read: z.array(readSchema).optional().describe('The values that the choice read; large ones as type and size.'),
  })
  .meta({ id: 'Decision', description: 'Why the run went where it went.' });

const branchCountsSchema = z
  .object({
    count: z.int(),
    joined: z.int().describe('How many of them were joined.'),
    failed: z.int(),
    cancelled: z.int().describe('Those included that were not begun any more.'),
    winners: z
      .array(z.int())
      .optional()
      .describe('If only the first were joined: their indexes, in the order in which they ended.'),
  })
  .meta({ id: 'BranchCounts', description: 'What became of branches that need not all complete.' });

export const stepDecisionSchema = decisionSchema
  .extend({
    branches: branchCountsSchema
      .optional()
      .describe('What became of the branches that it led to, if their edge has join or max_failures.'),
  })
  .meta({ id: 'StepDecision', description: 'Why the run went where it went.' });

const runLimitsSchema = z
  .object({
    max_steps: z.int(),
    deadline_seconds: z.number().nullable(),
    max_tokens: z.int().nullable(),
    max_cost_usd: z.number().nullable(),
    max_visits: z.int().nullable(),
    no_progress: z.int().nullable(),
    on_limit: z.enum(['fail', 'wait']),
  })
  .meta({ id: 'RunLimits', description: 'The limits that hold for the run.' });

export const startedBySchema = z
  .object({
    kind: kindSchema('What started the run', STARTER_KINDS),
    id: z.string().nullable().describe('Which one. Null if nobody can tell.'),
  })
  .meta({ id: 'StartedBy', description: 'What started the run.' });

const runShape = {
  run_id: z.string(),
  graph_id: z.string(),
  graph_version: z.int(),
  status: statusSchema,
  parent_run_id: z.string().nullable().describe('The run that this one is inside of; null for a top-level run.'),
  child_index: z.int().nullable().describe('Its index among the children of its parent, from 0.'),
  metadata: z.record(z.string(), z.string()),
  started_by: startedBySchema,
  error: runErrorSchema.nullable().describe('Why the run failed.'),
  submitted_at: timeSchema,
  started_at: timeSchema.nullable(),
  finished_at: timeSchema.nullable(),
};

const branchSchema = z
  .string()
  .nullable()
  .describe(
    'What tells a branch from its siblings: the node that it begins at, or for a for_each its item as text, cut at 200 characters. Null for other runs.',
  );

const waitingChildSchema = z
  .object({
    run_id: z.string().describe('The run to answer, with POST /graph/runs/{run_id}/resume.'),
    graph_id: z.string(),
    index: z.int().describe('Its index among the children of its parent, from 0.'),
    branch: branchSchema,
    waiting_for: waitKindSchema.nullable(),
  })
  .meta({ id: 'WaitingChild' });

const countsSchema = z.record(z.string(), z.int());

const evidenceSchema = z
  .object({
    visits: countsSchema.nullable().describe('How often each node was visited.'),
    usage: usageSchema.nullable().describe('What the run that has the limit, with all runs inside it, had used.'),
    changes: z
      .array(
        z
          .object({
            step: z.int(),
            node: z.string(),
            data: z
              .record(z.string(), z.array(jsonSchema).length(2))
              .describe('By key: the value before and after. Large ones are shown as type and size. At most 10 keys.'),
          })
          .meta({ id: 'VisitChanges' }),
      )
      .describe('What the last visits to the node that the run is at have changed, the oldest first: at most 10.'),
  })
  .meta({ id: 'LimitEvidence', description: 'What a person needs to know to lift a limit, or to cancel the run.' });

const waitingSchema = z
  .object({
    id: z.string().describe('The id of this wait: `wait_id` of POST /graph/runs/{run_id}/resume.'),
    kind: waitKindSchema,
    node: z.string(),
    since: timeSchema,
    until: timeSchema
      .nullable()
      .describe('When it ends by itself, or can no longer be answered or signalled; null for never.'),
    message: z.string().nullable().describe('The question.'),
    schema: jsonObjectSchema.nullable().describe('JSON Schema (2020-12) that the answer, or the payload, must fit.'),
    signal: z
      .string()
      .nullable()
      .describe('The name of the signal: send it with POST /graph/runs/{run_id}/signals/{name}.'),
    token: z
      .string()
      .optional()
      .describe(
        'Answers this wait, with POST /answers/{token}, without an API key. Only if the wait is for input, and the server has a PUBLIC_URL.',
      ),
    answer_url: z
      .string()
      .optional()
      .describe('The approval link: a page with a form for the answer. It is there if `token` is.'),
    limit: limitKindSchema.nullable().describe('The limit that the run has come to.'),
    limit_of: z
      .string()
      .nullable()
      .describe('The run above that has the limit. Lifted here, it is lifted for all that it holds for.'),
    evidence: evidenceSchema.nullable().describe('At a limit: how the run came there.'),
    children: z
      .array(waitingChildSchema)
      .describe('Runs inside this one, at any depth, that wait for input, or at a limit.'),
  })
  .meta({ id: 'Waiting', description: 'Why the run does not go on at the moment.' });

const childrenSchema = z
  .object({
    total: z.int(),
    completed: z.int(),
    failed: z.int().describe('Failed or cancelled.'),
    running: z.int(),
    waiting: z.int(),
  })
  .meta({ id: 'Children', description: 'How far the children of a run are. The rest has not begun.' });

const queuedSchema = z
  .object({
    reason: z.literal('concurrency').describe('The `concurrency` of its graph has no free slot.'),
    key: z.string().nullable().describe('The key of its line; null for that of all runs of the graph.'),
    limit: z
      .int()
      .nullable()
      .describe('Runs that can be under way; null if the limit was removed, so that it begins soon.'),
    since: timeSchema.describe('When it came to the line: it was submitted, retried, or unpaused.'),
  })
  .meta({ id: 'QueuedRun', description: 'Why a run does not begin.' });

const actorSchema = z.string().nullable();

export const runStateSchema = z
  .object({
    ...runShape,
    queued: queuedSchema.nullable().describe('Why the run does not begin. Null if it has begun, or is about to.'),
    waiting: waitingSchema.nullable().describe('What the run waits for while its status is WAITING.'),
    children: childrenSchema.nullable().describe('The branches, or the graph as a step, that the run waits for.'),
    forked_from: forkedFromSchema.nullable(),
    imported_from: importedFromSchema.nullable(),
    logs: z.array(z.string()),
    usage: usageSchema,
    usage_total: usageSchema
      .nullable()
      .describe(
        '`usage` with that of all runs inside this one. Null if it has had such since before they were counted.',
      ),
    logs_total: z.int().describe('The number of log lines of the run, including those that `logs_after` skips.'),
    data: jsonObjectSchema.describe('What the finished steps built up.'),
    input_data: jsonSchema,
    current_node: z.string().nullable().describe('The node in progress; null before the start and at the end.'),
    attempt: z.int().nullable().describe('The attempt of the step in progress.'),
    step_count: z.int().describe('The number of finished steps.'),
    visits: countsSchema
      .nullable()
      .describe('How often each node was visited. Null if the run had visits before they were counted.'),
    limits: runLimitsSchema,
    cancel_requested: z.boolean().describe('True from a cancel request until the tool has stopped.'),
    submitted_by: actorSchema.describe('Who started the run: the name of the API key, if it has one.'),
    paused_by: actorSchema.describe('Who paused the run, while it is paused.'),
    cancelled_by: actorSchema.describe('Who asked to cancel the run, if that is asked for, or was done.'),
    paused: z
      .boolean()
      .describe('True from a pause request until the run is unpaused or ends. A step in progress, or a wait, goes on.'),
  })
  .meta({ id: 'RunState' });

const runSummarySchema = z
  .object({
    ...runShape,
    branch: branchSchema,
    waiting_for: waitKindSchema.nullable().describe('Null if the run does not wait.'),
    paused: z.boolean().describe('Somebody has paused the run, whatever it waits for. False if it has ended.'),
  })
  .meta({ id: 'RunSummary' });

export const runListSchema = z
  .object({ runs: z.array(runSummarySchema), next_cursor: nextCursorSchema })
  .meta({ id: 'RunList' });
