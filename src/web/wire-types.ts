/** Responses of the API. Generated from the OpenAPI document by `npm run generate:web-types`; do not edit. */

export type ConditionalEdge =
  | {
      from_node: string;
      condition_function: string;
      routes?: {
        [k: string]: string;
      };
    }
  | {
      from_node: string;
      /**
       * @minItems 1
       * @maxItems 100
       */
      cases: Case[];
      otherwise: string;
    };
/**
 * @maxItems 10
 */
export type Notify = NotifyTarget[];
export type RunStatus = 'SUBMITTED' | 'RUNNING' | 'WAITING' | 'COMPLETED' | 'FAILED' | 'CANCELLED';
export type WaitKind = 'input' | 'signal' | 'timer' | 'retry' | 'graph' | 'branches' | 'paused' | 'limit';
export type LimitKind = 'max_steps' | 'max_tokens' | 'max_cost_usd' | 'max_visits' | 'no_progress';
export type Read =
  | {
      path: string;
      value: unknown;
    }
  | {
      path: string;
      type: 'string' | 'list' | 'object';
      size: number;
    };
export type PatchOperation =
  | {
      op: 'add' | 'replace';
      path: string;
      value: unknown;
    }
  | {
      op: 'remove';
      path: string;
    }
  | {
      op: 'move';
      from: string;
      path: string;
    };
export type NotifyEvent = 'completed' | 'failed' | 'cancelled' | 'waiting_for_input' | 'limit';
export type DeliveryStatus = 'pending' | 'delivered' | 'dead' | 'gone';

export interface Graph {
  graph_id: string;
  version: number;
  name: string;
  created_at: string;
  definition: GraphDefinition;
}
export interface GraphDefinition {
  $schema?: string;
  name: string;
  graph_id?: string;
  description?: string;
  entry_point: string;
  /**
   * @minItems 1
   * @maxItems 1000
   */
  nodes: Node[];
  /**
   * @maxItems 5000
   */
  edges: Edge[];
  /**
   * @maxItems 5000
   */
  conditional_edges?: ConditionalEdge[];
  /**
   * @maxItems 200
   */
  parallel_edges?: ParallelEdge[];
  /**
   * @maxItems 200
   */
  for_each_edges?: ForEachEdge[];
  merge?: {
    [k: string]: 'append' | 'sum' | 'last';
  };
  input_schema?:
    | {
        [k: string]: unknown;
      }
    | boolean;
  expose_as_tool?: boolean;
  limits?: Limits;
  notify?: Notify;
  concurrency?: Concurrency;
}
export interface Node {
  name: string;
  tool_name: string;
  params?: {
    [k: string]: unknown;
  };
  timeout_seconds?: number;
  retry?: Retry | RetryEntry[];
  on_error?: string | ErrorExit[];
}
export interface Retry {
  max_attempts: number;
  interval_seconds: number;
  backoff_rate: number;
  max_delay_seconds?: number;
  jitter: 'none' | 'full';
}
export interface RetryEntry {
  /**
   * @minItems 1
   * @maxItems 50
   */
  on?: string[];
  when?: string;
  max_attempts: number;
  interval_seconds: number;
  backoff_rate: number;
  max_delay_seconds?: number;
  jitter: 'none' | 'full';
}
export interface ErrorExit {
  /**
   * @minItems 1
   * @maxItems 50
   */
  on?: string[];
  when?: string;
  to_node: string;
}
export interface Edge {
  from_node: string;
  to_node: string;
}
export interface Case {
  when: string;
  to_node: string;
}
export interface ParallelEdge {
  from_node: string;
  /**
   * @minItems 1
   * @maxItems 100
   */
  to_nodes: string[];
  join_node: string;
  join?: ('all' | 'any') | number;
  max_failures?: number;
  collect_errors_as?: string;
  max_parallel?: number;
  on_error?: string | ErrorExit[];
}
export interface ForEachEdge {
  from_node: string;
  items: string;
  to_node: string;
  join_node: string;
  collect_as: string;
  join?: ('all' | 'any') | number;
  max_failures?: number;
  collect_errors_as?: string;
  max_parallel?: number;
  on_error?: string | ErrorExit[];
}
export interface Limits {
  max_steps?: number;
  deadline_seconds?: number;
  max_tokens?: number;
  max_cost_usd?: number;
  max_visits?: number;
  no_progress?: number;
  on_limit?: 'fail' | 'wait';
}
export interface NotifyTarget {
  url: string;
  /**
   * @minItems 1
   * @maxItems 5
   */
  on: ('completed' | 'failed' | 'cancelled' | 'waiting_for_input' | 'limit')[];
  secret: string;
}
export interface Concurrency {
  limit: number;
  key?: string;
  on_full?: 'queue' | 'refuse' | 'cancel_oldest';
}
export interface GraphList {
  graphs: GraphSummary[];
  next_cursor: string | null;
}
export interface GraphSummary {
  graph_id: string;
  version: number;
  name: string;
  description: string | null;
  created_at: string;
}
export interface ExampleGraphList {
  graphs: ExampleGraph[];
}
export interface ExampleGraph {
  graph_id: string;
  name: string;
  description: string;
  definition: GraphDefinition;
  start: {
    graph_id: string;
    input_data: unknown;
    metadata: {
      [k: string]: string;
    };
  };
  answer: unknown;
  is_saved: boolean;
}
export interface RunList {
  runs: RunSummary[];
  next_cursor: string | null;
}
export interface RunSummary {
  run_id: string;
  graph_id: string;
  graph_version: number;
  status: RunStatus;
  parent_run_id: string | null;
  child_index: number | null;
  metadata: {
    [k: string]: string;
  };
  started_by: StartedBy;
  error: RunError | null;
  submitted_at: string;
  started_at: string | null;
  finished_at: string | null;
  branch: string | null;
  waiting_for: WaitKind | null;
  paused: boolean;
}
export interface StartedBy {
  kind: 'api' | 'run' | 'schedule' | 'hook' | 'import' | 'mcp';
  id: string | null;
}
export interface RunError {
  code: string;
  message: string;
  node: string | null;
  step: number | null;
  details?: unknown;
}
export interface RunCounts {
  counts: {
    SUBMITTED: number;
    RUNNING: number;
    WAITING: number;
    COMPLETED: number;
    FAILED: number;
    CANCELLED: number;
  };
  at_least: RunStatus[];
}
export interface BulkOutcome {
  results: BulkResult[];
  matched: number;
  more: boolean;
  next_cursor: string | null;
}
export interface BulkResult {
  run_id: string;
  ok?: true;
  error?: {
    code: string;
    message: string;
  };
}
export interface RunDiff {
  a: string;
  b: string;
  first_divergence: Divergence | null;
  path_a: string[];
  path_b: string[];
  data: DataDifference[];
}
export interface Divergence {
  step: number;
  a: StepPoint | null;
  b: StepPoint | null;
}
export interface StepPoint {
  node: string;
  status: string;
  to_node: string | null;
}
export interface DataDifference {
  pointer: string;
  a?: unknown;
  b?: unknown;
  cut?: ('a' | 'b')[];
}
export interface RunState {
  run_id: string;
  graph_id: string;
  graph_version: number;
  status: RunStatus;
  parent_run_id: string | null;
  child_index: number | null;
  metadata: {
    [k: string]: string;
  };
  started_by: StartedBy;
  error: RunError | null;
  submitted_at: string;
  started_at: string | null;
  finished_at: string | null;
  queued: QueuedRun | null;
  waiting: Waiting | null;
  children: Children | null;
  forked_from: ForkedFrom | null;
  imported_from: ImportedFrom | null;
  migrated_from: MigratedFrom | null;
  logs: string[];
  usage: Usage;
  usage_total: Usage | null;
  logs_total: number;
  data: {
    [k: string]: unknown;
  };
  input_data: unknown;
  current_node: string | null;
  attempt: number | null;
  step_count: number;
  visits: {
    [k: string]: number;
  } | null;
  limits: RunLimits;
  cancel_requested: boolean;
  submitted_by: string | null;
  paused_by: string | null;
  cancelled_by: string | null;
  paused: boolean;
}
export interface QueuedRun {
  reason: 'concurrency';
  key: string | null;
  limit: number | null;
  since: string;
}
export interface Waiting {
  id: string;
  kind: WaitKind;
  node: string;
  since: string;
  until: string | null;
  message: string | null;
  schema: {
    [k: string]: unknown;
  } | null;
  signal: string | null;
  token?: string;
  answer_url?: string;
  limit: LimitKind | null;
  limit_of: string | null;
  evidence: LimitEvidence | null;
  children: WaitingChild[];
}
export interface LimitEvidence {
  visits: {
    [k: string]: number;
  } | null;
  usage: Usage | null;
  changes: VisitChanges[];
}
export interface Usage {
  input_tokens: number;
  output_tokens: number;
  cost_usd?: number;
}
export interface VisitChanges {
  step: number;
  node: string;
  data: {
    /**
     * @minItems 2
     * @maxItems 2
     */
    [k: string]: unknown[];
  };
}
export interface WaitingChild {
  run_id: string;
  graph_id: string;
  index: number;
  branch: string | null;
  waiting_for: WaitKind | null;
}
export interface Children {
  total: number;
  completed: number;
  failed: number;
  running: number;
  waiting: number;
}
export interface ForkedFrom {
  run_id: string;
  step: number;
}
export interface ImportedFrom {
  run_id: string;
}
export interface MigratedFrom {
  version: number;
  at: string;
  by: string | null;
}
export interface RunLimits {
  max_steps: number;
  deadline_seconds: number | null;
  max_tokens: number | null;
  max_cost_usd: number | null;
  max_visits: number | null;
  no_progress: number | null;
  on_limit: 'fail' | 'wait';
}
export interface StartedRun {
  run_id: string;
  status: RunStatus;
}
export interface StepList {
  steps: Step[];
  next_cursor: string | null;
}
export interface Step {
  step: number;
  node: string;
  status: 'RUNNING' | 'WAITING' | 'COMPLETED' | 'FAILED' | 'CANCELLED';
  attempts: number;
  params: CalledWith[] | null;
  started_at: string | null;
  finished_at: string | null;
  patch: {
    [k: string]: unknown;
  } | null;
  logs: string[];
  error: RunError | null;
  decision: StepDecision | null;
  usage: Usage;
  answered_by: string | null;
}
export interface CalledWith {
  attempt: number;
  value: unknown;
  cut?: string[];
}
export interface StepDecision {
  kind: 'edge' | 'condition' | 'case' | 'parallel' | 'for_each' | 'error';
  condition?: string;
  outcome?: string | null;
  to_node: string | null;
  read?: Read[];
  branches?: BranchCounts;
}
export interface BranchCounts {
  count: number;
  joined: number;
  failed: number;
  cancelled: number;
  winners?: number[];
}
export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  instance: string;
  code:
    | 'malformed_json'
    | 'invalid_header'
    | 'invalid_graph'
    | 'request_refused'
    | 'unauthorized'
    | 'invalid_signature'
    | 'forbidden_host'
    | 'forbidden_origin'
    | 'read_only_key'
    | 'not_found'
    | 'method_not_allowed'
    | 'graph_not_found'
    | 'run_not_found'
    | 'schedule_not_found'
    | 'delivery_not_found'
    | 'hook_not_found'
    | 'answer_link_unknown'
    | 'graph_exists'
    | 'graph_in_use'
    | 'schedule_exists'
    | 'schedule_unreadable'
    | 'concurrency_full'
    | 'hook_exists'
    | 'hook_disabled'
    | 'hook_unreadable'
    | 'too_many_hooks'
    | 'run_finished'
    | 'run_active'
    | 'run_not_waiting'
    | 'run_not_retryable'
    | 'retry_impossible'
    | 'limits_too_low'
    | 'too_many_signals'
    | 'delivery_done'
    | 'run_is_child'
    | 'graph_deleted'
    | 'run_unreadable'
    | 'graph_unreadable'
    | 'fork_impossible'
    | 'move_impossible'
    | 'move_diverged'
    | 'move_unproven'
    | 'answer_link_over'
    | 'body_too_large'
    | 'unsupported_media_type'
    | 'invalid_request'
    | 'invalid_capsule'
    | 'capsule_too_large'
    | 'idempotency_mismatch'
    | 'diagram_too_large'
    | 'invalid_answer'
    | 'invalid_delivery'
    | 'invalid_input'
    | 'too_many_requests'
    | 'internal_error'
    | 'server_busy'
    | 'hook_secret_missing'
    | 'queue_full'
    | 'shutting_down'
    | 'store_unavailable';
  errors?: ProblemItem[];
}
export interface ProblemItem {
  pointer: string;
  code:
    | 'required'
    | 'unknown_key'
    | 'invalid_type'
    | 'invalid_value'
    | 'invalid_key'
    | 'invalid_format'
    | 'invalid_union'
    | 'not_multiple_of'
    | 'too_small'
    | 'too_big'
    | 'too_deep'
    | 'invalid_cursor'
    | 'invalid_schema'
    | 'unknown_node'
    | 'unknown_tool'
    | 'unknown_condition'
    | 'unknown_outcome'
    | 'duplicate_node'
    | 'reserved_name'
    | 'conflicting_edges'
    | 'invalid_params'
    | 'invalid_expression'
    | 'empty_branch'
    | 'overlapping_branches'
    | 'crossing_joins'
    | 'unreachable_join'
    | 'impossible_join'
    | 'endless_recursion'
    | 'more_errors'
    | 'unknown_version'
    | 'unreadable_event'
    | 'missing_event'
    | 'duplicate_run'
    | 'wrong_parent'
    | 'missing_node'
    | 'missing_graph'
    | 'wrong_digest';
  message: string;
  hint?: string;
  fix?: PatchOperation[];
  line?: number;
  column?: number;
}
export interface Schedule {
  schedule_id: string;
  graph_id: string;
  version: number | null;
  cron: string | null;
  every_seconds: number | null;
  time_zone: string;
  metadata: {
    [k: string]: string;
  };
  limits: Limits | null;
  overlap: 'skip' | 'allow' | 'cancel_previous';
  catch_up_seconds: number;
  enabled: boolean;
  next: string[];
  last: LastOccurrence | null;
  created_at: string;
  updated_at: string;
  input_data: unknown;
}
export interface LastOccurrence {
  instant: string;
  outcome: 'started' | 'skipped' | 'postponed' | 'missed' | 'refused';
  at: string;
  run_id: string | null;
  message: string | null;
  passed_over: number;
}
export interface ScheduleList {
  schedules: ListedSchedule[];
  next_cursor: string | null;
}
export interface ListedSchedule {
  schedule_id: string;
  graph_id: string;
  version: number | null;
  cron: string | null;
  every_seconds: number | null;
  time_zone: string;
  metadata: {
    [k: string]: string;
  };
  limits: Limits | null;
  overlap: 'skip' | 'allow' | 'cancel_previous';
  catch_up_seconds: number;
  enabled: boolean;
  next: string[];
  last: LastOccurrence | null;
  created_at: string;
  updated_at: string;
}
export interface ScheduleInstants {
  next: string[];
}
export interface Hook {
  hook_id: string;
  action: 'start' | 'signal' | 'answer';
  graph_id?: string;
  version?: number;
  run_id?: string;
  signal?: string;
  wait_id?: string;
  input?: unknown;
  dedupe?: string;
  metadata?: {
    [k: string]: string;
  };
  verify: HookVerification;
  enabled: boolean;
  delivery_path: string;
  delivery_url: string | null;
  refusals: HookRefusals;
  created_at: string;
  updated_at: string;
}
export interface HookVerification {
  scheme: 'standard_webhooks' | 'github' | 'hmac_sha256' | 'none';
  secret?: string;
  header?: string;
}
export interface HookRefusals {
  count: number;
  last_at: string | null;
  last_reason: string | null;
}
export interface HookList {
  hooks: Hook[];
  next_cursor: string | null;
}
export interface HookDeliveryList {
  deliveries: HookDelivery[];
  refusals: HookRefusals;
  next_cursor: string | null;
}
export interface HookDelivery {
  delivery_id: string | null;
  received_at: string;
  outcome: 'accepted' | 'failed' | 'ignored';
  run_id: string | null;
  status: RunStatus | null;
  code: string | null;
  detail: string | null;
}
export interface Delivery {
  delivery_id: string;
  run_id: string;
  seq: number;
  event: NotifyEvent;
  status: DeliveryStatus;
  url: string;
  secret: string;
  created_at: string;
  settled_at: string | null;
  tries: number;
  next_at: string | null;
  attempts: DeliveryAttempt[];
  payload: {
    [k: string]: unknown;
  };
}
export interface DeliveryAttempt {
  at: string;
  ms: number;
  status: number | null;
  error: string | null;
}
export interface DeliveryList {
  deliveries: DeliverySummary[];
  next_cursor: string | null;
}
export interface DeliverySummary {
  delivery_id: string;
  run_id: string;
  seq: number;
  event: NotifyEvent;
  status: DeliveryStatus;
  url: string;
  secret: string;
  created_at: string;
  settled_at: string | null;
  tries: number;
  next_at: string | null;
}
export interface Verdict {
  valid: boolean;
  errors: ProblemItem[];
  warnings: GraphWarning[];
}
export interface GraphWarning {
  pointer: string;
  code:
    | 'unreachable_node'
    | 'endless_cycle'
    | 'no_path_to_end'
    | 'unused_route'
    | 'unset_secret'
    | 'unknown_graph'
    | 'unreachable_entry'
    | 'unthrown_code'
    | 'unused_setting'
    | 'double_braces'
    | 'unknown_format'
    | 'undescribed_tool'
    | 'too_many_descendants'
    | 'more_warnings';
  message: string;
  hint?: string;
  fix?: PatchOperation[];
  line?: number;
  column?: number;
}
export interface SavedGraph {
  graph_id: string;
  version: number;
  message: string;
  warnings: GraphWarning[];
}
export interface Replay {
  verdict: 'same' | 'diverged' | 'unknown';
  first_divergence: {
    at: ReplayPlace;
    of: 'way' | 'result' | 'end';
    was: ReplayOutcome;
    would_be: ReplayOutcome;
    read: Read[];
  } | null;
  path: ReplayStep[];
  missing: ReplayMissing[];
  end: {
    was: ReplayEnd;
    would_be: ReplayEnd;
  };
  steps: {
    was: number;
    would_be: number;
  };
  usage: {
    was: Usage;
    would_be: Usage;
  };
}
export interface ReplayPlace {
  node: string;
  step: number;
  visit: number;
  branch?: number[];
}
export interface ReplayOutcome {
  text: string;
  to_node?: string | null;
  value?: unknown;
}
export interface ReplayStep {
  node: string;
  step: number;
  visit: number;
  branch?: number[];
  status: 'completed' | 'failed' | 'waiting' | 'open';
  to_node: string | null;
}
export interface ReplayMissing {
  at: ReplayPlace;
  what: 'call' | 'params' | 'attempt' | 'answer' | 'child' | 'condition' | 'node' | 'graph';
  message: string;
}
export interface ReplayEnd {
  status: RunStatus;
  error_code: string | null;
  node: string | null;
}
export interface Backtest {
  runs: number;
  same: number;
  diverged: number;
  unknown: number;
  groups: BacktestGroup[];
  unknown_groups: BacktestUnknown[];
  ends: BacktestEnd[];
  complete: number;
  steps: {
    was: number;
    would_be: number;
  };
  usage: {
    was: Usage;
    would_be: Usage;
  };
}
export interface BacktestGroup {
  at: {
    node: string;
    visit: number;
  };
  of: 'way' | 'result' | 'end';
  was: ReplayOutcome;
  would_be: ReplayOutcome;
  count: number;
  read: Read[];
  examples: string[];
}
export interface BacktestUnknown {
  what: 'call' | 'params' | 'attempt' | 'answer' | 'child' | 'condition' | 'node' | 'graph' | 'run';
  node: string | null;
  message: string;
  count: number;
  examples: string[];
}
export interface BacktestEnd {
  was: ReplayEnd;
  would_be: ReplayEnd;
  count: number;
}
export interface Explored {
  findings: Finding[];
  coverage: {
    nodes: {
      visited: number;
      total: number;
      missed: string[];
    };
    edges: {
      visited: number;
      total: number;
      missed: {
        from_node: string;
        to_node: string;
      }[];
    };
  };
  bounds: {
    steps: Bound;
    tokens: Bound;
    cost_usd: Bound;
  };
  runs: number;
  seed: number;
  complete: boolean;
}
export interface Finding {
  code:
    | 'endless_loop'
    | 'expression_fails'
    | 'items_no_list'
    | 'invalid_params'
    | 'invalid_outcome'
    | 'condition_fails'
    | 'join_conflict'
    | 'branch_failed'
    | 'unhandled_failure'
    | 'wait_unended'
    | 'limit_reached'
    | 'unreached_node'
    | 'unknown_outcomes';
  severity: 'error' | 'warning';
  message: string;
  pointer: string;
  line?: number;
  column?: number;
  node: string | null;
  trace: TraceStep[];
  capsule: Capsule | null;
}
export interface TraceStep {
  step: number;
  node: string;
  branch?: number[];
  outcome: string;
  to_node: string | null;
}
export interface Capsule {
  capsule: 1;
  exported_at: string;
  release: string;
  graphs: CapsuleGraph[];
  run: CapsuleOverview;
  events: CapsuleEvent[];
  children: CapsuleRun[];
  digest: string;
}
export interface CapsuleGraph {
  graph_id: string;
  version: number;
  definition: {
    [k: string]: unknown;
  };
}
export interface CapsuleOverview {
  run_id: string;
  graph_id: string;
  graph_version: number;
  status: RunStatus;
  metadata: {
    [k: string]: string;
  };
  started_by: StartedBy;
  submitted_at: string;
  finished_at: string | null;
  current_node: string | null;
  waiting_for: WaitKind | null;
  error: RunError | null;
  step_count: number;
  data: {
    [k: string]: unknown;
  };
}
export interface CapsuleEvent {
  seq: number;
  time: string;
  type: string;
  payload: {
    [k: string]: unknown;
  };
}
export interface CapsuleRun {
  run_id: string;
  events: CapsuleEvent[];
  children: CapsuleRun[];
}
export interface Bound {
  at_most: number | 'unbounded';
  reason: string;
}
export interface ToolList {
  tools: Tool[];
}
export interface Tool {
  name: string;
  description: string;
  params: {
    [k: string]: unknown;
  } | null;
  errors: string[] | null;
}
export interface ConditionList {
  conditions: Condition[];
}
export interface Condition {
  name: string;
  description: string;
  outcomes: string[] | null;
}
