import type { Json, JsonObject } from '../../src/core/base/json.js';
import { compileExpression, ExpressionError, evaluateBoolean } from '../../src/core/expressions/expressions.js';
import type { OnErrorDefinition, RetryPolicy } from '../../src/core/graph/definition.js';
import { scopeOf } from './reference-choice.js';
import { nodeOf, type Run } from './reference-run.js';

/** Why a try failed. */
export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly details?: Json;
  readonly isFatal?: boolean;
  /** Milliseconds. */
  readonly retryAfter?: number;
}

interface Entry {
  readonly on?: readonly string[] | undefined;
  readonly when?: string | undefined;
}

/** The first entry for a failure. Adds what the log says of those that have no value. */
function firstFor<T extends Entry>(entries: readonly T[], run: Run, failure: Failure, notes: string[], field: string) {
  const { code, message, details } = failure;
  const error = { code, message, attempt: run.at!.attempt, ...(details !== undefined && { details }) };
  for (const entry of entries) {
    if (entry.on !== undefined && !entry.on.includes(code)) continue;
    if (entry.when === undefined) return entry;
    try {
      const { expression } = compileExpression(entry.when, { secrets: false, error: true });
      if (evaluateBoolean(expression!, { ...scopeOf(run), error }).value) return entry;
    } catch (thrown) {
      if (!(thrown instanceof ExpressionError)) throw thrown;
      notes.push(`The "${entry.when}" of ${field} has no value, so it is not true: ${thrown.message}`);
    }
  }
  return undefined;
}

/** What follows a failed try: another one, or another node, or neither. */
export interface Sequel {
  /** The policy of the next try, and how many tries were made by it. */
  readonly next?: { readonly policy: RetryPolicy; readonly tries: number; readonly index: number | null };
  readonly exit?: string;
  readonly notes: readonly string[];
}

export function sequelOf(run: Run, failure: Failure): Sequel {
  const { retry, on_error: exits } = nodeOf(run);
  const notes: string[] = [];
  const next = Array.isArray(retry) ? byList(retry, run, failure, notes) : retry && plainly(retry, run, failure);
  if (next !== undefined) return { next, notes };
  const exit = exitFor(exits, run, failure, notes);
  return exit === undefined ? { notes } : { exit, notes };
}

function plainly(policy: RetryPolicy, run: Run, { isFatal = false }: Failure): Sequel['next'] {
  const { tries } = run.at!;
  return isFatal || tries >= policy.max_attempts ? undefined : { policy, tries, index: null };
}

function byList(list: readonly (RetryPolicy & Entry)[], run: Run, failure: Failure, notes: string[]): Sequel['next'] {
  const policy = firstFor(list, run, failure, notes, 'retry');
  if (policy === undefined) return undefined;
  const isHopeless = failure.isFatal === true && policy.on === undefined && policy.when === undefined;
  const index = list.indexOf(policy);
  // Each failure of this visit that the policy was the first for, this one included.
  const tries = 1 + run.at!.policies.filter((one) => one === index).length;
  return isHopeless || tries >= policy.max_attempts ? undefined : { policy, tries, index };
}

/** Where a failure leads. */
export function exitFor(
  exits: OnErrorDefinition | undefined,
  run: Run,
  failure: Failure,
  notes: string[] = [],
): string | undefined {
  return Array.isArray(exits) ? firstFor(exits, run, failure, notes, 'on_error')?.to_node : exits;
}

/** How a child ended, for the graph of its parent. */
export function detailsOf({ error }: Run): JsonObject {
  const { code, message, node } = error ?? {};
  return { run_id: '<run>', error: error === null ? null : { code: code!, message: message!, node: node! } };
}

/** `data.error`. */
export function errorOf(run: Run, { code, message, details }: Failure): JsonObject {
  return { error: { node: run.at!.node, code, message, ...(details !== undefined && { details }) } };
}
