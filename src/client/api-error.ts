import type { components } from './api-types.js';

type Problem = components['schemas']['Problem'];
/** One of the things that are wrong with a request, with a JSON Pointer to it. */
export type ProblemItem = components['schemas']['ProblemItem'];

/** What the API answered instead of what was asked for, or that there was no answer. */
export class ApiError extends Error {
  override readonly name = 'ApiError';

  /**
   * @param status the HTTP status; 0 if there was no answer
   * @param code a stable code, such as `run_not_found`; `unreachable` if there was no answer, `unknown` if what answered is not the API
   * @param errors everything that is wrong with the request, for codes that can have several causes
   * @param retryAfterSeconds when to try again, if the server has said so
   */
  constructor(
    readonly status: number,
    readonly code: Problem['code'] | 'unreachable' | 'unknown',
    message: string,
    readonly errors: readonly ProblemItem[] = [],
    readonly retryAfterSeconds?: number,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** What the methods of the client resolve with. */
interface Answer<T> {
  readonly data?: T;
  readonly error?: unknown;
  readonly response: Response;
}

/**
 * What an answer holds, if it is what was asked for.
 * @example const { graphs } = dataOf(await client.GET('/graph'));
 * @throws ApiError otherwise
 */
export function dataOf<T>(answer: Answer<T>): T {
  if (answer.response.ok) return answer.data as T;
  throw errorOf(answer.error, answer.response);
}

/** The error that an answer stands for. @param body parsed, or text if it is not JSON */
function errorOf(body: unknown, { status, headers }: Response): ApiError {
  const retryAfter = Number(headers.get('retry-after') ?? Number.NaN);
  const seconds = Number.isFinite(retryAfter) ? retryAfter : undefined;
  const { code, detail, errors } = (typeof body === 'object' && body !== null ? body : {}) as Partial<Problem>;
  if (code === undefined || detail === undefined) {
    return new ApiError(status, 'unknown', `The answer has status ${status} and is none of graphrunner.`, [], seconds);
  }
  return new ApiError(status, code, detail, errors, seconds);
}

/** The error of a request that got no answer. */
export function unreachable(url: string, cause: unknown): ApiError {
  return new ApiError(0, 'unreachable', `No server answers at ${url}.`, [], undefined, { cause });
}
