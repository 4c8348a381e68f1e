/** Queued runs of which the one is found that has waited longest: a run that is retried waits from then on. */
export const OLDEST_QUEUED = 100;

/** Since when the run of these has waited that has waited longest, in milliseconds since 1970. */
export function earliest(
  rows: readonly { readonly submittedAt: number; readonly since: number | null }[],
): number | undefined {
  return rows.length === 0 ? undefined : Math.min(...rows.map(({ submittedAt, since }) => since ?? submittedAt));
}
