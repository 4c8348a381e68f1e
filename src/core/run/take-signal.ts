import type { RunEvent, WaitStart } from './events.js';
import { fitPayload } from './fit-payload.js';
import { oldestSignal } from './inbox.js';
import { acceptPatch, asFinal } from './patch.js';
import { waitIdOf } from './state.js';
import { completeStep, failStep } from './step.js';
import type { Visit } from './visit.js';

/**
 * Ends a wait for a signal that starts now, if one of its name came before. The oldest is taken, whether it fits or not:
 * one that does not could never be taken, and would stand in the way of those behind it.
 */
export function takeSignal(visit: Visit, { signal: name, schema, save_as: key }: WaitStart): RunEvent[] {
  const { state } = visit;
  const signal = name === undefined ? undefined : oldestSignal(state.inbox, name);
  if (signal === undefined) return [];
  const { value, problems } = fitPayload(schema ?? null, signal.payload);
  // The start of the wait is the event before.
  const wait_id = waitIdOf(state.seq + 1);
  if (problems.length > 0) {
    const why = problems.map(({ pointer, message }) => `${pointer} ${message}`.trim()).join('; ');
    const message = `The signal "${name}", which came before the wait, does not fit its schema: ${why}`;
    const failure = { code: 'invalid_signal', message, logs: [], fatal: true };
    return [{ type: 'wait.ended', wait_id, outcome: 'refused' }, ...failStep(visit, failure)];
  }
  const accepted = asFinal(acceptPatch(state, { [key]: value }));
  const ended: RunEvent = { type: 'wait.ended', wait_id, outcome: 'signalled', answer: value };
  return [ended, ...completeStep(visit, accepted, [])];
}
