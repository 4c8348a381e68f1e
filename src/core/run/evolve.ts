import { definedOnly } from '../base/defined-only.js';
import { freezeJson } from '../base/json.js';
import { addUsage } from '../base/usage.js';
import { END } from '../graph/definition.js';
import { actorsAfterEnd, forgetActors, noteActor } from './actor.js';
import { copyRun } from './copy-run.js';
import { deadlineFrom } from './deadline.js';
import type { Decision, EventOf, EventRecord } from './events.js';
import { countVisits, limitedAt, limitsAfter, openGuards } from './evolve-limits.js';
import { dropOldestSignal, keepSignal } from './inbox.js';
import { nextAttempt } from './retry.js';
import { calling, goOnAgain, retryPoint, takeResult } from './retry-point.js';
import { needsSlot } from './slots.js';
import {
  type Children,
  type Cursor,
  cursorOf,
  isPausePoint,
  type LivePhase,
  type Phase,
  type RunState,
  startWait,
} from './state.js';
import { patched } from './with-patch.js';

/*
 * The phases of a run (see `Phase` in state.ts), and the events that lead from one to the next. Any live phase can end.
 *
 *   submitted --run.started--> calling <------------------------------------------+
 *                                | step.failed: calling again, or waiting (retry) |
 *                                | step.completed: calling the next node, or      |
 *                                |   routing: the run, or its branches, comes next|
 *                                | wait.started: waiting, or joining (a graph)    |
 *   routing --branches.started--> joining --branches.joined, wait.ended-----------+
 *   joining --children.refused--> joining: no more children are made, and the run fails when all have ended
 *   waiting --wait.ended--> answered, or calling
 *   live --signal.received--> the same: only the inbox changes
 *   live --pause.requested--> the same, but nothing begins
 *   submitted, queued, starting, calling, answered, resolved, routing --run.paused--> paused --run.unpaused--> as before
 *   calling, routing --limit.reached--> limited --wait.ended--> as before
 *   live --limits.lifted--> the same: only the limits change
 *   answered, resolved --step.completed, step.failed--> as from calling
 *   live --run.completed, run.failed, run.cancelled--> completed, failed, cancelled
 *   failed, cancelled --run.retried--> the phase that it goes on with; starting if nothing had begun; resolved if the
 *     retry brings the result of the visit
 *   Of a graph that limits how many runs are under way, failed, cancelled --run.retried--> queued --slot.taken--> the same
 *   any but completed --run.migrated--> the same: only the version of the graph changes
 *   live --run.forked--> submitted
 */

/** Folds one event into the state. Pure; the state before is left as it was. */
export function evolve(state: RunState, record: EventRecord): RunState {
  const after = copyRun(state);
  after.drained = false;
  Object.assign(after, changesOf(state, record));
  if ('usage' in record.event) after.usage = addUsage(state.usage, record.event.usage);
  countVisits(state, after, record.event);
  after.seq = record.seq;
  after.logCount = record.logEnd;
  after.journalBytes = state.journalBytes + Buffer.byteLength(record.payload);
  return after;
}

function changesOf(state: RunState, { event, time, seq }: EventRecord): Partial<RunState> {
  switch (event.type) {
    case 'run.submitted':
      return submitted(state, event, time);
    case 'run.started':
      return started(state, event, time);
    case 'step.completed':
      return stepCompleted(state, event, time);
    case 'step.failed':
      return stepFailed(state, event, time, seq);
    case 'wait.started':
      return waitStarted(state, event, time, seq);
    case 'wait.ended':
      return waitEnded(state, event);
    case 'signal.received':
      // It says nothing of how far the run is, nor of who drives it.
      return { inbox: keepSignal(state.inbox, event), drained: state.drained };
    case 'branches.started':
      return branchesStarted(state, event, time, seq);
    case 'branches.joined':
      return {
        ...patched(state, event.patch),
        phase: goOn(state, hereOf(state, event), event, time),
        recoveries: 0,
      };
    case 'children.refused':
      return childrenRefused(state, event);
    case 'cancel.requested':
      return { cancelRequested: true, actors: noteActor(state.actors, 'cancelled', event), recoveries: 0 };
    case 'pause.requested':
      // As with a signal.
      return { paused: true, actors: noteActor(state.actors, 'paused', event), drained: state.drained };
    case 'run.paused':
      return { phase: pausedAt(state.phase, event, time, seq), recoveries: 0 };
    case 'run.unpaused':
      return unpaused(state, time);
    case 'limit.reached':
      return { phase: limitedAt(state.phase, event, time, seq), recoveries: 0 };
    case 'limits.lifted':
      // As with a signal.
      return { ...limitsAfter(state, event.limits), drained: state.drained };
    case 'run.recovered':
      return recovered(state, event);
    case 'run.drained':
      return { recoveries: 0, drained: true };
    case 'run.retried':
      return retried(state, event, seq, time);
    case 'slot.taken':
      return { phase: state.phase.kind === 'queued' ? state.phase.next : state.phase, recoveries: 0 };
    case 'run.migrated':
      return migrated(state, event, time);
    case 'run.forked':
      return forked(state, event, time);
    case 'run.completed':
      return { ...ended(state, event), phase: { kind: 'completed', cursor: cursorOf(state), finishedAt: time } };
    case 'run.failed':
      return {
        ...ended(state, event),
        phase: { kind: 'failed', at: retryPoint(state), finishedAt: time, error: event.error },
      };
    case 'run.cancelled':
      return { ...ended(state, event), phase: { kind: 'cancelled', at: retryPoint(state), finishedAt: time } };
  }
}

/** What ends with a run, in whichever way. */
function ended(state: RunState, event: EventOf<'run.completed' | 'run.failed' | 'run.cancelled'>): Partial<RunState> {
  return { cancelRequested: false, paused: false, recoveries: 0, actors: actorsAfterEnd(state, event) };
}

function submitted(state: RunState, event: EventOf<'run.submitted'>, time: number): Partial<RunState> {
  const seconds = event.limits.deadline_seconds;
  return {
    graphId: event.graph_id,
    graphVersion: event.graph_version,
    inputData: event.parent?.kind === 'branch' ? state.inputData : freezeJson(event.input_data),
    metadata: event.metadata,
    trace: event.trace ?? null,
    notify: event.notify ?? state.notify,
    parent: event.parent ?? null,
    startedBy: event.started_by ?? null,
    entryNode: event.entry_node ?? null,
    joinNode: event.join_node ?? null,
    maxSteps: event.limits.max_steps,
    ...openGuards(event),
    deadlineSeconds: seconds ?? null,
    deadlineAt: event.deadline_at ?? deadlineFrom(time, seconds),
    concurrency: event.concurrency === undefined ? null : { ...event.concurrency, since: time },
    submittedAt: time,
    actors: noteActor(state.actors, 'submitted', event),
  };
}

function started({ trace }: RunState, event: EventOf<'run.started'>, time: number): Partial<RunState> {
  const phase = calling(visit(event.next, event.step ?? 1, time), true);
  return { phase, startedAt: time, recoveries: 0, trace: event.trace ?? trace };
}

function stepCompleted(state: RunState, event: EventOf<'step.completed'>, time: number): Partial<RunState> {
  const { decision, step } = event;
  const here = hereOf(state, event);
  const isBranching = decision?.kind === 'parallel' || decision?.kind === 'for_each';
  const next = isBranching ? undefined : nextVisit(state, here, targetOf(decision), time);
  // A run that ends here and is retried chooses its way again, without calling the tool again.
  const phase: Phase = next === undefined ? { kind: 'routing', cursor: here } : calling(next, event.next !== null);
  return { ...patched(state, event.patch), stepCount: step, phase, recoveries: 0 };
}

function stepFailed(state: RunState, event: EventOf<'step.failed'>, time: number, seq: number): Partial<RunState> {
  const { node, step, retry_at: until, retry_policy: policy, decision } = event;
  const here = hereOf(state, event);
  if (decision !== undefined) {
    const phase = goOn(state, here, { to_node: targetOf(decision), next: event.next }, time);
    return { ...patched(state, event.patch ?? {}), stepCount: step, phase, recoveries: 0 };
  }
  const cursor = nextAttempt(here, policy);
  if (until === undefined) return { phase: calling(cursor, true), recoveries: 0 };
  return { phase: { kind: 'waiting', cursor, wait: startWait('retry', node, time, seq, { until }) }, recoveries: 0 };
}

function waitStarted(state: RunState, event: EventOf<'wait.started'>, time: number, seq: number): Partial<RunState> {
  const { wait, node } = event;
  const cursor = hereOf(state, event);
  const { until, message = null, schema = null, save_as: saveAs, kind } = wait;
  switch (kind) {
    case 'timer':
    case 'input':
    case 'signal': {
      const named = wait.signal === undefined ? {} : { signal: wait.signal };
      const open = startWait(kind, node, time, seq, { until, message, schema, saveAs, ...named });
      return { phase: { kind: 'waiting', cursor, wait: open }, recoveries: 0 };
    }
    case 'graph': {
      const { graph_id: id = '', graph_version: version = 0, input_data: input = null, limits, metadata } = wait;
      const graph = { id, version, input, ...definedOnly({ limits, metadata }), saveAs };
      const children: Children = { ...startChildren('graph', node, time, seq), count: 1, graph };
      return { phase: { kind: 'joining', cursor, children }, recoveries: 0 };
    }
  }
}

function waitEnded({ phase, inbox }: RunState, { outcome, answer = null }: EventOf<'wait.ended'>): Partial<RunState> {
  if (phase.kind === 'limited') return { phase: phase.at, recoveries: 0 };
  if (phase.kind !== 'waiting' && phase.kind !== 'joining') return { recoveries: 0 };
  const { cursor } = phase;
  const wait = phase.kind === 'waiting' ? phase.wait : undefined;
  const signal = outcome === 'signalled' || outcome === 'refused' ? wait?.signal : undefined;
  const left = signal === undefined ? {} : { inbox: dropOldestSignal(inbox, signal) };
  const key = outcome === 'answered' || outcome === 'signalled' ? (wait?.saveAs ?? null) : null;
  if (key === null) return { phase: calling(cursor, true), recoveries: 0, ...left };
  return { phase: { kind: 'answered', cursor, key, value: freezeJson(answer) }, recoveries: 0, ...left };
}

function branchesStarted(
  state: RunState,
  event: EventOf<'branches.started'>,
  time: number,
  seq: number,
): Partial<RunState> {
  const { kind, node, to_nodes: toNodes, join_node: joinNode, count } = event;
  const children = { ...startChildren(kind, node, time, seq), toNodes, joinNode, count };
  return { phase: { kind: 'joining', cursor: hereOf(state, event), children }, recoveries: 0 };
}

/** Counts a crash. A parent gets on when a child of it ends, which is in no journal of its own: then this is the first. */
function recovered(
  { phase, recoveries, drained }: RunState,
  { children_ended: ended }: EventOf<'run.recovered'>,
): Partial<RunState> {
  if (phase.kind !== 'joining' || ended === undefined) return { recoveries: recoveries + 1 };
  const { endedBefore = ended } = phase.children;
  const before = ended > endedBefore ? 0 : recoveries;
  const children = { ...phase.children, endedBefore: ended };
  return { phase: { ...phase, children }, recoveries: drained ? before : before + 1 };
}

function pausedAt(phase: Phase, { node }: EventOf<'run.paused'>, time: number, seq: number): Phase {
  return isPausePoint(phase) ? { kind: 'paused', at: phase, wait: startWait('paused', node, time, seq, {}) } : phase;
}

function unpaused({ phase, drained, actors, concurrency }: RunState, time: number): Partial<RunState> {
  const unpaused = { paused: false, actors: forgetActors(actors, 'paused') };
  if (phase.kind !== 'paused') return { ...unpaused, drained };
  const after = { phase: phase.at, ...unpaused };
  // One that has no slot has left the line, and comes to its end.
  return needsSlot({ phase: phase.at, concurrency }) ? { ...after, concurrency: since(concurrency, time) } : after;
}

function childrenRefused({ phase }: RunState, event: EventOf<'children.refused'>): Partial<RunState> {
  if (phase.kind !== 'joining') return {};
  const { code, message } = event;
  return { phase: { ...phase, children: { ...phase.children, refused: { code, message } } } };
}

function retried(state: RunState, event: EventOf<'run.retried'>, seq: number, time: number): Partial<RunState> {
  const { limits, deadline_at: deadlineAt = null, parent_seq: retriedBy = null, data, result } = event;
  const at = goOnAgain(retryPoint(state), seq);
  const next = result === undefined ? at : takeResult(at, result);
  return {
    ...(data !== undefined && patched(state, data)),
    phase: state.concurrency === null ? next : { kind: 'queued', cursor: next.cursor, next },
    concurrency: since(state.concurrency, time),
    recoveries: 0,
    ...limitsAfter(state, limits),
    ...definedOnly({ budgetsOf: event.budgets_of }),
    deadlineSeconds: limits?.deadline_seconds ?? state.deadlineSeconds,
    deadlineAt,
    retriedBy,
    actors: forgetActors(state.actors, 'cancelled'),
  };
}

/** A run that comes to the line, or comes to it again. */
function since(concurrency: RunState['concurrency'], time: number): RunState['concurrency'] {
  return concurrency === null ? null : { ...concurrency, since: time };
}

/** As with a signal: it says nothing of how far the run is, nor of who drives it. */
function migrated(
  { drained }: RunState,
  { from_version: version, to_version: graphVersion, by }: EventOf<'run.migrated'>,
  at: number,
): Partial<RunState> {
  return { graphVersion, migratedFrom: { version, at, ...definedOnly({ by }) }, drained };
}

function forked(state: RunState, event: EventOf<'run.forked'>, time: number): Partial<RunState> {
  return {
    ...patched(state, event.patch),
    phase: { kind: 'submitted', cursor: visit(event.node, event.step, time) },
    recoveries: 0,
    startedAt: null,
    forkedFrom: event.forked_from,
    stepCount: event.step - 1,
    concurrency: since(state.concurrency, time),
  };
}

/** Where a decision leads. A run that does not know its way, or has none, stays where it is. */
function targetOf(decision: Decision | null): string {
  return decision?.to_node ?? END;
}

/** The first attempt of a visit. */
function visit(node: string, step: number, beganAt: number): Cursor {
  return { node, step, attempt: 1, tries: 1, beganAt };
}

/** The visit that an event tells of. An event without an attempt is of the one under way. */
function hereOf(
  state: RunState,
  { node, step, attempt }: Pick<Cursor, 'node' | 'step'> & { attempt?: number },
): Cursor {
  const { attempt: latest = 1, tries = 1, failuresByPolicy, beganAt } = cursorOf(state) ?? {};
  const here = { node, step, attempt: attempt ?? latest, tries, ...(beganAt !== undefined && { beganAt }) };
  return failuresByPolicy === undefined ? here : { ...here, failuresByPolicy };
}

/** The visit that follows; none where the run, or the branch, ends. */
function nextVisit({ joinNode }: RunState, here: Cursor, target: string, time: number): Cursor | undefined {
  return target === END || target === joinNode ? undefined : visit(target, here.step + 1, time);
}

/** On to the visit that follows. A run that ends stays where it is. */
function goOn(
  state: RunState,
  here: Cursor,
  { to_node: target, next }: { readonly to_node: string; readonly next?: string | null | undefined },
  time: number,
): LivePhase {
  return calling(nextVisit(state, here, target, time) ?? here, next !== null);
}

function startChildren(kind: Children['kind'], node: string, since: number, seq: number): Children {
  return { seq, kind, node, since, count: 0, toNodes: [], joinNode: null, graph: null, retriedSeq: null };
}
