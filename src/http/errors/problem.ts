import type { FastifyReply, FastifyRequest } from 'fastify';
import { definedOnly } from '../../core/base/defined-only.js';
import { EngineError, type Problem } from '../../core/base/errors.js';
import { ApiError } from './api-error.js';
import { API_ERRORS, type ApiErrorCode } from './codes.js';

/** The media type of errors (RFC 9457, section 3). */
export const PROBLEM_TYPE = 'application/problem+json';
/** Seconds after which a client can try again, if the engine does not say. */
const RETRY_AFTER_SECONDS = 5;
/** Longer paths are cut. */
const MAX_INSTANCE_LENGTH = 2000;

/** An error as clients see it (RFC 9457). */
interface ProblemDocument {
  type: string;
  title: string;
  status: number;
  detail: string;
  instance: string;
  code: ApiErrorCode;
  errors?: readonly Problem[];
}

/** The problem document (RFC 9457, section 3.1) of an error code; `url` is that of the request. */
export function problemDocument(
  code: ApiErrorCode,
  url: string,
  detail: string = API_ERRORS[code].meaning,
  errors?: readonly Problem[],
): ProblemDocument {
  const { status, title } = API_ERRORS[code];
  const type = `urn:graphrunner:error:${code}`;
  const instance = (url.split('?', 1)[0] ?? '').slice(0, MAX_INSTANCE_LENGTH);
  return { type, title, status, detail, instance, code, ...definedOnly({ errors }) };
}

/** Answers a request with any error that was thrown while it was served. Shows the details of our own errors only. */
export function sendError(
  thrown: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  errors: readonly Problem[] | undefined = errorsOf(thrown),
): FastifyReply {
  const document = describeError(thrown, request, reply, errors);
  return reply.type(PROBLEM_TYPE).send(JSON.stringify(document));
}

/** What a request is answered with because of an error, whose status and headers are set. Our own faults are logged. */
export function describeError(
  thrown: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  errors: readonly Problem[] | undefined = errorsOf(thrown),
): ProblemDocument {
  const error = toApiError(thrown);
  if (error.code === 'internal_error') request.log.error({ err: thrown }, 'request failed');
  const document = problemDocument(error.code, request.url, detailOf(error, request), errors);
  if (document.status === 503 || document.status === 429)
    reply.header('retry-after', String(error.retryAfterSeconds ?? RETRY_AFTER_SECONDS));
  if (error.allow !== undefined) reply.header('allow', error.allow.join(', '));
  if (error.code === 'unauthorized') reply.header('www-authenticate', 'Bearer');
  // That of the answer that could not be given.
  reply.removeHeader('etag');
  reply.code(document.status);
  return document;
}

/** What is wrong with the request, as far as an error lists it. */
export function errorsOf(thrown: unknown): readonly Problem[] | undefined {
  return toApiError(thrown).errors;
}

function detailOf(error: ApiError, request: FastifyRequest): string {
  return error.code === 'internal_error' ? `${error.message} It knows this request as ${request.id}.` : error.message;
}

function toApiError(thrown: unknown): ApiError {
  if (thrown instanceof ApiError) return thrown;
  if (thrown instanceof EngineError) return new ApiError(thrown.code, thrown.message, thrown);
  return new ApiError(codeOf(thrown));
}

/** Codes of Fastify's own errors (see its Errors reference) that a client can cause. */
const FASTIFY_ERRORS: Readonly<Record<string, ApiErrorCode>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'body_too_large',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupported_media_type',
  FST_ERR_MAX_PARAM_LENGTH: 'not_found',
};

/** The code of an error that is not ours: a request that Fastify refuses, or a fault of the server. */
function codeOf(thrown: unknown): ApiErrorCode {
  const { code, statusCode } = (thrown ?? {}) as { code?: unknown; statusCode?: unknown };
  const known = typeof code === 'string' && Object.hasOwn(FASTIFY_ERRORS, code) ? FASTIFY_ERRORS[code] : undefined;
  if (known !== undefined) return known;
  // The static files of /docs throw http-errors of their own.
  if (statusCode === 404) return 'not_found';
  const isClientError = typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500;
  return isClientError ? 'request_refused' : 'internal_error';
}
