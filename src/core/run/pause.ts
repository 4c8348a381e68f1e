import { definedOnly } from '../base/defined-only.js';
import type { Actor } from './actor.js';
import type { EventOf } from './events.js';
import { refuseFinished, type Verdict } from './requests.js';
import { isFinished, type RunState, statusOf } from './state.js';

/**
 * Pauses a run: the call under way ends, and nothing begins after it. What the run waits for goes on, its children too;
 * what they come to is stored. Nothing is left to do for a run that is paused, or that is being cancelled.
 */
export function pause(state: RunState, actor: Actor = {}): Verdict<EventOf<'pause.requested'>> {
  const status = statusOf(state);
  if (isFinished(status)) return refuseFinished({ runId: state.runId, status });
  return {
    events:
      state.paused || state.cancelRequested ? [] : [{ type: 'pause.requested', ...definedOnly({ by: actor.by }) }],
  };
}

/** Has a paused run go on. Nothing is left to do for one that is not paused. */
export function unpause(state: RunState, actor: Actor = {}): Verdict<EventOf<'run.unpaused'>> {
  const status = statusOf(state);
  if (isFinished(status)) return refuseFinished({ runId: state.runId, status });
  return { events: state.paused ? [{ type: 'run.unpaused', ...definedOnly({ by: actor.by }) }] : [] };
}
