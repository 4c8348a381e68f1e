import { type RunState, statusOf } from '../../core/run/state.js';
import type { RunListener, Unit } from '../store.js';

/** Who wants to hear of commits, by run. */
export class Listeners {
  readonly #byRun = new Map<string, Set<RunListener>>();

  /** Returns the way out. */
  subscribe(runId: string, listener: RunListener): () => void {
    const listeners = this.#byRun.get(runId) ?? new Set();
    // Wrapped, so that one function may listen twice.
    const entry: RunListener = (seq, status) => listener(seq, status);
    this.#byRun.set(runId, listeners.add(entry));
    return () => {
      listeners.delete(entry);
      if (listeners.size === 0 && this.#byRun.get(runId) === listeners) this.#byRun.delete(runId);
    };
  }

  /** Tells the listeners of each run that was touched, once, how far it has come. */
  notify(units: readonly Unit[]): void {
    if (this.#byRun.size === 0) return;
    const touched = new Map<string, RunState>();
    for (const { appends } of units) {
      for (const { state } of appends) if (this.#byRun.has(state.runId)) touched.set(state.runId, state);
    }
    for (const [runId, state] of touched) {
      for (const listener of [...(this.#byRun.get(runId) ?? [])]) listener(state.seq, statusOf(state));
    }
  }
}
