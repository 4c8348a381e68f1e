import { isFinished, type RunState, statusOf, wakeAt } from './state.js';

/** A run that somebody has to look at from a moment on (milliseconds since 1970; 0 is at once). */
export interface Due {
  readonly runId: string;
  readonly at: number;
}

const NOTHING: readonly Due[] = Object.freeze([]);

/**
 * What a change of a run makes due. A run that goes on by itself makes nothing due, because whoever drives it knows.
 * @param before null for a run that is new
 */
export function wakesAfter(before: RunState | null, after: RunState): readonly Due[] {
  const { runId, parent, phase } = after;
  // Its parent waits for its end.
  if (isFinished(statusOf(after))) return parent === null ? NOTHING : atOnce(parent.run_id);
  // Children begin when their parent gives them a slot.
  if (before === null) return parent === null ? atOnce(runId) : NOTHING;
  if (isRequested(before, after)) return atOnce(runId);
  if (phase === before.phase || phase.kind !== 'waiting') return NOTHING;
  const at = wakeAt(after);
  return at === null ? NOTHING : [{ runId, at }];
}

/** True for what requests do beside whoever drives the run: retry it, answer it, cancel it. */
function isRequested(before: RunState, after: RunState): boolean {
  const isRetried = isFinished(statusOf(before));
  const isAnswered = before.phase.kind === 'waiting' && after.phase.kind === 'answered';
  return isRetried || isAnswered || (after.cancelRequested && !before.cancelRequested);
}

function atOnce(runId: string): readonly Due[] {
  return [{ runId, at: 0 }];
}
