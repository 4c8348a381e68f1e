import isDeepEqual from 'fast-deep-equal';
import { definedOnly } from '../base/defined-only.js';
import type { Json } from '../base/json.js';
import { addUsage } from '../base/usage.js';
import type { CompiledGraph, CompiledNode } from '../graph/compile.js';
import type { EventOf, EventRecord, RunEvent } from '../run/events.js';
import { type CallOutcome, settle } from '../run/settle.js';
import type { RunState } from '../run/state.js';
import { completeStep } from '../run/step.js';
import { renderLabelled } from '../run/step-params.js';
import { type Circumstances, type Visit, visitOf } from '../run/visit.js';

type CallEvent = EventOf<'step.completed' | 'step.failed' | 'wait.started'>;

/** What a call came to, as the journal has it: its event, and the one after it. */
export interface RecordedCall {
  readonly record: EventRecord & { readonly event: CallEvent };
  readonly following: EventRecord | undefined;
  /** The run before the event, and the graph that it ran. */
  readonly state: RunState;
  readonly graph: CompiledGraph;
}

/** True for the records that tell what a call came to. */
export function isCall(record: EventRecord): record is RecordedCall['record'] {
  const { event } = record;
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
  switch (event.type) {
    case 'step.completed':
      return completeRecorded(graph, state, event, at);
    case 'step.failed':
      return settle(graph, state, { ...failureOf(call, event, at), ...definedOnly({ usage: event.usage }) }, at);
    case 'wait.started': {
      const { wait, logs, usage } = event;
      return settle(graph, state, { kind: 'waits', wait, logs, ...definedOnly({ usage }) }, at);
    }
  }
}

/** What was stored of a result was checked then, and is not measured again. */
function completeRecorded(
  graph: CompiledGraph,
  state: RunState,
  { patch, logs, usage }: EventOf<'step.completed'>,
  at: Circumstances,
): readonly RunEvent[] {
  // It is at a node of the graph, which would call its tool.
  const visit = visitOf(graph, { ...state, usage: addUsage(state.usage, usage) }, at) as Visit;
  return completeStep(visit, { patch }, logs).map((event, index) =>
    index === 0 ? ({ ...event, ...definedOnly({ usage }) } as RunEvent) : event,
  );
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
  const [failed, next] = settle(graph, state, failure, at);
  return isTriedAgain(failed, next) ? { ...failure, fatal: true } : failure;
}

/** True if an attempt that failed was not the last: the run did not fail with its error. */
function isTriedAgain(failed: RunEvent | undefined, next: RunEvent | undefined): boolean {
  if (failed?.type !== 'step.failed' || failed.decision !== undefined) return false;
  return next?.type !== 'run.failed' || next.error.code !== failed.error.code;
}

/** What a tool would be called with; `undefined` if an expression has no value. */
function paramsFor(node: CompiledNode, state: RunState): Json | undefined {
  try {
    return renderLabelled(node, state);
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
  return isDeepEqual(paramsFor(one.node, one.state), paramsFor(other.node, other.state));
}
