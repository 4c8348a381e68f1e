import { definedOnly } from '../core/base/defined-only.js';
import { MAX_BULK_RUNS } from '../core/run/bulk.js';
import type { RunStatus } from '../core/run/state.js';
import { listRuns } from './list-runs.js';
import type { RunDeps } from './shared.js';

type Filter = Omit<Parameters<typeof listRuns>[1], 'limit' | 'cursor'>;

/** These runs, or those that fit a filter, in its order, from a cursor on. */
export type ChosenRuns = { readonly ids: readonly string[] } | { readonly filter: Filter; readonly cursor?: string };

/**
 * The runs that one request is about: at most {@link MAX_BULK_RUNS} of those that fit a filter.
 * @param statuses those of the runs that it can be done to: a filter that does not say which is about these. So what is
 * done is not found again.
 * @returns `nextCursor`: from where to go on, if more runs fit
 */
export async function chooseRuns(
  deps: Pick<RunDeps, 'store' | 'turns'>,
  statuses: readonly RunStatus[],
  runs: ChosenRuns,
): Promise<{ ids: readonly string[]; nextCursor: string | null }> {
  if ('ids' in runs) return { ids: [...new Set(runs.ids)], nextCursor: null };
  const filter = { statuses, ...runs.filter };
  const ids: string[] = [];
  let cursor = runs.cursor;
  do {
    const page = await listRuns(deps, { ...filter, ...definedOnly({ cursor }), limit: MAX_BULK_RUNS - ids.length });
    ids.push(...page.runs.map(({ runId }) => runId));
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined && ids.length < MAX_BULK_RUNS);
  return { ids, nextCursor: cursor ?? null };
}

/** Does something for each of many runs, some at a time, so that others have their turn. The results are in their order. */
export async function doSome<T>(
  { turns }: Pick<RunDeps, 'turns'>,
  ids: readonly string[],
  atATime: number,
  work: (runId: string) => Promise<T>,
): Promise<readonly T[]> {
  const results: T[] = [];
  for (let from = 0; from < ids.length; from += atATime) {
    results.push(...(await Promise.all(ids.slice(from, from + atATime).map(work))));
    if (turns.isOver()) await turns.next();
  }
  return results;
}
