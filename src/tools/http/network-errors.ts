import { messageOf } from '../../core/base/errors.js';
import { shortened } from '../result.js';
import { tlsHint } from '../tls-hint.js';

const TIMEOUTS: readonly string[] = ['ETIMEDOUT', 'UND_ERR_CONNECT_TIMEOUT'];

/** Why there is no answer, or not all of one. */
export interface NetworkError {
  /** The code of the system or of undici, such as `ECONNREFUSED`; empty if there is none. */
  readonly code: string;
  /** Words for a message. */
  readonly reason: string;
  /** There was no connection in time. */
  readonly isTimeout: boolean;
  /** The request itself cannot be sent, so another try cannot help. */
  readonly isUnsendable: boolean;
}

/** Reads what undici threw. */
export function readNetworkError(thrown: unknown): NetworkError {
  const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : '';
  const words = messageOf(thrown);
  const reason = shortened(words.includes(code) ? words : `${code} ${words}`) + tlsHint(thrown);
  return { code, reason, isTimeout: TIMEOUTS.includes(code), isUnsendable: code === 'UND_ERR_INVALID_ARG' };
}
