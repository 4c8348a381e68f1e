import type { CallOutcome } from '../core/run/settle.js';

/** How a call of a tool ended: with a patch, an error, its run parked, or a stop of the server. */
export type StepOutcome = 'completed' | 'failed' | 'waiting' | 'cut_off';

/** Called after each call of a tool: how it ended, and how long it took in milliseconds. Must not throw. */
export type StepObserver = (toolName: string, outcome: StepOutcome, tookMs: number) => void;

/** How a call is counted by how it ended; without an outcome it was cut off. */
export function stepOutcomeOf(outcome: Pick<CallOutcome, 'kind'> | undefined): StepOutcome {
  return outcome === undefined ? 'cut_off' : STEP_OUTCOMES[outcome.kind];
}

const STEP_OUTCOMES: Readonly<Record<CallOutcome['kind'], StepOutcome>> = {
  returned: 'completed',
  threw: 'failed',
  waits: 'waiting',
  starts: 'completed',
};
