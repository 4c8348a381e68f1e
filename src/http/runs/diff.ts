import { z } from 'zod';
import type { Engine } from '../../engine/engine.js';
import type { App } from '../app-type.js';
import { describeResponses } from '../openapi/responses.js';
import { jsonSchema, runPairParamsSchema } from '../schemas.js';
import type { Wire } from '../wire.js';

const stepPointSchema = z
  .object({ node: z.string(), status: z.string(), to_node: z.string().nullable() })
  .meta({ id: 'StepPoint', description: 'A step of one of the runs, and where that run went next.' });

const divergenceSchema = z
  .object({
    step: z.int(),
    a: stepPointSchema.nullable().describe('Null if the run has no such step.'),
    b: stepPointSchema.nullable(),
  })
  .meta({ id: 'Divergence' });

const dataDifferenceSchema = z
  .object({
    pointer: z.string().describe('A JSON Pointer (RFC 6901) into `data`.'),
    a: jsonSchema.optional().describe('Omitted if the run has no such value.'),
    b: jsonSchema.optional(),
    cut: z
      .array(z.enum(['a', 'b']))
      .optional()
      .describe('The sides whose values are too large to be shown: `type` and `size` stand there instead.'),
  })
  .meta({ id: 'DataDifference' });

const runDiffSchema = z
  .object({
    a: z.string(),
    b: z.string(),
    first_divergence: divergenceSchema.nullable().describe('Null if both took the same path so far.'),
    path_a: z.array(z.string()).describe('The nodes that the run visited from there on, at most a hundred.'),
    path_b: z.array(z.string()),
    data: z.array(dataDifferenceSchema).describe('The differences of their `data`, at most a hundred.'),
  })
  .meta({ id: 'RunDiff' });

export function diffRunsRoute(app: App, engine: Engine): void {
  app.get(
    '/graph/runs/:a/diff/:b',
    {
      schema: {
        operationId: 'diffRuns',
        summary: 'Compare two runs',
        description: 'Where their paths first differ, the paths from there on, and how their data differs now.',
        tags: ['Runs'],
        params: runPairParamsSchema,
        response: describeResponses({ 200: { description: 'The differences.', schema: runDiffSchema } }, [
          'run_not_found',
          'run_unreadable',
        ]),
      },
    },
    async (request) => toRunDiff(await engine.diffRuns(request.params.a, request.params.b)),
  );
}

type RunDiff = Awaited<ReturnType<Engine['diffRuns']>>;
type StepPoint = NonNullable<NonNullable<RunDiff['firstDivergence']>['a']>;

export function toRunDiff({ a, b, firstDivergence, pathA, pathB, data }: RunDiff): Wire<typeof runDiffSchema> {
  const divergence = firstDivergence && {
    step: firstDivergence.step,
    a: toStepPoint(firstDivergence.a),
    b: toStepPoint(firstDivergence.b),
  };
  return { a, b, first_divergence: divergence, path_a: pathA, path_b: pathB, data };
}

function toStepPoint(point: StepPoint | null): Wire<typeof stepPointSchema> | null {
  return point && { node: point.node, status: point.status, to_node: point.toNode };
}
