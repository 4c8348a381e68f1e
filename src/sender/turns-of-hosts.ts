import { LRUCache } from 'lru-cache';

/** Tries under way, at most: of all hosts, of all whose last try failed, of one, and of one whose last try failed. */
const MAX_TRIES = 40;
const MAX_TRIES_OF_FAILING_HOSTS = 20;
const MAX_TRIES_OF_HOST = 5;
const MAX_TRIES_OF_FAILING_HOST = 1;
/** Failing hosts that are remembered; one that is forgotten counts as well. */
const MAX_FAILING_HOSTS = 10_000;

/**
 * How many callbacks can be tried at the moment. A host that hangs holds up itself: it has few tries at a time, and only
 * one from its first failure until it takes something. However many hang, the others have room.
 */
export class HostTurns {
  readonly #underWay = new Map<string, number>();
  readonly #failing = new LRUCache<string, true>({ max: MAX_FAILING_HOSTS });
  #total = 0;

  /** Tries under way. */
  get total(): number {
    return this.#total;
  }

  /** True if nothing can be tried before a try ends. */
  isFull(): boolean {
    return this.#total >= MAX_TRIES;
  }

  /** True for a host whose last try failed. */
  isFailing(host: string): boolean {
    return this.#failing.has(host);
  }

  /** True if any is. */
  hasFailing(): boolean {
    return this.#failing.size > 0;
  }

  /** How many more tries there can be of a host. */
  roomFor(host: string): number {
    const isFailing = this.isFailing(host);
    const most = isFailing ? MAX_TRIES_OF_FAILING_HOST : MAX_TRIES_OF_HOST;
    const ofAll = isFailing ? MAX_TRIES_OF_FAILING_HOSTS - this.#countFailing() : MAX_TRIES;
    return Math.max(0, Math.min(most - (this.#underWay.get(host) ?? 0), ofAll, MAX_TRIES - this.#total));
  }

  /** Tries under way of hosts that are failing. */
  #countFailing(): number {
    let count = 0;
    for (const [host, tries] of this.#underWay) if (this.#failing.has(host)) count += tries;
    return count;
  }

  begin(host: string): void {
    this.#total += 1;
    this.#underWay.set(host, (this.#underWay.get(host) ?? 0) + 1);
  }

  /** @param isTaken the host has taken a callback; undefined if the try says nothing of the host */
  end(host: string, isTaken: boolean | undefined): void {
    this.#total -= 1;
    const left = (this.#underWay.get(host) ?? 1) - 1;
    if (left === 0) this.#underWay.delete(host);
    else this.#underWay.set(host, left);
    if (isTaken === true) this.#failing.delete(host);
    else if (isTaken === false) this.#failing.set(host, true);
  }
}
