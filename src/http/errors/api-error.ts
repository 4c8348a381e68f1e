import type { Problem } from '../../core/base/errors.js';
import { API_ERRORS, type ApiErrorCode } from './codes.js';

/** An error that a request is answered with. */
export class ApiError extends Error {
  readonly errors: readonly Problem[] | undefined;
  readonly retryAfterSeconds: number | undefined;
  /** The methods that the route takes, for `method_not_allowed`. */
  readonly allow: readonly string[] | undefined;

  /** @param message The meaning of the code if omitted. */
  constructor(
    readonly code: ApiErrorCode,
    message: string = API_ERRORS[code].meaning,
    options: {
      errors?: readonly Problem[] | undefined;
      retryAfterSeconds?: number | undefined;
      allow?: readonly string[];
    } = {},
  ) {
    super(message);
    this.name = 'ApiError';
    this.errors = options.errors;
    this.retryAfterSeconds = options.retryAfterSeconds;
    this.allow = options.allow;
  }
}
