import { statusOf, waitsForPerson } from '../core/run/state.js';
import type { Signals } from './signals.js';
import type { RunAppend, Unit } from './store.js';

/** Tells of the runs that a commit has touched: of each once, how far it has come. */
export function publishCommit(signals: Pick<Signals, 'publish'>, units: readonly Unit[]): void {
  const touched = new Map<string, RunAppend>();
  for (const { appends } of units) for (const append of appends) touched.set(append.state.runId, append);
  for (const { state, rowChanged } of touched.values()) {
    const { runId, seq, cancelRequested, parent } = state;
    signals.publish({ kind: 'run_advanced', runId, seq, status: statusOf(state), cancelRequested });
    if (rowChanged && parent !== null && waitsForPerson(state)) signals.publish({ kind: 'child_waiting', runId });
  }
}
