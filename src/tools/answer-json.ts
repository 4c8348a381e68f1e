import { findInfinities, type Json } from '../core/base/json.js';

/** JSON of another service holds something that cannot be kept. The message says what and where. */
export class AnswerJsonError extends Error {
  override readonly name = 'AnswerJsonError';
}

/**
 * Parses JSON text that another service has sent. All answers are parsed here, so that all are refused or kept alike.
 * @throws SyntaxError if it is not JSON
 * @throws AnswerJsonError if it holds a number that no double can hold: `JSON.parse` makes it Infinity, which is not JSON
 */
export function parseAnswerJson(text: string): Json {
  const value = JSON.parse(text) as Json;
  const [pointer] = findInfinities(value, 1);
  if (pointer === undefined) return value;
  const place = pointer === '' ? '' : ` at ${pointer}`;
  throw new AnswerJsonError(`a number${place} that is too large: numbers go up to 1.7e308`);
}
