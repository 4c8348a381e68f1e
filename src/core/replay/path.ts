import type { Decision, RunEvent } from '../run/events.js';
import { cursorOf, type RunState } from '../run/state.js';
import { visitsOf } from '../run/visits.js';
import { MAX_PATH, type PathStep, type Place } from './replayed.js';

/** Where a run is: the visit that is under way or comes next; its entry, if nothing has begun. */
export function placeIn(state: RunState, entry: string, branch: readonly number[]): Place {
  const { node = entry, step = 1 } = cursorOf(state) ?? {};
  const at = { node, step, visit: Math.max(1, visitsOf(state.visits, node)) };
  return branch.length === 0 ? at : { ...at, branch };
}

/** The visits of a run, as its events tell of them. */
export class Path {
  readonly #steps: PathStep[] = [];

  /** Takes an event, and the state before it. */
  note(state: RunState, event: RunEvent): void {
    switch (event.type) {
      case 'step.completed':
        this.#set(state, event, 'completed', wayOf(event.decision));
        break;
      case 'step.failed':
        this.#set(state, event, 'failed', event.decision?.to_node ?? null);
        break;
      case 'wait.started':
        this.#set(state, event, 'waiting', null);
        break;
      case 'branches.joined':
        this.#set(state, event, 'completed', event.to_node);
        break;
      default:
        break;
    }
  }

  get steps(): readonly PathStep[] {
    return this.#steps;
  }

  #set(
    { visits }: RunState,
    { node, step }: { readonly node: string; readonly step: number },
    status: PathStep['status'],
    toNode: string | null,
  ): void {
    const entry = { node, step, visit: Math.max(1, visitsOf(visits, node)), status, toNode };
    // A visit can be told of more than once: it is tried again, waits, or chooses its way again.
    if (this.#steps.at(-1)?.step === step) this.#steps[this.#steps.length - 1] = entry;
    else if (this.#steps.length < MAX_PATH) this.#steps.push(entry);
  }
}

function wayOf(decision: Decision | null): string | null {
  return decision?.kind === 'parallel' || decision?.kind === 'for_each' ? null : (decision?.to_node ?? null);
}
