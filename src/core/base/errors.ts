import type { JsonPatch } from './json-patch.js';

/**
 * Every code of an error that the engine throws at its caller. What each means, and its HTTP status, is in
 * `http/errors/codes.ts`, which does not compile until a new code is there too.
 */
export type EngineErrorCode =
  | 'invalid_request'
  | 'invalid_graph'
  | 'invalid_input'
  | 'invalid_answer'
  | 'graph_not_found'
  | 'run_not_found'
  | 'delivery_not_found'
  | 'graph_exists'
  | 'graph_in_use'
  | 'schedule_not_found'
  | 'schedule_exists'
  | 'schedule_unreadable'
  | 'graph_deleted'
  | 'graph_unreadable'
  | 'run_unreadable'
  | 'run_active'
  | 'run_finished'
  | 'run_is_child'
  | 'run_too_large'
  | 'run_not_waiting'
  | 'invalid_delivery'
  | 'invalid_signature'
  | 'hook_not_found'
  | 'hook_exists'
  | 'hook_disabled'
  | 'hook_unreadable'
  | 'hook_secret_missing'
  | 'too_many_hooks'
  | 'answer_link_unknown'
  | 'answer_link_over'
  | 'run_not_retryable'
  | 'retry_impossible'
  | 'limits_too_low'
  | 'too_many_signals'
  | 'delivery_done'
  | 'fork_impossible'
  | 'invalid_capsule'
  | 'capsule_too_large'
  | 'idempotency_mismatch'
  | 'diagram_too_large'
  | 'server_busy'
  | 'queue_full'
  | 'concurrency_full'
  | 'shutting_down'
  | 'store_unavailable';

/** Every code that `error.code` of a run or a step can have, with its meaning. The documentation lists them; a test compares. */
export const RUN_ERRORS = {
  tool_failed: 'The tool threw.',
  tool_missing: 'The tool, or the condition, is not registered any more.',
  invalid_params: "The node's params do not fit the tool's schema.",
  invalid_patch: 'The tool returned something that is not a JSON object, or one that is too large.',
  data_too_large: 'The patch would make `data` larger than a run can hold.',
  timeout: 'The step took longer than its timeout.',
  condition_failed: 'The condition threw, or named no node.',
  max_steps_exceeded: 'The run reached its limit of steps.',
  max_tokens_exceeded: 'The run, with the runs inside it, has used the tokens that it may use.',
  max_cost_exceeded: 'The run, with the runs inside it, has cost what it may cost.',
  max_visits_exceeded: 'The run reached its limit of visits to one node.',
  no_progress: 'The run came to a node again and again with the same `data`.',
  deadline_exceeded: 'The run reached its deadline.',
  expression_failed: 'An expression has no value: a key is missing, or a type is wrong.',
  wait_expired: 'Nobody answered in time, or no signal came.',
  invalid_signal: 'A signal that came before the wait does not fit its schema.',
  branch_failed: 'A branch failed or was cancelled, or fewer of them can complete than their join needs.',
  join_failed: 'Branches set a key to different values, and no merge rule says what to do.',
  child_failed: 'The graph that ran as a step failed or was cancelled.',
  depth_exceeded: 'Runs inside runs went too deep.',
  queue_full: 'A run that the step was to start would have been one too many of those that wait to begin.',
  concurrency_full: 'A run that the step was to start would have been one too many at a time for its graph.',
  too_many_descendants: 'The top run has too many runs inside it.',
  recovery_exhausted: 'The server died again and again while this run was at the same step.',
  run_unreadable: 'What is stored of the run cannot be read.',
} as const;

/** A stable code of a failed step or run. */
export type RunErrorCode = keyof typeof RUN_ERRORS;

/** One thing that is wrong with a document: where (JSON Pointer, RFC 6901), a stable code, and an explanation. */
export interface Problem<Code extends string = string> {
  pointer: string;
  code: Code;
  message: string;
  hint?: string;
  /** Changes of the document that certainly correct it. */
  fix?: JsonPatch;
}

/** An error that tells the caller of the engine what was wrong with the request, or why it cannot be served now. */
export class EngineError extends Error {
  readonly errors: readonly Problem[] | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor(
    readonly code: EngineErrorCode,
    message: string,
    options: { errors?: readonly Problem[]; retryAfterSeconds?: number; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'EngineError';
    this.errors = options.errors;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}

/** The message of anything that was thrown, including `null` and strings, cut to 8 KiB. Never throws itself. */
export function messageOf(thrown: unknown): string {
  try {
    const message = thrown instanceof Error ? thrown.message || thrown.name : String(thrown);
    return message.slice(0, 8192) || 'unknown error';
  } catch {
    return 'an error that has no text';
  }
}
