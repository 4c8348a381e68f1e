import { isFinished } from '../core/run.js';
import type { ConditionInfo, Engine, RunView, SavedGraph, StepView, ToolInfo } from '../engine.js';
import type { Wire } from './schemas/common.js';
import type {
  conditionListSchema,
  graphListSchema,
  graphSchema,
  savedGraphSchema,
  toolListSchema,
} from './schemas/graphs.js';
import type { runListSchema, runStateSchema, stepListSchema } from './schemas/runs.js';

/** From the engine's names to the wire's: camelCase to snake_case, milliseconds to RFC 3339 in UTC. */

type GraphVersion = Awaited<ReturnType<Engine['getGraph']>>;
type GraphPage = Awaited<ReturnType<Engine['listGraphs']>>;
type RunPage = Awaited<ReturnType<Engine['listRuns']>>;
type StepPage = Awaited<ReturnType<Engine['listSteps']>>;

export function toTime(ms: number): string {
  return new Date(ms).toISOString();
}

function toTimeOrNull(ms: number | null): string | null {
  return ms === null ? null : toTime(ms);
}

export function toSavedGraph(saved: SavedGraph, message: string): Wire<typeof savedGraphSchema> {
  return { graph_id: saved.graphId, version: saved.version, message, warnings: saved.warnings };
}

/** The id stands beside the definition, so that the definition can be sent back, or to another server, as it is. */
export function toGraph(graph: GraphVersion): Wire<typeof graphSchema> {
  const { graph_id: _, ...definition } = graph.definition;
  return {
    graph_id: graph.graphId,
    version: graph.version,
    name: graph.name,
    created_at: toTime(graph.createdAt),
    definition,
  };
}

export function toGraphList(page: GraphPage): Wire<typeof graphListSchema> {
  const graphs = page.graphs.map((graph) => ({
    graph_id: graph.graphId,
    version: graph.version,
    name: graph.name,
    description: graph.definition.description ?? null,
    created_at: toTime(graph.createdAt),
  }));
  return { graphs, next_cursor: page.nextCursor };
}

export function toToolList(tools: readonly ToolInfo[]): Wire<typeof toolListSchema> {
  return { tools: tools.map(({ name, description, params }) => ({ name, description, params })) };
}

export function toConditionList(conditions: readonly ConditionInfo[]): Wire<typeof conditionListSchema> {
  return { conditions: conditions.map(({ name, description, outcomes }) => ({ name, description, outcomes })) };
}

export function toRunState({ state, logs }: RunView): Wire<typeof runStateSchema> {
  const cursor = isFinished(state.status) ? null : state.cursor;
  return {
    run_id: state.runId,
    graph_id: state.graphId,
    graph_version: state.graphVersion,
    status: state.status,
    current_node: cursor?.node ?? null,
    attempt: cursor?.attempt ?? null,
    step_count: state.stepCount,
    logs,
    logs_total: state.logCount,
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

export function toRunList(page: RunPage): Wire<typeof runListSchema> {
  const runs = page.runs.map((run) => ({
    run_id: run.runId,
    graph_id: run.graphId,
    graph_version: run.graphVersion,
    status: run.status,
    metadata: run.metadata,
    error: run.error,
    submitted_at: toTime(run.submittedAt),
    started_at: toTimeOrNull(run.startedAt),
    finished_at: toTimeOrNull(run.finishedAt),
  }));
  return { runs, next_cursor: page.nextCursor };
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
  };
}
