import { messageOf } from '../base/errors.js';
import { isWellFormed } from '../base/json.js';
import type { CompiledGraph } from '../graph/compile.js';
import type { GivenConcurrency } from './events.js';
import { scopeOf } from './routing.js';
import type { RunState } from './state.js';

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused.
const CONTROL = /[\u0000-\u001f\u007f]/;

/** Most characters of a key. */
export const MAX_KEY_LENGTH = 200;

/** Where a new run stands, if its graph limits how many of its runs are under way; or why its key has no value. */
export type Placed =
  | { readonly concurrency?: GivenConcurrency; readonly problem?: undefined }
  | { readonly concurrency?: undefined; readonly problem: string };

/**
 * Works out which line a top-level run stands in: once, when it is submitted.
 * @param state of the run, with its first event
 */
export function placeInLine({ concurrency }: Pick<CompiledGraph, 'concurrency'>, state: RunState): Placed {
  if (concurrency === undefined) return {};
  const { key: template, onFull: on_full } = concurrency;
  if (template === undefined) return { concurrency: { key: null, on_full } };
  try {
    const value = template.render(scopeOf(state));
    const why = typeof value === 'object' ? 'must be a text, a number or a truth value' : findFault(String(value));
    if (why !== undefined) return { problem: `The concurrency.key of the graph ${why}.` };
    return { concurrency: { key: String(value), on_full } };
  } catch (thrown) {
    return { problem: `The concurrency.key of the graph has no value: ${messageOf(thrown)}` };
  }
}

/** A key stands in columns of databases, and in messages. */
function findFault(key: string): string | undefined {
  if (key !== '' && key.length <= MAX_KEY_LENGTH && isWellFormed(key) && !CONTROL.test(key)) return undefined;
  return `must have 1 to ${MAX_KEY_LENGTH} characters, none of them a control character or half a character`;
}
