import { z } from 'zod';
import { putNumbersFirst } from '../../core/base/problems.js';
import type { Engine } from '../../engine/engine.js';
import type { App } from '../app-type.js';
import { type PlaceOptions, placeProblems, placing } from '../input/places.js';
import { numberProblemsOf, uncheckedCompiler } from '../input/validation.js';
import { BODY_ERRORS, describeResponses } from '../openapi/responses.js';
import { problemItemSchema } from '../schemas.js';
import { newGraphSchema, warningsSchema } from './schemas.js';

const verdictSchema = z
  .object({
    valid: z.boolean(),
    errors: z.array(problemItemSchema).describe('Why the graph would be refused.'),
    warnings: warningsSchema,
  })
  .meta({ id: 'Verdict' });

export function validateGraphRoute(app: App, engine: Engine, options: PlaceOptions): void {
  const placed = placing(options);
  app.post(
    '/graph/validate',
    {
      ...placed,
      config: { ...placed.config, changesNothing: true },
      validatorCompiler: uncheckedCompiler,
      schema: {
        operationId: 'validateGraph',
        summary: 'Check a graph',
        description:
          'Answers what POST /graph/create would say about this body, also if it has a wrong shape. Nothing is saved.',
        tags: ['Graphs'],
        body: newGraphSchema,
        response: describeResponses({ 200: { description: 'The verdict.', schema: verdictSchema } }, [
          'invalid_request',
          ...BODY_ERRORS,
        ]),
      },
    },
    async (request) => {
      const { errors: found, warnings: doubts } = await engine.validateGraph(request.body);
      const errors = [...putNumbersFirst(numberProblemsOf(request.body), found)];
      const [problems, warnings] = [
        await placeProblems(request, errors, options),
        await placeProblems(request, doubts, options),
      ];
      return { valid: errors.length === 0, errors: problems, warnings };
    },
  );
}
