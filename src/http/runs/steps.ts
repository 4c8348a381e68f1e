import { z } from 'zod';
import type { Engine, ListedStep } from '../../engine/engine.js';
import type { AnswerOptions } from '../answers/large-answers.js';
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
import { mapOnce, toTimeOrNull, type Wire } from '../wire.js';
import { runErrorSchema, stepDecisionSchema, usageSchema } from './schemas.js';

const calledWithSchema = z
  .object({
    attempt: z.int().describe('The first attempt with these params; later ones had the same, up to the next entry.'),
    value: jsonSchema.describe(
      'The params, with the values of their expressions, and without defaults of the tool. Null if an expression had no value.',
    ),
    cut: z
      .array(z.string())
      .optional()
      .describe(
        'JSON Pointers (RFC 6901) to what is too large to be shown: its type and size stand there. Params are cut at 16 kB. Omitted if nothing is cut.',
      ),
  })
  .meta({ id: 'CalledWith' });

const stepSchema = z
  .object({
    step: z.int(),
    node: z.string(),
    status: kindSchema<ListedStep['status']>('How far the step is', {
      RUNNING: 'under way',
      WAITING: 'for a moment, an answer, its next attempt, or the graph that runs as this step',
      COMPLETED: 'finished',
      FAILED: 'ended by an error',
      CANCELLED: 'ended with its run',
    }),
    attempts: z.int(),
    params: z
      .array(calledWithSchema)
      .nullable()
      .describe(
        'What the tool was called with. Secrets are hidden. Null if it cannot be known, because the graph version or the parent of the run cannot be read.',
      ),
    started_at: timeSchema.nullable(),
    finished_at: timeSchema.nullable(),
    patch: jsonObjectSchema.nullable().describe('The keys of `data` that the step set.'),
    logs: z.array(z.string()),
    error: runErrorSchema.nullable(),
    decision: stepDecisionSchema.nullable(),
    usage: usageSchema,
    answered_by: z
      .string()
      .nullable()
      .describe(
        'Who answered the question of the step, or gave its `result` with a retry: the name of the API key, if it has one.',
      ),
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
        description:
          'Each visit to a node: what its tool was called with, what it changed, what it logged, and why the run went where it went.',
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

const toSteps = mapOnce((steps: readonly ListedStep[]) => steps.map(toStep));

export function toStepList(page: Awaited<ReturnType<Engine['listSteps']>>): Wire<typeof stepListSchema> {
  return { steps: toSteps(page.steps), next_cursor: page.nextCursor };
}

function toStep(step: ListedStep): Wire<typeof stepSchema> {
  return {
    step: step.step,
    node: step.node,
    status: step.status,
    attempts: step.attempts,
    params: step.params,
    started_at: toTimeOrNull(step.startedAt),
    finished_at: toTimeOrNull(step.finishedAt),
    patch: step.patch,
    logs: step.logs,
    error: step.error,
    decision: step.decision,
    usage: step.usage,
    answered_by: step.answeredBy,
  };
}
