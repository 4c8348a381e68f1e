import { z } from 'zod';
import type { ConditionInfo, Engine } from '../../engine/engine.js';
import type { App } from '../app-type.js';
import { describeResponses } from '../openapi/responses.js';
import type { Wire } from '../wire.js';

const conditionSchema = z
  .object({
    name: z.string(),
    description: z.string(),
    outcomes: z.array(z.string()).nullable().describe('All that it can return; null if it does not declare them.'),
  })
  .meta({ id: 'Condition' });

const conditionListSchema = z.object({ conditions: z.array(conditionSchema) }).meta({ id: 'ConditionList' });

export function listConditionsRoute(app: App, engine: Engine): void {
  app.get(
    '/graph/conditions',
    {
      schema: {
        operationId: 'listConditions',
        summary: 'List conditions',
        description: 'The possible values of `condition_function` of a conditional edge, each with its outcomes.',
        tags: ['Registry'],
        response: describeResponses({ 200: { description: 'All conditions.', schema: conditionListSchema } }),
      },
    },
    () => toConditionList(engine.listConditions()),
  );
}

export function toConditionList(conditions: readonly ConditionInfo[]): Wire<typeof conditionListSchema> {
  return { conditions: conditions.map(({ name, description, outcomes }) => ({ name, description, outcomes })) };
}
