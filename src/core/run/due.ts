import { needsSlot } from './slots.js';
import { isFinished, type RunState, statusOf } from './state.js';

/** A run that somebody has to look at from a moment on (milliseconds since 1970; 0 is at once). */
export interface Due {
  readonly runId: string;
  readonly at: number;
}

const NOTHING: readonly Due[] = Object.freeze([]);

/** What a run rests at until something happens to it, or its deadline comes. */
const RESTS: readonly RunState['phase']['kind'][] = ['submitted', 'queued', 'paused', 'limited'];

/** When a run that is not being driven has to be looked at (milliseconds since 1970), if ever. */
export function wakeAt({
  phase,
  deadlineAt,
  paused,
}: Pick<RunState, 'phase' | 'deadlineAt' | 'paused'>): number | null {
  if (RESTS.includes(phase.kind)) return deadlineAt;
  // Children have their parent's deadline, and wake it.
  if (phase.kind !== 'waiting') return null;
  // Its time is looked at when it is unpaused.
  const until = paused ? null : phase.wait.until;
  return until === null || deadlineAt === null ? (until ?? deadlineAt) : Math.min(until, deadlineAt);
}

/** True for a run that nobody has to drive for now: it has ended, is paused or at a limit, or waits for a time or a person. */
export function isLeft(state: RunState): boolean {
  const { kind } = state.phase;
  return isFinished(statusOf(state)) || kind === 'waiting' || kind === 'paused' || kind === 'limited';
}

/**
 * What a change of a run makes due. A run that goes on by itself makes nothing due, because whoever drives it knows.
 * @param before null for a run that is new
 */
export function wakesAfter(before: RunState | null, after: RunState): readonly Due[] {
  const { runId, parent, phase } = after;
  // Its parent waits for its end.
  if (isFinished(statusOf(after))) return parent === null ? NOTHING : atOnce(parent.run_id);
  // Children begin when their parent gives them a slot.
  if (before === null) return parent === null ? begin(after) : NOTHING;
  if (isRequested(before, after)) return begin(after);
  if (phase === before.phase || !('wait' in phase)) return NOTHING;
  // The limit of a run above can have been lifted while this was on its way to be stored.
  if (phase.kind === 'limited' && phase.wait.limitOf !== undefined) return atOnce(runId);
  const at = wakeAt(after);
  return at === null ? NOTHING : [{ runId, at }];
}

/**
 * A run that has to stand in line is woken by whoever gives it a slot. One that takes the place of others has to have them
 * cancelled first.
 */
function begin(after: RunState): readonly Due[] {
  const { runId, concurrency, deadlineAt } = after;
  if (!needsSlot(after) || concurrency?.on_full === 'cancel_oldest') return atOnce(runId);
  return deadlineAt === null ? NOTHING : [{ runId, at: deadlineAt }];
}

/** True for what requests do beside whoever drives the run: retry it, answer it, lift its limit, cancel it, pause and unpause it. */
function isRequested(before: RunState, after: RunState): boolean {
  if (after.paused !== before.paused) return isMovedByPause(before, after);
  const isRetried = isFinished(statusOf(before));
  const isAnswered = before.phase.kind === 'waiting' && after.phase.kind === 'answered';
  const isLifted = before.phase.kind === 'limited' && after.phase.kind !== 'limited';
  return isRetried || isAnswered || isLifted || (after.cancelRequested && !before.cancelRequested);
}

/**
 * A run at work is to stop, even if nobody drives it at the moment; one that was stopped goes on; a wait has its time
 * again. One that has not begun stays in its queue, or a child could begin without a slot.
 */
function isMovedByPause({ phase }: RunState, after: RunState): boolean {
  if (after.paused) return statusOf(after) === 'RUNNING';
  return phase.kind === 'paused' || after.phase.kind === 'waiting';
}

function atOnce(runId: string): readonly Due[] {
  return [{ runId, at: 0 }];
}
