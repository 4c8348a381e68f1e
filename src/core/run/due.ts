import { isFinished, type RunState, statusOf, wakeAt } from './state.js';

/** When a run is due: milliseconds since 1970; 0 is at once. */
export interface Due {
  readonly runId: string;
  readonly at: number;
}

/**
 * What a change of a run makes due. A run that goes on by itself makes nothing due, because whoever drives it knows.
 * @param before null for a run that is new
 */
export function wakesAfter(before: RunState | null, after: RunState): readonly Due[] {
  const { runId, parent, phase } = after;
  const status = statusOf(after);
  // Whoever waits for the end of a run is its parent. A run can end while it is at work elsewhere: that finds out.
  if (isFinished(status)) return parent === null ? NOTHING : [{ runId: parent.run_id, at: 0 }];
  // Children begin when their parent gives them a slot.
  if (before === null) return parent === null ? [{ runId, at: 0 }] : NOTHING;
  const isRequested = statusOf(before) !== 'SUBMITTED' && isFinished(statusOf(before));
  if (isRequested || (before.phase.kind === 'waiting' && phase.kind === 'answered')) return [{ runId, at: 0 }];
  if (after.cancelRequested && !before.cancelRequested) return [{ runId, at: 0 }];
  const at = phase.kind === 'waiting' ? wakeAt(after) : null;
  return at === null ? NOTHING : [{ runId, at }];
}

const NOTHING: readonly Due[] = Object.freeze([]);
