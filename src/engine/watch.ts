import { EngineError } from '../core/base/errors.js';
import { type EventRecord, isTerminal } from '../core/run/events.js';
import type { Store } from '../store/store.js';
import { RunTail } from './run-tail.js';
import { runNotFound } from './shared.js';

export interface WatchRun {
  /** Go on after this event; 0 begins at the first. */
  readonly after: number;
  /** Milliseconds without an event after which an empty page says so. */
  readonly idleMs: number;
  /** Ends the watch. */
  readonly signal?: AbortSignal;
}

/** A run as it is watched. */
export interface RunWatch {
  /** True when nothing follows, now or later, unless the run is retried. */
  readonly isOver: boolean;
  /**
   * The events that follow, in order, in pages: each once, none left out. An empty page means that nothing happened for
   * a while. Ends after the event that ends the run if it is the journal's last, and when the engine stops.
   */
  readonly pages: AsyncGenerator<readonly EventRecord[], void>;
}

/** The use-cases of those who follow a run as it happens. Nothing is read before it is asked for. */
export class WatchUseCases {
  readonly #tails = new Map<string, { readonly tail: RunTail; readers: number }>();
  #stopping = false;

  constructor(private readonly deps: { readonly store: Store }) {}

  /** @throws EngineError `run_not_found`, or `invalid_request` for a place that the journal does not have. */
  async watchRun(runId: string, request: WatchRun): Promise<RunWatch> {
    const { after } = request;
    // The last event that the reader knows; of one who knows none, the first, to see that there is such a run.
    const [known] = await this.deps.store.readEvents(runId, Math.max(0, after - 1), 1);
    if (known === undefined) throw await this.#nothingThere(runId, after);
    const isLast = after > 0 && isTerminal(known.event.type);
    const isOver = isLast && (await this.deps.store.readEvents(runId, after, 1)).length === 0;
    return { isOver, pages: this.#pages(runId, request, isLast) };
  }

  /** Ends every watch, and those to come at once. */
  stopWatching(): void {
    this.#stopping = true;
    for (const { tail } of this.#tails.values()) tail.wake();
  }

  async *#pages(runId: string, { after, idleMs, signal }: WatchRun, isLast: boolean) {
    const tail = this.#enter(runId);
    let [seq, ended] = [after, isLast];
    try {
      while (!this.#stopping && !signal?.aborted) {
        const isTold = tail.seq > seq;
        const records = await tail.read(seq);
        const last = records.at(-1);
        if (last !== undefined) {
          yield records;
          [seq, ended] = [last.seq, isTerminal(last.event.type)];
        } else if (ended || (isTold && !(await this.#isThere(runId, seq + 1)))) return;
        else if ((await tail.next(seq, idleMs, signal)) === 'idle') {
          if (!(await this.#isThere(runId, seq))) return;
          yield [];
        }
      }
    } finally {
      this.#leave(runId);
    }
  }

  /** False once the run was deleted: nobody tells of that. */
  async #isThere(runId: string, seq: number): Promise<boolean> {
    return (await this.deps.store.readEvents(runId, Math.max(0, seq - 1), 1)).length > 0;
  }

  #enter(runId: string): RunTail {
    const entry = this.#tails.get(runId) ?? { tail: new RunTail(this.deps.store, runId), readers: 0 };
    entry.readers += 1;
    this.#tails.set(runId, entry);
    return entry.tail;
  }

  #leave(runId: string): void {
    const entry = this.#tails.get(runId);
    if (entry === undefined) return;
    entry.readers -= 1;
    if (entry.readers > 0) return;
    entry.tail.close();
    this.#tails.delete(runId);
  }

  async #nothingThere(runId: string, after: number): Promise<EngineError> {
    const [first] = await this.deps.store.readEvents(runId, 0, 1);
    if (first === undefined) return runNotFound(runId);
    const message = `The run has no event ${after} yet.`;
    return new EngineError('invalid_request', message, {
      errors: [{ pointer: '/after', code: 'invalid_value', message }],
    });
  }
}
