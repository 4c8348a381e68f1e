import type { EngineErrorCode } from '../../core/base/errors.js';

/** Codes of errors that only HTTP can produce. */
type HttpErrorCode =
  | 'malformed_json'
  | 'invalid_header'
  | 'request_refused'
  | 'unauthorized'
  | 'forbidden_host'
  | 'forbidden_origin'
  | 'read_only_key'
  | 'not_found'
  | 'method_not_allowed'
  | 'body_too_large'
  | 'too_many_requests'
  | 'unsupported_media_type'
  | 'internal_error';

/** A stable code of an error of the API. */
export type ApiErrorCode = EngineErrorCode | HttpErrorCode;

interface ApiErrorInfo {
  readonly status: number;
  readonly title: string;
  readonly meaning: string;
}

/** Every error of the API, the only place that knows their statuses. The documentation lists them; a test compares. */
export const API_ERRORS: Readonly<Record<ApiErrorCode, ApiErrorInfo>> = {
  malformed_json: { status: 400, title: 'Malformed JSON', meaning: 'The body is not JSON.' },
  invalid_header: { status: 400, title: 'Invalid header', meaning: 'A header has a value that cannot be used.' },
  invalid_graph: { status: 400, title: 'Invalid graph', meaning: 'The graph has errors; `errors` lists all of them.' },
  request_refused: {
    status: 400,
    title: 'Request refused',
    meaning: 'The request is not one that this server can read.',
  },
  unauthorized: { status: 401, title: 'Unauthorized', meaning: 'The API key is missing or wrong.' },
  invalid_signature: {
    status: 401,
    title: 'Invalid signature',
    meaning: 'The delivery has no signature, a wrong one, or one of another time. `detail` says which.',
  },
  forbidden_host: {
    status: 403,
    title: 'Forbidden host',
    meaning: 'The Host header names an address that this server does not answer for.',
  },
  forbidden_origin: {
    status: 403,
    title: 'Forbidden origin',
    meaning: 'A web page of another site asks for a change, and this server has no keys to tell who may.',
  },
  read_only_key: {
    status: 403,
    title: 'Key can only read',
    meaning: 'The API key can only read: it is one of `READ_API_KEYS`. Use another key to change something.',
  },
  not_found: { status: 404, title: 'Not found', meaning: 'No such route.' },
  method_not_allowed: {
    status: 405,
    title: 'Method not allowed',
    meaning: 'The route does not take this method; the `Allow` header lists those that it takes.',
  },
  graph_not_found: {
    status: 404,
    title: 'Graph not found',
    meaning: 'No graph, or no such version of it, has this id.',
  },
  run_not_found: { status: 404, title: 'Run ID not found', meaning: 'No run has this id.' },
  schedule_not_found: { status: 404, title: 'Schedule not found', meaning: 'No schedule has this id.' },
  delivery_not_found: {
    status: 404,
    title: 'Delivery not found',
    meaning: 'No delivery of a callback has this id.',
  },
  hook_not_found: { status: 404, title: 'Hook not found', meaning: 'No hook has this id.' },
  answer_link_unknown: {
    status: 404,
    title: 'Approval link unknown',
    meaning: 'No approval link has this token, or the server has none.',
  },
  graph_exists: { status: 409, title: 'Graph exists', meaning: 'A graph with this id or name exists already.' },
  graph_in_use: {
    status: 409,
    title: 'Graph in use',
    meaning: 'The graph has active runs, schedules or hooks, and cannot be deleted.',
  },
  schedule_exists: { status: 409, title: 'Schedule exists', meaning: 'A schedule with this id exists already.' },
  schedule_unreadable: {
    status: 409,
    title: 'Schedule unreadable',
    meaning: 'What is stored of the schedule is damaged. It can be replaced and deleted.',
  },
  concurrency_full: {
    status: 409,
    title: 'Concurrency full',
    meaning:
      'As many runs are under way as the `concurrency` of the graph allows, and it refuses more. Try again when one has ended.',
  },
  hook_exists: { status: 409, title: 'Hook exists', meaning: 'A hook with this id exists already.' },
  hook_disabled: { status: 409, title: 'Hook disabled', meaning: 'The hook takes no new deliveries at the moment.' },
  hook_unreadable: {
    status: 409,
    title: 'Hook unreadable',
    meaning:
      'What is stored of the hook is damaged, or was written by a newer release. It can be saved anew, or deleted.',
  },
  too_many_hooks: { status: 409, title: 'Too many hooks', meaning: 'There are as many hooks as there can be.' },
  run_finished: { status: 409, title: 'Run finished', meaning: 'The run has finished, so this cannot be done to it.' },
  run_active: { status: 409, title: 'Run active', meaning: 'The run is still active, so this cannot be done to it.' },
  run_not_waiting: {
    status: 409,
    title: 'Run not waiting',
    meaning: 'The run does not wait for an answer, or waits for another one.',
  },
  run_not_retryable: {
    status: 409,
    title: 'Run not retryable',
    meaning: 'Only runs that have failed or were cancelled can be retried.',
  },
  retry_impossible: {
    status: 409,
    title: 'Retry impossible',
    meaning: 'The run cannot go on with this `data` or `result` from where it stopped.',
  },
  limits_too_low: {
    status: 409,
    title: 'Limits too low',
    meaning: 'The run has used up its limits; give it higher ones.',
  },
  too_many_signals: {
    status: 409,
    title: 'Too many signals',
    meaning: 'The run has been sent as many signals as it keeps, and has not taken them.',
  },
  delivery_done: {
    status: 409,
    title: 'Delivery done',
    meaning: 'The callback was delivered, so it is not tried again.',
  },
  run_is_child: {
    status: 409,
    title: 'Run is a child',
    meaning: 'The run is part of another one; do this to that one.',
  },
  graph_deleted: {
    status: 409,
    title: 'Graph deleted',
    meaning: 'The graph of the run was deleted, so the run can only be read.',
  },
  run_unreadable: {
    status: 409,
    title: 'Run unreadable',
    meaning:
      'What is stored of the run is damaged, or was written by a newer release. It can be cancelled and deleted.',
  },
  graph_unreadable: {
    status: 409,
    title: 'Graph unreadable',
    meaning: 'What is stored of the graph version is damaged. The graph can be updated and deleted.',
  },
  fork_impossible: { status: 409, title: 'Fork impossible', meaning: 'The run cannot be forked there.' },
  move_impossible: {
    status: 409,
    title: 'Move impossible',
    meaning:
      'The run cannot go on with that version of the graph from where it is; a pointer says what in it is different.',
  },
  move_diverged: {
    status: 409,
    title: 'Move would diverge',
    meaning: 'With that version of the graph the run would have gone another way before it came to where it is.',
  },
  move_unproven: {
    status: 409,
    title: 'Move unproven',
    meaning:
      'What was recorded of the run does not tell whether that version of the graph would have gone the same way.',
  },
  answer_link_over: {
    status: 410,
    title: 'Approval link over',
    meaning: 'What the approval link is for was answered, has expired, or is not waited for any more.',
  },
  body_too_large: { status: 413, title: 'Body too large', meaning: 'The body is larger than the server takes.' },
  unsupported_media_type: {
    status: 415,
    title: 'Unsupported media type',
    meaning: 'The body is not application/json, or is compressed.',
  },
  invalid_request: {
    status: 422,
    title: 'Invalid request',
    meaning: 'The body, query or path does not fit the schema; `errors` lists where.',
  },
  invalid_capsule: {
    status: 422,
    title: 'Invalid capsule',
    meaning: 'The capsule is of another version, was changed or cut, or cannot be taken in here; `errors` lists where.',
  },
  capsule_too_large: {
    status: 422,
    title: 'Capsule too large',
    meaning: 'The run holds more than a capsule can, with the runs inside it.',
  },
  idempotency_mismatch: {
    status: 422,
    title: 'Idempotency key mismatch',
    meaning: 'The Idempotency-Key was used before with another body.',
  },
  diagram_too_large: {
    status: 422,
    title: 'Diagram too large',
    meaning: 'The graph is too large to be drawn; ask for Mermaid text.',
  },
  invalid_answer: {
    status: 422,
    title: 'Invalid answer',
    meaning: 'The answer does not fit the schema of the wait; `errors` lists where.',
  },
  invalid_delivery: {
    status: 422,
    title: 'Invalid delivery',
    meaning: 'The hook can make nothing of the delivery: an expression has no value for it; `errors` lists which.',
  },
  invalid_input: {
    status: 422,
    title: 'Invalid input',
    meaning: 'The input does not fit the input_schema of the graph; `errors` lists where.',
  },
  too_many_requests: {
    status: 429,
    title: 'Too many requests',
    meaning: 'An approval link was opened too often, or too many wrong ones were. Try again later.',
  },
  internal_error: {
    status: 500,
    title: 'Internal error',
    meaning: 'Something went wrong inside the server. The log has the details.',
  },
  server_busy: {
    status: 503,
    title: 'Server busy',
    meaning:
      'Too many large runs or graphs are read, too many large answers have not been read by their clients, too many deliveries come at once, too many large pictures are drawn, or too many backtests are under way. Try again later.',
  },
  hook_secret_missing: {
    status: 503,
    title: 'Hook secret missing',
    meaning:
      'The server has not been given the secret of the hook, or one that cannot be it. The list of its deliveries says more.',
  },
  queue_full: { status: 503, title: 'Queue full', meaning: 'Too many runs are waiting to start. Try again later.' },
  shutting_down: { status: 503, title: 'Shutting down', meaning: 'The server is stopping and takes no new work.' },
  store_unavailable: {
    status: 503,
    title: 'Store unavailable',
    meaning:
      'The database cannot be used at the moment. Nothing was changed, unless `detail` says that this is not known.',
  },
};

export const API_ERROR_CODES = Object.keys(API_ERRORS) as [ApiErrorCode, ...ApiErrorCode[]];
