import type { CompiledGraph, CompiledNode } from './compile-graph.js';
import { messageOf, type RunErrorCode } from './errors.js';
import type { Decision, RunError, RunEvent } from './events.js';
import { END } from './graph.js';
import { copyJson, isPlainObject, type JsonObject, jsonBytes, NotJsonError } from './json.js';
import { watchReads } from './reads.js';
import { type Cursor, isFinished, type RunState } from './run.js';

/** Largest patch, and largest `data`, as JSON text. */
export const MAX_PATCH_BYTES = 1_048_576;
export const MAX_DATA_BYTES = 16_777_216;
/** Most of an outcome that is kept where it names no node; names are no longer than this. */
const MAX_OUTCOME_LENGTH = 200;
/** Crashes in a row at one step after which a run is given up. */
export const MAX_RECOVERIES = 10;

/** What the interpreter wants done next. */
export type Command =
  | { readonly type: 'append'; readonly events: readonly RunEvent[] }
  | { readonly type: 'call'; readonly node: CompiledNode; readonly cursor: Cursor }
  | { readonly type: 'stop' };

/** What became of a call. */
export type Outcome =
  | { readonly kind: 'returned'; readonly value: unknown; readonly logs: readonly string[] }
  | { readonly kind: 'threw'; readonly code: RunErrorCode; readonly message: string; readonly logs: readonly string[] };

/** Says what comes next for a run. Pure: `now` is milliseconds since 1970. */
export function decide(graph: CompiledGraph, state: RunState, now: number): Command {
  if (isFinished(state.status)) return { type: 'stop' };
  const ending = endingOf(state, now);
  if (ending !== undefined) return { type: 'append', events: [ending] };
  if (state.cursor === null) return { type: 'append', events: [{ type: 'run.started', next: graph.entryPoint }] };
  const node = graph.nodes.get(state.cursor.node);
  if (node !== undefined) return { type: 'call', node, cursor: state.cursor };
  return { type: 'append', events: [failed(state, 'tool_missing', `The graph has no node "${state.cursor.node}".`)] };
}

/** Turns what became of the call under way into the events to append. Conditions are run here. */
export function settle(graph: CompiledGraph, state: RunState, outcome: Outcome, now: number): RunEvent[] {
  const { cursor } = state;
  const node = cursor === null ? undefined : graph.nodes.get(cursor.node);
  if (cursor === null || node === undefined) return [];
  if (outcome.kind === 'threw') return failedStep(state, cursor, outcome, now);
  const patch = acceptPatch(state, outcome.value);
  if ('code' in patch) return failedStep(state, cursor, { ...patch, kind: 'threw', logs: outcome.logs }, now);
  return completedStep(state, cursor, node, patch.patch, outcome.logs, now);
}

/** The event that ends a run before its next call, if there is a reason to. */
function endingOf(state: RunState, now: number): RunEvent | undefined {
  if (state.cancelRequested) return { type: 'run.cancelled', logs: [] };
  if (state.recoveries >= MAX_RECOVERIES) {
    const message = `Given up after ${MAX_RECOVERIES} crashes of the server at this step.`;
    return failed(state, 'recovery_exhausted', message);
  }
  if (state.deadlineAt !== null && now >= state.deadlineAt) {
    return failed(state, 'deadline_exceeded', `The run reached its deadline of ${state.deadlineSeconds} s.`);
  }
  if (state.cursor !== null && state.cursor.step > state.maxSteps) {
    return failed(state, 'max_steps_exceeded', `The run reached its limit of ${state.maxSteps} steps.`);
  }
  return undefined;
}

function failed(state: RunState, code: RunErrorCode, message: string): RunEvent {
  const { cursor } = state;
  return { type: 'run.failed', error: { code, message, node: cursor?.node ?? null, step: cursor?.step ?? null } };
}

function failedStep(
  state: RunState,
  { node, step, attempt }: Cursor,
  { code, message, logs }: Extract<Outcome, { kind: 'threw' }>,
  now: number,
): RunEvent[] {
  // A tool that lets go because it was told to has not failed.
  if (state.cancelRequested) return [{ type: 'run.cancelled', logs }];
  const error: RunError = { code, message, node, step };
  const stepFailed: RunEvent = { type: 'step.failed', step, node, attempt, logs, error };
  return [stepFailed, endingOf(state, now) ?? { type: 'run.failed', error }];
}

function completedStep(
  state: RunState,
  { node: name, step, attempt }: Cursor,
  node: CompiledNode,
  patch: JsonObject,
  logs: readonly string[],
  now: number,
): RunEvent[] {
  const completed = { type: 'step.completed', step, node: name, attempt, patch, logs, next: null } as const;
  const after = { input_data: state.inputData, data: { ...state.data, ...patch } };
  const choice = route(node, after);
  const event = { ...completed, decision: choice.decision };
  if (state.cancelRequested) return [event, { type: 'run.cancelled', logs: [] }];
  if (choice.error !== undefined) return [event, failed(state, choice.error.code, choice.error.message)];
  const target = choice.decision?.to_node;
  if (target === undefined || target === null) return [event, { type: 'run.completed', reason: 'no_edge' }];
  if (target === END) return [event, { type: 'run.completed', reason: 'end' }];
  const cursor = { node: target, step: step + 1, attempt: 1 };
  const ending = endingOf({ ...state, recoveries: 0, cursor }, now);
  return ending === undefined ? [{ ...event, next: target }] : [event, ending];
}

type Choice = {
  readonly decision: Decision | null;
  readonly error?: { readonly code: RunErrorCode; readonly message: string };
};

function route(node: CompiledNode, after: { input_data: RunState['inputData']; data: JsonObject }): Choice {
  const { route: way } = node;
  if (way.kind === 'none') return { decision: null };
  if (way.kind === 'edge') return { decision: { kind: 'edge', to_node: way.to } };
  const { view, reads } = watchReads(after);
  const undecided = (outcome: string | null, code: RunErrorCode, message: string): Choice => ({
    decision: { kind: 'condition', condition: way.name, outcome, to_node: null, read: reads() },
    error: { code, message },
  });
  if (way.condition === undefined) {
    return undecided(null, 'tool_missing', `The condition "${way.name}" is not registered.`);
  }
  try {
    const outcome: unknown = way.condition.choose(view);
    if (typeof outcome !== 'string') {
      return undecided(null, 'condition_failed', `The condition "${way.name}" returned ${notAName(outcome)}.`);
    }
    const to = way.routes.get(outcome) ?? outcome;
    if (to === END || way.targets.has(to)) {
      return { decision: { kind: 'condition', condition: way.name, outcome, to_node: to, read: reads() } };
    }
    const shown = outcome.slice(0, MAX_OUTCOME_LENGTH);
    return undecided(shown, 'condition_failed', `The condition "${way.name}" returned "${shown}", which is no node.`);
  } catch (thrown) {
    return undecided(null, 'condition_failed', `The condition "${way.name}" threw: ${messageOf(thrown)}`);
  }
}

function notAName(outcome: unknown): string {
  if (!(outcome instanceof Promise)) return `${articled(outcome)}, not the name of a node`;
  // Nobody waits for it, and a rejection that nobody handles would be reported as a crash.
  outcome.catch(() => undefined);
  return 'a promise, but conditions are synchronous: let a tool do the waiting';
}

function articled(value: unknown): string {
  if (value === undefined || value === null) return String(value);
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

type Accepted = { readonly patch: JsonObject } | { readonly code: RunErrorCode; readonly message: string };

function acceptPatch(state: RunState, value: unknown): Accepted {
  if (value === undefined || value === null) return { patch: {} };
  const refuse = (message: string): Accepted => ({ code: 'invalid_patch', message: `The tool returned ${message}.` });
  if (!isPlainObject(value)) return refuse(`${articled(value)}, not a plain object`);
  try {
    const patch = copyJson(value) as JsonObject;
    const bytes = jsonBytes(patch);
    if (bytes > MAX_PATCH_BYTES) return refuse(`a patch of ${bytes} bytes; ${MAX_PATCH_BYTES} are allowed`);
    return fits(state, patch, bytes) ? { patch } : tooMuchData();
  } catch (thrown) {
    return refuse(
      thrown instanceof NotJsonError
        ? `a patch that is not JSON: ${thrown.message}`
        : `a patch that threw: ${messageOf(thrown)}`,
    );
  }
}

function tooMuchData(): Accepted {
  return { code: 'data_too_large', message: `The patch would make data larger than ${MAX_DATA_BYTES} bytes.` };
}

/** Measures `data` only when what was written since the last snapshot could have filled it. */
function fits(state: RunState, patch: JsonObject, patchBytes: number): boolean {
  const bound = state.snapshotBytes + state.journalBytes + patchBytes;
  return bound <= MAX_DATA_BYTES || jsonBytes({ ...state.data, ...patch }) <= MAX_DATA_BYTES;
}
