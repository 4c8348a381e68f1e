import type { Timers } from '../store/timers.js';

interface Timer {
  readonly at: number;
  readonly callback: () => unknown;
}

/** A clock that stands still until it is moved, with timers that go by it. Times are milliseconds since 1970. */
export class SimulatedClock implements Timers {
  readonly longestSleepMs = Number.POSITIVE_INFINITY;
  /** In the order in which they were set. */
  readonly #timers = new Set<Timer>();
  #now: number;

  /** @param onDue called when a timer is set that is due already */
  constructor(
    startsAt: number,
    private readonly onDue: () => void,
  ) {
    this.#now = startsAt;
  }

  readonly now = (): number => this.#now;

  set(callback: () => unknown, ms: number): object {
    const timer = { at: this.#now + Math.max(0, ms), callback };
    this.#timers.add(timer);
    if (timer.at <= this.#now) this.onDue();
    return timer;
  }

  clear(timer: object | undefined): void {
    this.#timers.delete(timer as Timer);
  }

  /** When the next timer is due; infinity if there is none. */
  nextAt(): number {
    return Math.min(Number.POSITIVE_INFINITY, ...Array.from(this.#timers, ({ at }) => at));
  }

  hasDue(): boolean {
    return this.nextAt() <= this.#now;
  }

  /** Lets all timers ring that are due, one after another, those included that are set meanwhile. */
  async ringDue(): Promise<void> {
    for (let at = this.nextAt(); at <= this.#now; at = this.nextAt()) {
      const timer = [...this.#timers].find((each) => each.at === at);
      this.clear(timer);
      await timer?.callback();
    }
  }

  /** Moves the clock. Timers ring at the next {@link ringDue}. */
  moveTo(time: number): void {
    this.#now = Math.max(this.#now, time);
  }
}
