/**
 * Work that can be interrupted: a generator that yields after each piece of a few milliseconds at most, and returns the
 * result. The core knows no clock: whoever drives it decides when to pause.
 */
export type Steps<T> = Generator<void, T, void>;

/** Does steps, some in each turn of the event loop; rejects with what they throw. */
export type InSlices = <T>(steps: Steps<T>) => Promise<T>;

/** How many small values are looked at between two steps. */
const VALUES_PER_STEP = 500;

/** Returns a function that is true at every 500th call: when to yield in work on many small values. */
export function createPacer(): () => boolean {
  let count = 0;
  return () => {
    count += 1;
    return count % VALUES_PER_STEP === 0;
  };
}

/** Does all steps at once: for work that is known to be small. */
export function finishSteps<T>(steps: Steps<T>): T {
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
  }
}
