import { LRUCache } from 'lru-cache';
import { assertNever } from '../core/base/assert-never.js';
import type { CompiledGraph } from '../core/graph/compile.js';
import { decideForChildren } from '../core/run/decide.js';
import type { EventOf } from '../core/run/events.js';
import { isFinished, type RunState, statusOf } from '../core/run/state.js';
import { drainUnread } from '../core/run/unread.js';
import { isUnreadable } from '../runs/readable.js';
import { StoreUnavailableError } from '../store/errors.js';
import type { Claim, Unsubscribe } from '../store/queue.js';
import { ChildRuns } from './children.js';
import type { Rest } from './rest.js';
import { Room } from './room.js';
import { Session } from './session.js';
import type { SessionDeps } from './session-deps.js';
import { UnreadableRuns } from './unreadable-runs.js';

export interface ExecutorOptions extends Omit<SessionDeps, 'children'> {
  readonly maxConcurrentRuns: number;
  /** Runs that a top run can have inside it, at any depth. */
  readonly maxDescendants: number;
  /** Called each time that a run which was driven is left. */
  readonly onLeft?: (() => void) | undefined;
}

/** Parents that note at a time that the server stops. */
const STOPPED_AT_A_TIME = 100;
/** Pause before a run is driven again that stopped on an error: the first, doubled each time up to the last. */
const FIRST_PAUSE_MS = 1000;
/** Runs of which it is remembered how often they stopped on an error. */
const MAX_ERRORS = 10_000;
const LAST_PAUSE_MS = 60_000;

/**
 * Claims runs that are due, as many as it has slots for, and drives each in a session of its own.
 *
 * ```
 *   queue ──take──▶ claim ──load──▶ session ──▶ the run ended or waits: its last unit was `done` with the claim
 *     ▲               │                │
 *     │               │                ├──▶ its children are under way, or nothing was to do: given back
 *     │               │                ├──▶ the claim was lost: nothing more is written
 *     │               │                ├──▶ an error: given back, due again after a pause
 *     │               │                └──▶ the run cannot be read: put aside, or failed if it is a child
 *     └── quarantine ─┘  its process died before, with this run under way: such runs are tried one at a time
 * ```
 */
export class Executor {
  /** Claims that are out, with their sessions once the runs are loaded. */
  readonly #claims = new Map<Claim, Session | undefined>();
  /** Claims that were lost: one can be before its session has begun. */
  readonly #lost = new WeakSet<Claim>();
  /** How often in a row each run stopped on an error; those that others have ended since stay for a while. */
  readonly #errors = new LRUCache<string, number>({ max: MAX_ERRORS });
  readonly #children: ChildRuns;
  readonly #unreadable: UnreadableRuns;
  readonly #room: Room;
  readonly #sessionDeps: SessionDeps;
  #subscriptions: readonly Unsubscribe[] = [];
  #isTaking = false;
  #taking: Promise<void> = Promise.resolve();
  #hasMore = false;
  #stopping = false;
  #idle: (() => void) | undefined;
  #retry: NodeJS.Timeout | undefined;

  constructor(private readonly options: ExecutorOptions) {
    this.#children = new ChildRuns(options);
    this.#unreadable = new UnreadableRuns(options);
    this.#room = new Room(options);
    this.#sessionDeps = { ...options, children: this.#children };
  }

  /** Begins to take runs that are due. */
  start(): void {
    const { queue } = this.options;
    this.#subscriptions = [queue.onWork(() => this.#fill()), queue.onLost((claim) => this.#abandon(claim))];
    this.#fill();
  }

  /** How many runs are driven at the moment. */
  driving(): number {
    return this.#claims.size;
  }

  /**
   * From here on nothing is taken; steps under way can finish. Resolves when all sessions have stopped.
   * @param graceMs milliseconds after which the steps that are still under way are cut off
   */
  async drain(graceMs: number): Promise<void> {
    this.#stopping = true;
    clearTimeout(this.#retry);
    for (const unsubscribe of this.#subscriptions) unsubscribe();
    for (const session of this.#claims.values()) session?.stop();
    const until = this.options.now() + graceMs;
    await this.#taking;
    // Steps under way can take the whole of the grace. What they end can make further parents due.
    await Promise.all([this.#stopSessions(graceMs), this.#stopParents(until)]);
    await this.#stopParents(until);
  }

  async #stopSessions(graceMs: number): Promise<void> {
    if (this.#claims.size === 0) return;
    const stopped = new Promise<void>((resolve) => {
      this.#idle = resolve;
    });
    const timer = setTimeout(() => {
      for (const session of this.#claims.values()) session?.abandon();
    }, graceMs);
    await stopped;
    clearTimeout(timer);
  }

  /**
   * Parents that are due, but are not driven any more, say that the server has stopped, or what is still to be done for
   * their children would count as a crash. As many as the grace has time for. None is loaded: they can be thousands, and
   * large. A takeover says nothing: its crash is still to be counted.
   */
  async #stopParents(until: number): Promise<void> {
    if (this.options.queue.isShared) return;
    const due = await this.options.queue.take(Number.POSITIVE_INFINITY);
    const claims = due.filter(({ isTakeover }) => !isTakeover);
    do await Promise.all(claims.splice(0, STOPPED_AT_A_TIME).map((claim) => this.#stopParent(claim)));
    while (claims.length > 0 && this.options.now() < until);
  }

  async #stopParent({ runId }: Claim): Promise<void> {
    const { runs, store, now, logger } = this.options;
    try {
      if (runs.findSubmitted(runId) !== undefined) return;
      const outline = await store.outlineRun(runId);
      const drained = outline && drainUnread(outline, now());
      if (drained !== undefined) await store.commit({ appends: [{ ...drained, rowChanged: false, isOutline: true }] });
    } catch (error) {
      logger.error({ run_id: runId, err: error }, 'a parent could not note that the server stops');
    }
  }

  #fill(): void {
    this.#hasMore = true;
    if (this.#isTaking || this.#stopping) return;
    this.#isTaking = true;
    this.#taking = this.#take()
      .catch((error: unknown) => {
        this.options.logger.error({ err: error }, 'runs that are due could not be taken; trying again');
        this.#retry = setTimeout(() => this.#fill(), FIRST_PAUSE_MS);
      })
      .finally(() => {
        this.#isTaking = false;
        // Announced while the last look was coming to its end.
        if (this.#hasMore) this.#fill();
      });
  }

  async #take(): Promise<void> {
    const { queue, maxConcurrentRuns } = this.options;
    while (this.#hasMore && !this.#stopping) {
      this.#hasMore = false;
      const free = maxConcurrentRuns - this.#claims.size;
      if (free <= 0) return;
      for (const claim of await queue.take(free)) {
        if (this.#stopping) await queue.giveBack(claim, this.options.now());
        else this.#begin(claim);
      }
    }
  }

  /** Its run may be driven elsewhere: nothing more is begun for it. */
  #abandon(claim: Claim): void {
    this.#lost.add(claim);
    this.#claims.get(claim)?.lose();
  }

  #begin(claim: Claim): void {
    this.#claims.set(claim, undefined);
    void this.#drive(claim)
      .then(() => this.#errors.delete(claim.runId))
      .catch((error: unknown) => this.#letGo(claim, error))
      .catch((error: unknown) => {
        this.options.logger.error({ run_id: claim.runId, err: error }, 'a claim could not be given back');
      })
      .finally(() => {
        this.#claims.delete(claim);
        if (this.#claims.size === 0) this.#idle?.();
        this.#fill();
        this.options.onLeft?.();
      });
  }

  /** A run that cannot be read stays so until somebody mends it; any other is tried again. */
  async #letGo(claim: Claim, error: unknown): Promise<void> {
    if (!isUnreadable(error)) return this.#putBack(claim, error);
    try {
      await this.#unreadable.take(claim, error);
    } catch (failure) {
      await this.#putBack(claim, failure);
    }
  }

  /** Whatever stopped a run, it is due again. */
  async #putBack(claim: Claim, error: unknown): Promise<void> {
    const { runId } = claim;
    const errors = this.#errors.get(runId) ?? 0;
    this.#errors.set(runId, errors + 1);
    const pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** errors, LAST_PAUSE_MS);
    const words = 'a run stopped on an internal error; it is taken up again';
    // A shared store says itself when it is down.
    if (!(this.options.queue.isShared && error instanceof StoreUnavailableError)) {
      this.options.logger.error({ run_id: runId, err: error, pause_ms: pauseMs }, words);
    }
    await this.options.queue.giveBack(claim, this.options.now() + pauseMs);
  }

  async #drive(claim: Claim): Promise<void> {
    const { queue } = this.options;
    const loaded = await this.#load(claim);
    if (loaded === undefined) return queue.giveBack(claim, null);
    const { state, graph } = loaded;
    const recovery = claim.isTakeover ? await this.#recoveryOf(state, graph) : undefined;
    // A run that is to be cancelled calls no tool, so it has not to wait for its turn.
    const isSuspicious = recovery !== undefined && state.recoveries > 0 && !state.cancelRequested;
    if (isSuspicious && !claim.isSuspect) return queue.quarantine(claim);
    await this.#room.make(state);
    if (this.#lost.has(claim)) return queue.giveBack(claim, this.options.now());
    const session = new Session(this.#sessionDeps, claim, graph, state);
    this.#claims.set(claim, session);
    if (this.#stopping) session.stop();
    const rest = await session.drive(recovery);
    await this.#leave(claim, rest);
  }

  async #leave(claim: Claim, rest: Rest): Promise<void> {
    const { queue } = this.options;
    switch (rest.kind) {
      case 'done':
        return;
      case 'parked':
        return queue.giveBack(claim, rest.until);
      case 'elsewhere':
        return queue.passOn(claim, rest.missing);
      default:
        assertNever(rest);
    }
  }

  /**
   * What a run says that was under way when its last process ended; nothing if it only waited, or that stopped in good
   * order. A parent waits by its status, so what was to be done for its children tells.
   */
  async #recoveryOf(state: RunState, graph: CompiledGraph): Promise<EventOf<'run.recovered'> | undefined> {
    if (state.phase.kind !== 'joining') {
      return statusOf(state) === 'RUNNING' && !state.drained ? { type: 'run.recovered' } : undefined;
    }
    const { children } = state.phase;
    if (!(await this.#children.hasWork(state, graph, decideForChildren(state, children)))) return undefined;
    const { ended } = await this.options.store.countChildren(state.runId, children.seq);
    return { type: 'run.recovered', children_ended: ended };
  }

  async #load({ runId, isFirst }: Claim): Promise<{ state: RunState; graph: CompiledGraph } | undefined> {
    const { runs, graphs } = this.options;
    // What was submitted here can have been driven elsewhere since.
    const submitted = isFirst ? runs.findSubmitted(runId) : undefined;
    const state = submitted ?? (await runs.load(runId));
    if (state === undefined || isFinished(statusOf(state))) return undefined;
    const graph = await graphs.pinned(state.graphId, state.graphVersion);
    return { state, graph };
  }
}
