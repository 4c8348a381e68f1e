import type { RunEvent } from '../core/run/events.js';
import { openRun } from '../core/run/journal.js';
import type { CallOutcome, DetachedRun } from '../core/run/settle.js';
import { creationOf, newUnitOf } from '../runs/units.js';
import { ConcurrencyFullError, GraphGoneError } from '../store/errors.js';
import { QueueFullError } from '../store/queue.js';
import type { Unit } from '../store/store.js';

/**
 * The unit of a step that starts a run beside its own: what completes the step and the run are stored together, so there is
 * one of them over all crashes. `undefined` if the step has not completed: nothing is started then.
 * @param unit of the events of the step
 * @param now milliseconds since 1970
 */
export function withDetachedRun(
  unit: Unit,
  events: readonly RunEvent[],
  { runId, submitted }: DetachedRun,
  now: number,
): Unit | undefined {
  if (!events.some(({ type }) => type === 'step.completed')) return undefined;
  const { appends, wakes = [] } = newUnitOf(creationOf(openRun(runId, submitted, now)));
  return { ...unit, appends: [...unit.appends, ...appends], wakes: [...(unit.wakes ?? []), ...wakes] };
}

/** How a step ends whose run the store or the queue has refused; `undefined` for any other error. */
export function refusedStart(outcome: CallOutcome, error: unknown): CallOutcome | undefined {
  if (outcome.kind !== 'starts') return undefined;
  const { run, saveAs: _, ...said } = outcome;
  if (error instanceof ConcurrencyFullError) {
    return { ...said, kind: 'threw', code: 'concurrency_full', message: error.message };
  }
  if (error instanceof QueueFullError) return { ...said, kind: 'threw', code: 'queue_full', message: error.message };
  if (!(error instanceof GraphGoneError)) return undefined;
  const message = `No graph has the id "${run.submitted.graph_id}".`;
  return { ...said, kind: 'threw', code: 'invalid_params', message, fatal: true };
}
