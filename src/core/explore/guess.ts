import isDeepEqual from 'fast-deep-equal';
import type { Json, JsonObject } from '../base/json.js';
import type { Hint } from './hints.js';

/** A value that a call, an answer or an input can have. */
export interface Option {
  readonly value: Json;
  /** Nobody has said that it can be: it follows from what expressions look for. */
  readonly isAssumed: boolean;
}

/** Most values that are tried in one place. */
const MAX_OPTIONS = 24;
/** How deep values are made up. */
const MAX_DEPTH = 6;

/** Values that expressions which read it tell apart; the first is one that all of them can read. All are assumed. */
export function guess(hint: Hint, depth = 0): readonly Option[] {
  return distinct(guessValues(hint, depth)).map((value) => ({ value, isAssumed: true }));
}

/** The first of the values that are equal; at most 24. */
export function distinct(values: readonly Json[]): readonly Json[] {
  const kept: Json[] = [];
  for (const value of values) {
    if (kept.length >= MAX_OPTIONS) break;
    if (!kept.some((each) => isDeepEqual(each, value))) kept.push(value);
  }
  return kept;
}

function guessValues(hint: Hint, depth: number): readonly Json[] {
  const { fields, item, kinds, constants } = hint;
  if (depth > MAX_DEPTH) return [null];
  if (fields.size > 0 && !kinds.has('list')) return guessObjects(hint, depth);
  if (item !== undefined || kinds.has('list')) return guessLists(item, depth);
  const around = constants.flatMap(valuesAround);
  if (kinds.has('boolean')) return [true, false, ...around];
  if (around.length > 0) return [...around, null];
  if (kinds.has('number')) return [1, 0, -1, null];
  return ['text', '', null];
}

/** A constant, and values on both sides of it. */
export function valuesAround(constant: Json): readonly Json[] {
  if (typeof constant === 'number') return [constant, constant + 1, constant - 1];
  if (typeof constant === 'string') return [constant, constant === '' ? 'text' : `${constant}-other`];
  return typeof constant === 'boolean' ? [constant, !constant] : [constant];
}

/** One that has every field, and others with another value of one of them, or without it. */
function guessObjects({ fields }: Hint, depth: number): readonly Json[] {
  const options = [...fields].map(([key, hint]) => [key, guessValues(hint, depth + 1)] as const);
  return vary(Object.fromEntries(options.map(([key, [first = null]]) => [key, first])), options);
}

/**
 * An object, and variants in which one key has another value, or is missing: first all other values, then what is missing.
 */
export function vary(whole: JsonObject, options: readonly (readonly [string, readonly Json[]])[]): readonly Json[] {
  const others = options.flatMap(([key, values]) => values.slice(1).map((value) => ({ ...whole, [key]: value })));
  return [whole, ...others, ...options.map(([key]) => without(whole, key))];
}

export function without(whole: JsonObject, key: string): JsonObject {
  const { [key]: _, ...rest } = whole;
  return rest;
}

function guessLists(item: Hint | undefined, depth: number): readonly Json[] {
  const items = item === undefined ? ['item'] : guessValues(item, depth + 1);
  const [first = null, second = first] = items;
  return [[first], [], [first, second], ...items.slice(1).map((value) => [value])];
}
