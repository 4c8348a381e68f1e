import { definedOnly } from '../base/defined-only.js';
import { freezeJson, type Json, type JsonObject } from '../base/json.js';
import { isBranchRoute } from '../graph/compile.js';
import { findDepthLimit, startBranches } from './branches.js';
import { chooseByError, decideByError } from './error-choice.js';
import type { EventOf, RunError, RunEvent } from './events.js';
import { findSpent, stopAtLimit } from './limits.js';
import type { Accepted } from './patch.js';
import { retryDelayMs, triesBy } from './retry.js';
import { choose, scopeOf } from './routing.js';
import { failRun, findEnding, goOn, placeOf, type Visit } from './visit.js';

/** Why an attempt of a step failed. */
export interface Failure {
  /** A `RunErrorCode`, or a code of the tool's own. */
  readonly code: string;
  readonly message: string;
  readonly details?: Json;
  readonly logs: readonly string[];
  /** Trying again cannot help, as far as the tool knows: only a policy that names the error tries again. */
  readonly fatal?: boolean;
  /** A person has stopped it: nothing tries again. */
  readonly isCancelled?: boolean;
  /** The delay that the tool asked for. */
  readonly retryAfterSeconds?: number;
}

/** Tries again if a policy for the error has tries left, else takes a way for the error, else fails the run. */
export function failStep(visit: Visit, failure: Failure): RunEvent[] {
  const { code, message, logs } = failure;
  const { state, cursor, now } = visit;
  // A tool that lets go because it was told to has not failed.
  if (state.cancelRequested) return [{ type: 'run.cancelled', logs }];
  const details = definedOnly({ details: failure.details });
  const error: RunError = { code, message, node: cursor.node, step: cursor.step, ...details };
  const stepFailed = { type: 'step.failed', ...placeOf(visit), logs, error } as const;
  const ending = findEnding(state, cursor, now);
  if (ending !== undefined) return [stepFailed, ending];
  const { retry, notes } = findRetry(visit, failure, error);
  const noted = { ...stepFailed, logs: [...logs, ...notes] };
  return retry === undefined ? takeExit(visit, noted) : [{ ...noted, ...retry }];
}

/** What `step.failed` says of the next try. */
type NextTry = Pick<EventOf<'step.failed'>, 'retry_at' | 'retry_policy'>;

/** The next try, if the first policy that is for the error has one left. */
function findRetry(visit: Visit, failure: Failure, error: RunError): { retry?: NextTry; notes: readonly string[] } {
  const { node, cursor, now, random } = visit;
  if (failure.isCancelled === true) return { notes: [] };
  const { entry, notes } = chooseByError(node.retry, error, visit, 'retry');
  if (entry === undefined) return { notes };
  const { policy, index, on, when } = entry;
  const isNamed = on !== undefined || when !== undefined;
  const tries = triesBy(cursor, index);
  if (tries >= policy.max_attempts || (failure.fatal === true && !isNamed)) return { notes };
  const delay = retryDelayMs(policy, tries, random, failure.retryAfterSeconds);
  const at = definedOnly({ retry_at: delay > 0 ? now + delay : undefined, retry_policy: index });
  return { retry: at, notes };
}

/** Takes the first way that is for the error, or fails the run. */
function takeExit(visit: Visit, failed: EventOf<'step.failed'>): RunEvent[] {
  const { node, cursor } = visit;
  const { error } = failed;
  const { code, message, details } = error;
  const { entry, reads, notes } = chooseByError(node.onError, error, visit, 'on_error');
  const noted = { ...failed, logs: [...failed.logs, ...notes] };
  if (entry === undefined) return [noted, { type: 'run.failed', error }];
  const patch = freezeJson<JsonObject>({ error: { node: cursor.node, code, message, ...definedOnly({ details }) } });
  return goOn(visit, { ...noted, patch, decision: decideByError(entry, error, reads), next: null }, entry.to);
}

/** A visit whose tool is done: takes the patch in, and chooses the way on. */
export function completeStep(visit: Visit, accepted: Accepted, logs: readonly string[]): RunEvent[] {
  const { state, node, cursor, now, family } = visit;
  if (accepted.code !== undefined) return failStep(visit, { ...accepted, logs });
  const { patch } = accepted;
  const { decision, items, error } = choose(node, () => scopeOf(state, { ...state.data, ...patch }));
  const event = { type: 'step.completed', ...placeOf(visit), patch, logs, decision, next: null } as const;
  if (state.cancelRequested) return [event, { type: 'run.cancelled', logs: [] }];
  if (error !== undefined) return [event, failRun(cursor, error.code, error.message)];
  if (isBranchRoute(node.route)) {
    const ending = findEnding(state, cursor, now) ?? findDepthLimit(visit);
    if (ending !== undefined) return [event, ending];
    // The branches start when the run is unpaused, or its limit is lifted: then it chooses its way again.
    if (state.paused) return [event];
    // Each branch would come to it in its first step.
    const spent = findSpent(state, family);
    if (spent !== undefined) return [event, stopAtLimit(spent, cursor)];
    return [event, ...startBranches(visit, node.route, patch, items)];
  }
  if (decision === null || decision.to_node === null) return [event, { type: 'run.completed', reason: 'no_edge' }];
  return goOn(visit, event, decision.to_node);
}
