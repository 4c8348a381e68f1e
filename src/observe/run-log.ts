import { LRUCache } from 'lru-cache';
import type { Logger } from 'pino';
import { definedOnly } from '../core/base/defined-only.js';
import type { Actor } from '../core/run/actor.js';
import { errorOf, finishedAtOf, isFinished, type RunState, statusOf } from '../core/run/state.js';
import type { Unit } from '../store/store.js';

/** Requests are remembered for runs that end this soon, in milliseconds; and of so many runs. */
const MAX_AGE_MS = 3_600_000;
const MAX_REQUESTS = 100_000;

/** Says in the log when runs start, and when this process has stored their end, with the request that started them. */
export class RunLog {
  /** Requests of runs that this process has started. Runs that a restart took up, or that end elsewhere, have none. */
  readonly #requests = new LRUCache<string, string>({ max: MAX_REQUESTS, ttl: MAX_AGE_MS });

  constructor(private readonly logger: Pick<Logger, 'info' | 'debug'>) {}

  /** Notes that a request has started a run. */
  started(runId: string, requestId: string, { by }: Actor = {}): void {
    this.#requests.set(runId, requestId);
    this.logger.debug({ run_id: runId, request_id: requestId, ...definedOnly({ by }) }, 'run started');
  }

  /** For the store's `onCommit`. */
  committed(units: readonly Unit[]): void {
    for (const { appends } of units) {
      for (const { state, rowChanged } of appends) {
        if (rowChanged && isFinished(statusOf(state))) this.#ended(state);
      }
    }
  }

  /** Failures at `info`; the rest at `debug`, since there can be thousands a second. */
  #ended(state: RunState): void {
    const { runId, graphId, stepCount, submittedAt, parent } = state;
    const status = statusOf(state);
    const error = errorOf(state);
    const details = definedOnly({
      run_id: runId,
      request_id: this.#requests.get(runId),
      parent_run_id: parent?.run_id,
      graph_id: graphId,
      status,
      steps: stepCount,
      took_ms: (finishedAtOf(state) ?? submittedAt) - submittedAt,
      error: error === null ? undefined : { code: error.code, node: error.node, step: error.step },
    });
    this.#requests.delete(runId);
    if (status === 'FAILED') this.logger.info(details, 'run ended');
    else this.logger.debug(details, 'run ended');
  }
}
