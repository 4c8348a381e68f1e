import { definedOnly } from '../base/defined-only.js';
import type { EngineErrorCode, Problem } from '../base/errors.js';
import type { Json } from '../base/json.js';
import type { LimitsDefinition } from '../graph/definition.js';
import type { Actor } from './actor.js';
import { type Correction, findFault } from './correction.js';
import { deadlineFrom } from './deadline.js';
import type { EventOf, GivenLimits, RunEvent } from './events.js';
import { limitsAfter } from './evolve-limits.js';
import { fitPayload } from './fit-payload.js';
import { budgetsOfChildren, type FamilyUsage, findLimitOnward, limitsOfRestart } from './limits.js';
import { cursorOf, isFinished, type RunState, type RunStatus, statusOf } from './state.js';
import { isForPerson } from './waits.js';
import { withPatch } from './with-patch.js';

/** Why a request is not done. */
export interface Refusal {
  readonly code: EngineErrorCode;
  readonly message: string;
  readonly problems?: readonly Problem[];
}

/** What a request comes to: the events to append (none if there is nothing left to do), or why it is refused. */
export type Verdict<E extends RunEvent = RunEvent> =
  | { readonly events: readonly E[]; readonly refusal?: undefined }
  | { readonly events?: undefined; readonly refusal: Refusal };

/** A request that is refused. */
export function refuse(code: EngineErrorCode, message: string, problems?: readonly Problem[]): { refusal: Refusal } {
  return { refusal: { code, message, ...definedOnly({ problems }) } };
}

/**
 * Cancels a run: at once if neither a tool nor a child is at work, else as soon as they have let go. Nothing is left to
 * do for a run that is being cancelled already; one that has finished is refused.
 */
export function cancel(state: RunState, { by }: Actor = {}): Verdict {
  const status = statusOf(state);
  if (isFinished(status)) return refuseFinished({ runId: state.runId, status });
  if (state.cancelRequested) return { events: [] };
  const isAtWork = status === 'RUNNING' || state.phase.kind === 'joining';
  const actor = definedOnly({ by });
  return {
    events: [isAtWork ? { type: 'cancel.requested', ...actor } : { type: 'run.cancelled', logs: [], ...actor }],
  };
}

/** Refuses what can be done only to a run that has not finished. */
export function refuseFinished(run: { readonly runId: string; readonly status: RunStatus }): { refusal: Refusal } {
  return refuse('run_finished', `Run ${run.runId} is ${run.status} already.`);
}

/** Refuses a retry of a run that has not stopped. */
export function refuseRetry(run: { readonly runId: string; readonly status: RunStatus }): { refusal: Refusal } {
  const message = `Run ${run.runId} is ${run.status}; only FAILED and CANCELLED runs are retried.`;
  return refuse('run_not_retryable', message);
}

/** Refuses what can be done only to a run that has finished. */
export function refuseActive({ runId }: { readonly runId: string }): { refusal: Refusal } {
  return refuse('run_active', `Run ${runId} has not finished. Cancel it first, or wait for its end.`);
}

export interface AnswerRequest extends Actor {
  readonly payload: Json;
  readonly waitId?: string | undefined;
}

/**
 * Answers what a run waits for.
 * @param request `waitId`: refused if the run waits for another answer by now; `by`: who answers
 * @param now milliseconds since 1970
 */
export function answer(
  state: RunState,
  { payload, waitId, by }: AnswerRequest,
  now: number,
): Verdict<EventOf<'wait.ended'>> {
  const { runId } = state;
  const { phase } = state;
  if (phase.kind !== 'waiting' || !isForPerson(phase.wait.kind)) {
    return refuse('run_not_waiting', `Run ${runId} is ${statusOf(state)} and ${describeWait(state)}.`);
  }
  const { id, until, schema } = phase.wait;
  const other = refuseOtherWait(runId, id, waitId);
  if (other !== undefined) return other;
  if (until !== null && now >= until) return refuse('run_not_waiting', `The wait ${id} of run ${runId} has expired.`);
  const { value, problems } = fitPayload(schema, payload);
  if (problems.length > 0) {
    const inBody = problems.map((problem) => ({ ...problem, pointer: `/payload${problem.pointer}` }));
    return refuse('invalid_answer', 'The answer does not fit the schema of the wait.', inBody);
  }
  const ended = { type: 'wait.ended', wait_id: id, outcome: 'answered', answer: value } as const;
  return { events: [{ ...ended, ...definedOnly({ answered_by: by }) }] };
}

/** Refuses an answer to another wait than the one that is open. */
export function refuseOtherWait(
  runId: string,
  openId: string,
  waitId: string | undefined,
): { refusal: Refusal } | undefined {
  if (waitId === undefined || waitId === openId) return undefined;
  return refuse('run_not_waiting', `Run ${runId} waits for an answer to ${openId}, not to ${waitId}.`);
}

function describeWait({ phase }: RunState): string {
  if (phase.kind === 'paused') return 'is paused: unpause it first';
  const signal = phase.kind === 'waiting' ? phase.wait.signal : undefined;
  return signal === undefined ? 'does not wait for an answer' : `waits for the signal "${signal}", not for an answer`;
}

export interface RetryRequest extends Actor, Correction {
  /** Replace the run's own, one by one. */
  readonly limits?: LimitsDefinition | undefined;
  /** Its graph was deleted. */
  readonly isGraphDeleted: boolean;
  /** For a run that has a limit of tokens or of cost, or is given one. */
  readonly family?: FamilyUsage | undefined;
}

/**
 * Has a run that failed or was cancelled go on from where it stopped. Its deadline restarts. A person can set keys of
 * `data` before that, and give the result of the step instead of having its tool called again.
 * @param now milliseconds since 1970
 */
export function retry(
  state: RunState,
  { limits, isGraphDeleted, family, by, data, result }: RetryRequest,
  now: number,
): Verdict<EventOf<'run.retried'>> {
  const { runId, parent, graphId } = state;
  if (parent !== null) return refuseChild(runId, parent.run_id);
  if (state.phase.kind !== 'failed' && state.phase.kind !== 'cancelled') {
    return refuseRetry({ runId, status: statusOf(state) });
  }
  if (isGraphDeleted) return refuse('graph_deleted', `Graph "${graphId}" of run ${runId} was deleted.`);
  const given = limits && definedOnly(limits);
  const tooLow = findLimitOfRetry(state, given, family, { data, result });
  if (tooLow !== undefined) return refuse('limits_too_low', tooLow);
  const fault = findFault(state, state.phase.at, { data, result });
  if (fault !== undefined) return refuse(fault.code, fault.message, fault.problems);
  const deadlineAt = deadlineFrom(now, limits?.deadline_seconds ?? state.deadlineSeconds);
  return { events: [goOnAfterEnd(state, { limits: given, deadlineAt, by, data, result })] };
}

/** Why a retry would fail at once. A run that asks at its limits asks again. */
function findLimitOfRetry(
  state: RunState,
  limits: GivenLimits | undefined,
  family: FamilyUsage | undefined,
  { data, result }: Correction,
): string | undefined {
  const limited = { ...state, ...limitsAfter(state, limits) };
  const after = data === undefined ? limited : withPatch(limited, data);
  const reached = findLimitOnward(after, family, result !== undefined);
  if (reached === undefined || reached.isAsked) return undefined;
  if (reached.limit !== 'max_steps') return `${reached.message} Give it a higher limits.${reached.limit}.`;
  return `The run goes on with step ${cursorOf(state)?.step}; give it limits.max_steps of at least that.`;
}

/** Refuses what can be done only to the run that a child is part of. */
export function refuseChild(runId: string, topRunId: string): { refusal: Refusal } {
  return refuse('run_is_child', `Run ${runId} is part of run ${topRunId}; do this to that one.`);
}

/**
 * Has a child that failed or was cancelled go on because its parent was retried.
 * Its deadline restarts: it is its parent's, or its own if that is earlier.
 * @param parentSeq seq of that retry
 * @param now milliseconds since 1970
 */
export function restartChild(
  child: RunState,
  parent: RunState,
  parentSeq: number,
  now: number,
): EventOf<'run.retried'> {
  const limits = limitsOfRestart(child, parent);
  const deadlineAt = deadlineFrom(now, child.deadlineSeconds, parent.deadlineAt);
  return goOnAfterEnd(child, { limits, deadlineAt, parentSeq, budgetsOf: budgetsOfChildren(parent) });
}

function goOnAfterEnd(
  state: RunState,
  how: {
    readonly limits?: EventOf<'run.retried'>['limits'];
    readonly deadlineAt: number | null;
    readonly parentSeq?: number;
    readonly budgetsOf?: readonly string[] | undefined;
  } & Actor &
    Correction,
): EventOf<'run.retried'> {
  const cursor = cursorOf(state);
  const { phase } = state;
  const isAnnounced = !('at' in phase && phase.at.kind === 'calling' && phase.at.announced === false);
  return {
    type: 'run.retried',
    ...definedOnly({
      parent_seq: how.parentSeq,
      by: how.by,
      data: how.data,
      result: how.result,
      budgets_of: how.budgetsOf,
      limits: how.limits,
      deadline_at: how.deadlineAt ?? undefined,
      step: cursor?.step,
      node: cursor?.node,
      next: isAnnounced ? undefined : cursor?.node,
    }),
  };
}
