import { append } from '../core/run/journal.js';
import { isFinished, isRowChanged, type RunState, statusOf } from '../core/run/state.js';
import type { RunLoader } from '../runs/run-loader.js';
import { ConflictError, type Store } from '../store/store.js';

/** What cancelling a run came to. `state` is that after it; `changed` is false where there was nothing to append. */
export interface CancelResult {
  readonly state: RunState;
  readonly changed: boolean;
}

/**
 * Appends the cancelling of a run: it has ended at once when neither a tool nor a child of it is at work.
 * Nothing is appended to a run that has finished, or is being cancelled. `undefined` where there is no such run.
 */
export async function appendCancel(
  { store, runs, now }: { store: Store; runs: RunLoader; now: () => number },
  runId: string,
): Promise<CancelResult | undefined> {
  for (;;) {
    const state = await runs.load(runId);
    if (state === undefined) return undefined;
    const status = statusOf(state);
    if (isFinished(status) || state.cancelRequested) return { state, changed: false };
    const isAtWork = status === 'RUNNING' || state.phase.kind === 'joining';
    const event = isAtWork ? ({ type: 'cancel.requested' } as const) : ({ type: 'run.cancelled', logs: [] } as const);
    const after = append(state, [event], now());
    try {
      await store.commit({ appends: [{ ...after, rowChanged: isRowChanged(state, after.state) }] });
      return { state: after.state, changed: true };
    } catch (error) {
      if (!(error instanceof ConflictError)) throw error;
    }
  }
}
