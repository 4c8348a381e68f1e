import { definedOnly } from '../../core/base/defined-only.js';
import { isPlainObject, type Json } from '../../core/base/json.js';
import { FatalError, RetryableError } from '../../core/tool/tool-errors.js';
import { ForbiddenAddressError } from '../http/checked-addresses.js';
import { bodyForDetails, readErrorBody, textForDetails } from '../http/error-body.js';
import { shownHeaders } from '../http/headers.js';
import { readNetworkError } from '../http/network-errors.js';
import { RefusedAnswerError } from '../http/refused-answer.js';
import type { HttpAnswer } from '../http/request-rules.js';
import { parseRetryAfter } from '../http/retry-after.js';
import { shortened } from '../result.js';
import type { LlmErrorCode } from './error-codes.js';
import { findWords } from './provider-words.js';

/** An answer with a status of success. */
export interface Reply {
  readonly status: number;
  readonly headers: HttpAnswer['headers'];
  readonly text: string;
}

/** The error for a status. 429 and 5xx are worth another try; other statuses are not. */
export async function statusFailure(answer: HttpAnswer, now: number): Promise<Error> {
  const { status, headers } = answer;
  const { body, excerpt } = await readErrorBody(answer);
  const words = typeof body === 'string' ? excerpt : shortened(findWords(body) ?? excerpt);
  const message = `The model answered ${status}${words === '' ? '.' : ` ${words}`}`;
  const retryAfterSeconds = parseRetryAfter(headers['retry-after'], now);
  return providerFailure(message, status, headers, body, retryAfterSeconds);
}

/**
 * The error that an answer with a status of success holds, as gateways pass on those of others; undefined if it holds
 * none. The status is the one that it reports. Without one, nobody knows whether the error will be there again, so that
 * another try is worth it.
 */
export function reportedFailure({ status, headers, text }: Reply, answer: Json | undefined): Error | undefined {
  const error = findReported(answer);
  const words = findWords(error);
  if (words === undefined) return undefined;
  const reported = isPlainObject(error) ? Number(error.code ?? error.status) : Number.NaN;
  const isStatus = Number.isInteger(reported) && reported >= 400 && reported < 600;
  const message = `The model answered with the error${isStatus ? ` ${reported}` : ''}: ${shortened(words)}`;
  const body = bodyForDetails(answer ?? null, text, headers);
  return providerFailure(message, isStatus ? reported : status, headers, body, undefined);
}

function findReported(answer: Json | undefined): Json | undefined {
  if (!isPlainObject(answer)) return undefined;
  const { error, choices } = answer as { readonly error?: Json; readonly choices?: Json };
  const [choice] = Array.isArray(choices) ? (choices as readonly Json[]) : [];
  return error ?? (isPlainObject(choice) ? (choice.error as Json | undefined) : undefined);
}

function providerFailure(
  message: string,
  status: number,
  headers: HttpAnswer['headers'],
  body: Json,
  retryAfterSeconds: number | undefined,
): Error {
  const code: LlmErrorCode = 'llm_status';
  const options = { code, details: { status, headers: shownHeaders(headers), body } };
  const isFinal = status >= 300 && status !== 429 && status < 500;
  return isFinal
    ? new FatalError(message, options)
    : new RetryableError(message, { ...options, ...definedOnly({ retryAfterSeconds }) });
}

/** The error for a request without an answer, or with one that broke off. */
export function requestFailure(thrown: unknown, answer: HttpAnswer | undefined): Error {
  if (thrown instanceof RefusedAnswerError) return new FatalError(thrown.message, { code: INVALID });
  if (thrown instanceof FatalError || thrown instanceof RetryableError) return thrown;
  if (thrown instanceof ForbiddenAddressError) {
    return new FatalError(thrown.message, { code: 'llm_address' satisfies LlmErrorCode });
  }
  const { code: own, reason, isTimeout, isUnsendable } = readNetworkError(thrown);
  const came = answer === undefined ? 'The model could not be reached' : 'The answer of the model broke off';
  const message = `${came}: ${reason}`;
  if (isUnsendable) return new FatalError(message);
  const code: LlmErrorCode = isTimeout ? 'llm_timeout' : 'llm_network';
  const details = { ...(own !== '' && { code: own }), ...(answer !== undefined && { status: answer.status }) };
  return new RetryableError(message, { code, details, cause: thrown });
}

const INVALID: LlmErrorCode = 'llm_invalid_answer';

/** What there is to say of an answer that cannot be used. */
export interface Unusable {
  /** The content of the answer, or the whole of it if there is none. */
  readonly text: string;
  readonly finish_reason?: string | null | undefined;
}

/** The error for an answer that cannot be used, and will not be better the next time. */
export function finalFailure(message: string, unusable: Unusable, code: LlmErrorCode = INVALID): FatalError {
  return new FatalError(message, { code, details: detailsOf(unusable) });
}

/** The error for an answer that cannot be used: models can do better the next time. */
export function answerFailure(message: string, unusable: Unusable): RetryableError {
  return new RetryableError(message, { code: INVALID, details: detailsOf(unusable) });
}

function detailsOf({ text, finish_reason = null }: Unusable): Json {
  return { text: textForDetails(text), finish_reason };
}
