import { z } from 'zod';
import type { Engine, StepView } from '../../engine/engine.js';
import type { AnswerOptions } from '../answers/large-answers.js';
import type { App } from '../app-type.js';
import { describeResponses } from '../openapi/responses.js';
import {
  jsonObjectSchema,
  kindSchema,
  nextCursorSchema,
  pageQuerySchema,
  runParamsSchema,
  timeSchema,
} from '../schemas.js';
import { mapOnce, toTimeOrNull, type Wire } from '../wire.js';
import { decisionSchema, runErrorSchema, usageSchema } from './schemas.js';

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

export function listStepsRoute(app: App, engine: Engine, { answers }: AnswerOptions): void {
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
    async (request, reply) => {
      const page = toStepList(await engine.listSteps(request.params.run_id, request.query));
      const send = await answers.prepare(reply, page);
      return send();
    },
  );
}

const toSteps = mapOnce((steps: readonly StepView[]) => steps.map(toStep));

function toStepList(page: Awaited<ReturnType<Engine['listSteps']>>): Wire<typeof stepListSchema> {
  return { steps: toSteps(page.steps), next_cursor: page.nextCursor };
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
