import type { Claim } from '../queue.js';
import type { ClaimedJob } from './job-queues.js';

/** How long a claim is not touched whose last unit is being written, in milliseconds. */
const ENDING_MS = 2000;

/** A claim of this process. */
export interface Held {
  readonly claim: Claim;
  /** The job that it is; another one once it was renewed. */
  job: ClaimedJob;
  /** The turn among the suspects that it has, until its run has got on. */
  suspect: { readonly id: string; readonly retryCount: number } | undefined;
  /** When it was claimed, and when the database last said that it holds; as milliseconds pass here. */
  claimedAt: number;
  seenAt: number;
  /** Something was stored for its run under it, apart from requests. */
  hasGotOn: boolean;
  /** Whoever drives it was told to stop. */
  isAbandoned: boolean;
  /** What its run needs that this process does not have, if it is passed on. */
  needs: string | undefined;
  /** When its last unit began to be written. */
  endingAt: number | undefined;
}

/** The claims that this process has, and those that it was told of as lost. */
export class HeldClaims {
  readonly #held = new Map<string, Held>();
  /** The latest claim of each run: there is an older one while somebody has not noticed yet that it was lost. */
  readonly #byRun = new Map<string, Held>();

  /** @param elapsed milliseconds, as they pass */
  constructor(private readonly elapsed: () => number) {}

  get size(): number {
    return this.#held.size;
  }

  all(): Held[] {
    return [...this.#held.values()];
  }

  /** The claim of this process that a claim is, if it is held. */
  find(claim: Claim): Held | undefined {
    const held = this.#held.get(claim.id);
    return held?.claim === claim ? held : undefined;
  }

  /** The claim of a run, if this process has it. */
  findRun(runId: string): Held | undefined {
    return this.#byRun.get(runId);
  }

  /** @param claimedAt a moment before the database was asked for it */
  add(
    job: ClaimedJob,
    claimedAt: number,
    about: Pick<Claim, 'isTakeover' | 'isSuspect'>,
    suspect?: Held['suspect'],
  ): Held {
    const isFirst = job.data.isNew === true && !about.isTakeover;
    const claim = { runId: job.runId, id: `${job.id}:${job.retryCount}`, isFirst, ...about };
    const held: Held = {
      claim,
      job,
      suspect,
      claimedAt,
      seenAt: claimedAt,
      hasGotOn: false,
      isAbandoned: false,
      needs: undefined,
      endingAt: undefined,
    };
    this.#held.set(claim.id, held);
    this.#byRun.set(claim.runId, held);
    return held;
  }

  /** False if it was not held. */
  remove(held: Held): boolean {
    const { id, runId } = held.claim;
    if (this.#held.get(id) !== held) return false;
    if (this.#byRun.get(runId) === held) this.#byRun.delete(runId);
    return this.#held.delete(id);
  }

  /**
   * Those to be touched. Not those whose last unit is being written, which locks their jobs: a touch of many jobs and a
   * transaction that deletes many could each wait for the other.
   */
  touchable(): Held[] {
    const now = this.elapsed();
    return this.all().filter(({ endingAt, isAbandoned }) => {
      return !isAbandoned && (endingAt === undefined || now - endingAt > ENDING_MS);
    });
  }
}
