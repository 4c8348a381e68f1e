import { definedOnly } from '../base/defined-only.js';
import { messageOf } from '../base/errors.js';
import type { JsonObject } from '../base/json.js';
import { evaluateBoolean, Meter, type Scope } from '../expressions/expressions.js';
import type { Read } from '../expressions/reads.js';
import type { ErrorMatch, Exit } from '../graph/compile.js';
import type { Decision, RunError } from './events.js';
import { oneLine } from './log-lines.js';
import { scopeOf } from './routing.js';
import type { Visit } from './visit.js';

/** The entry of a list that is for an error, if there is one, and how it was found. */
export interface ErrorChoice<T extends ErrorMatch> {
  readonly entry: T | undefined;
  /** What the `when` of the entries read, up to the one that is taken. */
  readonly reads: readonly Read[];
  /** Lines for the log: which `when` had no value. */
  readonly notes: readonly string[];
}

/**
 * Chooses the first entry that is for an error: its codes name it, and its `when` is true. A `when` that has no value is
 * not true, so that a detail that only some errors have can be asked for. Never throws.
 * @param field the field of the graph that has the entries, for the notes
 */
export function chooseByError<T extends ErrorMatch>(
  entries: readonly T[],
  error: RunError,
  visit: Visit,
  field: string,
): ErrorChoice<T> {
  const reads = new Map<string, Read>();
  const notes: string[] = [];
  const meter = new Meter();
  let scope: Scope | undefined;
  const entry = entries.find(({ on, when }) => {
    if (on !== undefined && !on.has(error.code)) return false;
    if (when === undefined) return true;
    scope ??= scopeOfError(error, visit);
    try {
      const result = evaluateBoolean(when, scope, meter);
      for (const read of result.reads) reads.set(read.path, read);
      return result.value;
    } catch (thrown) {
      notes.push(oneLine(`The "${when.source}" of ${field} has no value, so it is not true: ${messageOf(thrown)}`));
      return false;
    }
  });
  return { entry, reads: [...reads.values()], notes };
}

/** Says that a run goes where an entry of `on_error` leads. */
export function decideByError({ to, when, isPlain }: Exit, { code }: RunError, reads: readonly Read[]): Decision {
  if (isPlain) return { kind: 'error', to_node: to };
  const why = definedOnly({ condition: when?.source, read: reads.length > 0 ? reads : undefined });
  return { kind: 'error', outcome: code, to_node: to, ...why };
}

/** What expressions see that choose by an error. */
function scopeOfError({ code, message, details }: RunError, { state, cursor }: Visit): Scope {
  const error: JsonObject = { code, message, attempt: cursor.attempt, ...definedOnly({ details }) };
  return { ...scopeOf(state), error };
}
