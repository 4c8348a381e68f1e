import { isFinished, type Phase, type RunState, statusOf } from './state.js';

/*
 * A graph can say how many of its runs, or of those with the same key, are under way at a time. Each has a *slot* from
 * when it begins until it ends, whatever it waits for in between. Without one it stands in the *line* of its key:
 *
 *   submitted (in line) --gets a slot--> run.started --> ... --> ended: the next in line gets the slot
 *   queued (in line, after a retry) --gets a slot--> slot.taken --> goes on
 *
 * Who gets a slot is up to the store, which counts them in the commits that take and free them. Children have none of
 * their own: they are part of their top run.
 */

type Standing = Pick<RunState, 'phase' | 'concurrency'>;

/** True for a run that cannot go on before it has a slot, unless it is paused. */
export function needsSlot({ phase, concurrency }: Standing): boolean {
  return concurrency !== null && isBefore(phase);
}

/** True for a run that has a slot, by what its journal says: it has begun, or gone on after a retry, and has not ended. */
export function holdsSlot(state: Standing): boolean {
  const { phase, concurrency } = state;
  if (concurrency === null || isFinished(statusOf(state))) return false;
  return !isBefore(phase.kind === 'paused' ? phase.at : phase);
}

function isBefore({ kind }: Phase): boolean {
  return kind === 'submitted' || kind === 'queued';
}

/** True for events that put a run into line, or set it going again. */
export function entersLine(events: readonly { readonly event: { readonly type: string } }[]): boolean {
  return events.some(({ event: { type } }) => type === 'run.submitted' || type === 'run.retried');
}
