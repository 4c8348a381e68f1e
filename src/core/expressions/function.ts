import type { Json } from '../base/json.js';
import { ExpressionError, type Kind, MAX_LIST_ITEMS, MAX_RESULT_BYTES, type Meter, type StaticType } from './values.js';

/** What a function can use besides its arguments. */
export interface Call {
  readonly meter: Meter;
  /** Where the call stands, for errors. */
  readonly at: number;
}

/** A function of the language. The first parameter of a method is what stands before the dot. */
export interface ExpressionFunction {
  /** The kinds that each parameter takes. */
  readonly params: readonly (readonly Kind[])[];
  /** How many of the last parameters can be omitted. */
  readonly optional?: number;
  readonly result: StaticType;
  // biome-ignore lint/suspicious/noExplicitAny: the caller checks the arguments against `params`.
  run(args: readonly any[], call: Call): Json;
}

export const TEXT: readonly Kind[] = ['string'];
export const NUMBER: readonly Kind[] = ['number'];
export const LIST: readonly Kind[] = ['list'];

/** Refuses a string that is too long to be built. */
export function boundText(text: string, call: Call): string {
  boundLength(text.length, call);
  return text;
}

/** Refuses the length of a string that is too long, before it is built. */
export function boundLength(length: number, { at }: Call): void {
  if (length <= MAX_RESULT_BYTES) return;
  throw new ExpressionError(`This makes a string of more than ${MAX_RESULT_BYTES} characters.`, at);
}

/** Refuses a list that is too long to be iterated or built. */
export function boundList(length: number, { at }: Call): void {
  if (length <= MAX_LIST_ITEMS) return;
  throw new ExpressionError(`A list of more than ${MAX_LIST_ITEMS} items is too long for an expression.`, at);
}
