import type { EventType, RunEvent } from './events.js';

/** True for what requests append beside the session that drives a run: that session takes it in and goes on. */
export function isRequest(event: RunEvent): boolean {
  switch (event.type) {
    case 'cancel.requested':
    case 'pause.requested':
    case 'run.unpaused':
    case 'limits.lifted':
    case 'run.cancelled':
    case 'run.retried':
    case 'run.migrated':
    case 'signal.received':
      return true;
    case 'wait.ended':
      return event.outcome === 'answered' || event.outcome === 'signalled' || event.outcome === 'lifted';
    case 'run.submitted':
    case 'run.started':
    case 'step.completed':
    case 'step.failed':
    case 'wait.started':
    case 'branches.started':
    case 'branches.joined':
    case 'children.refused':
    case 'run.paused':
    case 'limit.reached':
    case 'run.recovered':
    case 'run.drained':
    case 'slot.taken':
    case 'run.forked':
    case 'run.completed':
    case 'run.failed':
      return false;
  }
}

const IS_TERMINAL: Readonly<Record<EventType, boolean>> = {
  'run.submitted': false,
  'run.started': false,
  'step.completed': false,
  'step.failed': false,
  'wait.started': false,
  'wait.ended': false,
  'signal.received': false,
  'branches.started': false,
  'branches.joined': false,
  'children.refused': false,
  'cancel.requested': false,
  'pause.requested': false,
  'run.paused': false,
  'run.unpaused': false,
  'limit.reached': false,
  'limits.lifted': false,
  'run.recovered': false,
  'run.drained': false,
  'run.retried': false,
  'slot.taken': false,
  'run.migrated': false,
  'run.forked': false,
  'run.completed': true,
  'run.failed': true,
  'run.cancelled': true,
};

/** True for the events that end a run. */
export function isTerminal(type: EventType): boolean {
  return IS_TERMINAL[type];
}

/** True if a run has ended after an event. `before`: whether it had ended before that. */
export function isEndedAfter(before: boolean, { type }: Pick<RunEvent, 'type'>): boolean {
  return isTerminal(type) || (before && type === 'run.migrated');
}
