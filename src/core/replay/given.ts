import type { RunEvent } from '../run/events.js';

/**
 * True for what does not follow from the graph: what people and programs asked of a run, and what became of its servers. A
 * replay takes it as it is.
 */
export function isGiven(event: RunEvent): boolean {
  switch (event.type) {
    case 'run.submitted':
    case 'signal.received':
    case 'children.refused':
    case 'cancel.requested':
    case 'pause.requested':
    case 'run.unpaused':
    case 'limits.lifted':
    case 'run.recovered':
    case 'run.drained':
    case 'run.retried':
    case 'run.forked':
    // It follows from a request; whether by way of a call that let go, or at once, makes no difference.
    case 'run.cancelled':
      return true;
    case 'wait.ended':
      return event.outcome === 'answered' || event.outcome === 'signalled' || event.outcome === 'lifted';
    case 'run.started':
    case 'step.completed':
    case 'step.failed':
    case 'wait.started':
    case 'branches.started':
    case 'branches.joined':
    case 'run.paused':
    case 'limit.reached':
    case 'slot.taken':
    case 'run.completed':
    case 'run.failed':
      return false;
  }
}
