import { z } from 'zod';
import { definedOnly } from '../core/base/defined-only.js';
import type { Json, JsonObject } from '../core/base/json.js';
import { jsonObjectSchema } from '../core/base/json-object-schema.js';
import { jsonSchema } from '../core/base/json-value-schema.js';
import { limitsSchema } from '../core/graph/definition.js';
import { signalNameSchema } from '../core/tool/wait.js';
import { defineMcpTool, type McpTool, runIdShape, runOutput } from './tool.js';

const dataSchema = jsonObjectSchema.optional().describe('Keys of data to set before it goes on.');

const answerRun = defineMcpTool({
  name: 'answer_run',
  title: 'Answer a run',
  description:
    'Gives a run that waits for a person (status WAITING, waiting.kind input) the answer. It must come from a person, or from what you were told to decide: do not make it up. payload must fit waiting.schema of get_run; send waiting.id as wait_id. A run that waits at a limit takes { "limits": { ... } } with a higher one. Then call wait_for_run.',
  input: z.strictObject({
    ...runIdShape,
    payload: jsonSchema.describe('The answer: any JSON that fits waiting.schema.'),
    wait_id: z.string().optional().describe('waiting.id, so that a late answer never ends another wait.'),
  }),
  output: runOutput,
  isReadOnly: false,
  async call({ run_id, payload, wait_id: waitId }, { engine, actor }) {
    return toRun(await engine.resumeRun(run_id, { payload: payload as Json, ...definedOnly({ waitId }), ...actor }));
  },
});

const sendSignal = defineMcpTool({
  name: 'send_signal',
  title: 'Send a signal',
  description:
    'Sends a named signal with a payload to a run. A step that waits for a signal of this name takes it, be it now or later. explain_run tells which signal a run waits for.',
  input: z.strictObject({
    ...runIdShape,
    name: signalNameSchema.describe('The name that the wait is for.'),
    payload: jsonSchema.optional().describe('Any JSON; null if omitted.'),
  }),
  output: runOutput,
  isReadOnly: false,
  async call({ run_id, name, payload = null }, { engine, actor }) {
    return toRun(await engine.sendSignal(run_id, { name, payload: payload as Json, ...actor }));
  },
});

const retryRun = defineMcpTool({
  name: 'retry_run',
  title: 'Retry a run',
  description:
    'Has a run that failed or was cancelled go on from the step that it stopped at; earlier steps are not repeated. Call explain_run first: it says whether a retry helps. With limits it gets higher ones, with data keys of data are set before, and with result the step is not called again: result is what it would have set. It uses the same version of the graph; to use a corrected one, call fork_run.',
  input: z.strictObject({
    ...runIdShape,
    limits: limitsSchema.optional(),
    data: dataSchema,
    result: jsonObjectSchema.optional().describe('The patch of the failed step, in place of a call of its tool.'),
  }),
  output: runOutput,
  isReadOnly: false,
  async call({ run_id, limits, data, result }, { engine, actor }) {
    const given = { data: data as JsonObject | undefined, result: result as JsonObject | undefined };
    return toRun(await engine.retryRun(run_id, { ...definedOnly({ limits, ...given }), ...actor }));
  },
});

const forkRun = defineMcpTool({
  name: 'fork_run',
  title: 'Fork a run',
  description:
    'Starts a new run with the steps before from_step copied from another one, which stays as it is. With version it goes on with that version of the graph: so a corrected graph goes on where the old one failed. Answers the run_id of the new run; then call wait_for_run, and diff_runs to compare the two.',
  input: z.strictObject({
    ...runIdShape,
    from_step: z.int().min(1).describe('The first step that runs anew: that of the error, for example.'),
    data: dataSchema,
    version: z
      .int()
      .min(1)
      .optional()
      .describe('The version of the graph to go on with; that of the original if omitted.'),
  }),
  output: runOutput,
  isReadOnly: false,
  async call({ run_id, from_step: fromStep, data, version }, { engine, actor }) {
    const given = definedOnly({ data: data as JsonObject | undefined, version });
    const { forkedFrom, ...forked } = await engine.forkRun(run_id, { fromStep, ...given, ...actor });
    return { ...toRun(forked), forked_from: forkedFrom };
  },
});

const pauseRun = defineMcpTool({
  name: 'pause_run',
  title: 'Pause a run',
  description: 'Lets the step under way end, and begins nothing after it, until unpause_run is called.',
  input: z.strictObject(runIdShape),
  output: runOutput,
  isReadOnly: false,
  isIdempotent: true,
  call: async ({ run_id }, { engine, actor }) => toRun(await engine.pauseRun(run_id, actor)),
});

const unpauseRun = defineMcpTool({
  name: 'unpause_run',
  title: 'Unpause a run',
  description: 'Has a paused run go on.',
  input: z.strictObject(runIdShape),
  output: runOutput,
  isReadOnly: false,
  isIdempotent: true,
  call: async ({ run_id }, { engine, actor }) => toRun(await engine.unpauseRun(run_id, actor)),
});

const cancelRun = defineMcpTool({
  name: 'cancel_run',
  title: 'Cancel a run',
  description:
    'Stops a run and the runs inside it. What its steps have done is not taken back. It can be retried later with retry_run.',
  input: z.strictObject(runIdShape),
  output: runOutput,
  isReadOnly: false,
  isDestructive: true,
  isIdempotent: true,
  call: async ({ run_id }, { engine, actor }) => toRun(await engine.cancelRun(run_id, actor)),
});

function toRun({ runId, status }: { readonly runId: string; readonly status: string }): object {
  return { run_id: runId, status };
}

/** Tools that change runs, in the order in which they are listed. */
export const CHANGE_TOOLS: readonly McpTool[] = [
  answerRun,
  sendSignal,
  retryRun,
  forkRun,
  pauseRun,
  unpauseRun,
  cancelRun,
];
