import type { Engine } from '../../engine/engine.js';
import type { App } from '../app-type.js';
import { answers } from '../openapi/answers.js';
import { runPairParamsSchema } from '../schemas.js';
import { runDiffSchema } from './step-schemas.js';
import { toRunDiff } from './wire.js';

/** Comparing runs. */
export function diffRunsRoute(app: App, engine: Engine): void {
  app.get(
    '/graph/runs/:a/diff/:b',
    {
      schema: {
        operationId: 'diffRuns',
        summary: 'Compare two runs',
        description: 'Where they first went different ways, the ways they took, and how their data differs now.',
        tags: ['Runs'],
        params: runPairParamsSchema,
        response: answers({ 200: { description: 'The differences.', schema: runDiffSchema } }, ['run_not_found']),
      },
    },
    async (request) => toRunDiff(await engine.diffRuns(request.params.a, request.params.b)),
  );
}
