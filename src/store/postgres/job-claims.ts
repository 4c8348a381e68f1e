import type pg from 'pg';
import type { Session } from './connection.js';
import type { Held, HeldClaims } from './held-claims.js';
import type { ClaimedJob, JobQueues } from './job-queues.js';
import { inTransaction } from './transaction.js';

export interface JobClaimsOptions {
  readonly jobs: JobQueues;
  readonly held: HeldClaims;
  /** One connection that nothing long is sent on. */
  readonly pool: pg.Pool;
  readonly readers: pg.Pool;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Milliseconds, as they pass. */
  readonly elapsed: () => number;
}

/** Where a run that is let go is put. */
export type Place = 'due' | 'aside' | 'suspects' | 'rest';

/** A run that was put aside is tried again after this long: another release may be able to read it. */
const ASIDE_MS = 3_600_000;

/** Claims runs, and lets them go again: what is done in transactions of the queue alone. */
export class JobClaims {
  constructor(private readonly options: JobClaimsOptions) {}

  /** Claims the next suspect, if none is being tried. */
  async takeSuspect(): Promise<Held | undefined> {
    const { jobs, held, pool, elapsed } = this.options;
    for (;;) {
      const claimedAt = elapsed();
      const suspect = await jobs.fetchSuspect(pool);
      if (suspect === undefined) return undefined;
      const job = await this.#claimQueued(suspect.id);
      if (job !== undefined) return held.add(job, claimedAt, { isTakeover: true, isSuspect: true }, suspect);
      // It was woken, and somebody has it.
      await jobs.endSuspects(pool, [suspect]);
    }
  }

  /** Claims a run whatever it is due for; undefined if somebody has it. */
  async #claimQueued(runId: string): Promise<ClaimedJob | undefined> {
    const { jobs, pool } = this.options;
    try {
      return await inTransaction(pool, async (session) => {
        await jobs.removeQueued(session, runId);
        const job = await jobs.claim(session, runId);
        if (job === undefined) throw new Taken();
        return job;
      });
    } catch (thrown) {
      if (thrown instanceof Taken) return undefined;
      throw thrown;
    }
  }

  /**
   * Claims runs that are due. They can be given out once {@link findTakeovers} has told how they were left.
   * @param exceptNeeds what those need that are left to others
   */
  async take(limit: number, exceptNeeds: readonly string[]): Promise<{ claimedAt: number; fetched: ClaimedJob[] }> {
    const { jobs, pool, elapsed } = this.options;
    const claimedAt = elapsed();
    return { claimedAt, fetched: await jobs.fetch(pool, limit, exceptNeeds) };
  }

  /**
   * Says which of some claimed runs are takeovers. A run that was woken while somebody had it, who was lost then, has two
   * jobs, of which the other one tells; and a suspect that was woken is due as what goes on.
   */
  async findTakeovers(fetched: readonly ClaimedJob[]): Promise<ReadonlySet<string>> {
    const { jobs, pool, readers } = this.options;
    const lost = fetched.filter(({ retryCount }) => retryCount > 0);
    const woken = fetched.filter(({ retryCount, isWake }) => retryCount === 0 && isWake);
    const handedOn = fetched.filter(({ data }) => data.isTakeover);
    const takeovers = new Set([...lost, ...handedOn].map(({ runId }) => runId));
    const runIds = [...lost, ...woken].map(({ runId }) => runId);
    if (runIds.length > 0) for (const runId of await jobs.removeSuspects(pool, runIds)) takeovers.add(runId);
    const look = async ({ runId }: ClaimedJob): Promise<void> => {
      if (await jobs.removeLost(readers, runId)) takeovers.add(runId);
    };
    await Promise.all(woken.map(look));
    return takeovers;
  }

  /**
   * Lets a claim go.
   * @param at when the run is due again, in milliseconds since 1970
   * @returns false if it did not hold any more; nothing was done then
   */
  async letGo(held: Held, place: Place, at: number): Promise<boolean> {
    const { jobs, pool } = this.options;
    const { job, suspect } = held;
    return inTransaction(pool, async (session) => {
      const ended = await jobs.endClaims(session, [job]);
      if (suspect !== undefined) await jobs.endSuspects(session, [suspect]);
      if (ended.size === 0) return false;
      await this.#put(session, held, place, at);
      return true;
    });
  }

  /** Puts a run somewhere that was let go. */
  async #put(session: Session, { job, claim, hasGotOn, needs }: Held, place: Place, at: number): Promise<void> {
    const { jobs, now } = this.options;
    // Whoever lets it go is alive, so that the database was away is no crash of the run.
    const handedOn = claim.isTakeover && !hasGotOn ? { isTakeover: true as const } : {};
    const { runId } = claim;
    switch (place) {
      case 'rest':
        return;
      case 'due': {
        const afterMs = at - now();
        const data = afterMs > 0 ? { ...handedOn, at } : handedOn;
        // A run that begins elsewhere still begins after those that go on.
        return jobs.insertAgain(session, { runId, begins: needs !== undefined && job.begins, afterMs, data, needs });
      }
      case 'aside':
        return jobs.insertAgain(session, { runId, afterMs: ASIDE_MS, data: { ...handedOn, isAside: true } });
      case 'suspects':
        // What woke it meanwhile is looked at when its turn comes.
        await jobs.removeQueued(session, runId);
        return jobs.addSuspect(session, runId);
    }
  }

  /** Hands claims over to other processes at once. Nobody has said how far they are, so they are takeovers. */
  async handOver(claims: readonly Held[]): Promise<void> {
    const { jobs, pool } = this.options;
    if (claims.length === 0) return;
    await inTransaction(pool, async (session) => {
      const ended = await jobs.endClaims(
        session,
        claims.map(({ job }) => job),
      );
      const suspects = claims.flatMap(({ suspect }) => suspect ?? []);
      if (suspects.length > 0) await jobs.endSuspects(session, suspects);
      for (const { claim, job } of claims) {
        if (!ended.has(job.id)) continue;
        await jobs.insertAgain(session, { runId: claim.runId, afterMs: 0, data: { isTakeover: true } });
      }
    });
  }

  /**
   * Gives a claim a new job: pg-boss lets none be active for longer than a day.
   * @returns false if it does not hold any more
   */
  async renew(held: Held): Promise<boolean> {
    const { jobs, pool, elapsed } = this.options;
    const { runId } = held.claim;
    const claimedAt = elapsed();
    const job = await inTransaction(pool, async (session) => {
      const ended = await jobs.endClaims(session, [held.job]);
      if (ended.size === 0) return undefined;
      const { isRemoved } = await jobs.removeQueued(session, runId);
      const claimed = await jobs.claim(session, runId);
      // What woke it is still to be looked at.
      if (isRemoved) await jobs.insert(session, [{ runId, afterMs: 0 }]);
      return claimed;
    });
    if (job === undefined) return false;
    held.job = job;
    held.claimedAt = claimedAt;
    held.seenAt = claimedAt;
    return true;
  }
}

/** Somebody has the run. */
class Taken extends Error {}
