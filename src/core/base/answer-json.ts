import type { Json } from './json.js';
import { findUnsafeNumbers } from './json-numbers.js';
import { finishSteps, type Steps } from './steps.js';

/** JSON of another service holds something that cannot be kept. The message says what and where. */
export class AnswerJsonError extends Error {
  override readonly name = 'AnswerJsonError';
}

/**
 * Parses JSON text that another service has sent. All answers are parsed here, so that all are refused or kept alike.
 * Whole numbers of more than 53 bits become strings of their digits, because a double would make another number of
 * them. All of them do, also those that a double happens to hold: the type of an id must not depend on its value.
 * @param note called once if there are such numbers, with a line for the log of the step
 * @throws SyntaxError if it is not JSON
 * @throws AnswerJsonError if it holds a number that no double can hold: `JSON.parse` makes it Infinity, which is not JSON
 */
export function parseAnswerJson(text: string, note?: (line: string) => void): Json {
  return finishSteps(parseAnswerSteps(text, note));
}

/** The same in steps, for large texts. */
export function* parseAnswerSteps(text: string, note: (line: string) => void = () => undefined): Steps<Json> {
  const value = JSON.parse(text) as Json;
  yield;
  const exact = yield* quoteInSteps(text);
  if (exact.overflow !== undefined) {
    throw new AnswerJsonError(`a number${placeOf(exact.overflow)} that is too large: numbers go up to 1.7e308`);
  }
  if (exact.count === 0) return value;
  const more = exact.count === 1 ? '' : ` and ${exact.count - 1} more`;
  note(`Kept as text, because it has more than 53 bits: the number${placeOf(exact.first)}${more}`);
  return JSON.parse(exact.text) as Json;
}

/** JSON text with its large whole numbers as strings. */
interface QuotedNumbers {
  readonly text: string;
  readonly count: number;
  /** Where the first of them stands. */
  readonly first: string;
  /** Where the first number stands that no double can hold. It stays as it is. */
  readonly overflow: string | undefined;
}

/** Puts whole numbers that are not safe as doubles in quotes. Takes some lines of JSON text too. */
export function quoteUnsafeNumbers(text: string): QuotedNumbers {
  return finishSteps(quoteInSteps(text));
}

function* quoteInSteps(text: string): Steps<QuotedNumbers> {
  const parts: string[] = [];
  let [first, count, end] = ['', 0, 0];
  let overflow: string | undefined;
  yield* findUnsafeNumbers(text, (number, pointer) => {
    if (number.overflows) {
      overflow ??= pointer();
      return;
    }
    if (count === 0) first = pointer();
    count += 1;
    parts.push(text.slice(end, number.start), '"', text.slice(number.start, number.end), '"');
    end = number.end;
  });
  return { text: count === 0 ? text : parts.join('') + text.slice(end), count, first, overflow };
}

function placeOf(pointer: string): string {
  return pointer === '' ? '' : ` at ${pointer}`;
}
