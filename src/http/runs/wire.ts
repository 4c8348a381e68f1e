import { schemaOfLift } from '../../core/run/lift-limits.js';
import { changesAt } from '../../core/run/progress.js';
import { findStarter } from '../../core/run/started-by.js';
import {
  cursorOf,
  errorOf,
  finishedAtOf,
  isFinished,
  type RunState,
  type RunStatus,
  statusOf,
  waitOf,
} from '../../core/run/state.js';
import type { Engine, RunView } from '../../engine/engine.js';
import type { ShownLink } from '../approvals/shown-link.js';
import { toTime, toTimeOrNull, type Wire } from '../wire.js';
import type { runListSchema, runStateSchema, startedRunSchema } from './schemas.js';

/** Runs, from the engine's names to the wire's: camelCase to snake_case, milliseconds to RFC 3339 in UTC. */

type RunPage = Awaited<ReturnType<Engine['listRuns']>>;
type RunSummary = RunPage['runs'][number];
type WireState = Wire<typeof runStateSchema>;

/** @param link the approval link of its wait, for whoever can see it */
export function toRunState(view: RunView, link?: ShownLink): WireState {
  const { state, logs } = view;
  const status = statusOf(state);
  const cursor = isFinished(status) ? null : cursorOf(state);
  return {
    run_id: state.runId,
    graph_id: state.graphId,
    graph_version: state.graphVersion,
    status,
    parent_run_id: state.parent?.run_id ?? null,
    child_index: state.parent?.index ?? null,
    forked_from: state.forkedFrom,
    imported_from: toImportedFrom(state),
    current_node: cursor?.node ?? null,
    attempt: cursor?.attempt ?? null,
    step_count: state.stepCount,
    visits: state.visits,
    queued: toQueued(view),
    waiting: toWaiting(view, link),
    children: view.children,
    logs,
    logs_total: state.logCount,
    usage: state.usage,
    usage_total: view.usageTotal,
    data: state.data,
    input_data: state.inputData,
    error: errorOf(state),
    metadata: state.metadata,
    started_by: findStarter(state),
    limits: toLimits(state),
    cancel_requested: state.cancelRequested,
    paused: state.paused,
    submitted_by: state.actors.submitted ?? null,
    paused_by: state.actors.paused ?? null,
    cancelled_by: state.actors.cancelled ?? null,
    submitted_at: toTime(state.submittedAt),
    started_at: toTimeOrNull(state.startedAt),
    finished_at: toTimeOrNull(finishedAtOf(state)),
  };
}

function toQueued({ queued }: RunView): WireState['queued'] {
  return queued === null ? null : { reason: 'concurrency', ...queued, since: toTime(queued.since) };
}

function toLimits({ maxSteps, deadlineSeconds, guards }: RunState): WireState['limits'] {
  return {
    max_steps: maxSteps,
    deadline_seconds: deadlineSeconds,
    max_tokens: guards?.max_tokens ?? null,
    max_cost_usd: guards?.max_cost_usd ?? null,
    max_visits: guards?.max_visits ?? null,
    no_progress: guards?.no_progress ?? null,
    on_limit: guards?.on_limit ?? 'fail',
  };
}

function toWaiting({ state, waitingChildren, usageTotal }: RunView, link: ShownLink | undefined): WireState['waiting'] {
  const waiting = waitOf(state);
  if (waiting === null) return null;
  const { id, kind, node, since, until, message, signal = null, limit = null, limitOf: limit_of = null } = waiting;
  const children = waitingChildren.map(toWaitingChild);
  const times = { since: toTime(since), until: toTimeOrNull(until) };
  const schema = waiting.schema ?? schemaOfLift(state, waiting);
  const evidence =
    limit === null
      ? null
      : {
          visits: state.visits,
          usage: waiting.used ?? usageTotal,
          changes: changesAt(state.progress, node),
        };
  return { id, kind, node, ...times, message, schema, signal, ...link, limit, limit_of, evidence, children };
}

function toWaitingChild(run: RunSummary): NonNullable<WireState['waiting']>['children'][number] {
  return {
    run_id: run.runId,
    graph_id: run.graphId,
    index: run.childIndex ?? 0,
    branch: run.branch,
    waiting_for: run.waitingFor,
  };
}

function toImportedFrom({ startedBy }: RunView['state']): WireState['imported_from'] {
  return startedBy?.kind === 'import' && startedBy.id !== undefined ? { run_id: startedBy.id } : null;
}

export function toStartedRun({ runId, status }: { runId: string; status: RunStatus }): Wire<typeof startedRunSchema> {
  return { run_id: runId, status };
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
    paused: run.paused,
    parent_run_id: run.parentRunId,
    child_index: run.childIndex,
    branch: run.branch,
    metadata: run.metadata,
    started_by: run.startedBy,
    error: run.error,
    submitted_at: toTime(run.submittedAt),
    started_at: toTimeOrNull(run.startedAt),
    finished_at: toTimeOrNull(run.finishedAt),
  };
}
