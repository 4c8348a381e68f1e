import type { RunFilter, RunSummary } from '../store/store.js';
import type { Page, RunDeps } from './shared.js';

/** Runs that fit a filter, newest first. */
export async function listRuns(
  { store }: Pick<RunDeps, 'store'>,
  { cursor, limit, ...filter }: Omit<RunFilter, 'after' | 'limit'> & Page,
): Promise<{ runs: readonly RunSummary[]; nextCursor: string | null }> {
  const after = cursor === undefined ? {} : { after: cursor };
  const found = await store.listRuns({ ...filter, ...after, limit: limit + 1 });
  const runs = found.slice(0, limit);
  return { runs, nextCursor: found.length > limit ? (runs.at(-1)?.runId ?? null) : null };
}
