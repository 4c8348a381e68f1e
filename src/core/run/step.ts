import { definedOnly } from '../base/defined-only.js';
import { freezeJson, type Json, type JsonObject } from '../base/json.js';
import { isBranchRoute } from '../graph/compile.js';
import { findDepthLimit, startBranches } from './branches.js';
import type { RunError, RunEvent } from './events.js';
import type { Accepted } from './patch.js';
import { retryDelayMs } from './retry.js';
import { choose, scopeOf } from './routing.js';
import { failRun, findEnding, goOn, placeOf, type Visit } from './visit.js';

/** Why an attempt of a step failed. */
export interface Failure {
  /** A `RunErrorCode`, or a code of the tool's own. */
  readonly code: string;
  readonly message: string;
  readonly details?: Json;
  readonly logs: readonly string[];
  /** Trying again cannot help. */
  readonly fatal?: boolean;
  /** The delay that the tool asked for. */
  readonly retryAfterSeconds?: number;
}

/** Tries again if the policy has tries left, else takes the way for errors, else fails the run. */
export function failStep(visit: Visit, failure: Failure): RunEvent[] {
  const { code, message, logs, fatal, retryAfterSeconds } = failure;
  const { state, node, cursor, now, random } = visit;
  // A tool that lets go because it was told to has not failed.
  if (state.cancelRequested) return [{ type: 'run.cancelled', logs }];
  const details = definedOnly({ details: failure.details });
  const error: RunError = { code, message, node: cursor.node, step: cursor.step, ...details };
  const stepFailed = { type: 'step.failed', ...placeOf(visit), logs, error } as const;
  const ending = findEnding(state, cursor, now);
  if (ending !== undefined) return [stepFailed, ending];
  if (node.retry !== undefined && fatal !== true && cursor.tries < node.retry.max_attempts) {
    const delay = retryDelayMs(node.retry, cursor.tries, random, retryAfterSeconds);
    return [delay > 0 ? { ...stepFailed, retry_at: now + delay } : stepFailed];
  }
  const to = node.onError;
  if (to === undefined) return [stepFailed, { type: 'run.failed', error }];
  const patch = freezeJson<JsonObject>({ error: { node: cursor.node, code, message, ...details } });
  return goOn(visit, { ...stepFailed, patch, decision: { kind: 'error', to_node: to }, next: null }, to);
}

/** A visit whose tool is done: takes the patch in, and chooses the way on. */
export function completeStep(visit: Visit, accepted: Accepted, logs: readonly string[]): RunEvent[] {
  const { state, node, cursor, now } = visit;
  if (accepted.code !== undefined) return failStep(visit, { ...accepted, logs });
  const { patch } = accepted;
  const { decision, items, error } = choose(node, () => scopeOf(state, { ...state.data, ...patch }));
  const event = { type: 'step.completed', ...placeOf(visit), patch, logs, decision, next: null } as const;
  if (state.cancelRequested) return [event, { type: 'run.cancelled', logs: [] }];
  if (error !== undefined) return [event, failRun(cursor, error.code, error.message)];
  if (isBranchRoute(node.route)) {
    const ending = findEnding(state, cursor, now) ?? findDepthLimit(visit);
    return [event, ...(ending === undefined ? startBranches(visit, node.route, items) : [ending])];
  }
  if (decision === null || decision.to_node === null) return [event, { type: 'run.completed', reason: 'no_edge' }];
  return goOn(visit, event, decision.to_node);
}
