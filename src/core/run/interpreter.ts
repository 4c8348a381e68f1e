import type { RunErrorCode } from '../base/errors.js';
import type { Json, JsonObject } from '../base/json.js';
import type { Usage } from '../base/usage.js';
import { type BranchRoute, type CompiledGraph, type CompiledNode, isBranchRoute } from '../graph/compile.js';
import { END } from '../graph/definition.js';
import type { EventOf, RunError, RunEvent, WaitStart } from './events.js';
import { type ChildResult, mergeBranches } from './join.js';
import { type Accepted, acceptPatch } from './patch.js';
import { retryDelayMs } from './retry.js';
import { choose, scopeOf } from './routing.js';
import {
  type Children,
  type Cursor,
  cursorOf,
  type PhaseOf,
  type RunState,
  type Waiting,
  waitIdOf,
  wakeAt,
} from './state.js';
import { endOfTime, type OpenWaitKind } from './waits.js';

/** Crashes in a row at one step after which a run is given up. */
export const MAX_RECOVERIES = 10;
/** How many parents a run can have above it. */
export const MAX_DEPTH = 8;

/** What the interpreter wants done next. */
export type Command =
  /** Facts that follow from the state alone. */
  | { readonly type: 'append'; readonly events: readonly RunEvent[] }
  | { readonly type: 'call'; readonly node: CompiledNode; readonly cursor: Cursor }
  /** Nothing to do before `until` (milliseconds since 1970), or before somebody answers. */
  | { readonly type: 'wait'; readonly until: number | null }
  /** Look after the child runs, or cancel them; when all have ended, `settleChildren`. */
  | { readonly type: 'children'; readonly children: Children; readonly cancel: boolean }
  | { readonly type: 'stop' };

/** What became of a call. */
export type Outcome = (
  | { readonly kind: 'returned'; readonly value: unknown; readonly logs: readonly string[] }
  | { readonly kind: 'waits'; readonly wait: WaitStart; readonly logs: readonly string[] }
  | (Failure & { readonly kind: 'threw' })
) & { readonly usage?: Usage };

interface Failure {
  readonly code: RunErrorCode;
  readonly message: string;
  readonly logs: readonly string[];
  /** Trying again cannot help. */
  readonly fatal?: boolean;
  /** The delay that the tool asked for. */
  readonly retryAfterSeconds?: number;
}

/** Time and chance, which the interpreter has no way of its own to: milliseconds since 1970, and from 0 up to 1. */
export interface Circumstances {
  readonly now: number;
  readonly random: number;
}

/** The visit under way, with all that decides what comes of it. */
interface Visit extends Circumstances {
  readonly graph: CompiledGraph;
  readonly state: RunState;
  readonly node: CompiledNode;
  readonly cursor: Cursor;
}

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
      return { type: 'children', children: phase.children, cancel: state.cancelRequested };
    case 'submitted':
    case 'starting':
    case 'calling':
    case 'answered':
    case 'routing':
    case 'waiting': {
      const ending = endingOf(state, phase.cursor, at.now);
      return ending === undefined ? goOnWith(graph, state, phase, at) : { type: 'append', events: [ending] };
    }
  }
}

function goOnWith(
  graph: CompiledGraph,
  state: RunState,
  phase: PhaseOf<'submitted' | 'starting' | 'calling' | 'answered' | 'routing' | 'waiting'>,
  at: Circumstances,
): Command {
  if (phase.kind === 'submitted' || phase.kind === 'starting') {
    return { type: 'append', events: [started(phase.cursor, state.entryNode ?? graph.entryPoint)] };
  }
  const { cursor } = phase;
  const isWaiting = phase.kind === 'waiting' && (phase.wait.until === null || at.now < phase.wait.until);
  if (isWaiting) return { type: 'wait', until: wakeAt(state) };
  const visit = visitOf(graph, state, at);
  if (visit === undefined) {
    return { type: 'append', events: [failed(cursor, 'tool_missing', `The graph has no node "${cursor.node}".`)] };
  }
  switch (phase.kind) {
    case 'waiting':
      return { type: 'append', events: waitOver(visit, phase.wait) };
    case 'calling':
      return { type: 'call', node: visit.node, cursor };
    case 'answered':
      return { type: 'append', events: finished(visit, acceptPatch(state, { [phase.key]: phase.value }), []) };
    case 'routing':
      return { type: 'append', events: finished(visit, { patch: {} }, []) };
  }
}

/** A fork begins with a visit of its own, every other run at its entry. */
function started(cursor: Cursor | null, entry: string): RunEvent {
  return cursor === null
    ? { type: 'run.started', next: entry }
    : { type: 'run.started', next: cursor.node, step: cursor.step };
}

/** Turns what became of the call under way into the events to append. Conditions are called here. */
export function settle(graph: CompiledGraph, state: RunState, outcome: Outcome, at: Circumstances): RunEvent[] {
  const visit = visitOf(graph, state, at);
  if (visit === undefined) return [];
  const events = settled(visit, outcome);
  const { usage } = outcome;
  if (usage === undefined) return events;
  // Whatever became of the call, its tokens are used; the first event is the one of the call.
  return events.map((event, index) => (index === 0 ? ({ ...event, usage } as RunEvent) : event));
}

function settled(visit: Visit, outcome: Outcome): RunEvent[] {
  const { state } = visit;
  if (outcome.kind === 'threw') return failedStep(visit, outcome);
  if (outcome.kind === 'returned') return finished(visit, acceptPatch(state, outcome.value), outcome.logs);
  const { wait, logs } = outcome;
  if (state.cancelRequested) return [{ type: 'run.cancelled', logs }];
  return [{ type: 'wait.started', ...placeOf(visit), logs, wait }];
}

/** Turns what became of the child runs, all of which have ended, into the events to append. */
export function settleChildren(
  graph: CompiledGraph,
  state: RunState,
  results: readonly ChildResult[],
  at: Circumstances,
): RunEvent[] {
  const visit = visitOf(graph, state, at);
  const { phase } = state;
  if (visit === undefined || phase.kind !== 'joining') return [];
  const { children } = phase;
  if (state.cancelRequested) return [{ type: 'run.cancelled', logs: [] }];
  const inOrder = [...results].sort((a, b) => a.index - b.index);
  if (children.graph !== null) return returned(visit, children.seq, children.graph, inOrder);
  const { route } = visit.node;
  return isBranchRoute(route) ? join(visit, route, children, inOrder) : [];
}

/** Why a run ends before its next call, if there is a reason to. */
function endingOf(
  state: Pick<RunState, 'cancelRequested' | 'recoveries' | 'deadlineAt' | 'deadlineSeconds' | 'maxSteps'>,
  cursor: Cursor | null,
  now: number,
): RunEvent | undefined {
  if (state.cancelRequested) return { type: 'run.cancelled', logs: [] };
  if (state.recoveries >= MAX_RECOVERIES) {
    const message = `Given up after ${MAX_RECOVERIES} crashes of the server at this step.`;
    return failed(cursor, 'recovery_exhausted', message);
  }
  if (state.deadlineAt !== null && now >= state.deadlineAt) {
    const limit = state.deadlineSeconds === null ? '' : ` of ${state.deadlineSeconds} s`;
    return failed(cursor, 'deadline_exceeded', `The run reached its deadline${limit}.`);
  }
  if (cursor !== null && cursor.step > state.maxSteps) {
    return failed(cursor, 'max_steps_exceeded', `The run reached its limit of ${state.maxSteps} steps.`);
  }
  return undefined;
}

function failed(cursor: Cursor | null, code: RunErrorCode, message: string): RunEvent {
  return { type: 'run.failed', error: { code, message, node: cursor?.node ?? null, step: cursor?.step ?? null } };
}

function visitOf(graph: CompiledGraph, state: RunState, at: Circumstances): Visit | undefined {
  const cursor = cursorOf(state);
  const node = cursor === null ? undefined : graph.nodes.get(cursor.node);
  return cursor === null || node === undefined ? undefined : { graph, state, node, cursor, ...at };
}

function placeOf({ cursor: { step, node, attempt } }: Visit): { step: number; node: string; attempt: number } {
  return { step, node, attempt };
}

function waitEnded(wait_id: string, outcome: EventOf<'wait.ended'>['outcome']): RunEvent {
  return { type: 'wait.ended', wait_id, outcome };
}

const NOBODY_ANSWERED: Failure = { code: 'wait_expired', message: 'Nobody answered in time.', logs: [], fatal: true };

/** A timer that is over, an answer that did not come, or a next try that is due. */
function waitOver(visit: Visit, { id, kind }: Waiting<OpenWaitKind>): RunEvent[] {
  const { outcome, atTime } = endOfTime(kind);
  const ended = waitEnded(id, outcome);
  switch (atTime) {
    case 'complete':
      return [ended, ...finished(visit, { patch: {} }, [])];
    case 'fail':
      return [ended, ...failedStep(visit, NOBODY_ANSWERED)];
    case 'call':
      return [ended];
  }
}

/** Tries again if the policy has tries left, else takes the way for errors, else fails the run. */
function failedStep(visit: Visit, { code, message, logs, fatal, retryAfterSeconds }: Failure): RunEvent[] {
  const { state, node, cursor, now, random } = visit;
  // A tool that lets go because it was told to has not failed.
  if (state.cancelRequested) return [{ type: 'run.cancelled', logs }];
  const error: RunError = { code, message, node: cursor.node, step: cursor.step };
  const stepFailed = { type: 'step.failed', ...placeOf(visit), logs, error } as const;
  const ending = endingOf(state, cursor, now);
  if (ending !== undefined) return [stepFailed, ending];
  if (node.retry !== undefined && fatal !== true && cursor.tries < node.retry.max_attempts) {
    const delay = retryDelayMs(node.retry, cursor.tries, random, retryAfterSeconds);
    return [delay > 0 ? { ...stepFailed, retry_at: now + delay } : stepFailed];
  }
  const to = node.onError;
  if (to === undefined) return [stepFailed, { type: 'run.failed', error }];
  const patch = { error: { node: cursor.node, code, message } };
  return goOn(visit, { ...stepFailed, patch, decision: { kind: 'error', to_node: to }, next: null }, to);
}

/** A visit whose tool is done: takes the patch in, and chooses the way on. */
function finished(visit: Visit, accepted: Accepted, logs: readonly string[]): RunEvent[] {
  const { state, node, cursor, now } = visit;
  if (accepted.code !== undefined) return failedStep(visit, { ...accepted, logs });
  const { patch } = accepted;
  const { decision, items, error } = choose(node, scopeOf(state, { ...state.data, ...patch }));
  const event = { type: 'step.completed', ...placeOf(visit), patch, logs, decision, next: null } as const;
  if (state.cancelRequested) return [event, { type: 'run.cancelled', logs: [] }];
  if (error !== undefined) return [event, failed(cursor, error.code, error.message)];
  if (isBranchRoute(node.route)) {
    const ending = endingOf(state, cursor, now) ?? tooDeep(visit);
    return [event, ...(ending === undefined ? branch(visit, node.route, items) : [ending])];
  }
  if (decision === null || decision.to_node === null) return [event, { type: 'run.completed', reason: 'no_edge' }];
  return goOn(visit, event, decision.to_node);
}

/** Goes on to a node after the event that ended a visit, or ends the run. */
function goOn(
  { state, cursor, now }: Visit,
  event: EventOf<'step.completed' | 'step.failed' | 'branches.joined'>,
  target: string,
): RunEvent[] {
  if (target === state.joinNode) return [event, { type: 'run.completed', reason: 'join' }];
  if (target === END) return [event, { type: 'run.completed', reason: 'end' }];
  const next = { node: target, step: cursor.step + 1, attempt: 1, tries: 1 };
  const ending = endingOf({ ...state, recoveries: 0 }, next, now);
  return ending === undefined ? [{ ...event, next: target }] : [event, ending];
}

/** Starts branches; none at all join at once. */
function branch(visit: Visit, route: BranchRoute, items: readonly Json[] = []): RunEvent[] {
  const { step, node } = placeOf(visit);
  const isParallel = route.kind === 'parallel';
  const to_nodes = isParallel ? route.starts : [route.start];
  const count = isParallel ? to_nodes.length : items.length;
  const started: RunEvent = {
    type: 'branches.started',
    step,
    node,
    kind: route.kind,
    to_nodes,
    join_node: route.join,
    count,
  };
  return isParallel || count > 0 ? [started] : [started, ...joined(visit, 0, { [route.collectAs]: [] }, route.join)];
}

function tooDeep({ state, cursor }: Visit): RunEvent | undefined {
  if ((state.parent?.depth ?? 0) < MAX_DEPTH) return undefined;
  return failed(cursor, 'depth_exceeded', `Runs inside runs go ${MAX_DEPTH} levels deep at most.`);
}

/** Merges what branches set. One that failed, or a conflict, takes the edge's own way for errors, or fails the run. */
function join(visit: Visit, route: BranchRoute, children: Children, results: readonly ChildResult[]): RunEvent[] {
  const { state, now, cursor } = visit;
  const { count } = children;
  const accepted = mergeResults(visit, route, children, results);
  if (accepted.code === undefined) return joined(visit, count, accepted.patch, route.join);
  const { code, message } = accepted;
  const ending = endingOf(state, cursor, now);
  // The run keeps its children, so that a retry goes on in those that have not completed.
  if (ending !== undefined || route.onError === undefined) return [ending ?? failed(cursor, code, message)];
  const { node, step } = cursor;
  return joined(visit, count, { error: { node, code, message } }, route.onError, { code, message, node, step });
}

function joined(visit: Visit, count: number, patch: JsonObject, to: string, error?: RunError): RunEvent[] {
  const { step, node } = visit.cursor;
  const event = { type: 'branches.joined', step, node, count, patch, to_node: to, next: null } as const;
  return goOn(visit, error === undefined ? event : { ...event, error }, to);
}

function mergeResults(
  { state, graph }: Visit,
  route: BranchRoute,
  { toNodes }: Children,
  results: readonly ChildResult[],
): Accepted {
  // Those that were cancelled for the sake of one that failed explain nothing.
  const lost =
    results.find(({ status }) => status === 'FAILED') ?? results.find(({ status }) => status !== 'COMPLETED');
  if (lost !== undefined) {
    const start = toNodes[lost.index] ?? toNodes[0];
    return { code: 'branch_failed', message: `Branch ${lost.index} (${start}) ${endOf(lost)}` };
  }
  const patches = results.map(({ data }) => data);
  if (route.kind === 'for_each') return acceptPatch(state, { [route.collectAs]: patches }, Number.POSITIVE_INFINITY);
  const merged = mergeBranches(state.data, patches, graph.merge, toNodes);
  if (merged.conflict !== undefined) return { code: 'join_failed', message: merged.conflict };
  return acceptPatch(state, merged.patch, Number.POSITIVE_INFINITY);
}

/** A graph that ran as a step has ended: its data is the step's patch. */
function returned(
  visit: Visit,
  seq: number,
  { id, saveAs }: NonNullable<Children['graph']>,
  results: readonly ChildResult[],
): RunEvent[] {
  const ended = waitEnded(waitIdOf(seq), 'joined');
  const lost = results.find(({ status }) => status !== 'COMPLETED');
  if (lost === undefined) {
    const patch = { [saveAs]: results[0]?.data ?? null };
    return [ended, ...finished(visit, acceptPatch(visit.state, patch, Number.POSITIVE_INFINITY), [])];
  }
  const message = `Run ${lost.runId} of graph "${id}" ${endOf(lost)}`;
  const events = failedStep(visit, { code: 'child_failed', message, logs: [] });
  const isGivenUp = events.at(-1)?.type === 'run.failed' && events.every((event) => !('decision' in event));
  // A run that fails for it keeps the child, so that a retry goes on in it.
  return isGivenUp ? events.slice(-1) : [ended, ...events];
}

function endOf({ status, error }: ChildResult): string {
  if (error === null) return `was ${status.toLowerCase()}.`;
  return `failed: ${error.message}${/[.!?]$/.test(error.message) ? '' : '.'}`;
}
