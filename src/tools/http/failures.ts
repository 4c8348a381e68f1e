import { definedOnly } from '../../core/base/defined-only.js';
import { FatalError, RetryableError } from '../../core/tool/tool-errors.js';
import { ForbiddenAddressError } from './checked-addresses.js';
import { failedToConnect } from './connect-failures.js';
import { readErrorBody } from './error-body.js';
import type { HttpErrorCode } from './error-codes.js';
import type { Progress } from './exchange.js';
import { shownHeaders } from './headers.js';
import { readNetworkError } from './network-errors.js';
import { type HttpAnswer, type HttpRequest, isIdempotent, isSafe } from './request-rules.js';
import { parseRetryAfter } from './retry-after.js';

const NOT_REPEATED = 'It is not sent again, because it may have had its effect.';

/**
 * The error for an answer whose status is one. 429 and 5xx are worth another try (RFC 9110 section 15.6, RFC 6585 section
 * 4); other answers are not. POST and PATCH, which may have had their effect, are repeated only if the answer asks for it.
 */
export async function statusFailure(first: HttpRequest, answer: HttpAnswer, now: number): Promise<Error> {
  const { status, headers, request } = answer;
  const { body, excerpt } = await readErrorBody(answer);
  const message = `${request.method} ${request.url.origin} answered ${status}${excerpt === '' ? '' : `: ${excerpt}`}`;
  const options = { code: 'http_status', details: { status, headers: shownHeaders(headers), body } } as const;
  const retryAfterSeconds = parseRetryAfter(headers['retry-after'], now);
  const isAskedFor = status === 429 || (status === 503 && retryAfterSeconds !== undefined);
  // After a redirect that became a GET, another try would begin with the first request, which has had its effect.
  const isWorthIt = isIdempotent(first.method)
    ? status === 429 || status >= 500
    : isAskedFor && request.method === first.method;
  return isWorthIt
    ? new RetryableError(message, { ...options, ...definedOnly({ retryAfterSeconds }) })
    : new FatalError(message, options);
}

/**
 * The error for a request without an answer that can be kept. Messages name only the origin: paths and queries can hold
 * secrets. POST and PATCH are worth another try only if nothing was sent, and no request that changes things is after
 * its answer has begun.
 * @param answer the answer whose body was being read, if it had come so far
 */
export function requestFailure(
  thrown: unknown,
  { method, url }: HttpRequest,
  progress: Progress,
  answer: HttpAnswer | undefined,
  signal: AbortSignal,
): unknown {
  const isRepeatable = canRepeat(method, progress, answer !== undefined, thrown);
  if (signal.aborted) {
    return isRepeatable ? signal.reason : new FatalError(`${method} ${url.origin} was stopped. ${NOT_REPEATED}`);
  }
  if (thrown instanceof FatalError || thrown instanceof RetryableError) return thrown;
  if (thrown instanceof ForbiddenAddressError) {
    return new FatalError(thrown.message, { code: 'http_refused' satisfies HttpErrorCode });
  }
  return networkFailure(thrown, `${method} ${url.origin}`, answer, isRepeatable);
}

function networkFailure(
  thrown: unknown,
  request: string,
  answer: HttpAnswer | undefined,
  isRepeatable: boolean,
): Error {
  const { code: own, reason, isTimeout, isUnsendable } = readNetworkError(thrown);
  const came = answer === undefined ? 'failed' : `answered ${answer.status}, and then failed`;
  const message = `${request} ${came}: ${reason}`;
  if (isUnsendable) return new FatalError(message);
  const code: HttpErrorCode = isTimeout ? 'http_timeout' : 'http_network';
  const head = answer === undefined ? {} : { status: answer.status, headers: shownHeaders(answer.headers) };
  const options = { code, details: { ...(own !== '' && { code: own }), ...head }, cause: thrown };
  if (isRepeatable) return new RetryableError(message, options);
  return new FatalError(`${message}${/[.!?]$/.test(message) ? '' : '.'} ${NOT_REPEATED}`, options);
}

function canRepeat(
  method: HttpRequest['method'],
  { isSent, isAnswered }: Progress,
  hasHead: boolean,
  thrown: unknown,
): boolean {
  if (isSafe(method) || !isSent) return true;
  return isIdempotent(method) ? !hasHead : !isAnswered && failedToConnect(thrown);
}
