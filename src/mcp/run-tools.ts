import { createHash } from 'node:crypto';
import stableStringify from 'safe-stable-stringify';
import { z } from 'zod';
import { definedOnly } from '../core/base/defined-only.js';
import type { Json } from '../core/base/json.js';
import { jsonSchema } from '../core/base/json-value-schema.js';
import { metadataSchema } from '../core/base/run-options.js';
import { limitsSchema } from '../core/graph/definition.js';
import { RUN_STATUSES } from '../core/run/state.js';
import type { StartRun } from '../engine/engine.js';
import { withoutLargeData, withoutLargePatch } from './answers.js';
import { defineMcpTool, type McpSession, type McpTool, runIdShape, runOutput } from './tool.js';

const NEXT =
  'While the status is SUBMITTED, RUNNING or WAITING the run is not over: call wait_for_run, or explain_run to learn what it waits for.';

const startRun = defineMcpTool({
  name: 'start_run',
  title: 'Start a run',
  description: `Starts a run of a graph and answers its run_id as soon as it is stored; it goes on by itself, also if you stop listening. input_data must fit the input_schema of the graph (get_graph). With idempotency_key, a repeated call starts nothing and answers the first run. ${NEXT}`,
  input: z.strictObject({
    graph_id: z.string().describe('The id of the graph, as list_graphs tells it.'),
    input_data: jsonSchema.optional().describe('Any JSON that the graph takes; null if omitted.'),
    version: z.int().min(1).optional().describe('A version of the graph; the latest if omitted.'),
    limits: limitsSchema.optional(),
    metadata: metadataSchema.optional(),
    idempotency_key: z
      .string()
      .min(1)
      .max(255)
      .optional()
      .describe('Any text of your own, once for each run that you want.'),
  }),
  output: runOutput,
  isReadOnly: false,
  async call({ graph_id, input_data = null, idempotency_key, ...options }, session) {
    const idempotency = idempotencyOf(idempotency_key, { graph_id, input_data, ...options });
    const started = await startFor(session, {
      graphId: graph_id,
      inputData: input_data as Json,
      ...definedOnly(options),
      ...definedOnly({ idempotency }),
    });
    return { run_id: started.runId, status: 'SUBMITTED', replayed: started.replayed };
  },
});

/** Starts a run on behalf of an agent. */
export async function startFor(
  { engine, actor, onRunStarted }: McpSession,
  request: Omit<StartRun, 'startedBy' | 'by'>,
): ReturnType<McpSession['engine']['startRun']> {
  const started = await engine.startRun({ ...request, ...actor, startedBy: { kind: 'mcp' } });
  if (!started.replayed) onRunStarted?.(started.runId, actor);
  return started;
}

/** Keys of the REST API stand alone, so those of agents are told from them. */
function idempotencyOf(key: string | undefined, request: object): StartRun['idempotency'] {
  if (key === undefined) return undefined;
  const fingerprint = createHash('sha256')
    .update(`mcp start_run\n${stableStringify(request)}`)
    .digest('hex');
  return { key: `mcp/${key}`, fingerprint };
}

const waitForRun = defineMcpTool({
  name: 'wait_for_run',
  title: 'Wait for a run',
  description:
    'Waits until the run has ended, or it or a run inside it waits for a person, but at most timeout_seconds; then answers its state and what can be done next. If it is still under way, call it again.',
  input: z.strictObject({
    ...runIdShape,
    timeout_seconds: z.int().min(1).max(60).default(30).describe('Seconds to wait at most.'),
  }),
  output: runOutput,
  isReadOnly: true,
  async call({ run_id, timeout_seconds }, { engine }) {
    await engine.getState(run_id, { waitSeconds: timeout_seconds });
    return engine.explainRun(run_id);
  },
});

const getRun = defineMcpTool({
  name: 'get_run',
  title: 'Read a run',
  description:
    'The whole state of a run: status, data (what its steps have built up), input_data, error, waiting (with the JSON Schema of the answer), usage, limits. logs are those after logs_after lines. Values of data larger than 16 kB, and what is more than 64 kB together, are cut: `cut` lists their keys.',
  input: z.strictObject({
    ...runIdShape,
    logs_after: z
      .int()
      .min(0)
      .max(1_000_000_000)
      .default(1_000_000_000)
      .describe('Log lines to skip; 0 for all of them. None are shown if it is omitted.'),
  }),
  output: runOutput,
  isReadOnly: true,
  call: ({ run_id, logs_after }, { engine, wire }) =>
    engine.useState(run_id, { logsAfter: logs_after }, async (view) => withoutLargeData(wire.runState(view))),
});

const listRuns = defineMcpTool({
  name: 'list_runs',
  title: 'List runs',
  description:
    'Runs, the newest first, perhaps only those of a graph or with a status. Runs inside other runs are listed with parent_run_id.',
  input: z.strictObject({
    graph_id: z.string().optional(),
    status: z.array(z.enum(RUN_STATUSES)).optional(),
    parent_run_id: z.string().optional(),
    limit: z.int().min(1).max(200).default(20),
    cursor: z.string().optional().describe('next_cursor of the answer before, for the next page.'),
  }),
  output: z.looseObject({ runs: z.array(runOutput) }),
  isReadOnly: true,
  async call({ graph_id: graphId, status: statuses, parent_run_id: parentRunId, limit, cursor }, { engine, wire }) {
    return wire.runList(await engine.listRuns({ limit, ...definedOnly({ graphId, statuses, parentRunId, cursor }) }));
  },
});

const listSteps = defineMcpTool({
  name: 'list_steps',
  title: 'List the steps of a run',
  description:
    'Each visit to a node, in order: what its tool was called with (params), what it changed (patch), what it logged, its error, and the decision that led on, with the values that it read. Large values of a patch are cut as get_run cuts data. explain_run tells the same in words, from the end.',
  input: z.strictObject({
    ...runIdShape,
    limit: z.int().min(1).max(50).default(10),
    cursor: z.string().optional().describe('next_cursor of the answer before, for the next page.'),
  }),
  output: z.looseObject({ steps: z.array(z.looseObject({ step: z.int(), node: z.string() })) }),
  isReadOnly: true,
  async call({ run_id, limit, cursor }, { engine, wire }) {
    const { steps, ...page } = wire.stepList(await engine.listSteps(run_id, { limit, ...definedOnly({ cursor }) }));
    return { ...page, steps: steps.map(withoutLargePatch) };
  },
});

const explainRun = defineMcpTool({
  name: 'explain_run',
  title: 'Explain a run',
  description:
    'Says in words why a run went where it went (each of its latest steps with the reason), why it failed and what to do about it, or what it waits for. `next` lists what can be done now, each as a tool of this server with its arguments; fill in what stands in <angle brackets>. Call it first when something is not as expected.',
  input: z.strictObject({
    ...runIdShape,
    last_steps: z.int().min(1).max(100).default(20).describe('How many of the latest steps are told.'),
  }),
  output: z.looseObject({ run_id: z.string(), status: z.string(), summary: z.string() }),
  isReadOnly: true,
  call: ({ run_id, last_steps }, { engine }) => engine.explainRun(run_id, { lastSteps: last_steps }),
});

const diffRuns = defineMcpTool({
  name: 'diff_runs',
  title: 'Compare two runs',
  description:
    'Where the paths of two runs first differ, the nodes that each visited from there on, and where their data differs now: for example a run and its fork.',
  input: z.strictObject({
    a: z.string().describe('The id of a run.'),
    b: z.string().describe('The id of another run.'),
  }),
  output: z.looseObject({ a: z.string(), b: z.string() }),
  isReadOnly: true,
  call: async ({ a, b }, { engine, wire }) => wire.runDiff(await engine.diffRuns(a, b)),
});

/** Tools that read runs, in the order in which they are listed; `start_run` comes first. */
export const RUN_TOOLS: readonly McpTool[] = [startRun, waitForRun, explainRun, getRun, listRuns, listSteps, diffRuns];
