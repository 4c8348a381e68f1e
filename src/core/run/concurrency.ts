import { isWellFormed } from '../base/json.js';
import { ExpressionError } from '../expressions/expressions.js';
import type { CompiledGraph } from '../graph/compile.js';
import type { EventOf, GivenConcurrency } from './events.js';
import { openRun } from './journal.js';
import { scopeOf } from './routing.js';

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused.
const CONTROL = /[\u0000-\u001f\u007f]/;

/** A key stands in columns of databases, and in messages. */
function isPlain(text: string): boolean {
  return isWellFormed(text) && !CONTROL.test(text);
}

/** Most characters of a key. */
export const MAX_KEY_LENGTH = 200;

/** The first event of a run with its place in a line, if its graph has one; or why its key has no value. */
export type Keyed =
  | { readonly submitted: EventOf<'run.submitted'>; readonly problem?: undefined }
  | { readonly problem: string };

/**
 * Adds to the first event of a top-level run which line it stands in: the key is worked out once, here.
 * @param now milliseconds since 1970
 */
export function withConcurrency(
  { concurrency }: Pick<CompiledGraph, 'concurrency'>,
  runId: string,
  submitted: EventOf<'run.submitted'>,
  now: number,
): Keyed {
  if (concurrency === undefined) return { submitted };
  const { key, onFull } = concurrency;
  const place = (value: string | null): Keyed => {
    const given: GivenConcurrency = { key: value, on_full: onFull };
    return { submitted: { ...submitted, concurrency: given } };
  };
  if (key === undefined) return place(null);
  try {
    const value = key.render(scopeOf(openRun(runId, submitted, now).state));
    if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') {
      return { problem: 'The concurrency.key of the graph must be a text, a number or a truth value.' };
    }
    const text = String(value);
    if (text === '') return { problem: 'The concurrency.key of the graph is an empty text.' };
    if (text.length > MAX_KEY_LENGTH || !isPlain(text)) {
      const rule = `at most ${MAX_KEY_LENGTH} characters, none of them a control character or half a character`;
      return { problem: `The concurrency.key of the graph must have ${rule}.` };
    }
    return place(text);
  } catch (thrown) {
    if (!(thrown instanceof ExpressionError)) throw thrown;
    return { problem: `The concurrency.key of the graph has no value: ${thrown.message}` };
  }
}
