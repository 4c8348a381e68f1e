import { FatalError } from '../../core/tool/tool-errors.js';
import type { HttpErrorCode } from './error-codes.js';

/** An answer that cannot be kept, now or at another try. */
export class RefusedAnswerError extends FatalError {
  constructor(message: string) {
    const code: HttpErrorCode = 'http_invalid_answer';
    super(message, { code });
  }
}
