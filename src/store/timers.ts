/** What parts that wait for a time set: the system's timers, or those of a clock that a test moves. */
export interface Timers {
  /** Calls back once, after so many milliseconds. Who moves the clock waits for a promise that is returned. */
  set(callback: () => unknown, ms: number): object;
  /** Does nothing if it is undefined, or has called back. */
  clear(timer: object | undefined): void;
  /**
   * No timer should sleep longer than this, in milliseconds: those of a system go by another clock than the one that says
   * what is due, which can be set, or go on while the machine sleeps. Nothing is then delayed longer.
   */
  readonly longestSleepMs: number;
}

export const SYSTEM_TIMERS: Timers = {
  set: (callback, ms) => setTimeout(callback, ms),
  clear: (timer) => clearTimeout(timer as NodeJS.Timeout | undefined),
  longestSleepMs: 30_000,
};
