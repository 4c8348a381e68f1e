import type { FastifyReply, FastifyRequest } from 'fastify';
import { API_ERRORS, type ApiErrorCode, EngineError, type Problem } from '../../core/base/errors.js';

/** The HTTP status and the title of every error code. The only place that knows statuses of errors. */
export const HTTP_ERRORS: Readonly<Record<ApiErrorCode, { readonly status: number; readonly title: string }>> = {
  malformed_json: { status: 400, title: 'Malformed JSON' },
  invalid_header: { status: 400, title: 'Invalid header' },
  invalid_graph: { status: 400, title: 'Invalid graph' },
  request_refused: { status: 400, title: 'Request refused' },
  unauthorized: { status: 401, title: 'Unauthorized' },
  forbidden_host: { status: 403, title: 'Forbidden host' },
  not_found: { status: 404, title: 'Not found' },
  graph_not_found: { status: 404, title: 'Graph not found' },
  run_not_found: { status: 404, title: 'Run ID not found' },
  graph_exists: { status: 409, title: 'Graph exists' },
  graph_in_use: { status: 409, title: 'Graph in use' },
  run_finished: { status: 409, title: 'Run finished' },
  run_active: { status: 409, title: 'Run active' },
  run_not_waiting: { status: 409, title: 'Run not waiting' },
  run_not_retryable: { status: 409, title: 'Run not retryable' },
  limits_too_low: { status: 409, title: 'Limits too low' },
  run_is_child: { status: 409, title: 'Run is a child' },
  graph_deleted: { status: 409, title: 'Graph deleted' },
  fork_impossible: { status: 409, title: 'Fork impossible' },
  body_too_large: { status: 413, title: 'Body too large' },
  unsupported_media_type: { status: 415, title: 'Unsupported media type' },
  invalid_request: { status: 422, title: 'Invalid request' },
  idempotency_mismatch: { status: 422, title: 'Idempotency key mismatch' },
  diagram_too_large: { status: 422, title: 'Diagram too large' },
  invalid_answer: { status: 422, title: 'Invalid answer' },
  invalid_input: { status: 422, title: 'Invalid input' },
  internal_error: { status: 500, title: 'Internal error' },
  queue_full: { status: 503, title: 'Queue full' },
  shutting_down: { status: 503, title: 'Shutting down' },
  store_unavailable: { status: 503, title: 'Store unavailable' },
};

/** The media type of errors (RFC 9457, section 3). */
export const PROBLEM_TYPE = 'application/problem+json';
/** Seconds after which a client is told to try again, where the engine does not say. */
const RETRY_AFTER_SECONDS = 5;
/** Paths are echoed up to this length. */
const MAX_INSTANCE_LENGTH = 2000;

/** An error as clients see it (RFC 9457). */
export interface ProblemDocument {
  type: string;
  title: string;
  status: number;
  detail: string;
  instance: string;
  code: ApiErrorCode;
  errors?: readonly Problem[];
}

/** The problem document (RFC 9457, section 3.1) of an error code; `url` is the request's. */
export function problemDocument(
  code: ApiErrorCode,
  url: string,
  detail: string = API_ERRORS[code],
  errors?: readonly Problem[],
): ProblemDocument {
  const instance = url.split('?', 1)[0] ?? '';
  return {
    type: `urn:graphrunner:error:${code}`,
    ...HTTP_ERRORS[code],
    detail,
    instance: instance.slice(0, MAX_INSTANCE_LENGTH),
    code,
    ...(errors === undefined ? {} : { errors }),
  };
}

/** Answers with any error that was thrown while a request was served. Only what is ours is shown. */
export function sendError(thrown: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const error = thrown instanceof EngineError ? thrown : fromFastify(thrown);
  if (error.code === 'internal_error') request.log.error({ err: thrown }, 'request failed');
  const document = problemDocument(error.code, request.url, detailOf(error, request), error.errors);
  if (document.status === 503) reply.header('retry-after', String(error.retryAfterSeconds ?? RETRY_AFTER_SECONDS));
  if (document.status === 401) reply.header('www-authenticate', 'Bearer');
  return reply.code(document.status).type(PROBLEM_TYPE).send(JSON.stringify(document));
}

function detailOf(error: EngineError, request: FastifyRequest): string {
  if (error.code !== 'internal_error') return error.message;
  return `${API_ERRORS.internal_error} It knows this request as ${request.id}.`;
}

/** Fastify's own errors by their code (see its Errors reference), for those that a client can cause. */
const FASTIFY_ERRORS: Readonly<Record<string, ApiErrorCode>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'body_too_large',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupported_media_type',
  FST_ERR_MAX_PARAM_LENGTH: 'not_found',
};

/** Anything that is not ours: a request that Fastify refuses, or a fault of the server. */
function fromFastify(thrown: unknown): EngineError {
  const { code, statusCode } = (thrown ?? {}) as { code?: unknown; statusCode?: unknown };
  const known = typeof code === 'string' && Object.hasOwn(FASTIFY_ERRORS, code) ? FASTIFY_ERRORS[code] : undefined;
  if (known !== undefined) return new EngineError(known, API_ERRORS[known]);
  // The static files of /docs throw http-errors of their own.
  if (statusCode === 404) return new EngineError('not_found', API_ERRORS.not_found);
  const isClientError = typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500;
  const fallback = isClientError ? 'request_refused' : 'internal_error';
  return new EngineError(fallback, API_ERRORS[fallback]);
}
