import type { Session } from './connection.js';
import type { Held, HeldClaims } from './held-claims.js';
import type { JobQueues } from './job-queues.js';

/**
 * How often claims are touched, in milliseconds, whatever the setting is: jobs that were made by a process with another
 * one, or before it was changed, can be lost sooner.
 */
const TOUCH_MS = 3000;
const TICK_MS = 500;
/** A claim counts as lost after such a silence, as a part of the time after which others take it. */
const SILENCE_PART = 0.8;
/** How long a transaction waits for a touch that is under way, in milliseconds. It takes a few. */
const LONGEST_WAIT_MS = 1000;

export interface HeartbeatOptions {
  readonly jobs: Pick<JobQueues, 'touchClaims' | 'touchSuspects'>;
  readonly held: HeldClaims;
  /** A connection that nothing long is sent on. */
  readonly session: Session;
  /** Milliseconds, as they pass; also while the process is stopped. */
  readonly elapsed: () => number;
  /** Called with a claim that does not hold any more. */
  readonly onLost: (held: Held) => void;
  /** Called with a claim of which nobody knows whether it holds: it soon will not. */
  readonly onSilence: (held: Held) => void;
  readonly onError: (error: unknown) => void;
}

/**
 * Tells the database that the claims of this process are still at work, with one statement for all of them. When it does
 * not answer for so long that others are about to take the runs, no new step may begin here.
 */
export class Heartbeat {
  #timer: NodeJS.Timeout | undefined;
  #touching: Promise<void> | undefined;
  #touchedAt = Number.NEGATIVE_INFINITY;

  constructor(private readonly options: HeartbeatOptions) {}

  start(): void {
    this.#timer = setInterval(() => this.tick(), TICK_MS);
  }

  /** False if nothing was heard of a claim for so long that it may be another's. */
  isFresh({ seenAt, job }: Held): boolean {
    return this.options.elapsed() - seenAt < job.heartbeatSeconds * 1000 * SILENCE_PART;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Does what is due. Called some times between two touches. */
  tick(): void {
    const { held, elapsed, onSilence } = this.options;
    const now = elapsed();
    for (const one of held.all()) if (!one.isAbandoned && !this.isFresh(one)) onSilence(one);
    if (this.#touching !== undefined || now - this.#touchedAt < TOUCH_MS) return;
    this.#touchedAt = now;
    this.#touching = this.#touchAll()
      .catch(this.options.onError)
      .finally(() => {
        this.#touching = undefined;
      });
  }

  /** Resolves when no touch is under way, or one takes too long to be waited for: its connection is lost then. */
  async untouched(): Promise<void> {
    if (this.#touching === undefined) return;
    let timer: NodeJS.Timeout | undefined;
    const tooLong = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, LONGEST_WAIT_MS);
    });
    await Promise.race([this.#touching, tooLong]);
    clearTimeout(timer);
  }

  /**
   * Touches claims, and takes note of those that do not hold any more.
   * @throws the error of the database if it does not tell
   */
  async touch(claims: readonly Held[]): Promise<void> {
    const { jobs, held, session, elapsed, onLost } = this.options;
    const touched = claims.map((one) => ({ one, job: one.job }));
    if (touched.length === 0) return;
    // The database hears of it later, so what it says is at least as new.
    const now = elapsed();
    const holding = await jobs.touchClaims(
      session,
      touched.map(({ job }) => job),
    );
    for (const { one, job } of touched) {
      if (holding.has(job.id)) one.seenAt = now;
      // It can have been let go or renewed meanwhile.
      else if (one.job === job && held.find(one.claim) === one) onLost(one);
    }
  }

  async #touchAll(): Promise<void> {
    const { jobs, held, session } = this.options;
    const claims = held.touchable();
    await this.touch(claims);
    const suspects = claims.flatMap(({ suspect }) => suspect ?? []);
    if (suspects.length > 0) await jobs.touchSuspects(session, suspects);
  }
}
