import { EngineError } from '../core/base/errors.js';
import { type Layout, layoutOf } from '../diagram/layout.js';
import type { Diagram } from '../diagram/model.js';

/** A thread that answers each picture with its layout: see `layout-worker.ts`. */
export interface LayoutWorker {
  on(event: 'message', listener: (layout: Layout) => void): unknown;
  on(event: 'error', listener: (error: unknown) => void): unknown;
  on(event: 'exit', listener: () => void): unknown;
  postMessage(diagram: Diagram): void;
  terminate(): unknown;
  /** From here on the process goes on while the thread does; with `unref` it does not. */
  ref(): void;
  unref(): void;
}

/** The largest pictures take a few seconds on a quiet machine. */
const TIME_LIMIT_MS = 20_000;
/** A thread that has nothing to do is ended after this, and with it what it holds. */
const IDLE_MS = 30_000;

interface Task {
  readonly resolve: (layout: Layout | undefined) => void;
  readonly reject: (error: unknown) => void;
}

/** Lays out pictures in a thread, one after the other. Starts it when there is something to do. */
export class LayoutThread {
  #thread: LayoutWorker | undefined;
  #task: Task | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #isOver = false;

  /** @param start undefined if there can be no thread: pictures are laid out in this one then */
  constructor(
    private readonly start: (() => LayoutWorker) | undefined,
    private readonly timeLimitMs = TIME_LIMIT_MS,
  ) {}

  /**
   * The layout of a picture; undefined if that takes too much time or memory.
   * @throws EngineError `shutting_down`; Error if the thread fails
   */
  place(diagram: Diagram): Promise<Layout | undefined> {
    const placed = this.#last.then(() => this.#placeNext(diagram));
    // The next one is laid out whatever becomes of this one.
    this.#last = placed.catch(() => undefined);
    return placed;
  }

  /** Ends the thread; what is under way, and what waits, is rejected. */
  stop(): void {
    this.#isOver = true;
    this.#end()?.reject(shuttingDown());
  }

  async #placeNext(diagram: Diagram): Promise<Layout | undefined> {
    if (this.#isOver) throw shuttingDown();
    if (this.start === undefined) return layoutOf(diagram);
    this.#thread ??= this.#listen(this.start());
    const thread = this.#thread;
    // Who embeds the engine can have nothing else that keeps the process.
    thread.ref();
    const layout = new Promise<Layout | undefined>((resolve, reject) => {
      this.#task = { resolve, reject };
    });
    this.#setTimer(() => this.#end()?.resolve(undefined), this.timeLimitMs);
    thread.postMessage(diagram);
    return layout;
  }

  /** Listens as long as the thread lives: an error that nobody listens to would end the process. */
  #listen(thread: LayoutWorker): LayoutWorker {
    const lose = (settle: (task: Task) => void): void => {
      // One that was ended can still have something to say, while the next one works.
      if (this.#thread !== thread) return;
      const task = this.#end();
      if (task !== undefined) settle(task);
    };
    thread.on('message', (layout) => {
      if (this.#thread === thread) this.#rest(thread)?.resolve(layout);
    });
    thread.on('error', (error) =>
      lose((task) => (isOutOfMemory(error) ? task.resolve(undefined) : task.reject(error))),
    );
    thread.on('exit', () => lose((task) => task.reject(new Error('The thread that lays out pictures has ended.'))));
    return thread;
  }

  /** Lets the thread wait for more. */
  #rest(thread: LayoutWorker): Task | undefined {
    thread.unref();
    this.#setTimer(() => this.#end(), IDLE_MS);
    return this.#takeTask();
  }

  #end(): Task | undefined {
    clearTimeout(this.#timer);
    void this.#thread?.terminate();
    this.#thread = undefined;
    return this.#takeTask();
  }

  #takeTask(): Task | undefined {
    const task = this.#task;
    this.#task = undefined;
    return task;
  }

  #setTimer(act: () => void, ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(act, ms).unref();
  }
}

function isOutOfMemory(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY';
}

function shuttingDown(): EngineError {
  return new EngineError('shutting_down', 'The server is stopping.');
}
