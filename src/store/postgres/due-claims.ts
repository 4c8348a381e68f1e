import type { Claim } from '../queue.js';
import type { Held, HeldClaims } from './held-claims.js';
import type { JobClaims } from './job-claims.js';
import type { ClaimedJob } from './job-queues.js';

/** A run whose time has not quite come is kept until then, if it is so close, in milliseconds: it would only be put back. */
const CLOSE_MS = 1000;

export interface DueClaimsOptions {
  readonly claims: Pick<JobClaims, 'take' | 'takeSuspect' | 'findTakeovers'>;
  readonly held: HeldClaims;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Called when there is a claim that can be given out. */
  readonly onReady: () => void;
}

/** Claims runs that are due, and keeps what was claimed until it can be given out. */
export class DueClaims {
  /** Claimed jobs of which is not known yet how their runs were left. */
  #unchecked: { readonly claimedAt: number; readonly job: ClaimedJob }[] = [];
  /** Claims that can be given out. */
  readonly #ready: Held[] = [];
  readonly #timers = new Set<NodeJS.Timeout>();
  /** There may be a suspect that can be tried. */
  #hasSuspects = true;
  #takeovers = 0;
  #fetching: Promise<void> = Promise.resolve();

  constructor(private readonly options: DueClaimsOptions) {}

  /**
   * Claims so many runs that at most `max` can be given out. What fails half-way is gone on with by the next call.
   * @param exceptNeeds what those need that are left to others
   */
  async fetch(max: number, exceptNeeds: readonly string[] = []): Promise<void> {
    this.#fetching = this.#fetch(max, exceptNeeds);
    await this.#fetching;
  }

  async #fetch(max: number, exceptNeeds: readonly string[]): Promise<void> {
    const { claims, held } = this.options;
    if (this.#hasSuspects && this.#ready.length < max) {
      const suspect = await claims.takeSuspect();
      if (suspect === undefined) this.#hasSuspects = false;
      else this.#ready.push(suspect);
    }
    const room = max - this.#ready.length - this.#unchecked.length;
    if (room > 0) {
      const { claimedAt, fetched } = await claims.take(room, exceptNeeds);
      this.#unchecked.push(...fetched.map((job) => ({ claimedAt, job })));
    }
    if (this.#unchecked.length === 0) return;
    const takeovers = await claims.findTakeovers(this.#unchecked.map(({ job }) => job));
    this.#takeovers += takeovers.size;
    for (const { claimedAt, job } of this.#unchecked.splice(0)) {
      this.#keep(held.add(job, claimedAt, { isTakeover: takeovers.has(job.runId), isSuspect: false }));
    }
  }

  giveOut(max: number): Claim[] {
    return this.#ready.splice(0, max).map(({ claim }) => claim);
  }

  /** Does not give out a claim that was lost. */
  withhold(held: Held): void {
    const index = this.#ready.indexOf(held);
    if (index >= 0) this.#ready.splice(index, 1);
  }

  /** Has suspects looked for. */
  expectSuspects(): void {
    this.#hasSuspects = true;
  }

  /** How many runs were taken over from other processes, or from this one. */
  takeovers(): number {
    return this.#takeovers;
  }

  /** Gives nothing out any more: what was claimed is among the claims that are held. */
  async stop(): Promise<void> {
    await this.#fetching.catch(() => undefined);
    for (const timer of this.#timers) clearTimeout(timer);
    for (const { claimedAt, job } of this.#unchecked.splice(0)) {
      this.options.held.add(job, claimedAt, { isTakeover: false, isSuspect: false });
    }
    this.#ready.length = 0;
  }

  /** Has a claim given out, at once or as soon as its time has come. */
  #keep(held: Held): void {
    const earlyMs = (held.job.data.at ?? 0) - this.options.now();
    if (earlyMs <= 0 || earlyMs > CLOSE_MS) {
      this.#ready.push(held);
      return;
    }
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      if (this.options.held.find(held.claim) !== held) return;
      this.#ready.push(held);
      this.options.onReady();
    }, earlyMs);
    this.#timers.add(timer);
  }
}
