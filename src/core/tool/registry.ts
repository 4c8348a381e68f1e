import type { RunErrorCode } from '../base/errors.js';
import { isPlainObject } from '../base/json.js';
import { whyNotErrorCode } from './failure.js';
import type { AnyTool, Condition } from './tool.js';

/** Name -> function, for tools and conditions. Fixed once made. */
export interface Registry {
  readonly tools: ReadonlyMap<string, AnyTool>;
  readonly conditions: ReadonlyMap<string, Condition>;
  /** Says why there is no tool of this name, as a sentence; undefined if there is nothing to say but that. */
  readonly whyNoTool?: (name: string) => string | undefined;
}

/** Anything that can be registered. */
export type Registrable = AnyTool | Condition;

/** Codes of the server that only tools which wait can lead to. */
const WAIT_ERRORS: readonly string[] = [
  'wait_expired',
  'invalid_signal',
  'child_failed',
  'depth_exceeded',
  'queue_full',
] satisfies RunErrorCode[];

const NAME = /^[A-Za-z_][A-Za-z0-9_.-]{0,199}$/;

/**
 * Makes a registry.
 * @throws Error that names the definition if it has a wrong shape or a name that is taken.
 */
export function createRegistry(definitions: Iterable<Registrable>): Registry {
  const tools = new Map<string, AnyTool>();
  const conditions = new Map<string, Condition>();
  for (const definition of definitions) {
    const wrong = whyNotRegistrable(definition);
    if (wrong !== undefined) throw new Error(wrong);
    if (isTool(definition)) addOnce(tools, definition, 'tool');
    else addOnce(conditions, definition, 'condition');
  }
  return { tools, conditions };
}

/** True for a tool, false for a condition. */
export function isTool(definition: Registrable): definition is AnyTool {
  return 'run' in definition && typeof definition.run === 'function';
}

/** Says what is wrong with the shape of a definition; undefined if nothing is. */
export function whyNotRegistrable(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return 'is not an object with a name and a run or choose function';
  const { name, description, run, choose, params, outcomes, errors } = value as Record<string, unknown>;
  if (typeof name !== 'string') return 'has no name (a string)';
  if (!NAME.test(name))
    return `has the name ${JSON.stringify(name)}; use letters, digits, "_", "." and "-", at most 200`;
  if (description !== undefined && typeof description !== 'string')
    return `"${name}" has a description that is not a string`;
  if ((typeof run === 'function') === (typeof choose === 'function')) {
    return `"${name}" needs either a run function (a tool) or a choose function (a condition)`;
  }
  if (params !== undefined && !hasSafeParse(params)) return `"${name}" has params that are not a zod schema`;
  const whyNot = whyNotOutcomes(outcomes, typeof run === 'function');
  if (whyNot !== undefined) return `"${name}" has outcomes that are not ${whyNot}`;
  return whyNotErrors(name, errors);
}

/** A tool returns patches, a condition names. */
function whyNotOutcomes(outcomes: unknown, isOfTool: boolean): string | undefined {
  if (outcomes === undefined) return undefined;
  if (!isOfTool) return isListOfNames(outcomes) ? undefined : 'a list of strings';
  return Array.isArray(outcomes) && outcomes.every(isPlainObject) ? undefined : 'a list of objects';
}

function whyNotErrors(name: string, errors: unknown): string | undefined {
  if (errors === undefined) return undefined;
  const isList = Array.isArray(errors) && errors.every((code) => typeof code === 'string');
  if (!isList) return `"${name}" has errors that are not a list of strings`;
  for (const code of errors) {
    const reason = WAIT_ERRORS.includes(code) ? undefined : whyNotErrorCode(code);
    if (reason !== undefined) return `"${name}" has ${JSON.stringify(code)} among its errors. ${reason}`;
  }
  return undefined;
}

function hasSafeParse(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'safeParse' in value && typeof value.safeParse === 'function';
}

function isListOfNames(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === 'string' && item !== '');
}

function addOnce<T extends { name: string }>(map: Map<string, T>, definition: T, kind: string): void {
  if (map.has(definition.name)) throw new Error(`the ${kind} "${definition.name}" is defined twice`);
  map.set(definition.name, definition);
}
