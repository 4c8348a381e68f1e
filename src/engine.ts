import type { Problem } from './core/errors.js';
import type { Decision, RunError } from './core/events.js';
import type { GraphDefinition, LimitsDefinition } from './core/graph.js';
import type { Json, JsonObject } from './core/json.js';
import type { RunState, RunStatus } from './core/run.js';
import type { GraphVersion, Idempotency, RunFilter, RunSummary } from './store/store.js';

/** What the graph doctor says of a document. */
export interface Verdict {
  readonly valid: boolean;
  readonly errors: readonly Problem[];
  readonly warnings: readonly Problem[];
}

export interface SavedGraph {
  readonly graphId: string;
  readonly version: number;
  readonly warnings: readonly Problem[];
  /** False when the document was identical to the latest version, so that none was made. */
  readonly changed: boolean;
}

export interface StartRun {
  readonly graphId: string;
  readonly version?: number;
  readonly inputData: Json;
  readonly limits?: LimitsDefinition;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly idempotency?: Idempotency;
}

export interface StartedRun {
  readonly runId: string;
  /** True when the idempotency key had started this run before. */
  readonly replayed: boolean;
}

export interface ReadState {
  /** Seconds to wait for the run to finish. */
  readonly waitSeconds?: number;
  /** Only log lines after this many. */
  readonly logsAfter?: number;
}

/** A run's state with the log lines that were asked for. */
export interface RunView {
  readonly state: RunState;
  readonly logs: readonly string[];
}

/** One visit to a node. Times are milliseconds since 1970. */
export interface StepView {
  readonly step: number;
  readonly node: string;
  readonly status: 'RUNNING' | 'COMPLETED' | 'FAILED' | 'CANCELLED';
  readonly attempts: number;
  readonly startedAt: number | null;
  readonly finishedAt: number | null;
  readonly patch: JsonObject | null;
  readonly logs: readonly string[];
  readonly error: RunError | null;
  readonly decision: Decision | null;
}

export interface Page {
  readonly limit: number;
  readonly cursor?: string;
}

export interface ToolInfo {
  readonly name: string;
  readonly description: string;
  /** JSON Schema (2020-12) of the params; null where the tool checks nothing. */
  readonly params: JsonObject | null;
}

export interface ConditionInfo {
  readonly name: string;
  readonly description: string;
  /** Everything the condition can answer; null where it does not say. */
  readonly outcomes: readonly string[] | null;
}

/** The use-cases. Each throws EngineError for what the caller got wrong. */
export interface Engine {
  validateGraph(document: unknown): Verdict;
  createGraph(definition: GraphDefinition): Promise<SavedGraph>;
  updateGraph(graphId: string, definition: GraphDefinition): Promise<SavedGraph>;
  deleteGraph(graphId: string): Promise<void>;
  getGraph(graphId: string, version?: number): Promise<GraphVersion>;
  listGraphs(page: Page): Promise<{ graphs: readonly GraphVersion[]; nextCursor: string | null }>;
  listTools(): readonly ToolInfo[];
  listConditions(): readonly ConditionInfo[];

  startRun(request: StartRun): Promise<StartedRun>;
  getState(runId: string, options?: ReadState): Promise<RunView>;
  listRuns(filter: Omit<RunFilter, 'after' | 'limit'> & Page): Promise<{ runs: readonly RunSummary[]; nextCursor: string | null }>;
  listSteps(runId: string, page: Page): Promise<{ steps: readonly StepView[]; nextCursor: string | null }>;
  cancelRun(runId: string): Promise<{ runId: string; status: RunStatus }>;
  deleteRun(runId: string): Promise<void>;
  /** True while requests can be served: the store can be written and the server is not stopping. */
  isReady(): boolean;
}
