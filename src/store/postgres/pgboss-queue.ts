import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { LRUCache } from 'lru-cache';
import type { StoreLogger } from '../ports.js';
import type { Claim, RunQueue, Unsubscribe } from '../queue.js';
import type { Unit } from '../store.js';
import { type Session, send } from './connection.js';
import { DueTimes } from './due-times.js';
import { orUnavailable } from './failures.js';
import { type Held, HeldClaims } from './held-claims.js';
import type { Place } from './job-claims.js';
import { EARLY_MS } from './job-queues.js';
import { laterWakes, noteProgress } from './job-writer.js';
import { Outage } from './outage.js';
import type { CommitParticipant, StartContext } from './participant.js';
import { makeParts, type QueueParts } from './queue-parts.js';
import { touchesLine } from './slots.js';

/** How often the queue is looked at, whatever else tells of work, in milliseconds. */
const LOOK_MS = 1000;
/** How long it may take to hand runs over to other processes at the end, in milliseconds. */
const LONGEST_CLOSE_MS = 5000;
/** pg-boss ends claims after a day, so they are renewed long before, in milliseconds. */
const RENEW_MS = 12 * 3_600_000;
/** How long runs are left to others that need what this process does not have, in milliseconds. */
const PASSED_ON_MS = 15_000;
/** Kinds of such runs that are remembered. */
const MAX_PASSED_ON = 100;
export interface PgBossQueueOptions {
  readonly logger: StoreLogger;
  /** Milliseconds since 1970, by the clock of the database. */
  readonly now: () => number;
  /** Milliseconds, as they pass; also while the process is stopped. */
  readonly elapsed: () => number;
  /** Top-level runs that wait to begin, at most, in all processes. */
  readonly maxQueuedRuns: number;
  /** The runs of a process that was not heard of for so long are taken by others. At least 10. */
  readonly heartbeatSeconds: number;
  /** Tells other processes that runs are due which this one has no room for. */
  readonly announceWork: () => void;
  readonly reconcile?: { readonly sweepMs: number; readonly patienceMs: number };
  readonly renewMs?: number;
}

/** What the queue of a process has to tell. */
export interface QueueFigures {
  readonly claimsHeld: number;
  readonly claimsLost: number;
  readonly takeovers: number;
  /** Runs that were due and had no job. Anything above 0 is a fault. */
  readonly reconciled: number;
}

/**
 * The queue that processes share: jobs of pg-boss, one for each time that a run is due. They are stored and deleted in
 * the transactions of the store.
 *
 * A claim is lost when its process was not heard of for a while: it died, or stands still, or has lost the database. What
 * keeps a process that comes back from going on with a run that another one has taken:
 *
 * - Its last unit is refused, because the claim that it is `done` with does not hold.
 * - Any other unit needs the next seq of the journal. Of a run at work, whoever takes it over first appends that it was
 *   recovered. Of a run at rest, both would append the same, and one is refused. The one that is refused asks whether its
 *   claim holds, and stops if not. If the old process is first, by a hair, what it appends is a fact like any other:
 *   the new one takes it in and goes on, and the old one is refused next.
 * - Slots of children are handed out once each, so a parent that looked long ago gives none twice.
 * - A process that goes on while the database does not answer counts its claims as lost before others can take them:
 *   see {@link Heartbeat}. One that stood still asks as soon as it goes on, and is told within one round trip.
 */
export class PgBossQueue implements RunQueue, CommitParticipant {
  readonly isShared = true;
  readonly #held: HeldClaims;
  readonly #outage: Outage;
  readonly #dueTimes: DueTimes;
  #prepared: QueueParts | undefined;
  #look: NodeJS.Timeout | undefined;
  #isFull = false;
  #isClosed = false;
  #claimsLost = 0;
  /** What runs need that were left to other processes. */
  readonly #passedOn = new LRUCache<string, true>({ max: MAX_PASSED_ON, ttl: PASSED_ON_MS });
  readonly #workListeners = new Set<() => void>();
  readonly #lostListeners = new Set<(claim: Claim) => void>();

  constructor(private readonly options: PgBossQueueOptions) {
    this.#held = new HeldClaims(options.elapsed);
    this.#outage = new Outage(options.logger, options.elapsed);
    this.#dueTimes = new DueTimes(options.now, () => this.#announce());
  }

  async prepare(context: StartContext): Promise<void> {
    this.#prepared = makeParts(context, {
      ...this.options,
      held: this.#held,
      outage: this.#outage,
      onLost: (held) => this.#lose(held),
      onSilence: (held) => this.#abandon(held),
      onReady: () => this.#announce(),
      onTurn: () => {
        this.#announce();
        if (this.#isFull) this.options.announceWork();
      },
      onLeft: (held, place) => this.#left(held, place),
    });
    await this.#prepared.jobs.start();
  }

  async open(): Promise<void> {
    const { jobs, pools, heartbeat, reconciler } = this.#parts();
    await jobs.wakeAside(pools.control);
    heartbeat.start();
    reconciler.start();
    this.#look = setInterval(() => this.#onLook(), LOOK_MS);
    this.#announce();
  }

  write(transaction: Session, units: readonly Unit[], begun: readonly string[] = []): Promise<void> {
    return this.#parts().writer.write(transaction, units, begun);
  }

  committed(units: readonly Unit[]): void {
    const { room, due } = this.#parts();
    noteProgress(this.#held, units);
    room.committed(units);
    const now = this.options.now();
    for (const { at } of laterWakes(units, now)) this.#lookAt(at);
    // What changes a line can have given a run its turn.
    const makesDue = units.some(
      ({ wakes = [], appends }) => wakes.some(({ at }) => at <= now) || appends.some(touchesLine),
    );
    if (units.some(({ done }) => done?.isSuspect)) due.expectSuspects();
    if (makesDue && this.#isFull) this.options.announceWork();
    // A run can have been woken while it was claimed.
    if (makesDue || units.some(({ done }) => done !== undefined)) this.#announce();
  }

  async take(max: number): Promise<readonly Claim[]> {
    if (this.#isClosed || max <= 0) return [];
    const { due } = this.#parts();
    try {
      await due.fetch(max, [...this.#passedOn.keys()]);
      this.#outage.end();
    } catch (error) {
      // There is another look in a second.
      if (!this.#outage.note(error)) throw error;
    }
    const given = this.#isClosed ? [] : due.giveOut(max);
    this.#isFull = given.length >= max;
    return given;
  }

  async touch(claims: readonly Claim[]): Promise<readonly Claim[]> {
    const held = claims.flatMap((claim) => this.#held.find(claim) ?? []);
    await orUnavailable(this.#parts().heartbeat.touch(held));
    // One that was abandoned is not touched any more, so it soon will not hold.
    return held.filter((one) => this.#held.find(one.claim) === one && !one.isAbandoned).map(({ claim }) => claim);
  }

  async giveBack(claim: Claim, at: number | null): Promise<void> {
    const held = this.#held.find(claim);
    if (held === undefined) return;
    if (at !== null) this.#lookAt(at);
    // Whoever stopped because nobody knew whether the claim holds has not looked at what is to be done.
    const isAtRest = at === null && !held.isAbandoned;
    await this.#parts().leaving.letGo(held, isAtRest ? 'rest' : 'due', at ?? 0);
  }

  async passOn(claim: Claim, missing: readonly string[]): Promise<void> {
    const held = this.#held.find(claim);
    if (held === undefined) return;
    held.needs = needsOf(missing);
    this.#passedOn.set(held.needs, true);
    await this.#parts().leaving.letGo(held, 'due', 0);
    this.options.announceWork();
  }

  isSure(claim: Claim): boolean {
    const held = this.#held.find(claim);
    return held !== undefined && !held.isAbandoned && this.#parts().heartbeat.isFresh(held);
  }

  async quarantine(claim: Claim): Promise<void> {
    await this.#leave(claim, 'suspects');
  }

  async setAside(claim: Claim): Promise<void> {
    await this.#leave(claim, 'aside');
  }

  async #leave(claim: Claim, place: Place): Promise<void> {
    const held = this.#held.find(claim);
    if (held !== undefined) await this.#parts().leaving.letGo(held, place, 0);
  }

  clear(claim: Claim): void {
    const held = this.#held.find(claim);
    if (held?.suspect === undefined) return;
    const { jobs, pools, due } = this.#parts();
    const suspects = [held.suspect];
    held.suspect = undefined;
    const ended = jobs.endSuspects(pools.control, suspects).then(() => {
      due.expectSuspects();
      this.#announce();
    });
    // Its turn then ends by itself, because nobody touches it.
    ended.catch((error) => this.#outage.complain(error, 'a suspect could not be cleared'));
  }

  admit<T>(work: () => Promise<T>): Promise<T> {
    return this.#parts().room.admit(work);
  }

  async hasSlot(runId: string): Promise<boolean> {
    const { rows } = await orUnavailable(
      send<{ hasSlot: boolean | null }>(this.#parts().pools.readers, {
        name: 'has_slot',
        text: 'SELECT concurrency_slot AS "hasSlot" FROM workflow_runs WHERE run_id = $1',
        values: [runId],
      }),
    );
    return rows[0]?.hasSlot !== false;
  }

  /** A graph has another latest version. */
  limitChanged(graphId: string): void {
    if (!this.#isClosed) this.#parts().turns.limitChanged(graphId);
  }

  depth(): Promise<number> {
    return orUnavailable(this.#parts().jobs.depth());
  }

  onWork(listener: () => void): Unsubscribe {
    this.#workListeners.add(listener);
    return () => void this.#workListeners.delete(listener);
  }

  onLost(listener: (claim: Claim) => void): Unsubscribe {
    this.#lostListeners.add(listener);
    return () => void this.#lostListeners.delete(listener);
  }

  /** To be called when another process says that runs are due which it has no room for. */
  noticeWork(): void {
    this.#announce();
  }

  figures(): QueueFigures {
    return {
      claimsHeld: this.#held.size,
      claimsLost: this.#claimsLost,
      takeovers: this.#prepared?.due.takeovers() ?? 0,
      reconciled: this.#prepared?.reconciler.mended() ?? 0,
    };
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearInterval(this.#look);
    this.#dueTimes.stop();
    if (this.#prepared === undefined) return;
    this.#prepared.heartbeat.stop();
    const onError = (error: unknown): void =>
      this.#outage.complain(error, 'the queue could not be closed in good order');
    const closed = this.#leaveAll(this.#prepared).catch(onError);
    // What could not be handed over by then is taken by others after a while.
    await Promise.race([closed, sleep(LONGEST_CLOSE_MS, undefined, { ref: false })]);
  }

  async #leaveAll({ claims, due, leaving, reconciler, turns, jobs }: QueueParts): Promise<void> {
    await reconciler.stop();
    await turns.stop();
    await leaving.retry();
    await due.stop();
    const held = this.#held.all();
    await claims.handOver(held).finally(() => jobs.stop());
    for (const one of held) this.#held.remove(one);
  }

  #parts(): QueueParts {
    if (this.#prepared === undefined) throw new Error('The queue was not prepared.');
    return this.#prepared;
  }

  /** Has a run fetched a little before its time. */
  #lookAt(at: number): void {
    this.#dueTimes.add(at - EARLY_MS / 2);
  }

  #left({ claim }: Held, place: Place): void {
    if (claim.isSuspect || place === 'suspects') this.#parts().due.expectSuspects();
    this.#announce();
  }

  #onLook(): void {
    const { due, leaving } = this.#parts();
    due.expectSuspects();
    void leaving.retry().then(() => this.#renew());
    this.#announce();
  }

  async #renew(): Promise<void> {
    const { elapsed, renewMs = RENEW_MS } = this.options;
    for (const one of this.#held.all()) {
      if (elapsed() - one.claimedAt < renewMs || one.isAbandoned || one.endingAt !== undefined) continue;
      try {
        if (!(await this.#parts().claims.renew(one))) this.#lose(one);
      } catch (error) {
        this.#outage.complain(error, 'a claim could not be renewed');
        return;
      }
    }
  }

  #lose(held: Held): void {
    if (!this.#held.remove(held)) return;
    this.#parts().leaving.forget(held);
    this.#claimsLost += 1;
    if (!held.isAbandoned) this.#tellLost(held);
  }

  /** Has whoever drives a run stop. The claim is kept, because it may still hold. */
  #abandon(held: Held): void {
    held.isAbandoned = true;
    this.#tellLost(held);
  }

  #tellLost(held: Held): void {
    this.#parts().due.withhold(held);
    for (const listener of this.#lostListeners) listener(held.claim);
  }

  #announce(): void {
    if (this.#isClosed) return;
    for (const listener of this.#workListeners) listener();
  }
}

/** A name for what runs need that are passed on: it has to be short. */
function needsOf(missing: readonly string[]): string {
  return createHash('sha256')
    .update(JSON.stringify([...missing].sort()))
    .digest('base64url');
}
