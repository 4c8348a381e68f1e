import { EngineError } from '../core/base/errors.js';
import { ConcurrencyFullError } from '../store/errors.js';
import { QueueFullError, type RunQueue } from '../store/queue.js';

/** Seconds after which a client that found the queue full can try again. */
const QUEUE_FULL_RETRY_SECONDS = 1;
const STOPPING_RETRY_SECONDS = 5;

/** Lets requests begin runs, or set finished ones going again, while there is room for them and the server goes on. */
export class Admission {
  #stopping = false;

  constructor(private readonly queue: Pick<RunQueue, 'admit'>) {}

  /** Lets nothing in from here on. */
  stop(): void {
    this.#stopping = true;
  }

  /** Does the work that makes a run due. @throws EngineError `queue_full` or `shutting_down`, the work is not begun then; `concurrency_full`. */
  async admit<T>(work: () => Promise<T>): Promise<T> {
    if (this.#stopping) {
      throw new EngineError('shutting_down', 'The server is stopping.', { retryAfterSeconds: STOPPING_RETRY_SECONDS });
    }
    try {
      return await this.queue.admit(work);
    } catch (error) {
      if (error instanceof ConcurrencyFullError) throw new EngineError('concurrency_full', error.message);
      if (!(error instanceof QueueFullError)) throw error;
      throw new EngineError('queue_full', error.message, { retryAfterSeconds: QUEUE_FULL_RETRY_SECONDS });
    }
  }
}
