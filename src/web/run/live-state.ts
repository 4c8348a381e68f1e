import type { CapsuleEvent } from '../evidence/capsule-document.js';
import type { RunState } from '../wire-types.js';

/**
 * What an event changes in the state of a run: as much as can be said without asking the server again.
 * @param dataSteps how many steps had ended when the `data` of the state was read
 */
export function stateAfter(state: RunState, event: CapsuleEvent, dataSteps: number): RunState {
  const data = dataAfter(state.data, event, dataSteps);
  const { step = 0, next } = event;
  const at = typeof next === 'string' ? { current_node: next, attempt: 1 } : {};
  // The state can have been read after the event.
  const isKnown = event.type === 'branches.joined' ? step < state.step_count : step <= state.step_count;
  if (isKnown) return { ...state, data };
  switch (event.type) {
    case 'step.completed':
      return { ...state, data, step_count: step, ...at };
    case 'step.failed':
      if (event.decision === undefined) return { ...state, attempt: (event.attempt ?? 1) + 1 };
      return { ...state, data, step_count: step, ...at };
    case 'branches.joined':
      return { ...state, data, ...at };
    default:
      return state;
  }
}

function dataAfter(
  data: RunState['data'],
  { type, step = 0, patch }: CapsuleEvent,
  dataSteps: number,
): RunState['data'] {
  // The patch of a join comes after the step where the branches began.
  const isIn = type === 'branches.joined' ? step < dataSteps : step <= dataSteps;
  return isIn || patch === undefined ? data : { ...data, ...patch };
}

/** Events after which nothing else has to be read: what they change is in them. */
export function isTold({ type, next }: CapsuleEvent): boolean {
  return (type === 'step.completed' || type === 'step.failed') && typeof next === 'string';
}

/** Events that change `data` in a way that only the server knows. */
export function changesData({ type }: CapsuleEvent): boolean {
  return type === 'run.retried' || type === 'run.forked' || type === 'run.migrated';
}
