import type { Run } from './reference-run.js';
import type { Sent } from './script.js';

/** What a run is sent, in the order of time. */
export function inOrder(signals: readonly Sent[] | null): readonly Sent[] | null {
  return signals && [...signals].sort((a, b) => a.after - b.after);
}

/** When a run is sent something. */
export function timesOf({ signals }: Run): number[] {
  return (signals ?? []).map(({ after }) => after);
}

/** Takes signals away from a run. */
export function drop(run: Run, isGone: (signal: Sent) => boolean): void {
  run.signals = run.signals?.filter((signal) => !isGone(signal)) ?? null;
}
