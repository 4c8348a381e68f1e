import { definedOnly } from '../base/defined-only.js';
import type { JsonObject } from '../base/json.js';
import type { CompiledGraph } from '../graph/compile.js';
import type { Actor } from './actor.js';
import { limitsDocument } from './children.js';
import type { EventOf, EventRecord, GivenConcurrency, RunEvent } from './events.js';
import { type Appended, append, openRun } from './journal.js';
import { type Refusal, refuse } from './requests.js';
import { childrenOf, cursorOf, isFinished, type RunState, statusOf } from './state.js';

/**
 * A fork is a new run with the steps of another run before `fromStep` copied. Its journal is made in three parts: a first
 * event of its own ({@link openFork}), the events of the original until it is at the step ({@link copyEvent}), and the
 * fork itself ({@link endFork}).
 */

/** Most that a fork copies, as stored: twice the largest `data`. */
export const MAX_COPIED_BYTES = 33_554_432;

/** Why a run cannot be forked from a step, if the number alone tells. */
export function refuseFork(original: RunState, fromStep: number): Refusal | undefined {
  return fromStep <= lastStepOf(original) ? undefined : stepIsMissing(original, fromStep);
}

/** The last step that a run has come to, finished or not; 0 before its first. */
function lastStepOf(original: RunState): number {
  return Math.max(original.stepCount, cursorOf(original)?.step ?? 0);
}

/**
 * Opens the journal of the fork. Its deadline restarts.
 * @param request `concurrency`: where it stands, if its graph limits how many of its runs are under way
 * @param now milliseconds since 1970
 */
export function openFork(
  { deadlineSeconds, maxSteps, guards, metadata, notify, inputData, trace }: RunState,
  { graphId, version }: Pick<CompiledGraph, 'graphId' | 'version'>,
  runId: string,
  now: number,
  { by, concurrency }: Actor & { readonly concurrency?: GivenConcurrency | undefined } = {},
): Appended {
  return openRun(
    runId,
    {
      type: 'run.submitted',
      graph_id: graphId,
      graph_version: version,
      input_data: inputData,
      limits: limitsDocument(
        definedOnly({ maxSteps, deadlineSeconds: deadlineSeconds ?? undefined, guards: guards ?? undefined }),
      ),
      metadata,
      ...definedOnly({
        by,
        notify: notify.length === 0 ? undefined : notify,
        concurrency,
        trace: trace ?? undefined,
      }),
    },
    now,
  );
}

/** What copying an event comes to. `node`: the fork is at its step, which is at this node; no more events are copied. */
export interface Copied extends Appended {
  readonly node?: string;
}

/**
 * Copies an event of the original, with the time that it had, unless it is not part of a step. Signals are copied, so that
 * those which no step has taken are there for the steps of the fork.
 */
export function copyEvent(fork: RunState, fromStep: number, { event, time }: EventRecord): Copied {
  if (!isCopied(event)) return { records: [], state: fork };
  const next = append(fork, [ownedByFork(event, fork)], time);
  const cursor = cursorOf(next.state);
  if (cursor?.step !== fromStep || childrenOf(next.state) !== null) return next;
  const { node } = cursor;
  // A run that begins with the fork's own visit has not begun before.
  if (event.type === 'run.started') return { records: [], state: fork, node };
  if (event.type === 'run.forked') return { ...next, node };
  // The fork itself says that the step is executed.
  return { ...append(fork, [{ ...event, next: null } as RunEvent], time), node };
}

/** A retry that changed something of the run, which somebody did. */
function isCorrection({ data, result }: EventOf<'run.retried'>): boolean {
  return data !== undefined || result !== undefined;
}

/** Nobody has sent a request to the fork yet, so it remembers none. Its limits are its own. */
function ownedByFork(event: RunEvent, { deadlineAt }: RunState): RunEvent {
  if (event.type === 'run.retried') {
    const { limits: _, deadline_at: __, by, ...retried } = event;
    const corrector = isCorrection(event) ? by : undefined;
    return { ...retried, ...definedOnly({ by: corrector, deadline_at: deadlineAt ?? undefined }) };
  }
  if (event.type !== 'signal.received') return event;
  const { request: _, ...signal } = event;
  return signal;
}

/** What a step did is copied; how its run came to be driven, ended and was taken up again is not. */
function isCopied(event: RunEvent): boolean {
  switch (event.type) {
    case 'run.started':
    case 'run.forked':
    case 'step.completed':
    case 'step.failed':
    case 'wait.started':
    case 'signal.received':
    case 'branches.started':
    case 'branches.joined':
      return true;
    // A retry is part of the steps if it changed something, or began a visit that had not begun.
    case 'run.retried':
      return isCorrection(event) || event.next !== undefined;
    // The waits at limits are not copied.
    case 'wait.ended':
      return event.outcome !== 'lifted';
    case 'run.submitted':
    case 'children.refused':
    case 'cancel.requested':
    case 'pause.requested':
    case 'run.paused':
    case 'run.unpaused':
    case 'limit.reached':
    case 'limits.lifted':
    case 'run.recovered':
    case 'run.drained':
    case 'slot.taken':
    case 'run.migrated':
    case 'run.completed':
    case 'run.failed':
    case 'run.cancelled':
      return false;
  }
}

/**
 * Why no more events can be copied. They are stored in one commit, or a fork could be driven before it is whole; while that
 * is made, they are in memory, and nothing else is stored.
 * @param fork with the events that were copied so far
 */
export function refuseSize({ journalBytes }: RunState, fromStep: number): Refusal | undefined {
  if (journalBytes <= MAX_COPIED_BYTES) return undefined;
  const limit = `${MAX_COPIED_BYTES / 1_048_576} MiB, which is the most that a fork copies`;
  return impossible(
    `The steps before step ${fromStep} hold more than ${limit}. Fork from an earlier step, or start a run.`,
  );
}

/** Why the copied events did not come to the step. */
export function stepIsMissing(original: RunState, fromStep: number): Refusal {
  const why = isFinished(statusOf(original)) ? 'it ended before' : 'it has not got there yet';
  return impossible(`The run has no step ${fromStep}: ${why}. ${stepsToForkFrom(lastStepOf(original))}`);
}

function stepsToForkFrom(last: number): string {
  if (last === 0) return 'It has no step to be forked from.';
  return last === 1 ? 'It can be forked from step 1.' : `It can be forked from step 1 to ${last}.`;
}

/**
 * Ends the copied events with the fork, unless the graph has no such node.
 * @param node what the step calls
 * @param data keys of `data` to set before the step
 */
export function endFork(
  { runId }: RunState,
  fork: RunState,
  graph: CompiledGraph,
  {
    fromStep,
    node,
    data,
    now,
    by,
  }: { readonly fromStep: number; readonly node: string; readonly data: JsonObject; readonly now: number } & Actor,
): (Appended & { readonly refusal?: undefined }) | { readonly refusal: Refusal } {
  if (!graph.nodes.has(node)) {
    const message = `Step ${fromStep} is at node "${node}", which version ${graph.version} of the graph does not have.`;
    return { refusal: impossible(message) };
  }
  const forked_from = { run_id: runId, step: fromStep };
  const forked = {
    type: 'run.forked',
    forked_from,
    node,
    step: fromStep,
    patch: data,
    ...definedOnly({ by }),
  } as const;
  return append(fork, [forked], now);
}

function impossible(message: string): Refusal {
  return refuse('fork_impossible', message).refusal;
}
