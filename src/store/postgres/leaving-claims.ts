import type { Held, HeldClaims } from './held-claims.js';
import type { JobClaims, Place } from './job-claims.js';
import type { Outage } from './outage.js';

export interface LeavingClaimsOptions {
  readonly claims: Pick<JobClaims, 'letGo'>;
  readonly held: HeldClaims;
  readonly outage: Outage;
  /** Called when a claim was let go, and where its run is now. */
  readonly onLeft: (held: Held, place: Place) => void;
  /** Called with a claim that did not hold any more. */
  readonly onGone: (held: Held) => void;
}

/** Lets claims go. While the database does not answer they are kept, and let go as soon as it does. */
export class LeavingClaims {
  readonly #leaving = new Map<Held, () => Promise<void>>();
  #isTrying = false;

  constructor(private readonly options: LeavingClaimsOptions) {}

  /** @param at when its run is due again, in milliseconds since 1970 */
  async letGo(one: Held, place: Place, at: number): Promise<void> {
    const { claims, held, outage, onLeft, onGone } = this.options;
    const leave = async (): Promise<void> => {
      if (!(await claims.letGo(one, place, at))) return onGone(one);
      held.remove(one);
      this.#leaving.delete(one);
      onLeft(one, place);
    };
    try {
      await leave();
    } catch (error) {
      if (outage.note(error)) {
        this.#leaving.set(one, leave);
        return;
      }
      // Others take its run when it is not touched any more.
      held.remove(one);
      throw error;
    }
  }

  /** A claim was lost, so that it need not be let go. */
  forget(one: Held): void {
    this.#leaving.delete(one);
  }

  async #try(one: Held, leave: () => Promise<void>): Promise<void> {
    const { outage, held } = this.options;
    try {
      await leave();
    } catch (error) {
      outage.complain(error, 'a claim could not be let go');
      if (outage.note(error)) return;
      // Others take its run when it is not touched any more.
      this.#leaving.delete(one);
      held.remove(one);
    }
  }

  /** Lets those go that could not be before. */
  async retry(): Promise<void> {
    if (this.#isTrying) return;
    this.#isTrying = true;
    try {
      for (const [one, leave] of [...this.#leaving]) await this.#try(one, leave);
    } finally {
      this.#isTrying = false;
    }
  }
}
