import { definedOnly } from '../core/base/defined-only.js';
import type { Usage } from '../core/base/usage.js';
import type { TracedCallEnd } from '../core/run/run-tracer.js';
import type { CallOutcome } from '../core/run/settle.js';

/** How a call of a tool ended: with a patch, an error, its run parked, or a stop of the server. */
export type StepOutcome = 'completed' | 'failed' | 'waiting' | 'cut_off';

/** Called after each call of a tool: how it ended, and how long it took in milliseconds. Must not throw. */
export type StepObserver = (toolName: string, outcome: StepOutcome, tookMs: number) => void;

/** How a call is counted by how it ended; without an outcome it was cut off. */
export function stepOutcomeOf(outcome: { readonly kind: EndKind } | undefined): StepOutcome {
  return outcome === undefined ? 'cut_off' : STEP_OUTCOMES[outcome.kind];
}

/** How a call is shown in a trace. */
export function tracedEndOf(
  ended: { readonly kind: EndKind; readonly code?: string; readonly usage?: Usage } | undefined,
): TracedCallEnd {
  const error = ended?.kind === 'threw' ? ended.code : undefined;
  return { outcome: stepOutcomeOf(ended), ...definedOnly({ error, usage: ended?.usage }) };
}

type EndKind = CallOutcome['kind'] | 'parks';

const STEP_OUTCOMES: Readonly<Record<EndKind, StepOutcome>> = {
  returned: 'completed',
  threw: 'failed',
  waits: 'waiting',
  parks: 'waiting',
  starts: 'completed',
};
