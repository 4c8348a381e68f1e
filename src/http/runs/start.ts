import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { EngineError } from '../../core/base/errors.js';
import type { Json } from '../../core/base/json.js';
import { notifySchema } from '../../core/base/notify.js';
import { metadataSchema } from '../../core/base/run-options.js';
import { limitsSchema } from '../../core/graph/definition.js';
import type { Actor } from '../../core/run/actor.js';
import { isFinished, statusOf } from '../../core/run/state.js';
import type { Engine, StartRun } from '../../engine/engine.js';
import { actorOf } from '../actor.js';
import type { AnswerOptions } from '../answers/large-answers.js';
import type { App } from '../app-type.js';
import { ApiError } from '../errors/api-error.js';
import { idempotencyOf } from '../input/idempotency.js';
import { traceHeaders, traceOf } from '../input/trace.js';
import { APPROVAL_RUN, DEMO_RUN } from '../openapi/examples.js';
import { NAMED_EXAMPLES, type NamedExamples } from '../openapi/named-examples.js';
import { BODY_ERRORS, describeResponses } from '../openapi/responses.js';
import { jsonSchema, versionSchema, waitSchema } from '../schemas.js';
import { NEW_RUN_HEADERS, newRunHeadersSchema, setNewRunHeaders } from './new-run.js';
import { runStateSchema, startedRunSchema } from './schemas.js';
import { toRunState, toStartedRun } from './wire.js';

const EXAMPLES: NamedExamples = {
  demo: { summary: 'The demo, in three rounds', value: DEMO_RUN },
  approval: { summary: 'The approval that is an example of POST /graph/create: it waits', value: APPROVAL_RUN },
};

const startRunSchema = z
  .strictObject({
    graph_id: z.string(),
    input_data: jsonSchema.exactOptional().describe('Any JSON; null if omitted. Tools see it as `input_data`.'),
    version: versionSchema,
    limits: limitsSchema.exactOptional(),
    metadata: metadataSchema.exactOptional(),
    notify: notifySchema.exactOptional(),
  })
  .meta({ id: 'StartRun' })
  .meta({ [NAMED_EXAMPLES]: EXAMPLES });

const RESPONSES = {
  200: { description: 'Finished within `wait`, FAILED included.', schema: runStateSchema, headers: NEW_RUN_HEADERS },
  202: { description: 'Submitted.', schema: startedRunSchema, headers: NEW_RUN_HEADERS },
};

export interface StartRunOptions {
  /** Called with the request that started a run. */
  readonly onRunStarted?: (runId: string, requestId: string, actor: Actor) => void;
}

export function startRunRoute(app: App, engine: Engine, options: StartRunOptions & AnswerOptions): void {
  /** Makes the state of a run that finishes in time ready to be sent. What goes wrong is no answer: the run is started all the same. */
  const prepareFinished = async (runId: string, waitSeconds: number, reply: FastifyReply) => {
    try {
      const admit = (bytes: number): void => answers.admit(reply, bytes);
      return await engine.useState(runId, { waitSeconds, admit }, async (view) =>
        isFinished(statusOf(view.state)) ? answers.prepare(reply.code(200), toRunState(view)) : undefined,
      );
    } catch (error) {
      // Whoever was told to try again would start another run.
      if (!(error instanceof ApiError || error instanceof EngineError)) throw error;
    }
    return undefined;
  };

  const { onRunStarted, answers } = options;
  app.post(
    '/graph/run',
    {
      schema: {
        operationId: 'startRun',
        summary: 'Start a run',
        description:
          'Responds as soon as the run is stored. With `wait`, it responds with the result if the run finishes in time; if the run, or a run inside it, waits for input, it responds at once with 202, and the question is in the state.',
        tags: ['Runs'],
        querystring: z.strictObject({ wait: waitSchema }),
        headers: newRunHeadersSchema.extend(traceHeaders),
        body: startRunSchema,
        response: describeResponses(RESPONSES, [
          'invalid_header',
          'graph_not_found',
          'graph_unreadable',
          'run_unreadable',
          'invalid_input',
          'idempotency_mismatch',
          'concurrency_full',
          'queue_full',
          'shutting_down',
          'invalid_request',
          ...BODY_ERRORS,
        ]),
      },
    },
    async (request, reply) => {
      const { wait } = request.query;
      const run = await engine.startRun({
        ...toStartRun(request.body),
        ...idempotencyOf(request),
        ...actorOf(request),
        ...traceOf(request),
      });
      setNewRunHeaders(reply, run);
      if (!run.replayed) onRunStarted?.(run.runId, request.id, actorOf(request));
      const send = wait === undefined ? undefined : await prepareFinished(run.runId, wait, reply);
      if (send !== undefined) return send();
      return reply.code(202).send(toStartedRun({ runId: run.runId, status: 'SUBMITTED' }));
    },
  );
}

function toStartRun({ graph_id, input_data, ...options }: z.output<typeof startRunSchema>): StartRun {
  return { graphId: graph_id, inputData: (input_data ?? null) as Json, ...options };
}
