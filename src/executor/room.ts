import { needsSlot } from '../core/run/slots.js';
import type { RunState } from '../core/run/state.js';
import { type CancelDeps, cancelRun } from '../runs/cancel.js';
import type { RunQueue } from '../store/queue.js';

export interface RoomOptions extends CancelDeps {
  readonly queue: Pick<RunQueue, 'hasSlot'>;
}

/** Runs that one run cancels at most; the next one cancels further ones. */
const MAX_CANCELLED = 1000;

/**
 * Makes room for runs of graphs whose newest runs take the place of the oldest. It cancels what is too many if the newest
 * are to be under way, those that still wait for a slot included, so none begins that would be cancelled at once. It is done
 * by whoever has claimed the new run, so it is done again if its process dies before; and it only ever cancels older
 * runs, so no two runs cancel each other.
 */
export class Room {
  constructor(private readonly options: RoomOptions) {}

  /** Cancels older runs, if this one has no slot. It begins when they have let go. */
  async make(state: RunState): Promise<void> {
    const { store, queue } = this.options;
    const { runId, graphId, concurrency } = state;
    if (concurrency?.on_full !== 'cancel_oldest' || !needsSlot(state)) return;
    if (state.cancelRequested || (await queue.hasSlot(runId))) return;
    for (const older of await store.listSurplus(graphId, concurrency.key, MAX_CANCELLED)) {
      // A newer one sees to this one, and to what is between the two.
      if (older === runId) return;
      await cancelRun(this.options, older, { by: `run:${runId}` });
    }
  }
}
