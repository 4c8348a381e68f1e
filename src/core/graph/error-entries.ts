import type { NodeDefinition, OnErrorDefinition, RetryPolicy } from './definition.js';
import type { PlacedExpression, PlacedName } from './placed.js';

/** An entry of `retry` or `on_error`: which errors it is for. A plain `retry` or `on_error` is one entry for all. */
export interface ErrorEntry {
  /** Of the entry; of a plain field, of that. */
  readonly pointer: string;
  /** The codes of the errors; undefined for any code. */
  readonly on: readonly string[] | undefined;
  /** What must be true as well. */
  readonly when: PlacedExpression | undefined;
}

/** An entry of `on_error`. */
export interface ErrorExit extends ErrorEntry {
  readonly to: PlacedName;
}

/** An entry of `retry`. */
export interface RetryRule extends ErrorEntry {
  readonly policy: RetryPolicy;
  /** Its place in the list; undefined for a plain `retry`. */
  readonly index: number | undefined;
}

/** Reads an `on_error`. */
export function exitsOf(onError: OnErrorDefinition | undefined, pointer: string): ErrorExit[] {
  if (onError === undefined) return [];
  if (typeof onError === 'string') return [{ ...forAll(pointer), to: { name: onError, pointer } }];
  return onError.map(({ to_node, ...entry }, index) => {
    const place = `${pointer}/${index}`;
    return { ...readEntry(entry, place), to: { name: to_node, pointer: `${place}/to_node` } };
  });
}

/** Reads the `retry` of a node. */
export function retryRulesOf({ retry }: Pick<NodeDefinition, 'retry'>, pointer: string): RetryRule[] {
  if (retry === undefined) return [];
  if (!isList(retry)) return [{ ...forAll(pointer), policy: retry, index: undefined }];
  return retry.map(({ on, when, ...policy }, index) => {
    return { ...readEntry({ on, when }, `${pointer}/${index}`), policy, index };
  });
}

/** The expressions of entries. */
export function expressionsOf(entries: readonly ErrorEntry[]): PlacedExpression[] {
  return entries.flatMap(({ when }) => when ?? []);
}

function forAll(pointer: string): ErrorEntry {
  return { pointer, on: undefined, when: undefined };
}

function readEntry(
  { on, when }: { readonly on?: readonly string[] | undefined; readonly when?: string | undefined },
  pointer: string,
): ErrorEntry {
  if (when === undefined) return { pointer, on, when: undefined };
  const place = { pointer: `${pointer}/when`, text: when, source: when, start: 0 };
  return { pointer, on, when: { ...place, result: 'boolean', readsError: true } };
}

/** `Array.isArray` does not tell lists that cannot be changed from other values. */
function isList<T>(value: T | readonly T[]): value is readonly T[] {
  return Array.isArray(value);
}
