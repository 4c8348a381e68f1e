import { z } from 'zod';
import { DECISION_KINDS } from '../../core/run/events.js';
import type { Engine, StepView } from '../../engine/engine.js';
import type { App } from '../app-type.js';
import { describeResponses } from '../openapi/responses.js';
import {
  jsonObjectSchema,
  jsonSchema,
  kindSchema,
  nextCursorSchema,
  pageQuerySchema,
  runParamsSchema,
  timeSchema,
} from '../schemas.js';
import { toTimeOrNull, type Wire } from '../wire.js';
import { runErrorSchema, usageSchema } from './schemas.js';

const readSchema = z.union([
  z.object({ path: z.string(), value: jsonSchema }),
  z.object({ path: z.string(), type: z.enum(['string', 'list', 'object']), size: z.int() }),
]);

const decisionSchema = z
  .object({
    kind: kindSchema('The kind of edge that was taken', DECISION_KINDS),
    condition: z.string().optional().describe('The condition function, or the case that was true.'),
    outcome: z.string().nullable().optional(),
    to_node: z.string().nullable().describe('Null if the choice failed, or if branches start.'),
    read: z.array(readSchema).optional().describe('The values that the choice read; large ones as type and size.'),
  })
  .meta({ id: 'Decision', description: 'Why the run went where it went.' });

const stepSchema = z
  .object({
    step: z.int(),
    node: z.string(),
    status: kindSchema<StepView['status']>('How far the step is', {
      RUNNING: 'under way',
      WAITING: 'for a moment, an answer, its next attempt, or the graph that runs as this step',
      COMPLETED: 'finished',
      FAILED: 'ended by an error',
      CANCELLED: 'ended with its run',
    }),
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

const stepListSchema = z.object({ steps: z.array(stepSchema), next_cursor: nextCursorSchema }).meta({ id: 'StepList' });

export function listStepsRoute(app: App, engine: Engine): void {
  app.get(
    '/graph/runs/:run_id/steps',
    {
      schema: {
        operationId: 'listSteps',
        summary: 'List the steps of a run',
        description: 'Each visit to a node: what it changed, what it logged, and why the run went where it went.',
        tags: ['Runs'],
        params: runParamsSchema,
        querystring: pageQuerySchema,
        response: describeResponses({ 200: { description: 'A page.', schema: stepListSchema } }, [
          'invalid_request',
          'run_not_found',
          'run_unreadable',
        ]),
      },
    },
    async (request) => toStepList(await engine.listSteps(request.params.run_id, request.query)),
  );
}

function toStepList(page: Awaited<ReturnType<Engine['listSteps']>>): Wire<typeof stepListSchema> {
  return { steps: page.steps.map(toStep), next_cursor: page.nextCursor };
}

function toStep(step: StepView): Wire<typeof stepSchema> {
  return {
    step: step.step,
    node: step.node,
    status: step.status,
    attempts: step.attempts,
    started_at: toTimeOrNull(step.startedAt),
    finished_at: toTimeOrNull(step.finishedAt),
    patch: step.patch,
    logs: step.logs,
    error: step.error,
    decision: step.decision,
    usage: step.usage,
  };
}
