import { useRef, useState } from 'preact/hooks';
import { getJson } from '../api.js';
import { shortId } from '../format.js';
import { useLoaded } from '../hooks.js';
import { counted, Failure, Heading } from '../parts.js';
import type { RunList, RunSummary } from '../wire-types.js';
import { Bulk } from './bulk.js';
import { cursorsOf, searchOf, withParam } from './filter.js';
import { Filters, StatusLinks } from './filters.js';
import { RunTable } from './run-table.js';

const REFRESH_MS = 2000;
const PAGE = 50;

/** Runs, newest first, refreshed as they change. The filters and the page are in the address. */
export function RunsView({ query }: { query: URLSearchParams }) {
  const cursors = cursorsOf(query);
  const cursor = cursors.at(-1);
  const search = searchOf(query);
  search.set('limit', String(PAGE));
  if (cursor !== undefined) search.set('cursor', cursor);
  const path = `graph/runs?${search}`;
  const { value, error, reload } = useLoaded((signal) => getJson<RunList>(path, signal), [path], REFRESH_MS);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const { shown, held, release } = useHeldBack(value, chosen.size > 0);
  const next = value?.next_cursor;
  const parent = query.get('parent_run_id');
  return (
    <>
      <Heading>Runs</Heading>
      {parent === null ? null : (
        <p>
          Inside run{' '}
          <a href={`#/runs/${parent}`}>
            <code>{shortId(parent)}</code>
          </a>
        </p>
      )}
      <StatusLinks query={query} />
      <Filters query={query} />
      <Failure message={error} />
      <Bulk chosen={chosen} query={query} onDone={reload} clear={() => setChosen(new Set())} />
      {held === 0 ? null : (
        <p>
          <button type="button" onClick={release}>
            Show {counted(held, 'new run')}
          </button>
        </p>
      )}
      <RunTable runs={shown} withGraph withIndex={query.has('parent_run_id')} chosen={chosen} onChoose={setChosen} />
      <div class="buttons">
        {cursors.length > 0 ? (
          <a class="button" href={withParam(query, 'cursor', cursors.slice(0, -1))}>
            Newer
          </a>
        ) : null}
        {next ? (
          <a class="button" href={withParam(query, 'cursor', [...cursors, next])}>
            Older
          </a>
        ) : null}
      </div>
    </>
  );
}

/**
 * Runs in the places where the reader has them: those that are shown change in place, and new ones are held back until they
 * are asked for, unless the reader is at the top of the page, does nothing there, and has chosen none.
 */
function useHeldBack(list: RunList | undefined, isChosen: boolean) {
  const places = useRef<readonly RunSummary[]>([]);
  const [, setTurn] = useState(0);
  const release = (): void => {
    places.current = [];
    setTurn((turn) => turn + 1);
  };
  if (list === undefined) return { shown: undefined, held: 0, release };
  const { runs } = list;
  const known = places.current;
  const isReading =
    isChosen ||
    scrollY > 0 ||
    document.activeElement?.closest('table') != null ||
    document.querySelector('table:hover') !== null;
  const ids = new Set(known.map(({ run_id }) => run_id));
  const first = known[0]?.run_id;
  const fresh = runs.filter(({ run_id }) => !ids.has(run_id) && first !== undefined && run_id > first);
  if (fresh.length === 0 || !isReading) {
    places.current = runs;
    return { shown: runs, held: 0, release };
  }
  places.current = inPlace(known, list);
  return { shown: places.current, held: fresh.length, release };
}

/** Runs as they are now. What new ones have pushed off the page stays as it was; what is gone from its midst is gone. */
function inPlace(known: readonly RunSummary[], { runs, next_cursor: next }: RunList): readonly RunSummary[] {
  const now = new Map(runs.map((run) => [run.run_id, run]));
  const last = runs.at(-1)?.run_id ?? '';
  return known.flatMap((run) => now.get(run.run_id) ?? (next !== null && run.run_id < last ? run : []));
}
