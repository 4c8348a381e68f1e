import type { CompiledGraph, CompiledNode } from '../graph/compile.js';
import { wakeAt } from './due.js';
import type { RunEvent } from './events.js';
import { findLimit, findSpent, standingAt, stopAtLimit } from './limits.js';
import { acceptPatch, asFinal } from './patch.js';
import { needsSlot } from './slots.js';
import {
  type Children,
  type Cursor,
  cursorOf,
  type PausePoint,
  type PhaseOf,
  type RunState,
  type Waiting,
} from './state.js';
import { completeStep, type Failure, failStep } from './step.js';
import { type Circumstances, failRun, findEnding, isGivenUp, type Visit, visitOf } from './visit.js';
import { endOfTime, type OpenWaitKind } from './waits.js';

/*
 * What each phase of a run leads to. `evolve` folds the events into the next phase (its diagram is the other half).
 *
 *   submitted, starting -- run.started, unless there is no slot for it
 *   queued              -- slot.taken, unless there is none
 *   calling             -- call the tool, then `settle` gives: step.completed | step.failed | wait.started
 *   answered            -- step.completed, or step.failed if the answer cannot be stored
 *   resolved            -- step.completed, or step.failed if the result cannot be stored
 *   routing             -- step.completed: the way is chosen again
 *   waiting             -- nothing before its time, then: wait.ended, with step.completed or step.failed
 *   paused              -- nothing, until somebody says so
 *   limited             -- nothing, until its limit is lifted; wait.ended if that was done at a run above
 *   joining             -- look after the children, then `settleChildren` gives: branches.joined | wait.ended, ...
 *   completed, failed, cancelled -- stop
 *
 * A run that somebody pauses does none of it but look after its children: run.paused, unless it waits already.
 *
 * Before any of it, except for children, a cancel, too many crashes and the deadline end the run: run.cancelled | run.failed.
 * Before a call the other limits do, or the run asks: run.failed | limit.reached.
 */

/** What is to be done next for a run. */
export type Command =
  /** Facts that follow from the state alone. */
  | { readonly type: 'append'; readonly events: readonly RunEvent[] }
  | { readonly type: 'call'; readonly node: CompiledNode; readonly cursor: Cursor }
  /** Nothing to do before `until` (milliseconds since 1970), or before somebody answers. */
  | { readonly type: 'wait'; readonly until: number | null }
  /** Look after the child runs, or cancel them; when all have ended, `settleChildren`. */
  | { readonly type: 'children'; readonly children: Children; readonly cancel: boolean }
  | { readonly type: 'stop' };

/** Says what comes next for a run. Pure. */
export function decide(graph: CompiledGraph, state: RunState, at: Circumstances): Command {
  const { phase } = state;
  switch (phase.kind) {
    case 'completed':
    case 'failed':
    case 'cancelled':
      return { type: 'stop' };
    // Children end before their parent does, whatever ends it.
    case 'joining':
      return decideForChildren(state, phase.children);
    case 'submitted':
    case 'queued':
    case 'starting':
    case 'calling':
    case 'answered':
    case 'resolved':
    case 'routing':
    case 'waiting':
    case 'paused':
    case 'limited': {
      const ending = findEnding(state, cursorOf(state), at.now);
      return ending === undefined ? decideNext(graph, state, phase, at) : { type: 'append', events: [ending] };
    }
  }
}

/** What comes next for a run that has children: they are looked after, or cancelled because their parent ends. */
export function decideForChildren(state: RunState, children: Children): Extract<Command, { type: 'children' }> {
  return { type: 'children', children, cancel: state.cancelRequested || isGivenUp(state) };
}

function decideNext(
  graph: CompiledGraph,
  state: RunState,
  phase: PausePoint | PhaseOf<'waiting' | 'paused' | 'limited'>,
  at: Circumstances,
): Command {
  if (phase.kind === 'paused' || (phase.kind === 'waiting' && isWaitOpen(state, phase.wait, at.now))) {
    return { type: 'wait', until: wakeAt(state) };
  }
  if (phase.kind === 'limited') return decideAtLimit(state, phase, at);
  if (phase.kind !== 'waiting' && state.paused) {
    return { type: 'append', events: [{ type: 'run.paused', node: nextNodeOf(graph, state) }] };
  }
  if (at.hasSlot === false && needsSlot(state)) return { type: 'wait', until: wakeAt(state) };
  if (phase.kind === 'queued') return { type: 'append', events: [{ type: 'slot.taken' }] };
  const stop = findStop(state, at);
  if (stop !== undefined) return { type: 'append', events: [stop] };
  if (phase.kind === 'submitted' || phase.kind === 'starting') {
    return { type: 'append', events: [startRun(phase.cursor, nextNodeOf(graph, state))] };
  }
  const { cursor } = phase;
  const visit = visitOf(graph, state, at);
  if (visit === undefined) {
    return { type: 'append', events: [failRun(cursor, 'tool_missing', `The graph has no node "${cursor.node}".`)] };
  }
  switch (phase.kind) {
    case 'waiting':
      return { type: 'append', events: endWait(visit, phase.wait) };
    case 'calling':
      return { type: 'call', node: visit.node, cursor };
    case 'answered':
      return { type: 'append', events: completeStep(visit, acceptPatch(state, { [phase.key]: phase.value }), []) };
    case 'resolved':
      return { type: 'append', events: completeStep(visit, asFinal(acceptPatch(state, phase.patch)), []) };
    case 'routing':
      return { type: 'append', events: completeStep(visit, { patch: {} }, []) };
  }
}

/** What a limit comes to that a run is at before a call. One that has not begun asks nobody yet, but can fail. */
function findStop(state: RunState, { family }: Circumstances): RunEvent | undefined {
  const { kind } = state.phase;
  if (kind !== 'calling' && kind !== 'submitted' && kind !== 'starting') return undefined;
  const standing = standingAt(state);
  const reached = standing && findLimit(state, standing, family);
  if (standing === undefined || reached === undefined) return undefined;
  return reached.isAsked && kind !== 'calling' ? undefined : stopAtLimit(reached, standing);
}

/** A run goes on by itself once the limit of a run above, which it waits for, was lifted. */
function decideAtLimit(state: RunState, { wait }: PhaseOf<'limited'>, { family }: Circumstances): Command {
  const isLifted = wait.limitOf !== undefined && family !== undefined && findSpent(state, family) === undefined;
  if (!isLifted) return { type: 'wait', until: wakeAt(state) };
  return { type: 'append', events: [{ type: 'wait.ended', wait_id: wait.id, outcome: 'lifted' }] };
}

/** False if the time of a wait is over. That of a paused run is looked at when it is unpaused. */
function isWaitOpen({ paused }: RunState, { until }: Waiting, now: number): boolean {
  return paused || until === null || now < until;
}

/** The node that a run is at; of one that has not begun, the one that it begins at. */
function nextNodeOf(graph: CompiledGraph, state: RunState): string {
  return cursorOf(state)?.node ?? state.entryNode ?? graph.entryPoint;
}

/** A fork begins with a visit of its own, every other run at its entry. */
function startRun(cursor: Cursor | null, entry: string): RunEvent {
  return cursor === null
    ? { type: 'run.started', next: entry }
    : { type: 'run.started', next: cursor.node, step: cursor.step };
}

/** A timer that is over, an answer or a signal that did not come, or a next try that is due. */
function endWait(visit: Visit, { id, kind, signal }: Waiting<OpenWaitKind>): RunEvent[] {
  const { outcome, atTime } = endOfTime(kind);
  const ended: RunEvent = { type: 'wait.ended', wait_id: id, outcome };
  switch (atTime) {
    case 'complete':
      return [ended, ...completeStep(visit, { patch: {} }, [])];
    case 'fail':
      return [ended, ...failStep(visit, describeExpiry(signal))];
    case 'call':
      return [ended];
  }
}

function describeExpiry(signal: string | undefined): Failure {
  const message = signal === undefined ? 'Nobody answered in time.' : `The signal "${signal}" did not come in time.`;
  return { code: 'wait_expired', message, logs: [] };
}
