/** Times further ahead are left to the look once a second, in milliseconds. */
const HORIZON_MS = 60_000;
/** Times that close to each other are one, in milliseconds. */
const GRAIN_MS = 20;

/**
 * Rings when runs become due that this process has parked: everybody looks at the queue once a second, and this is more
 * exact. It remembers few times, however many runs wait.
 */
export class DueTimes {
  readonly #times = new Set<number>();
  #timer: NodeJS.Timeout | undefined;
  #next = Number.POSITIVE_INFINITY;

  /**
   * @param now milliseconds since 1970
   * @param ring called at a time, or a little later
   */
  constructor(
    private readonly now: () => number,
    private readonly ring: () => void,
  ) {}

  /** @param at milliseconds since 1970 */
  add(at: number): void {
    if (at - this.now() > HORIZON_MS) return;
    const time = Math.ceil(at / GRAIN_MS) * GRAIN_MS;
    this.#times.add(time);
    if (time < this.#next) this.#arm(time);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#times.clear();
    this.#next = Number.POSITIVE_INFINITY;
  }

  #arm(time: number): void {
    clearTimeout(this.#timer);
    this.#next = time;
    this.#timer = setTimeout(() => this.#onTime(), Math.max(0, time - this.now()));
  }

  #onTime(): void {
    const now = this.now();
    this.#next = Number.POSITIVE_INFINITY;
    let next = Number.POSITIVE_INFINITY;
    let isDue = false;
    for (const time of this.#times) {
      if (time > now) next = Math.min(next, time);
      else isDue = this.#times.delete(time) || isDue;
    }
    if (next < Number.POSITIVE_INFINITY) this.#arm(next);
    if (isDue) this.ring();
  }
}
