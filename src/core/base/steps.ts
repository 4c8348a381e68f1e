/**
 * Work that can be interrupted: a generator that yields after each piece of a few milliseconds at most, and returns the
 * result. The core knows no clock: whoever drives it decides when to pause.
 */
export type Steps<T> = Generator<void, T, void>;

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
