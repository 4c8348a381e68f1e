import { isFinished } from '../../core/run/state.js';
import type { Engine, RunView, StepView } from '../../engine/engine.js';
import { toTime, toTimeOrNull } from '../graphs/wire.js';
import type { Wire } from '../schemas.js';
import type { forkedRunSchema, runListSchema, runStateSchema } from './schemas.js';
import type { runDiffSchema, stepListSchema } from './step-schemas.js';

/** Runs and steps, from the engine's names to the wire's. */

type RunPage = Awaited<ReturnType<Engine['listRuns']>>;
type RunSummary = RunPage['runs'][number];
type StepPage = Awaited<ReturnType<Engine['listSteps']>>;
type ForkedRun = Awaited<ReturnType<Engine['forkRun']>>;
type RunDiff = Awaited<ReturnType<Engine['diffRuns']>>;
type StepPoint = NonNullable<NonNullable<RunDiff['firstDivergence']>['a']>;
type WireState = Wire<typeof runStateSchema>;

export function toRunState(view: RunView): WireState {
  const { state, logs } = view;
  const cursor = isFinished(state.status) ? null : state.cursor;
  return {
    run_id: state.runId,
    graph_id: state.graphId,
    graph_version: state.graphVersion,
    status: state.status,
    parent_run_id: state.parent?.run_id ?? null,
    child_index: state.parent?.index ?? null,
    forked_from: state.forkedFrom,
    current_node: cursor?.node ?? null,
    attempt: cursor?.attempt ?? null,
    step_count: state.stepCount,
    waiting: toWaiting(view),
    logs,
    logs_total: state.logCount,
    usage: state.usage,
    data: state.data,
    input_data: state.inputData,
    error: state.error,
    metadata: state.metadata,
    limits: { max_steps: state.maxSteps, deadline_seconds: state.deadlineSeconds },
    cancel_requested: state.cancelRequested,
    submitted_at: toTime(state.submittedAt),
    started_at: toTimeOrNull(state.startedAt),
    finished_at: toTimeOrNull(state.finishedAt),
  };
}

function toWaiting({ state: { waiting }, waitingChildren }: RunView): WireState['waiting'] {
  if (waiting === null) return null;
  const { id, kind, node, since, until, message, schema } = waiting;
  const children = kind === 'graph' || kind === 'branches' ? waitingChildren.map(toWaitingChild) : [];
  return { id, kind, node, since: toTime(since), until: toTimeOrNull(until), message, schema, children };
}

function toWaitingChild(run: RunSummary): NonNullable<WireState['waiting']>['children'][number] {
  return { run_id: run.runId, graph_id: run.graphId, index: run.childIndex ?? 0, waiting_for: run.waitingFor };
}

export function toForkedRun({ runId, status, forkedFrom }: ForkedRun): Wire<typeof forkedRunSchema> {
  return { run_id: runId, status, forked_from: forkedFrom };
}

export function toRunList(page: RunPage): Wire<typeof runListSchema> {
  return { runs: page.runs.map(toRunSummary), next_cursor: page.nextCursor };
}

function toRunSummary(run: RunSummary): Wire<typeof runListSchema>['runs'][number] {
  return {
    run_id: run.runId,
    graph_id: run.graphId,
    graph_version: run.graphVersion,
    status: run.status,
    waiting_for: run.waitingFor,
    parent_run_id: run.parentRunId,
    child_index: run.childIndex,
    metadata: run.metadata,
    error: run.error,
    submitted_at: toTime(run.submittedAt),
    started_at: toTimeOrNull(run.startedAt),
    finished_at: toTimeOrNull(run.finishedAt),
  };
}

export function toStepList(page: StepPage): Wire<typeof stepListSchema> {
  return { steps: page.steps.map(toStep), next_cursor: page.nextCursor };
}

function toStep(step: StepView): Wire<typeof stepListSchema>['steps'][number] {
  return {
    step: step.step,
    node: step.node,
    status: step.status,
    attempts: step.attempts,
    started_at: toTimeOrNull(step.startedAt),
    finished_at: toTimeOrNull(step.finishedAt),
    patch: step.patch,
    logs: step.logs,
    error: step.error,
    decision: step.decision,
    usage: step.usage,
  };
}

export function toRunDiff({ a, b, firstDivergence, pathA, pathB, data }: RunDiff): Wire<typeof runDiffSchema> {
  const first = firstDivergence && {
    step: firstDivergence.step,
    a: toStepPoint(firstDivergence.a),
    b: toStepPoint(firstDivergence.b),
  };
  return { a, b, first_divergence: first, path_a: pathA, path_b: pathB, data };
}

function toStepPoint(point: StepPoint | null): { node: string; status: string; to_node: string | null } | null {
  return point && { node: point.node, status: point.status, to_node: point.toNode };
}
