import type { Logger } from 'pino';
import { errorOf, finishedAtOf, isFinished, type RunState, statusOf } from '../core/run/state.js';
import type { Unit } from '../store/store.js';

/** Says in the log when runs start and end, with the request that started them. */
export class RunLog {
  /** Requests of runs under way. Those that a restart took up have none. */
  readonly #requests = new Map<string, string>();

  constructor(private readonly logger: Pick<Logger, 'info' | 'debug'>) {}

  /** A request has started a run. */
  started(runId: string, requestId: string): void {
    this.#requests.set(runId, requestId);
    this.logger.debug({ run_id: runId, request_id: requestId }, 'run started');
  }

  /** For the store's `onCommit`. */
  committed(units: readonly Unit[]): void {
    for (const { appends } of units) {
      for (const { state, rowChanged } of appends) {
        if (rowChanged && isFinished(statusOf(state))) this.#ended(state);
      }
    }
  }

  /** Failures at `info`; the rest at `debug`, since there may be thousands a second. */
  #ended(state: RunState): void {
    const { runId, graphId, stepCount, submittedAt, parent } = state;
    const status = statusOf(state);
    const error = errorOf(state);
    const requestId = this.#requests.get(runId);
    this.#requests.delete(runId);
    const details = {
      run_id: runId,
      ...(requestId === undefined ? {} : { request_id: requestId }),
      ...(parent === null ? {} : { parent_run_id: parent.run_id }),
      graph_id: graphId,
      status,
      steps: stepCount,
      took_ms: (finishedAtOf(state) ?? submittedAt) - submittedAt,
      ...(error === null ? {} : { error: { code: error.code, node: error.node, step: error.step } }),
    };
    if (status === 'FAILED') this.logger.info(details, 'run ended');
    else this.logger.debug(details, 'run ended');
  }
}
