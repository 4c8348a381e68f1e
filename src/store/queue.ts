/**
 * The queue port: which runs are due, and who drives them.
 *
 * A run is *due* from a moment on: it was started or forked, was answered, cancelled or retried, its time has come, or a
 * child of it has ended. Whatever makes a run due says so in the unit that stores it ({@link Unit.wakes}), so that
 * nothing is due that is not stored, and nothing stored is forgotten. An executor claims a due run, drives it for as
 * long as it has something to do, and lets the claim go, mostly in the unit that ends or parks the run
 * ({@link Unit.done}).
 *
 * ```
 *              wakes                    take                done, giveBack(null)
 *   (at rest) ───────▶ due from `at` ───────▶ claimed ───────────────────────────▶ (at rest)
 *                          ▲                    │ │
 *                          ├────────────────────┘ │  woken while claimed, or giveBack(at)
 *                          └──────────────────────┘  its holder is gone: the next claim is a takeover
 * ```
 *
 * A run has at most one claim at a time. What is woken while it is claimed is due again as soon as the claim is let go,
 * so a holder that looked too early loses nothing. The claim decides who goes on with a run; the key of the journal
 * decides what is stored.
 */

/** Returns nothing, ends a subscription. Calling it again does nothing. */
export type Unsubscribe = () => void;

/** When a run is due: milliseconds since 1970; 0 is at once. */
export interface Wake {
  readonly runId: string;
  readonly at: number;
}

/** The right to drive a run. */
export interface Claim {
  readonly runId: string;
  /** Tells this claim from earlier ones of the same run. */
  readonly id: string;
  /** No other process has claimed the run before. */
  readonly isFirst: boolean;
  /** Whoever had the run before is gone, without having let it go. Of a run that waits for children: perhaps. */
  readonly isTakeover: boolean;
  /** One of the runs that are tried one at a time, because one of them may be what ends its process. */
  readonly isSuspect: boolean;
}

/** No further runs are taken at the moment: so many wait to begin. */
export class QueueFullError extends Error {
  constructor(readonly limit: number) {
    super(`${limit} runs are waiting to start, and no more are taken.`);
    this.name = 'QueueFullError';
  }
}

/** Which runs are due, and who drives them. Implemented beside each store, which feeds it in its own commits. */
export interface RunQueue {
  /**
   * Other processes take what is due while this one is stopped, and what it was given back. If false, whoever opens the
   * queue next takes parents that are due for crashed, unless they say that their process has stopped.
   */
  readonly isShared: boolean;
  /** Finds out what was due when the process began. Called once, before runs are started and taken. */
  open(): Promise<void>;
  /** Claims runs that are due, at most `max`: those that go on before those that begin, each group in its order. */
  take(max: number): Promise<readonly Claim[]>;
  /**
   * Says that claims are still at work; resolves with those that still hold.
   * @throws StoreUnavailableError if nobody can tell
   */
  touch(claims: readonly Claim[]): Promise<readonly Claim[]>;
  /**
   * Lets a claim go. Does nothing if it does not hold any more.
   * @param at when the run is due again (milliseconds since 1970), or null if something has to happen to it first. Of a
   * takeover of which nothing was stored but requests, the next claim is one too, unless this is null: it was looked at,
   * and nothing was under way.
   */
  giveBack(claim: Claim, at: number | null): Promise<void>;
  /**
   * Lets a claim go whose run only others can drive at the moment: it is due for them at once, and here after a while.
   * @param missing the tools and conditions that it needs, and this process does not have
   */
  passOn(claim: Claim, missing: readonly string[]): Promise<void>;
  /**
   * True if nobody else can have been given the run meanwhile, as far as is known without asking. If false, whoever has
   * the claim asks ({@link touch}) before anything is done under it that cannot be undone.
   */
  isSure(claim: Claim): boolean;
  /**
   * Lets a claim go whose run may be what ends its process. Such runs are given out again one at a time; one that is
   * woken meanwhile is given out as what goes on, still as a takeover, and can be put back here.
   */
  quarantine(claim: Claim): Promise<void>;
  /**
   * Lets a claim go whose run this process cannot drive: what is stored of it cannot be read. It is due again if
   * something is stored for it, or when a process opens the queue, though not for its time. A queue that processes share
   * tries it again after a long while too.
   */
  setAside(claim: Claim): Promise<void>;
  /**
   * False for a run that waits for a slot of the concurrency of its graph. Once it has one it is due, and keeps it until it
   * ends, or is paused before it has begun.
   */
  hasSlot(runId: string): Promise<boolean>;
  /** The run of a suspect's claim has got on, so the next suspect can be tried. */
  clear(claim: Claim): void;
  /**
   * Does the work that adds a run to those that wait to begin. A queue that processes share sees what the others add
   * after a moment, so a few more can be taken.
   * @throws QueueFullError if there is no room; the work is not begun then
   */
  admit<T>(work: () => Promise<T>): Promise<T>;
  /** How many runs are due and not claimed. A queue that processes share counts them now and then. */
  depth(): Promise<number>;
  /** Calls back when there may be something to take. */
  onWork(listener: () => void): Unsubscribe;
  /**
   * Calls back when a claim was lost, or nobody can tell whether it still holds: its run may be driven elsewhere, so nothing
   * more may be done under it. It is given back all the same.
   */
  onLost(listener: (claim: Claim) => void): Unsubscribe;
  /** Gives nothing out from here on. What is still claimed is a takeover for whoever claims it next. */
  close(): Promise<void>;
}
