/**
 * When a run has to be finished (milliseconds since 1970): at its own deadline, or at that of the run above if it is earlier.
 * Null if it has neither.
 * @param seconds that it has from `start` on
 * @param above deadline of the run that it is inside of
 */
export function deadlineFrom(
  start: number,
  seconds: number | null | undefined,
  above: number | null = null,
): number | null {
  const own = seconds === null || seconds === undefined ? null : start + seconds * 1000;
  return own === null || above === null ? (own ?? above) : Math.min(own, above);
}
