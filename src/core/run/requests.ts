import { definedOnly } from '../base/defined-only.js';
import type { EventOf, RunEvent } from './events.js';
import { cursorOf, isFinished, type RunState, statusOf } from './state.js';

/** What cancelling a run appends; nothing if it has finished, or is being cancelled. */
export function cancel(state: RunState): readonly RunEvent[] {
  const status = statusOf(state);
  if (isFinished(status) || state.cancelRequested) return [];
  const isAtWork = status === 'RUNNING' || state.phase.kind === 'joining';
  return isAtWork ? [{ type: 'cancel.requested' }] : [{ type: 'run.cancelled', logs: [] }];
}

export function restartChild(
  child: RunState,
  parent: RunState,
  parentSeq: number,
  next: string | undefined,
): EventOf<'run.retried'> {
  const cursor = cursorOf(child);
  return {
    type: 'run.retried',
    parent_seq: parentSeq,
    limits: { max_steps: Math.max(child.maxSteps, parent.maxSteps) },
    ...definedOnly({ deadline_at: parent.deadlineAt ?? undefined, step: cursor?.step, node: cursor?.node, next }),
  };
}
