import type { InSlices } from '../core/base/steps.js';

/** How long work goes on in one turn of the event loop, in milliseconds. */
const TURN_MS = 20;
/**
 * Turns of the event loop without work between two with it. Node takes one new connection in each, so 200 clients that
 * connect while there is work would wait for 200 turns of it. A turn in which nothing happens takes some microseconds.
 */
const REST_TURNS = 64;
/** A rest in which much happens ends after so many milliseconds. Who comes meanwhile has its first half for work. */
const REST_MS = 40;

/**
 * Shares the turns of the event loop: what has to wait goes on in later turns, first come, first served, and all of it
 * together for some 20 ms in each. Between two of them the server takes connections, reads requests and answers them.
 */
export class Turns {
  readonly #waiting: (() => void)[] = [];
  /** When the work of this turn began; undefined before its first. */
  #begunAt: number | undefined;
  /** True from when somebody waits until all who waited are served, or the turn is over. */
  #isScheduled = false;
  #isResting = false;

  /** @param now milliseconds since some moment */
  constructor(private readonly now: () => number = () => performance.now()) {}

  /** True if the work of this turn, or of this rest, has used its time. */
  isOver(): boolean {
    if (this.#begunAt !== undefined) return this.now() - this.#begunAt >= TURN_MS;
    this.#begin();
    return false;
  }

  /** Resolves in a later turn, after all who wait already. */
  next(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#schedule();
    });
  }

  /** Does all steps, some in each turn. Rejects with what they throw. */
  readonly inSlices: InSlices = async (steps) => {
    for (;;) {
      if (this.isOver()) await this.next();
      const { done, value } = steps.next();
      if (done === true) return value;
    }
  };

  #begin(): void {
    this.#begunAt = this.now();
    // A rest is one turn for those who come meanwhile: they could fill each of its turns otherwise.
    if (this.#isResting) return;
    setImmediate(() => {
      this.#begunAt = undefined;
    });
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#isResting = true;
    this.#rest(REST_TURNS, this.now() + REST_MS);
  }

  #rest(turns: number, until: number): void {
    setImmediate(() => {
      if (turns > 1 && this.now() < until) {
        this.#rest(turns - 1, until);
        return;
      }
      this.#isResting = false;
      this.#begin();
      void this.#resume();
    });
  }

  async #resume(): Promise<void> {
    // From a microtask on, the next tick comes after every microtask: after all that the work does by itself.
    await undefined;
    for (let resume = this.#waiting.shift(); resume !== undefined; resume = this.#waiting.shift()) {
      resume();
      await new Promise<void>((resolve) => process.nextTick(resolve));
      if (this.isOver()) break;
    }
    this.#isScheduled = false;
    if (this.#waiting.length > 0) this.#schedule();
  }
}
