import { definedOnly } from '../core/base/defined-only.js';
import { jsonBytes } from '../core/base/json.js';
import type { RunFilter } from '../store/run-filter.js';
import type { RunSummary } from '../store/store.js';
import { readRunCursor, runCursorAfter } from './cursors.js';
import type { Page, RunDeps } from './shared.js';

/** A page ends with the run that brings its metadata and errors to this size, whatever its limit. */
export const MAX_PAGE_BYTES = 4_194_304;
/** Runs that are read at a time: those of a page of the usual size, and one more. */
const RUNS_AT_A_TIME = 51;

type Filter = Omit<RunFilter, 'after' | 'downTo' | 'limit'> & Page;

interface RunPage {
  readonly runs: readonly RunSummary[];
  readonly nextCursor: string | null;
}

/** Runs that fit a filter, in its order. */
export async function listRuns(
  deps: Pick<RunDeps, 'store' | 'turns'>,
  { cursor, limit, ...filter }: Filter,
): Promise<RunPage> {
  const runs: RunSummary[] = [];
  let bytes = 0;
  const { oldestFirst = false } = filter;
  let after = cursor === undefined ? undefined : readRunCursor(cursor, oldestFirst);
  let nextCursor = cursor;
  for (;;) {
    // One more than the page has shows whether another page follows.
    const count = Math.min(limit + 1 - runs.length, RUNS_AT_A_TIME);
    const found = await searchRuns(deps, { ...filter, ...definedOnly({ after }), limit: count });
    for (const run of found) {
      if (runs.length === limit || bytes >= MAX_PAGE_BYTES) {
        return { runs, nextCursor: nextCursor ?? null };
      }
      runs.push(run);
      bytes += jsonBytes({ ...run.metadata }) + (run.error === null ? 0 : jsonBytes({ ...run.error }));
      after = run.runId;
      nextCursor = runCursorAfter(after, oldestFirst);
    }
    if (found.length < count) return { runs, nextCursor: null };
  }
}

/** Searches a part at a time: with 100,000 runs, of which none fits, the whole takes up to half a second. */
async function searchRuns(
  { store, turns }: Pick<RunDeps, 'store' | 'turns'>,
  filter: RunFilter,
): Promise<readonly RunSummary[]> {
  const found: RunSummary[] = [];
  for (let rest = filter; ; ) {
    const pause = await store.findSearchPause(rest);
    found.push(...(await store.listRuns({ ...rest, ...definedOnly({ downTo: pause }) })));
    if (pause === undefined || found.length >= filter.limit) return found;
    rest = { ...filter, after: pause, limit: filter.limit - found.length };
    if (turns.isOver()) await turns.next();
  }
}
