import { definedOnly } from '../core/base/defined-only.js';
import { RUN_STATUSES, type RunStatus } from '../core/run/state.js';
import type { RunFilter } from '../store/run-filter.js';
import type { RunDeps } from './shared.js';

/** Runs of one status are counted up to this. */
const MAX_COUNT = 10_000;
/** Parts of a search for the runs of one status; each looks at some hundreds to a thousand runs. */
const MAX_PARTS = 20;

/** How many runs there are. */
export interface RunCounts {
  readonly counts: Readonly<Record<RunStatus, number>>;
  /** Those of which not all were counted. */
  readonly atLeast: readonly RunStatus[];
}

/**
 * Counts runs that fit a filter, by status. What it costs this process has a bound, however many runs there are: a search on
 * Postgres works elsewhere, in one part.
 */
export async function countRuns(
  deps: Pick<RunDeps, 'store' | 'turns'>,
  filter: Omit<RunFilter, 'statuses' | 'after' | 'downTo' | 'limit' | 'oldestFirst'>,
): Promise<RunCounts> {
  const counts = { SUBMITTED: 0, RUNNING: 0, WAITING: 0, COMPLETED: 0, FAILED: 0, CANCELLED: 0 };
  const atLeast: RunStatus[] = [];
  for (const status of RUN_STATUSES) {
    const { count, isAll } = await countStatus(deps, { ...filter, statuses: [status] });
    counts[status] = count;
    if (!isAll) atLeast.push(status);
  }
  return { counts, atLeast };
}

/** A part at a time, so that others have their turn. */
async function countStatus(
  { store, turns }: Pick<RunDeps, 'store' | 'turns'>,
  filter: Omit<RunFilter, 'limit'>,
): Promise<{ count: number; isAll: boolean }> {
  let count = 0;
  let after: string | undefined;
  for (let part = 0; part < MAX_PARTS; part += 1) {
    // One more than is told shows whether there are more.
    const rest = { ...filter, ...definedOnly({ after }), limit: MAX_COUNT + 1 - count };
    const pause = await store.findSearchPause(rest);
    count += await store.countRuns({ ...rest, ...definedOnly({ downTo: pause }) });
    if (count > MAX_COUNT) return { count: MAX_COUNT, isAll: false };
    if (pause === undefined) return { count, isAll: true };
    after = pause;
    if (turns.isOver()) await turns.next();
  }
  return { count, isAll: false };
}
