import type { Logger } from 'pino';
import { EngineError } from '../core/base/errors.js';
import type { CompiledGraph } from '../core/graph/compile.js';
import { isFinished, type RunState, statusOf, waitOf, wakeAt } from '../core/run/state.js';
import type { GraphCache } from '../runs/graph-cache.js';
import type { RunLoader } from '../runs/run-loader.js';
import type { Store, UnfinishedRun } from '../store/store.js';
import { Alarm } from './alarm.js';
import { appendCancel, type CancelResult } from './cancel.js';
import { ChildRuns } from './children.js';
import { Session, type SessionDeps, type StepObserver } from './session.js';

export interface ExecutorOptions {
  readonly store: Store;
  readonly graphs: GraphCache;
  readonly runs: RunLoader;
  readonly logger: Pick<Logger, 'info' | 'warn' | 'error'>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** From 0 up to 1. */
  readonly random: () => number;
  /** A new UUIDv7. */
  readonly newId: () => string;
  readonly maxConcurrentRuns: number;
  readonly maxQueuedRuns: number;
  readonly stepTimeoutMs: number;
  readonly onStep?: StepObserver | undefined;
  /** What `secrets.NAME` in params stands for. */
  readonly secrets: Readonly<Record<string, string>>;
}

/** Seconds after which a client that found the queue full may try again. */
const QUEUE_FULL_RETRY_SECONDS = 1;

/** What came in for a run while a session had it. */
interface Held {
  session?: Session;
  wasCancelled: boolean;
  wakeAgain: boolean;
}

/**
 * Runs many runs at once, each in a session of its own. A run that has to queue is remembered by its id alone,
 * so a full queue costs little memory whatever the inputs are. A run that waits is remembered by the store alone.
 */
export class Executor {
  /** Runs that have a slot. */
  readonly #held = new Map<string, Held>();
  /** Runs that go on: after a wait, a crash, a retry; and children. They never count against the queue limit. */
  readonly #resuming = new Set<string>();
  /** SUBMITTED top-level runs, in the order of their submission. */
  readonly #submitted = new Set<string>();
  /** Runs that a step was in flight of when the last server ended. */
  readonly #interrupted = new Set<string>();
  /** Runs that were recovered before without getting on: one of them may be what kills the server. */
  readonly #suspects: string[] = [];
  #suspectUnderWay = false;
  #reserved = 0;
  #stopping = false;
  #idle: (() => void) | undefined;
  readonly #childWaiting = new Set<() => void>();
  readonly #alarm: Alarm;
  readonly #children: ChildRuns;
  readonly #sessionDeps: SessionDeps;

  constructor(private readonly options: ExecutorOptions) {
    const onError = (error: unknown) => options.logger.error({ err: error }, 'timers could not be read; trying again');
    const wake = (runId: string) => this.wake(runId);
    this.#alarm = new Alarm({ ...options, onDue: wake, onError });
    this.#children = new ChildRuns({ ...options, wake, cancel: (runId) => this.cancel(runId) });
    this.#sessionDeps = { ...options, alarm: this.#alarm, children: this.#children };
  }

  /** Runs that wait for a slot. */
  get queued(): number {
    return this.#submitted.size + this.#resuming.size;
  }

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

  /** Gives a place back that was not needed. */
  release(): void {
    this.#reserved -= 1;
  }

  /** Takes a committed run, in the place that was reserved for it. */
  submit(state: RunState): void {
    this.#reserved -= 1;
    if (this.#stopping) return;
    this.#alarm.schedule(wakeAt(state));
    const isFree = this.#hasFreeSlot() && this.#resuming.size === 0 && this.#submitted.size === 0;
    if (isFree) this.#start(state.runId, state);
    else this.#submitted.add(state.runId);
  }

  /** Has a run looked at again, because something has happened to it that the journal holds. */
  wake(runId: string): void {
    if (this.#stopping) return;
    const held = this.#held.get(runId);
    if (held === undefined) this.#resuming.add(runId);
    else held.wakeAgain = true;
    this.#fill();
  }

  /** Cancels a run: at once, or as soon as its tool or its children have let go. `undefined` for no such run. */
  async cancel(runId: string): Promise<CancelResult | undefined> {
    const result = await appendCancel(this.options, runId);
    if (result === undefined || !result.changed) return result;
    const held = this.#held.get(runId);
    if (held !== undefined) {
      held.wasCancelled = true;
      held.session?.cancel();
    }
    this.#submitted.delete(runId);
    if (!isFinished(statusOf(result.state))) this.wake(runId);
    else this.#tellParent(result.state);
    return result;
  }

  /** Calls back whenever a child run waits for input. Returns the way out. */
  onChildWaiting(listener: () => void): () => void {
    this.#childWaiting.add(listener);
    return () => void this.#childWaiting.delete(listener);
  }

  /** Takes up runs that the last server left unfinished. */
  recover(unfinished: readonly UnfinishedRun[]): void {
    for (const { runId, status, waitingFor, parentRunId } of unfinished) {
      if (status === 'RUNNING') {
        this.#interrupted.add(runId);
        this.#resuming.add(runId);
      } else if (waitingFor === 'branches' || waitingFor === 'graph') this.#resuming.add(runId);
      else if (status === 'SUBMITTED' && parentRunId === null) this.#submitted.add(runId);
    }
    this.#alarm.start();
    this.#fill();
  }

  /** From here on nothing starts; steps under way may finish. Resolves when all sessions have stopped. */
  async drain(graceMs: number): Promise<void> {
    this.#stopping = true;
    this.#alarm.stop();
    for (const { session } of this.#held.values()) session?.stop();
    const stopped = new Promise<void>((resolve) => {
      this.#idle = resolve;
    });
    if (this.#held.size === 0) return;
    const timer = setTimeout(() => {
      for (const { session } of this.#held.values()) session?.abandon();
    }, graceMs);
    await stopped;
    clearTimeout(timer);
  }

  #hasFreeSlot(): boolean {
    return this.#held.size < this.options.maxConcurrentRuns;
  }

  #fill(): void {
    while (!this.#stopping && this.#hasFreeSlot()) {
      const [runId] = this.#resuming.size > 0 ? this.#resuming : this.#submitted;
      if (runId === undefined) return;
      this.#resuming.delete(runId);
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
    const held: Held = { wasCancelled: false, wakeAgain: false };
    this.#held.set(runId, held);
    void this.#drive(runId, held, state, onCleared)
      .catch((error: unknown) => {
        const words = 'a run stopped on an internal error; it is taken up again at the next start';
        this.options.logger.error({ run_id: runId, err: error }, words);
      })
      .finally(() => {
        this.#held.delete(runId);
        onCleared?.();
        if (held.wakeAgain) this.#resuming.add(runId);
        if (this.#held.size === 0) this.#idle?.();
        this.#fill();
      });
  }

  async #drive(runId: string, held: Held, submitted?: RunState, onCleared?: () => void): Promise<void> {
    const loaded = await this.#load(runId, submitted);
    if (loaded === undefined) return;
    const { state, graph } = loaded;
    const recovered = this.#interrupted.delete(runId) && statusOf(state) === 'RUNNING' && !state.drained;
    if (recovered && state.recoveries > 0 && onCleared === undefined) {
      this.#interrupted.add(runId);
      this.#suspects.push(runId);
      // Not before this slot is free: a run has one session at a time.
      setImmediate(() => this.#nextSuspect());
      return;
    }
    let commits = 0;
    const session = new Session(this.#sessionDeps, graph, state, () => {
      commits += 1;
      // The first commit only says that the run was recovered.
      if (commits === 2) onCleared?.();
    });
    if (held.wasCancelled) session.cancel();
    held.session = session;
    const after = await session.drive({ recovered });
    if (isFinished(statusOf(after))) this.#tellParent(after);
    else if (after.parent !== null && waitOf(after)?.kind === 'input') for (const tell of this.#childWaiting) tell();
  }

  async #load(runId: string, submitted?: RunState): Promise<{ state: RunState; graph: CompiledGraph } | undefined> {
    const state = submitted ?? (await this.options.runs.load(runId));
    if (state === undefined || isFinished(statusOf(state))) return undefined;
    const graph = await this.options.graphs.pinned(state.graphId, state.graphVersion);
    if (graph === undefined) throw new Error(`graph ${state.graphId} version ${state.graphVersion} is not stored`);
    return this.#stopping ? undefined : { state, graph };
  }

  #tellParent(state: RunState): void {
    const { parent, runId } = state;
    if (parent === null || this.#stopping) return;
    this.#children.ended(parent.run_id, runId, statusOf(state)).catch((error: unknown) => {
      this.options.logger.error({ run_id: runId, err: error }, 'the siblings of a run could not be stopped');
    });
  }
}
