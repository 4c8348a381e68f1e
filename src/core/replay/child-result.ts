import { definedOnly } from '../base/defined-only.js';
import { isPlainObject, type JsonObject } from '../base/json.js';
import type { RunEvent } from '../run/events.js';
import type { ChildResult } from '../run/join.js';
import { errorOf, finishedAtOf, isFinished, type RunState, statusOf } from '../run/state.js';

/** What its parent knows of a run that has ended; `undefined` for one that has not. */
export function resultOf(state: RunState): ChildResult | undefined {
  const status = statusOf(state);
  const { parent, runId, own, data } = state;
  if (!isFinished(status) || parent === null) return undefined;
  const { code, message = '', node } = errorOf(state) ?? {};
  const error = status === 'FAILED' ? { message, ...definedOnly({ code, node }) } : null;
  const set = status === 'COMPLETED' ? (own ?? data) : {};
  return { index: parent.index, runId, status, finishedAt: finishedAtOf(state) ?? 0, data: set, error };
}

/** What was known of a run that could not be made, by the failure that followed. */
export function resultOfLost(event: RunEvent): ChildResult {
  const details = event.type === 'step.failed' || event.type === 'run.failed' ? event.error.details : undefined;
  const error = isPlainObject(details) && isPlainObject(details.error) ? (details.error as JsonObject) : {};
  const { message } = error;
  const lost = { message: typeof message === 'string' ? message : '' };
  return { index: 0, runId: '', status: 'FAILED', finishedAt: 0, data: {}, error: lost };
}
