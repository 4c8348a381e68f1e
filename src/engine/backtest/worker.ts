import type { Batch, RunResult } from './batch.js';
import type { FromWorker, GraphKey, ToWorker } from './messages.js';

/** A thread that serves batches: see `serve-batches.ts`. */
export interface WorkerThread {
  on(event: 'message', listener: (message: FromWorker) => void): unknown;
  on(event: 'error', listener: (error: unknown) => void): unknown;
  on(event: 'exit', listener: () => void): unknown;
  postMessage(message: ToWorker): void;
  terminate(): unknown;
  /** From here on the process goes on while the thread does; with `unref` it does not. */
  ref(): void;
  unref(): void;
}

/** Gives the definition of a graph as text; null if there is none. */
export type LoadGraph = (key: GraphKey) => Promise<string | null>;

interface Task {
  readonly load: LoadGraph;
  readonly resolve: (results: readonly RunResult[]) => void;
  readonly reject: (error: unknown) => void;
}

/** A worker as this thread sees it. */
export class BacktestWorker {
  #names: ReadonlySet<string> = new Set();
  #task: Task | undefined;
  #isOver = false;
  readonly #ready: Promise<void>;

  constructor(private readonly thread: WorkerThread) {
    this.#ready = new Promise((resolve, reject) => {
      thread.on('message', (message) => {
        if (message.kind === 'ready') {
          this.#names = new Set(message.names);
          resolve();
        } else this.#hear(message);
      });
      const fail = (error: unknown): void => {
        this.#isOver = true;
        reject(error);
        this.#finish()?.reject(error);
      };
      thread.on('error', fail);
      thread.on('exit', () => fail(ended()));
    });
    // Whoever waits for it is told.
    this.#ready.catch(() => undefined);
    thread.unref();
  }

  /** False once the thread has failed, or was ended. */
  get isUsable(): boolean {
    return !this.#isOver;
  }

  /** The tools and conditions that it knows. Rejects if it cannot be started. */
  async names(): Promise<ReadonlySet<string>> {
    this.thread.ref();
    await this.#ready.finally(() => this.thread.unref());
    return this.#names;
  }

  /** Replays a batch. Rejects if a graph cannot be loaded, after which the worker can take another batch, or if the thread fails. */
  async replay(batch: Batch, candidate: GraphKey, load: LoadGraph): Promise<readonly RunResult[]> {
    // Who embeds the engine can have nothing else that keeps the process.
    this.thread.ref();
    await this.#ready;
    if (this.#isOver) throw ended();
    return new Promise((resolve, reject) => {
      this.#task = { load, resolve, reject };
      this.thread.postMessage({ kind: 'batch', batch, candidate });
    });
  }

  /** Ends the thread, whatever it does. */
  end(): void {
    this.#isOver = true;
    void this.thread.terminate();
  }

  #hear(message: Exclude<FromWorker, { kind: 'ready' }>): void {
    if (message.kind === 'results') this.#finish()?.resolve(message.results);
    else void this.#send(message.keys);
  }

  async #send(keys: readonly GraphKey[]): Promise<void> {
    try {
      const texts: [GraphKey, string | null][] = [];
      for (const key of keys) texts.push([key, (await this.#task?.load(key)) ?? null]);
      this.thread.postMessage({ kind: 'graphs', texts });
    } catch (error) {
      // It waits for the graphs until it is sent another batch.
      this.#finish()?.reject(error);
    }
  }

  #finish(): Task | undefined {
    const task = this.#task;
    this.#task = undefined;
    this.thread.unref();
    return task;
  }
}

function ended(): Error {
  return new Error('The worker has ended.');
}
