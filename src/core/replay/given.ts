import { isRequest } from '../run/event-kinds.js';
import type { RunEvent } from '../run/events.js';

/**
 * True for what does not follow from the graph: what people and programs asked of a run, and what became of its servers. A
 * replay takes it as it is. A `run.cancelled` is among it: whether by way of a call that let go, or at once, makes no
 * difference.
 */
export function isGiven(event: RunEvent): boolean {
  switch (event.type) {
    case 'run.submitted':
    case 'children.refused':
    case 'run.recovered':
    case 'run.drained':
    case 'run.forked':
      return true;
    default:
      return isRequest(event);
  }
}
