import type { Engine } from '../../engine/engine.js';
import type { AnswerOptions } from '../answers/large-answers.js';
import type { App } from '../app-type.js';
import { describeResponses } from '../openapi/responses.js';
import { runParamsSchema } from '../schemas.js';
import { capsuleSchema } from './capsule-schemas.js';

export function exportRunRoute(app: App, engine: Engine, { answers }: AnswerOptions): void {
  app.get(
    '/graph/runs/:run_id/capsule',
    {
      schema: {
        operationId: 'exportRun',
        summary: 'Export a run',
        description:
          'The run as one document, a capsule: its events, those of all runs inside it, and the graphs that they use. Works for runs under way too. What is masked in the journal stays masked.',
        tags: ['Runs'],
        params: runParamsSchema,
        response: describeResponses({ 200: { description: 'The capsule.', schema: capsuleSchema } }, [
          'run_not_found',
          'run_is_child',
          'run_unreadable',
          'graph_unreadable',
          'graph_deleted',
          'capsule_too_large',
        ]),
      },
    },
    async (request, reply) => {
      const admit = (bytes: number): void => answers.admit(reply, bytes);
      const send = await engine.useCapsule(request.params.run_id, { admit }, (capsule) =>
        answers.prepare(reply, capsule),
      );
      return send();
    },
  );
}
