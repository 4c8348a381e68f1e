/** Answers of the API, as far as the page reads them. */

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

export type RunStatus = 'SUBMITTED' | 'RUNNING' | 'WAITING' | 'COMPLETED' | 'FAILED' | 'CANCELLED';

export interface RunError {
  readonly code: string;
  readonly message: string;
  readonly node: string | null;
  readonly step: number | null;
}

export interface RunSummary {
  readonly run_id: string;
  readonly graph_id: string;
  readonly graph_version: number;
  readonly status: RunStatus;
  readonly metadata: Readonly<Record<string, string>>;
  readonly error: RunError | null;
  readonly submitted_at: string;
  readonly started_at: string | null;
  readonly finished_at: string | null;
  readonly parent_run_id: string | null;
  readonly child_index: number | null;
}

/** A run in a list. */
export interface ListedRun extends RunSummary {
  readonly waiting_for: WaitKind | null;
}

export type WaitKind = 'input' | 'timer' | 'retry' | 'graph' | 'branches';

export interface Waiting {
  readonly id: string;
  readonly kind: WaitKind;
  readonly node: string;
  readonly until: string | null;
  readonly message: string | null;
  readonly schema: Schema | null;
  /** Runs inside this one that wait for input. */
  readonly children: readonly { readonly run_id: string; readonly graph_id: string; readonly index: number }[];
}

export interface RunState extends RunSummary {
  readonly logs: readonly string[];
  readonly logs_total: number;
  readonly data: JsonObject;
  readonly input_data: Json;
  readonly current_node: string | null;
  readonly attempt: number | null;
  readonly step_count: number;
  readonly limits: { readonly max_steps: number; readonly deadline_seconds: number | null };
  readonly cancel_requested: boolean;
  readonly waiting: Waiting | null;
  readonly forked_from: { readonly run_id: string; readonly step: number } | null;
  readonly usage: Readonly<Record<string, number>>;
}

export interface Read {
  readonly path: string;
  readonly value?: Json;
  readonly type?: string;
  readonly size?: number;
}

export interface Decision {
  readonly kind: 'edge' | 'condition' | 'case' | 'parallel' | 'for_each' | 'error';
  readonly condition?: string;
  readonly outcome?: string | null;
  readonly to_node: string | null;
  readonly read?: readonly Read[];
}

export interface Step {
  readonly step: number;
  readonly node: string;
  readonly status: string;
  readonly attempts: number;
  readonly started_at: string | null;
  readonly finished_at: string | null;
  readonly patch: JsonObject | null;
  readonly logs: readonly string[];
  readonly error: RunError | null;
  readonly decision: Decision | null;
}

export interface GraphSummary {
  readonly graph_id: string;
  readonly version: number;
  readonly name: string;
  readonly description: string | null;
  readonly created_at: string;
}

export interface Graph extends Omit<GraphSummary, 'description'> {
  readonly definition: {
    readonly description?: string;
    readonly input_schema?: Schema;
    readonly nodes: readonly { readonly name: string; readonly tool_name: string }[];
  } & JsonObject;
}

/** The parts of a JSON Schema that forms are made of. */
export interface Schema {
  readonly type?: string | readonly string[];
  readonly title?: string;
  readonly description?: string;
  readonly enum?: readonly Json[];
  readonly const?: Json;
  readonly default?: Json;
  readonly examples?: readonly Json[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxLength?: number;
}

export const FINISHED: ReadonlySet<RunStatus> = new Set(['COMPLETED', 'FAILED', 'CANCELLED']);
