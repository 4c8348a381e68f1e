/**
 * Every code that an answer of the API can carry, with what it means. HTTP statuses belong to `http/`.
 * The README documents each; a test compares.
 */
export const API_ERRORS = {
  malformed_json: 'The body is not JSON.',
  invalid_header: 'A header has a value that cannot be used.',
  invalid_graph: 'The graph has errors; `errors` lists all of them.',
  unauthorized: 'The API key is missing or wrong.',
  forbidden_host: 'The Host header names an address that this server does not answer for.',
  not_found: 'No such route.',
  graph_not_found: 'No graph, or no such version of it, has this id.',
  run_not_found: 'No run has this id.',
  graph_exists: 'A graph with this id or name exists already.',
  graph_in_use: 'The graph has active runs and cannot be deleted.',
  run_finished: 'The run has finished, so this cannot be done to it.',
  run_active: 'The run is still active, so this cannot be done to it.',
  body_too_large: 'The body is larger than the server takes.',
  unsupported_media_type: 'The body is not application/json.',
  invalid_request: 'The body, query or path does not fit the schema; `errors` lists where.',
  diagram_too_large: 'The graph is too large to be drawn; ask for Mermaid text.',
  idempotency_mismatch: 'The Idempotency-Key was used before with another body.',
  run_not_waiting: 'The run does not wait for an answer, or waits for another one.',
  run_not_retryable: 'Only runs that have failed or were cancelled can be retried.',
  limits_too_low: 'The run has used up its limits; give it higher ones.',
  run_is_child: 'The run is part of another one; do this to that one.',
  graph_deleted: 'The graph of the run was deleted, so the run can only be read.',
  fork_impossible: 'The run cannot be forked there.',
  invalid_answer: 'The answer does not fit the schema of the wait; `errors` lists where.',
  invalid_input: 'The input does not fit the input_schema of the graph; `errors` lists where.',
  queue_full: 'Too many runs are waiting to start. Try again later.',
  shutting_down: 'The server is stopping and takes no new work.',
  store_unavailable:
    'The database cannot be written at the moment. Nothing was changed, unless `detail` says that this is not known.',
  request_refused: 'The request is not one that this server can read.',
  internal_error: 'Something went wrong inside the server. The log has the details.',
} as const;

/** A stable code of an API error. */
export type ApiErrorCode = keyof typeof API_ERRORS;

/** Every code that `error.code` of a run or a step can carry, with what it means. */
export const RUN_ERRORS = {
  tool_failed: 'The tool threw.',
  tool_missing: 'The tool, or the condition, is not registered any more.',
  invalid_params: "The node's params do not fit the tool's schema.",
  invalid_patch: 'The tool returned something that is not a JSON object, or one that is too large.',
  data_too_large: 'The patch would make `data` larger than a run may hold.',
  timeout: 'The step took longer than its timeout.',
  condition_failed: 'The condition threw, or named no node.',
  max_steps_exceeded: 'The run reached its limit of steps.',
  deadline_exceeded: 'The run reached its deadline.',
  expression_failed: 'An expression has no value: a key is missing, or a type is wrong.',
  wait_expired: 'Nobody answered in time.',
  branch_failed: 'A branch failed or was cancelled.',
  join_failed: 'Branches set a key to different values, and no merge rule says what to do.',
  child_failed: 'The graph that ran as a step failed or was cancelled.',
  depth_exceeded: 'Runs inside runs went too deep.',
  recovery_exhausted: 'The server died again and again while this run was at the same step.',
} as const;

/** A stable code of a failed step or run. */
export type RunErrorCode = keyof typeof RUN_ERRORS;

/** One thing that is wrong with a document: where (JSON Pointer, RFC 6901), a stable code, and words. */
export interface Problem {
  pointer: string;
  code: string;
  message: string;
  hint?: string;
}

/** An error that the engine means its caller to see. */
export class EngineError extends Error {
  readonly errors: readonly Problem[] | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor(
    readonly code: ApiErrorCode,
    message: string,
    options: { errors?: readonly Problem[]; retryAfterSeconds?: number; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'EngineError';
    this.errors = options.errors;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}

/** Words for anything that was thrown, `null` and strings included, cut to 8 KiB. Never throws itself. */
export function messageOf(thrown: unknown): string {
  try {
    const message = thrown instanceof Error ? thrown.message || thrown.name : String(thrown);
    return message.slice(0, 8192) || 'unknown error';
  } catch {
    return 'an error that has no text';
  }
}
