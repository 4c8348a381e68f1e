/** How far the clocks may drift apart between two looks before it counts as a sleep, in milliseconds. */
const SLEEP_MS = 2000;

/**
 * Milliseconds since some moment, as they pass; also while the machine sleeps, or a virtual one is held: its steady clock
 * stands still then, and its wall clock is set right afterwards. A wall clock that somebody sets forward looks the same.
 * @param wall milliseconds since 1970
 * @param steady milliseconds since some moment; it can stand still while the machine sleeps
 */
export function elapsedClock(wall: () => number, steady: () => number): () => number {
  let sleptMs = 0;
  let apart = wall() - steady();
  return () => {
    const moment = steady();
    const nowApart = wall() - moment;
    if (nowApart - apart > SLEEP_MS) sleptMs += nowApart - apart;
    apart = nowApart;
    return moment + sleptMs;
  };
}
