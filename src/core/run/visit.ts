import type { RunErrorCode } from '../base/errors.js';
import type { CompiledGraph, CompiledNode } from '../graph/compile.js';
import { END } from '../graph/definition.js';
import type { EventOf, RunEvent } from './events.js';
import { type FamilyUsage, findLimit, standingBefore, stopAtLimit } from './limits.js';
import { type Cursor, cursorOf, type RunState } from './state.js';

/** Crashes in a row at one step after which a run is given up. */
export const MAX_RECOVERIES = 10;

/**
 * What the core has no way of its own to: time (milliseconds since 1970), chance (from 0 up to 1), and what other runs have
 * used.
 */
export interface Circumstances {
  readonly now: number;
  readonly random: number;
  /** For a run that has a limit of tokens or of cost, or takes from one of a run above. */
  readonly family?: FamilyUsage | undefined;
  /** False for a run that needs a slot of its graph's concurrency, and has none. */
  readonly hasSlot?: boolean;
}

/** The visit under way, with all that decides what comes of it. */
export interface Visit extends Circumstances {
  readonly graph: CompiledGraph;
  readonly state: RunState;
  readonly node: CompiledNode;
  readonly cursor: Cursor;
}

/** The visit that a run is at; `undefined` for a run that has not begun, and for a node that its graph does not have. */
export function visitOf(graph: CompiledGraph, state: RunState, at: Circumstances): Visit | undefined {
  const cursor = cursorOf(state);
  const node = cursor === null ? undefined : graph.nodes.get(cursor.node);
  return cursor === null || node === undefined ? undefined : { graph, state, node, cursor, ...at };
}

/** Which visit and which attempt an event is about. */
export function placeOf({ cursor: { step, node, attempt } }: Visit): { step: number; node: string; attempt: number } {
  return { step, node, attempt };
}

/** Why a run ends before its next call, whatever its other limits say. */
export function findEnding(
  state: Pick<RunState, 'cancelRequested' | 'recoveries' | 'deadlineAt' | 'deadlineSeconds'>,
  cursor: Cursor | null,
  now: number,
): RunEvent | undefined {
  if (state.cancelRequested) return { type: 'run.cancelled', logs: [] };
  if (isGivenUp(state)) return giveUp(cursor);
  if (state.deadlineAt !== null && now >= state.deadlineAt) {
    const limit = state.deadlineSeconds === null ? '' : ` of ${state.deadlineSeconds} s`;
    return failRun(cursor, 'deadline_exceeded', `The run reached its deadline${limit}.`);
  }
  return undefined;
}

/** True for a run that was under way at too many crashes. */
export function isGivenUp({ recoveries }: Pick<RunState, 'recoveries'>): boolean {
  return recoveries >= MAX_RECOVERIES;
}

/** The end of a run that is given up. */
export function giveUp(cursor: Cursor | null): RunEvent {
  const message = `Given up after ${MAX_RECOVERIES} crashes of the server at this step.`;
  return failRun(cursor, 'recovery_exhausted', message);
}

/** The end of a run that fails at a visit. */
export function failRun(cursor: Cursor | null, code: RunErrorCode, message: string): RunEvent {
  return { type: 'run.failed', error: { code, message, node: cursor?.node ?? null, step: cursor?.step ?? null } };
}

/** Goes on to a node after the event that ended a visit, or ends the run. */
export function goOn(
  { state, cursor, now, family }: Visit,
  event: EventOf<'step.completed' | 'step.failed' | 'branches.joined'>,
  target: string,
): RunEvent[] {
  if (target === state.joinNode) return [event, { type: 'run.completed', reason: 'join' }];
  if (target === END) return [event, { type: 'run.completed', reason: 'end' }];
  const next = { node: target, step: cursor.step + 1, attempt: 1, tries: 1 };
  const ending = findEnding({ ...state, recoveries: 0 }, next, now);
  if (ending !== undefined) return [event, ending];
  const standing = standingBefore(state, target, next.step, event.patch ?? {});
  const reached = findLimit(state, standing, family);
  if (reached === undefined) return [{ ...event, next: target }];
  // A run that asks is in its log where it waits; one that fails never came there.
  return [reached.isAsked ? { ...event, next: target } : event, stopAtLimit(reached, standing)];
}
