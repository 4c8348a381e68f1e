import { LRUCache } from 'lru-cache';
import type { Logger } from 'pino';
import { UnknownKindError } from '../core/base/stored.js';
import { isFinished } from '../core/run/state.js';
import { type CancelDeps, endUnreadable } from '../runs/cancel.js';
import { ifReadable } from '../runs/readable.js';
import type { Claim, RunQueue } from '../store/queue.js';

export interface UnreadableRunsOptions extends CancelDeps {
  readonly queue: RunQueue;
  readonly logger: Pick<Logger, 'error'>;
}

/** When a run is tried again that only newer processes can read, in milliseconds. */
const NEWER_MS = 5000;
/** Runs of which it is remembered that the log has been told of them. */
const MAX_REPORTED_RUNS = 1000;

/** Takes care of runs that are due and cannot be driven, because what is stored of them, or of their graph, cannot be read. */
export class UnreadableRuns {
  /** Runs of which the log has been told. It is told again of those that are forgotten. */
  readonly #reported = new LRUCache<string, true>({ max: MAX_REPORTED_RUNS });

  constructor(private readonly options: UnreadableRunsOptions) {}

  /**
   * Puts a run aside until the next start, or fails it if others wait for it: the parent of a child, which can take another
   * way or be retried once the child can be read, or those behind it in line for a slot. Lets the claim go in either case.
   */
  async take(claim: Claim, error: Error): Promise<void> {
    const { queue, store } = this.options;
    const { runId } = claim;
    const outline = await store.outlineRun(runId);
    if (outline === undefined || isFinished(outline.status)) return queue.giveBack(claim, null);
    // While servers are upgraded one after the other, newer ones write what older ones do not know.
    if (queue.isShared && isNewer(error)) {
      this.#report(runId, error, 'a run cannot be read, because a newer release has driven it; it is left to that');
      return queue.giveBack(claim, this.options.now() + NEWER_MS);
    }
    if (outline.parentRunId !== null && (await this.#canGoOn(outline.parentRunId))) {
      await this.#fail(runId, error, 'a child run cannot be read; it has failed');
      return queue.giveBack(claim, null);
    }
    // It would have a slot, which others wait for.
    if (outline.status === 'SUBMITTED' && outline.concurrencyKey !== null) {
      await this.#fail(runId, error, 'a run that was in line for a slot cannot be read; it has failed');
      return queue.giveBack(claim, null);
    }
    await queue.setAside(claim);
    const words = 'a run cannot be read; it is put aside until the next start, and can be cancelled and deleted';
    this.#report(runId, error, words);
  }

  async #fail(runId: string, error: Error, words: string): Promise<void> {
    const failure = { code: 'run_unreadable', message: error.message, node: null, step: null };
    await endUnreadable(this.options, runId, { type: 'run.failed', error: failure });
    this.options.logger.error({ run_id: runId, err: error }, words);
  }

  #report(runId: string, error: Error, words: string): void {
    if (this.#reported.has(runId)) return;
    this.#reported.set(runId, true);
    this.options.logger.error({ run_id: runId, err: error }, words);
  }

  /** True if a parent can be driven, so that it can take in how its child has ended. */
  async #canGoOn(runId: string): Promise<boolean> {
    const { runs, graphs } = this.options;
    const state = await ifReadable(runs.load(runId));
    if (state === undefined) return false;
    return (await ifReadable(graphs.pinned(state.graphId, state.graphVersion))) !== undefined;
  }
}

function isNewer(error: Error): boolean {
  return error.cause instanceof UnknownKindError;
}
