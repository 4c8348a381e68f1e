import type { Logger } from 'pino';
import type { CompiledGraph } from '../core/compile-graph.js';
import { EngineError } from '../core/errors.js';
import { isFinished, type RunState, type RunStatus } from '../core/run.js';
import type { GraphCache } from '../store/graph-cache.js';
import { foldStored, type Store } from '../store/store.js';
import { Session } from './session.js';

export interface ExecutorOptions {
  readonly store: Store;
  readonly graphs: GraphCache;
  readonly logger: Pick<Logger, 'info' | 'warn' | 'error'>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly maxConcurrentRuns: number;
  readonly maxQueuedRuns: number;
  readonly stepTimeoutMs: number;
}

/** Seconds after which a client that found the queue full may try again. */
const QUEUE_FULL_RETRY_SECONDS = 1;

/**
 * Runs many runs at once, each in a session of its own. A run that has to queue is remembered by its id alone,
 * so a full queue costs little memory whatever the inputs are.
 */
export class Executor {
  readonly #sessions = new Map<string, Session>();
  /** Runs on their way from the queue into a session. */
  readonly #loading = new Map<string, 'live' | 'cancelled'>();
  /** Runs that were going on when the last server ended. They never count against the queue limit. */
  readonly #resuming: string[] = [];
  /** SUBMITTED runs, in the order of their submission. A Set, so that a cancelled one leaves at once. */
  readonly #submitted = new Set<string>();
  /** Runs that were recovered before without getting on: one of them may be what kills the server. */
  readonly #suspects: string[] = [];
  #suspectUnderWay = false;
  #reserved = 0;
  #busy = 0;
  #stopping = false;
  #idle: (() => void) | undefined;

  constructor(private readonly options: ExecutorOptions) {}

  /**
   * Holds a place for a run that is about to be committed.
   * @throws EngineError `queue_full` or `shutting_down`.
   */
  reserve(): void {
    if (this.#stopping) throw new EngineError('shutting_down', 'The server is stopping.', { retryAfterSeconds: 5 });
    const { maxQueuedRuns } = this.options;
    if (this.#submitted.size + this.#reserved >= maxQueuedRuns) {
      const detail = `${maxQueuedRuns} runs are waiting to start, and no more are taken.`;
      throw new EngineError('queue_full', detail, { retryAfterSeconds: QUEUE_FULL_RETRY_SECONDS });
    }
    this.#reserved += 1;
  }

  /** Gives a place back whose run was not committed. */
  release(): void {
    this.#reserved -= 1;
  }

  /** Takes a committed run, in the place that was reserved for it. */
  submit(state: RunState): void {
    this.#reserved -= 1;
    if (this.#stopping) return;
    if (this.#hasFreeSlot()) this.#start(state.runId, state);
    else this.#submitted.add(state.runId);
  }

  /** Tells of a cancel that the journal holds already: the tool under way is told to stop. */
  cancelled(runId: string): void {
    this.#submitted.delete(runId);
    if (this.#loading.has(runId)) this.#loading.set(runId, 'cancelled');
    this.#sessions.get(runId)?.cancel();
  }

  /** Takes up runs that the last server left unfinished. */
  recover(unfinished: readonly { runId: string; status: RunStatus }[]): void {
    for (const { runId, status } of unfinished) {
      if (status === 'SUBMITTED') this.#submitted.add(runId);
      else this.#resuming.push(runId);
    }
    this.#fill();
  }

  /** From here on nothing starts; steps under way may finish. Resolves when all sessions have stopped. */
  async drain(graceMs: number): Promise<void> {
    this.#stopping = true;
    for (const session of this.#sessions.values()) session.stop();
    const stopped = new Promise<void>((resolve) => {
      this.#idle = resolve;
    });
    if (this.#busy === 0) return;
    const timer = setTimeout(() => {
      for (const session of this.#sessions.values()) session.abandon();
    }, graceMs);
    await stopped;
    clearTimeout(timer);
  }

  #hasFreeSlot(): boolean {
    return this.#busy < this.options.maxConcurrentRuns && this.#resuming.length === 0 && this.#submitted.size === 0;
  }

  #fill(): void {
    while (!this.#stopping && this.#busy < this.options.maxConcurrentRuns) {
      const runId = this.#resuming.shift() ?? this.#submitted.values().next().value;
      if (runId === undefined) return;
      this.#submitted.delete(runId);
      this.#start(runId);
    }
  }

  /** Suspects go one at a time: the next one starts when the last has got on, or has ended. */
  #nextSuspect(): void {
    if (this.#stopping || this.#suspectUnderWay) return;
    const runId = this.#suspects.shift();
    if (runId === undefined) return;
    this.#suspectUnderWay = true;
    let cleared = false;
    this.#start(runId, undefined, () => {
      if (cleared) return;
      cleared = true;
      this.#suspectUnderWay = false;
      this.#nextSuspect();
    });
  }

  #start(runId: string, state?: RunState, onCleared?: () => void): void {
    this.#busy += 1;
    void this.#drive(runId, state, onCleared)
      .catch((error: unknown) => {
        const words = 'a run stopped on an internal error; it is taken up again at the next start';
        this.options.logger.error({ run_id: runId, err: error }, words);
      })
      .finally(() => {
        this.#busy -= 1;
        onCleared?.();
        if (this.#busy === 0) this.#idle?.();
        this.#fill();
      });
  }

  async #drive(runId: string, submitted?: RunState, onCleared?: () => void): Promise<void> {
    this.#loading.set(runId, 'live');
    const loaded = await this.#load(runId, submitted).finally(() => this.#loading.delete(runId));
    if (loaded === undefined) return;
    const { state, graph, cancelled } = loaded;
    const recovered = state.status === 'RUNNING' && !state.drained;
    if (recovered && state.recoveries > 0 && onCleared === undefined) {
      this.#suspects.push(runId);
      this.#nextSuspect();
      return;
    }
    let commits = 0;
    const session = new Session(this.options, graph, state, () => {
      commits += 1;
      // The first commit only says that the run was recovered.
      if (commits === 2) onCleared?.();
    });
    if (cancelled) session.cancel();
    this.#sessions.set(runId, session);
    try {
      await session.drive({ recovered });
    } finally {
      this.#sessions.delete(runId);
    }
  }

  async #load(
    runId: string,
    submitted?: RunState,
  ): Promise<{ state: RunState; graph: CompiledGraph; cancelled: boolean } | undefined> {
    const state = submitted ?? foldStored(runId, await this.options.store.loadRun(runId));
    if (state === undefined || isFinished(state.status)) return undefined;
    const graph = await this.options.graphs.pinned(state.graphId, state.graphVersion);
    if (graph === undefined) throw new Error(`graph ${state.graphId} version ${state.graphVersion} is not stored`);
    if (this.#stopping) return undefined;
    return { state, graph, cancelled: this.#loading.get(runId) === 'cancelled' };
  }
}
