import { addUsage, type Usage } from '../base/usage.js';
import { type CompiledGraph, isBranchRoute } from '../graph/compile.js';
import { joinBranches } from './branches.js';
import type { EventOf, RunEvent, WaitStart } from './events.js';
import { type ChildResult, describeEnd, detailsOfEnd } from './join.js';
import { type Accepted, acceptPatch, asFinal, isLargePatch } from './patch.js';
import { type Children, type RunState, waitIdOf } from './state.js';
import { completeStep, type Failure, failStep } from './step.js';
import { takeSignal } from './take-signal.js';
import { type Circumstances, failRun, giveUp, isGivenUp, placeOf, type Visit, visitOf } from './visit.js';

interface Returned {
  readonly kind: 'returned';
  readonly value: unknown;
  readonly logs: readonly string[];
}

/** A run that a step starts and does not wait for. */
export interface DetachedRun {
  readonly runId: string;
  readonly submitted: EventOf<'run.submitted'>;
}

/** How a call of a tool ended. A run that it starts is stored with the event that completes the step, or not at all. */
export type CallOutcome = (
  | Returned
  | { readonly kind: 'waits'; readonly wait: WaitStart; readonly logs: readonly string[] }
  | { readonly kind: 'starts'; readonly run: DetachedRun; readonly saveAs: string; readonly logs: readonly string[] }
  | (Failure & { readonly kind: 'threw' })
) & { readonly usage?: Usage };

/** A call that returned much. */
export type LargeReturn = Extract<CallOutcome, { kind: 'returned' }> & { readonly value: object };

/** True for a call that returned so much that it is better copied in steps before it is settled. */
export function isLargeReturn(outcome: CallOutcome): outcome is LargeReturn {
  return outcome.kind === 'returned' && isLargePatch(outcome.value);
}

/** Turns how the call under way ended into the events to append. Conditions are called here. */
export function settle(graph: CompiledGraph, state: RunState, outcome: CallOutcome, at: Circumstances): RunEvent[] {
  const { usage } = outcome;
  // What comes next depends on what was used.
  const counted = usage === undefined ? state : { ...state, usage: addUsage(state.usage, usage) };
  const visit = visitOf(graph, counted, at);
  if (visit === undefined) return [];
  const events = settleCall(visit, outcome);
  if (usage === undefined) return events;
  // However the call ended, its tokens are used; the first event is the one of the call.
  return events.map((event, index) => (index === 0 ? ({ ...event, usage } as RunEvent) : event));
}

function settleCall(visit: Visit, outcome: CallOutcome): RunEvent[] {
  const { state } = visit;
  const { logs } = outcome;
  switch (outcome.kind) {
    case 'threw':
      return failStep(visit, outcome);
    case 'returned':
      return completeStep(visit, acceptReturn(state, outcome.value), logs);
    case 'waits':
      if (state.cancelRequested) return [{ type: 'run.cancelled', logs }];
      return [
        { type: 'wait.started', ...placeOf(visit), logs, wait: outcome.wait },
        ...takeSignal(visit, outcome.wait),
      ];
    case 'starts':
      // Nothing is started for a run that ends.
      if (state.cancelRequested) return [{ type: 'run.cancelled', logs }];
      return completeStep(visit, acceptReturn(state, { [outcome.saveAs]: { run_id: outcome.run.runId } }), logs);
  }
}

/** A tool that has done its work is not called again because there is no room for what it returned. */
function acceptReturn(state: RunState, value: unknown): Accepted {
  const accepted = acceptPatch(state, value);
  return accepted.code === 'data_too_large' ? asFinal(accepted) : accepted;
}

/** Turns the results of the child runs, all of which have ended, into the events to append. */
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
  if (isGivenUp(state)) return [giveUp(visit.cursor)];
  const { refused } = children;
  // A limit ends the run that comes to it, as the limit of steps does: neither retries nor `on_error` help.
  if (refused !== undefined) return [failRun(visit.cursor, refused.code, refused.message)];
  const inOrder = [...results].sort((a, b) => a.index - b.index);
  if (children.graph !== null) return finishGraph(visit, children.seq, children.graph, inOrder);
  const { route } = visit.node;
  return isBranchRoute(route) ? joinBranches(visit, route, children, inOrder) : [];
}

/** A graph that ran as a step has ended: its data is the step's patch. */
function finishGraph(
  visit: Visit,
  seq: number,
  { id, saveAs }: NonNullable<Children['graph']>,
  results: readonly ChildResult[],
): RunEvent[] {
  const ended: RunEvent = { type: 'wait.ended', wait_id: waitIdOf(seq), outcome: 'joined' };
  const lost = results.find(({ status }) => status !== 'COMPLETED');
  if (lost === undefined) {
    const patch = { [saveAs]: results[0]?.data ?? null };
    return [ended, ...completeStep(visit, asFinal(acceptPatch(visit.state, patch, Number.POSITIVE_INFINITY)), [])];
  }
  const message = `Run ${lost.runId} of graph "${id}" ${describeEnd(lost)}`;
  const isCancelled = lost.status === 'CANCELLED';
  const events = failStep(visit, { code: 'child_failed', message, details: detailsOfEnd(lost), logs: [], isCancelled });
  const isGivenUp = events.at(-1)?.type === 'run.failed' && events.every((event) => !('decision' in event));
  // A run that fails for it keeps the child, so that a retry goes on in it.
  return isGivenUp ? events.slice(-1) : [ended, ...events];
}
