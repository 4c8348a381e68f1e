import { definedOnly } from '../base/defined-only.js';
import type { Json, JsonObject } from '../base/json.js';
import type { Read } from '../expressions/reads.js';
import { adviceFor, type Remedy } from './advice.js';
import type { Decision, RunError } from './events.js';
import { errorOf, type RunState, type RunStatus, statusOf, type Waiting, waitOf } from './state.js';
import type { StepView } from './steps.js';

/** A step that a run took, and why it came there. */
export interface ExplainedStep {
  readonly step: number;
  readonly node: string;
  readonly status: StepView['status'];
  readonly because: string;
}

/** Something that can be done next: a tool of the MCP server. Arguments in <angle brackets> are to be filled in. */
export interface NextAction {
  readonly tool: 'wait_for_run' | 'get_run' | 'explain_run' | 'list_steps' | WritingTool;
  readonly arguments: JsonObject;
  readonly why: string;
}
type WritingTool =
  | 'answer_run'
  | 'send_signal'
  | 'unpause_run'
  | 'retry_run'
  | 'update_graph'
  | 'fork_run'
  | 'cancel_run';

/** A document that says what a run did, and what can be done. */
export interface Explanation {
  readonly run_id: string;
  readonly graph_id: string;
  readonly status: RunStatus;
  readonly summary: string;
  /** The latest steps, the oldest first. */
  readonly path: readonly ExplainedStep[];
  /** Steps before those of `path`. */
  readonly earlier_steps: number;
  readonly failed?: RunError & { readonly advice: string };
  readonly waiting?: { readonly kind: string; readonly node: string; readonly why: string };
  readonly next: readonly NextAction[];
}

/** What is explained. */
export interface Explained {
  readonly state: RunState;
  /** The latest steps, in order. */
  readonly steps: readonly StepView[];
  /** Runs inside it that wait for a person. */
  readonly waitingChildren: readonly { readonly runId: string }[];
}

/** Most values of a decision that are told. */
const MAX_READS = 5;
const MAX_SHOWN = 200;
const MAX_CHILDREN = 10;

/**
 * Says why a run went where it went, why it stopped, and what can be done about it.
 * @example
 * explain({ state, steps, waitingChildren: [] }).summary // 'The run failed at "fetch" (step 2) with timeout: ...'
 */
export function explain({ state, steps, waitingChildren }: Explained): Explanation {
  const error = errorOf(state);
  const waiting = waitOf(state);
  return {
    run_id: state.runId,
    graph_id: state.graphId,
    status: statusOf(state),
    summary: summarize(state, error, waiting) + tellMove(state),
    path: steps.map((step, index) => explainStep(step, steps[index - 1])),
    earlier_steps: Math.max(0, (steps[0]?.step ?? 1) - 1),
    ...definedOnly({
      failed: error === null ? undefined : { ...error, advice: adviceFor(error.code).advice },
      waiting: waiting === null ? undefined : { kind: waiting.kind, node: waiting.node, why: whyWaiting(waiting) },
    }),
    next: nextActions(state, error, waiting, waitingChildren),
  };
}

function explainStep({ step, node, status }: StepView, before: StepView | undefined): ExplainedStep {
  return { step, node, status, because: whyHere(step, before) };
}

function whyHere(step: number, before: StepView | undefined): string {
  if (before === undefined) return step === 1 ? 'The run begins here.' : 'An earlier step led here.';
  const { decision, node } = before;
  return decision === null ? `It follows "${node}".` : whyTaken(decision, before);
}

function whyTaken({ kind, condition = '', outcome = null, read }: Decision, { node, error }: StepView): string {
  const values = readText(read);
  switch (kind) {
    case 'edge':
      return `An edge leads here from "${node}".`;
    case 'condition':
      return `The condition "${condition}" after "${node}" answered "${outcome}"${values}.`;
    case 'case':
      if (outcome === 'otherwise') return `No case after "${node}" was true${values}, so "otherwise" leads here.`;
      return `The case "${condition}" after "${node}" was true${values}.`;
    case 'parallel':
      return `The branches that "${node}" started were joined.`;
    case 'for_each':
      return `The ${outcome} branches that "${node}" started, one for each item, were joined.`;
    case 'error':
      return `"${node}" failed${error === null ? '' : ` with ${error.code}`}, and its on_error leads here.`;
  }
}

function readText(reads: readonly Read[] = []): string {
  const told = reads.slice(0, MAX_READS).map((read) => `${read.path} = ${shown(read)}`);
  return told.length === 0 ? '' : ` (${told.join(', ')})`;
}

function shown(read: Read): string {
  if (!('value' in read)) return `a ${read.type} of size ${read.size}`;
  return JSON.stringify(read.value).slice(0, MAX_SHOWN);
}

const SUMMARIES: Readonly<Record<Exclude<RunStatus, 'FAILED' | 'WAITING'>, string>> = {
  SUBMITTED: 'The run has not begun yet.',
  RUNNING: 'The run is under way.',
  COMPLETED: 'The run has completed.',
  CANCELLED: 'The run was cancelled. It can be retried from where it stopped.',
};

function summarize(state: RunState, error: RunError | null, waiting: Waiting | null): string {
  if (error !== null) {
    const place = error.node === null ? '' : ` at "${error.node}" (step ${error.step})`;
    return `The run failed${place} with ${error.code}: ${error.message}`;
  }
  if (waiting !== null) return `The run waits at "${waiting.node}". ${whyWaiting(waiting)}`;
  return SUMMARIES[statusOf(state) as keyof typeof SUMMARIES];
}

/** Which version it goes on with, if it was moved. */
function tellMove({ migratedFrom, graphVersion }: RunState): string {
  if (migratedFrom === null) return '';
  const { version, at, by } = migratedFrom;
  const who = by === undefined ? '' : ` by ${by}`;
  return ` It was moved from version ${version} of its graph to ${graphVersion}${who}, at ${new Date(at).toISOString()}.`;
}

function whyWaiting({ kind, message, signal, until, limit }: Waiting): string {
  const end = until === null ? '' : ` until ${new Date(until).toISOString()}`;
  switch (kind) {
    case 'input':
      return `It asks a person${end}: ${message}`;
    case 'signal':
      return `It waits for the signal "${signal}"${end}.`;
    case 'timer':
      return `It waits${end}.`;
    case 'retry':
      return `The last attempt failed; the next one is due at ${new Date(Number(until)).toISOString()}.`;
    case 'graph':
      return 'Another graph runs as this step.';
    case 'branches':
      return 'Its branches are under way.';
    case 'paused':
      return 'Somebody has paused it.';
    case 'limit':
      return `It has come to its limit ${limit}: ${message}`;
  }
}

function nextActions(
  state: RunState,
  error: RunError | null,
  waiting: Waiting | null,
  children: Explained['waitingChildren'],
): NextAction[] {
  const run = { run_id: state.runId };
  if (error !== null) return afterFailure(state, error);
  if (waiting !== null) return [...whileWaiting(run, waiting, children), cancel(run)];
  switch (statusOf(state)) {
    case 'COMPLETED':
      return [{ tool: 'get_run', arguments: run, why: 'Reads what it has built up: data.' }];
    case 'CANCELLED':
      return [{ tool: 'retry_run', arguments: run, why: 'It goes on from where it stopped.' }];
    default:
      return [waitFor(run), cancel(run)];
  }
}

type Run = { readonly run_id: string };

const waitFor = (run: Run): NextAction => {
  return {
    tool: 'wait_for_run',
    arguments: { ...run, timeout_seconds: 30 },
    why: 'Answers when it has ended, or asks for something.',
  };
};
const cancel = (run: Run): NextAction => {
  return { tool: 'cancel_run', arguments: run, why: 'Stops it, if it is not wanted any more.' };
};

function whileWaiting(run: Run, waiting: Waiting, children: Explained['waitingChildren']): NextAction[] {
  const answer = (payload: Json, why: string): NextAction => {
    return { tool: 'answer_run', arguments: { ...run, wait_id: waiting.id, payload }, why };
  };
  switch (waiting.kind) {
    case 'input':
      return [
        answer(
          '<the answer>',
          'Ask the person first, and do not make up an answer. It must fit waiting.schema of get_run.',
        ),
      ];
    case 'limit':
      return [answer({ limits: { [String(waiting.limit)]: '<higher>' } }, 'Gives it a higher limit.')];
    case 'signal': {
      const args = { ...run, name: String(waiting.signal), payload: '<any JSON>' };
      return [{ tool: 'send_signal', arguments: args, why: 'Usually another program sends it.' }];
    }
    case 'paused':
      return [{ tool: 'unpause_run', arguments: run, why: 'It goes on.' }];
    case 'graph':
    case 'branches':
      return [...children.slice(0, MAX_CHILDREN).map(explainChild), waitFor(run)];
    case 'timer':
    case 'retry':
      return [waitFor(run)];
  }
}

function explainChild({ runId }: { readonly runId: string }): NextAction {
  return { tool: 'explain_run', arguments: { run_id: runId }, why: 'This run inside it waits for a person.' };
}

function afterFailure(state: RunState, { code, step }: RunError): NextAction[] {
  const { runId: run_id, graphId: graph_id } = state;
  const steps: NextAction = {
    tool: 'list_steps',
    arguments: { run_id },
    why: 'Shows with which params each tool was called.',
  };
  // What is done to a run inside another one is done to that.
  if (state.parent !== null) {
    const args = { run_id: state.parent.run_id };
    return [
      steps,
      { tool: 'explain_run', arguments: args, why: 'This run is a part of that one, which can be retried.' },
    ];
  }
  const actions: Readonly<Record<Remedy, readonly NextAction[]>> = {
    retry: [{ tool: 'retry_run', arguments: { run_id }, why: 'Calls the tool of the step that failed again.' }],
    lift_limits: [
      {
        tool: 'retry_run',
        arguments: { run_id, limits: { '<limit>': '<higher>' } },
        why: 'It goes on with a higher limit.',
      },
    ],
    correct_graph: [
      { tool: 'update_graph', arguments: { graph_id, graph: '<the corrected graph>' }, why: 'Saves a new version.' },
      {
        tool: 'fork_run',
        arguments: { run_id, from_step: step ?? 1, version: '<the new version>' },
        why: 'Runs the new version from the step that failed; what was done before is kept.',
      },
    ],
  };
  return [...adviceFor(code).remedies.flatMap((remedy) => actions[remedy]), steps];
}
