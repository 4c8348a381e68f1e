import { freezeJson, type JsonObject } from '../base/json.js';
import { addUsage } from '../base/usage.js';
import { END } from '../graph/definition.js';
import type { Decision, EventOf, EventRecord } from './events.js';
import { type Children, type Cursor, type RunState, type Waiting, waitIdOf } from './state.js';

/** Folds one event into the state. Pure; the state before is left as it was. */
export function evolve(state: RunState, record: EventRecord): RunState {
  const changes = changesOf(state, record);
  const usage = 'usage' in record.event ? addUsage(state.usage, record.event.usage) : state.usage;
  const journalBytes = state.journalBytes + Buffer.byteLength(record.payload);
  return { ...state, drained: false, ...changes, usage, seq: record.seq, logCount: record.logEnd, journalBytes };
}

function changesOf(state: RunState, { event, time, seq }: EventRecord): Partial<RunState> {
  switch (event.type) {
    case 'run.submitted':
      return submitted(state, event, time);
    case 'run.started': {
      const cursor = { node: event.next, step: event.step ?? 1, attempt: 1, tries: 1 };
      return { status: 'RUNNING', startedAt: time, recoveries: 0, cursor };
    }
    case 'step.completed':
      return stepCompleted(state, event);
    case 'step.failed':
      return stepFailed(state, event, time, seq);
    case 'wait.started':
      return waitStarted(event, time, seq);
    case 'wait.ended':
      return waitEnded(state, event);
    case 'branches.started':
      return branchesStarted(event, time, seq);
    case 'branches.joined':
      return { ...GOING_ON, ...patched(state, event.patch), cursor: cursorAfter(state, state.cursor, event.to_node) };
    case 'cancel.requested':
      return { cancelRequested: true, recoveries: 0 };
    case 'run.recovered':
      return { recoveries: state.recoveries + 1 };
    case 'run.drained':
      return { recoveries: 0, drained: true };
    case 'run.retried':
      return retried(state, event, seq);
    case 'run.forked':
      return forked(state, event);
    case 'run.completed':
      return { ...ENDED, status: 'COMPLETED', finishedAt: time, pending: null };
    case 'run.failed':
      return { ...ENDED, status: 'FAILED', finishedAt: time, error: event.error };
    case 'run.cancelled':
      return { ...ENDED, status: 'CANCELLED', finishedAt: time };
  }
}

const GOING_ON = { status: 'RUNNING', waiting: null, children: null, pending: null, recoveries: 0 } as const;

/** What was waited for is over; children stay known, so that a retry can join them. */
const ENDED = { cancelRequested: false, recoveries: 0, waiting: null } as const;

function submitted(state: RunState, event: EventOf<'run.submitted'>, time: number): Partial<RunState> {
  const seconds = event.limits.deadline_seconds;
  const own = seconds === undefined ? null : time + seconds * 1000;
  return {
    graphId: event.graph_id,
    graphVersion: event.graph_version,
    inputData: event.parent?.kind === 'branch' ? state.inputData : freezeJson(event.input_data),
    metadata: event.metadata,
    parent: event.parent ?? null,
    entryNode: event.entry_node ?? null,
    joinNode: event.join_node ?? null,
    maxSteps: event.limits.max_steps,
    deadlineSeconds: seconds ?? null,
    deadlineAt: event.deadline_at ?? own,
    submittedAt: time,
  };
}

function stepCompleted(state: RunState, event: EventOf<'step.completed'>): Partial<RunState> {
  const { decision, step } = event;
  const here = hereOf(state, event);
  const isBranching = decision?.kind === 'parallel' || decision?.kind === 'for_each';
  const cursor = isBranching ? here : cursorAfter(state, here, targetOf(decision));
  // A run that ends here and is retried chooses its way again, without calling the tool again.
  const pending = cursor === here ? ({ kind: 'route' } as const) : null;
  return { ...GOING_ON, ...patched(state, event.patch), stepCount: step, cursor, pending };
}

function stepFailed(state: RunState, event: EventOf<'step.failed'>, time: number, seq: number): Partial<RunState> {
  const { node, step, attempt, retry_at: until, decision } = event;
  const here = hereOf(state, event);
  if (decision !== undefined) {
    const cursor = cursorAfter(state, here, targetOf(decision));
    return { ...GOING_ON, ...patched(state, event.patch ?? {}), stepCount: step, cursor };
  }
  const cursor = { ...here, attempt: attempt + 1, tries: here.tries + 1 };
  if (until === undefined) return { ...GOING_ON, cursor };
  return { ...GOING_ON, cursor, status: 'WAITING', waiting: waitingFor('retry', node, time, seq, { until }) };
}

/** The visit that an event tells of. Snapshots of the first release did not count tries. */
function hereOf({ cursor }: RunState, { node, step, attempt }: Pick<Cursor, 'node' | 'step' | 'attempt'>): Cursor {
  return { node, step, attempt, tries: cursor?.tries ?? 1 };
}

function waitStarted(event: EventOf<'wait.started'>, time: number, seq: number): Partial<RunState> {
  const { wait, node } = event;
  const { until, message = null, schema = null, save_as: saveAs } = wait;
  const waiting = waitingFor(wait.kind, node, time, seq, { until, message, schema, saveAs });
  const graph = { id: wait.graph_id ?? '', version: wait.graph_version ?? 0, input: wait.input_data ?? null, saveAs };
  const child: Children = { ...childrenOf('graph', node, time, seq), count: 1, graph };
  return { status: 'WAITING', recoveries: 0, waiting, children: wait.kind === 'graph' ? child : null };
}

function waitEnded(state: RunState, { outcome, answer = null }: EventOf<'wait.ended'>): Partial<RunState> {
  const key = state.waiting?.saveAs ?? '';
  return { ...GOING_ON, pending: outcome === 'answered' ? { kind: 'answer', key, value: freezeJson(answer) } : null };
}

function branchesStarted(event: EventOf<'branches.started'>, time: number, seq: number): Partial<RunState> {
  const { kind, node, to_nodes: toNodes, join_node: joinNode, count } = event;
  return {
    status: 'WAITING',
    recoveries: 0,
    pending: null,
    waiting: waitingFor('branches', node, time, seq, {}),
    children: { ...childrenOf(kind, node, time, seq), toNodes, joinNode, count },
  };
}

function retried(state: RunState, event: EventOf<'run.retried'>, seq: number): Partial<RunState> {
  const { cursor, children } = state;
  const deadlineSeconds = event.limits?.deadline_seconds ?? state.deadlineSeconds;
  const going: Partial<RunState> = {
    status: 'RUNNING',
    error: null,
    finishedAt: null,
    recoveries: 0,
    maxSteps: event.limits?.max_steps ?? state.maxSteps,
    deadlineSeconds,
    deadlineAt: event.deadline_at ?? null,
    retriedBy: event.parent_seq ?? null,
    cursor: cursor === null ? null : { ...cursor, tries: 1 },
  };
  if (children === null) return going;
  const { node, since, graph } = children;
  const kind = children.kind === 'graph' ? 'graph' : 'branches';
  const waiting = waitingFor(kind, node, since, children.seq, { saveAs: graph?.saveAs ?? null });
  return { ...going, status: 'WAITING', waiting, children: { ...children, retriedSeq: seq } };
}

function forked(state: RunState, event: EventOf<'run.forked'>): Partial<RunState> {
  return {
    ...GOING_ON,
    ...patched(state, event.patch),
    status: 'SUBMITTED',
    startedAt: null,
    forkedFrom: event.forked_from,
    stepCount: event.step - 1,
    cursor: { node: event.node, step: event.step, attempt: 1, tries: 1 },
  };
}

/** What a patch changes: merged shallowly, by branches into their own part too. */
function patched({ data, own }: RunState, patch: JsonObject): Pick<RunState, 'data' | 'own'> {
  return {
    data: Object.freeze({ ...data, ...patch }),
    own: own === null ? null : Object.freeze({ ...own, ...patch }),
  };
}

/** Where a decision leads. A run that does not know its way, or has none, stays where it is. */
function targetOf(decision: Decision | null): string {
  return decision?.to_node ?? END;
}

/** The visit that follows. A run that ends stays where it is. */
function cursorAfter<C extends Cursor | null>({ joinNode }: RunState, here: C, target: string): C | Cursor {
  if (here === null || target === END || target === joinNode) return here;
  return { node: target, step: here.step + 1, attempt: 1, tries: 1 };
}

function waitingFor(kind: Waiting['kind'], node: string, since: number, seq: number, more: Partial<Waiting>): Waiting {
  return { id: waitIdOf(seq), kind, node, since, until: null, message: null, schema: null, saveAs: null, ...more };
}

function childrenOf(kind: Children['kind'], node: string, since: number, seq: number): Children {
  return { seq, kind, node, since, count: 0, toNodes: [], joinNode: null, graph: null, retriedSeq: null };
}
