import type { Json } from '../../src/core/base/json.js';
import { isPausedAt } from './reference-pauses.js';
import { NEVER, type Run } from './reference-run.js';
import type { Outcome } from './script.js';

/** The signals that it has taken in and not used. */
function keptBy({ signals, now }: Run): Outcome['kept'] {
  const kept: Record<string, Json[]> = Object.create(null);
  for (const { name, payload, after } of signals ?? []) {
    if (after <= now) kept[name] = [...(kept[name] ?? []), payload];
  }
  return kept;
}

export function outcomeOf(run: Run): Outcome {
  const { status, data, error, stepCount, nodes, logs, now, children } = run;
  const isFinished = ['COMPLETED', 'FAILED', 'CANCELLED'].includes(status);
  const finishedAt = isFinished ? now : null;
  return {
    status,
    data,
    error,
    stepCount,
    nodes,
    logs,
    finishedAt,
    isPaused: !isFinished && isPausedAt(run, NEVER),
    kept: keptBy(run),
    children: children.map(outcomeOf),
  };
}
