import isDeepEqual from 'fast-deep-equal';
import { definedOnly } from '../base/defined-only.js';
import type { Json } from '../base/json.js';
import { secretLabel } from '../base/mask.js';
import { addUsage } from '../base/usage.js';
import type { CompiledGraph, CompiledNode } from '../graph/compile.js';
import type { EventOf, EventRecord, RunEvent } from '../run/events.js';
import { scopeOf } from '../run/routing.js';
import { type CallOutcome, settle } from '../run/settle.js';
import type { RunState } from '../run/state.js';
import { completeStep } from '../run/step.js';
import { type Circumstances, visitOf } from '../run/visit.js';

/** What a call came to, as the journal has it: its event, and the one after it. */
export interface RecordedCall {
  readonly record: EventRecord;
  readonly following: EventRecord | undefined;
  /** The run before the event, and the graph that it ran. */
  readonly state: RunState;
  readonly graph: CompiledGraph;
}

type CallEvent = EventOf<'step.completed' | 'step.failed' | 'wait.started'>;

/** True for the events that tell what a call came to. */
export function isCallEvent(event: RunEvent): event is CallEvent {
  return event.type === 'step.completed' || event.type === 'step.failed' || event.type === 'wait.started';
}

/** What follows from a recorded call where a run is now. */
export function settleRecorded(
  graph: CompiledGraph,
  state: RunState,
  call: RecordedCall,
  at: Circumstances,
): readonly RunEvent[] {
  const { event } = call.record;
  if (event.type !== 'step.completed') return settle(graph, state, outcomeOf(call, at), at);
  // What was stored of it was checked then, and is not measured again.
  const counted = event.usage === undefined ? state : { ...state, usage: addUsage(state.usage, event.usage) };
  const visit = visitOf(graph, counted, at);
  return visit === undefined ? [] : completeStep(visit, { patch: event.patch }, event.logs);
}

function outcomeOf(call: RecordedCall, at: Circumstances): CallOutcome {
  const { event } = call.record;
  if (event.type === 'step.failed') return failureOf(call, event, at);
  if (event.type === 'wait.started') return { kind: 'waits', wait: event.wait, logs: event.logs };
  // Nothing else tells of a call: see `isCallEvent`.
  return { kind: 'returned', value: {}, logs: [] };
}

/** The journal does not say whether a tool forbade another try. It follows: there was none, though a policy had one left. */
function failureOf(
  { state, graph, following }: RecordedCall,
  event: EventOf<'step.failed'>,
  at: Circumstances,
): CallOutcome {
  const { code, message, details } = event.error;
  const failure = { kind: 'threw', code, message, logs: event.logs, ...definedOnly({ details }) } as const;
  if (isTriedAgain(event, following?.event)) return failure;
  const tries = (outcome: CallOutcome): boolean => {
    const [failed, next] = settle(graph, state, outcome, at);
    return isTriedAgain(failed, next);
  };
  if (!tries(failure)) return failure;
  const fatal = { ...failure, fatal: true } as const;
  return tries(fatal) ? { ...fatal, isCancelled: true } : fatal;
}

/** True if an attempt that failed was not the last: the run did not fail with its error. */
function isTriedAgain(failed: RunEvent | undefined, next: RunEvent | undefined): boolean {
  if (failed?.type !== 'step.failed' || failed.decision !== undefined) return false;
  return next?.type !== 'run.failed' || next.error.code !== failed.error.code;
}

/** What a tool would be called with; `undefined` if an expression has no value. Secrets are their labels. */
function paramsFor(node: CompiledNode, state: RunState): Json | undefined {
  const { params } = node;
  if (params.isStatic) return params.preview;
  const secrets = Object.fromEntries(params.secretNames.map((name) => [name, secretLabel(name)]));
  try {
    return params.render({ ...scopeOf(state), secrets });
  } catch {
    return undefined;
  }
}

/** True if two calls are of the same tool with the same params. */
export function isSameCall(
  one: { readonly node: CompiledNode; readonly state: RunState },
  other: { readonly node: CompiledNode; readonly state: RunState },
): boolean {
  if (one.node.toolName !== other.node.toolName) return false;
  if (one.node === other.node && one.state === other.state) return true;
  return isDeepEqual(paramsFor(one.node, one.state), paramsFor(other.node, other.state));
}
