import isDeepEqual from 'fast-deep-equal';
import { definedOnly } from '../base/defined-only.js';
import type { Json, JsonObject } from '../base/json.js';
import type { MergeRule } from '../graph/definition.js';
import type { RunError } from './events.js';
import type { RunStatus } from './state.js';

/** How a child run ended. */
export interface ChildResult {
  readonly index: number;
  readonly runId: string;
  readonly status: RunStatus;
  /** Milliseconds since 1970. */
  readonly finishedAt: number;
  /** What it set: a branch its own keys, another graph all of its data. */
  readonly data: JsonObject;
  /** Without the details, which its own journal has. */
  readonly error: (Pick<RunError, 'message'> & Partial<Pick<RunError, 'code' | 'node'>>) | null;
}

/** What branches set, as one patch; or why there is none. */
export type Merged = { readonly patch: JsonObject; readonly conflict?: undefined } | { readonly conflict: string };

/**
 * Merges what parallel branches set. A key of several branches goes by its rule; without one, their values must be equal.
 * @param base `data` as it was when the branches began
 * @param names what messages call each branch
 */
export function mergeBranches(
  base: JsonObject,
  branches: readonly JsonObject[],
  rules: ReadonlyMap<string, MergeRule>,
  names: readonly string[],
): Merged {
  const settings = new Map<string, Setting>();
  for (const [index, branch] of branches.entries()) {
    for (const [key, value] of Object.entries(branch)) {
      const { by = [], values = [] } = settings.get(key) ?? {};
      settings.set(key, { by: [...by, names[index] ?? String(index)], values: [...values, value], last: value });
    }
  }
  const patch: [string, Json][] = [];
  for (const [key, setting] of settings) {
    const { by } = setting;
    const before = Object.hasOwn(base, key) ? base[key] : undefined;
    const merged = mergeKey(before, setting, by.length === 1 ? 'last' : rules.get(key));
    if ('why' in merged) {
      return {
        conflict: `Branches ${by.join(' and ')} ${by.length === 2 ? 'both' : 'all'} set "${key}": ${merged.why}`,
      };
    }
    patch.push([key, merged.value]);
  }
  // Unlike assignments, fromEntries makes an own key of `__proto__` too.
  return { patch: Object.fromEntries(patch) };
}

/** What branches set one key to, in their order, and which they are. */
interface Setting {
  readonly by: readonly string[];
  readonly values: readonly Json[];
  readonly last: Json;
}

type MergedKey = { readonly value: Json } | { readonly why: string };

function mergeKey(base: Json | undefined, { values, last }: Setting, rule: MergeRule | undefined): MergedKey {
  if (rule === 'sum') return sum(base, values);
  if (rule === 'append') return appendAll(base, values);
  if (rule === 'last' || values.every((value) => isDeepEqual(value, last))) return { value: last };
  return { why: 'the values differ, and the graph has no merge rule for it.' };
}

function sum(base: Json | undefined, values: readonly Json[]): MergedKey {
  const start = base ?? 0;
  let total = typeof start === 'number' ? start : Number.NaN;
  for (const value of values) total += typeof value === 'number' ? value - Number(start) : Number.NaN;
  return Number.isFinite(total) ? { value: total } : { why: 'the merge rule "sum" needs numbers.' };
}

function appendAll(base: Json | undefined, values: readonly Json[]): MergedKey {
  const start = base ?? [];
  if (!isList(start)) return { why: 'the merge rule "append" needs lists.' };
  const all = [...start];
  for (const value of values) {
    if (!isList(value)) return { why: 'the merge rule "append" needs lists.' };
    if (!isDeepEqual(value.slice(0, start.length), start)) {
      return { why: 'the merge rule "append" needs lists that begin as the list did before the branches.' };
    }
    all.push(...value.slice(start.length));
  }
  return { value: all };
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

/** How a child run ended, in words that follow its name. */
export function describeEnd({ status, error }: ChildResult): string {
  if (error === null) return `was ${status.toLowerCase()}.`;
  return `failed: ${error.message}${/[.!?]$/.test(error.message) ? '' : '.'}`;
}

/** Why a child run was lost, for the graph of its parent: no error if it was cancelled. */
export function detailsOfEnd({ runId, error }: ChildResult): JsonObject {
  const { code, message, node } = error ?? {};
  return { run_id: runId, error: error === null ? null : definedOnly({ code, message, node }) };
}
