import { EngineError } from '../core/base/errors.js';
import { type Layout, layoutOf } from '../diagram/layout.js';
import type { Diagram } from '../diagram/model.js';

/** A thread that lays out one picture after the other. */
export interface LayoutWorker {
  once(event: 'message', listener: (layout: Layout) => void): unknown;
  once(event: 'error', listener: (error: unknown) => void): unknown;
  once(event: 'exit', listener: () => void): unknown;
  removeAllListeners(): unknown;
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

/** Places pictures in a thread, one after the other. Starts it when there is something to do. */
export class LayoutThread {
  #thread: LayoutWorker | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #idle: NodeJS.Timeout | undefined;
  #isOver = false;

  constructor(private readonly start: (() => LayoutWorker) | undefined) {}

  /** The layout of a picture; undefined if it takes too long. Rejects if the thread fails, or is stopped. */
  place(diagram: Diagram): Promise<Layout | undefined> {
    const placed = this.#last.then(() => this.#placeNext(diagram));
    // The next one is placed whatever becomes of this one.
    this.#last = placed.catch(() => undefined);
    return placed;
  }

  stop(): void {
    this.#isOver = true;
    this.#end();
  }

  async #placeNext(diagram: Diagram): Promise<Layout | undefined> {
    if (this.#isOver) throw new EngineError('shutting_down', 'The server is stopping, and draws no more pictures.');
    if (this.start === undefined) return layoutOf(diagram);
    clearTimeout(this.#idle);
    this.#thread ??= this.start();
    const thread = this.#thread;
    thread.ref();
    try {
      const layout = await answerOf(thread, diagram);
      if (layout === undefined) this.#end();
      return layout;
    } catch (error) {
      this.#end();
      throw error;
    } finally {
      thread.removeAllListeners();
      thread.unref();
      this.#idle = setTimeout(() => this.#end(), IDLE_MS).unref();
    }
  }

  #end(): void {
    clearTimeout(this.#idle);
    void this.#thread?.terminate();
    this.#thread = undefined;
  }
}

/** What the thread makes of a picture. One that takes too long is ended. */
function answerOf(thread: LayoutWorker, diagram: Diagram): Promise<Layout | undefined> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve(undefined), TIME_LIMIT_MS);
    const settle = (act: () => void): void => {
      clearTimeout(timer);
      act();
    };
    thread.once('message', (layout) => settle(() => resolve(layout)));
    thread.once('error', (error) => settle(() => reject(error)));
    thread.once('exit', () => settle(() => reject(new Error('The thread that lays out pictures has ended.'))));
    thread.postMessage(diagram);
  });
}
