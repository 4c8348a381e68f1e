import { EngineError, messageOf } from '../../core/base/errors.js';
import type { Batch, RunResult } from './batch.js';
import type { GraphKey } from './messages.js';
import { BacktestWorker, type LoadGraph, type WorkerThread } from './worker.js';

/** How long workers stay when nothing is to be done, in milliseconds: starting one takes half a second. */
const IDLE_MS = 30_000;

export interface WorkerPoolOptions {
  /** Starts a thread; undefined if there can be none. */
  readonly start: (() => WorkerThread) | undefined;
  /** How many there are at most. */
  readonly width: number;
  readonly logger: { warn(details: object, message: string): void };
  readonly idleMs?: number;
}

/** Workers for backtests: started when there is something to do, and ended when there was nothing for a while. */
export class WorkerPool {
  readonly #workers = new Set<BacktestWorker>();
  readonly #idle: BacktestWorker[] = [];
  readonly #waiting: ((worker: BacktestWorker) => void)[] = [];
  #names: Promise<ReadonlySet<string> | undefined> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;

  constructor(private readonly options: WorkerPoolOptions) {}

  /** How many batches are worked on at a time. */
  get width(): number {
    return this.options.width;
  }

  /** The tools and conditions that the workers know; undefined if there are no workers. */
  names(): Promise<ReadonlySet<string> | undefined> {
    this.#names ??= this.#findNames();
    return this.#names;
  }

  /**
   * Replays a batch in the next worker that is free.
   * @throws what `load` throws; Error if the thread has failed; EngineError `shutting_down`
   */
  async replay(batch: Batch, candidate: GraphKey, load: LoadGraph): Promise<readonly RunResult[]> {
    const worker = await this.#take();
    try {
      return await worker.replay(batch, candidate, load);
    } catch (error) {
      throw this.#isStopped ? shuttingDown() : error;
    } finally {
      this.#giveBack(worker);
    }
  }

  /** Ends all workers; what is under way is rejected. */
  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    this.#endAll();
  }

  async #findNames(): Promise<ReadonlySet<string> | undefined> {
    if (this.options.start === undefined) return undefined;
    try {
      const worker = await this.#take();
      const names = await worker.names().finally(() => this.#giveBack(worker));
      return names;
    } catch (error) {
      if (this.#isStopped) throw shuttingDown();
      this.options.logger.warn({ reason: messageOf(error) }, 'no worker can be started; backtests are done without');
      return undefined;
    }
  }

  #take(): Promise<BacktestWorker> {
    const { start, width } = this.options;
    if (this.#isStopped || start === undefined) return Promise.reject(shuttingDown());
    clearTimeout(this.#timer);
    const idle = this.#idle.pop();
    if (idle !== undefined) return Promise.resolve(idle);
    if (this.#workers.size >= width) return new Promise((resolve) => this.#waiting.push(resolve));
    const worker = new BacktestWorker(start());
    this.#workers.add(worker);
    return Promise.resolve(worker);
  }

  #giveBack(worker: BacktestWorker): void {
    if (!worker.isUsable) this.#workers.delete(worker);
    const next = this.#waiting.shift();
    if (next !== undefined) void this.#hand(worker).then(next);
    else if (worker.isUsable) this.#idle.push(worker);
    if (this.#idle.length === this.#workers.size) this.#endLater();
  }

  /** A worker for who waits; another one if it has failed. */
  async #hand(worker: BacktestWorker): Promise<BacktestWorker> {
    return worker.isUsable || this.#isStopped ? worker : this.#take();
  }

  #endLater(): void {
    if (this.#isStopped) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#endAll(), this.options.idleMs ?? IDLE_MS).unref();
  }

  #endAll(): void {
    for (const worker of this.#workers) worker.end();
    this.#workers.clear();
    this.#idle.length = 0;
  }
}

/** The error while the server stops. */
export function shuttingDown(): EngineError {
  return new EngineError('shutting_down', 'The server is stopping.');
}
