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
  const { shown, held, release } = useHeldBack(value?.runs, path, chosen.size > 0);
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
function useHeldBack(runs: readonly RunSummary[] | undefined, path: string, isChosen: boolean) {
  const places = useRef<{ path: string; ids: readonly string[] }>({ path, ids: [] });
  const [, setTurn] = useState(0);
  const release = (): void => {
    places.current = { path, ids: [] };
    setTurn((turn) => turn + 1);
  };
  if (runs === undefined) return { shown: undefined, held: 0, release };
  const known = places.current.path === path ? places.current.ids : [];
  const isReading =
    isChosen ||
    scrollY > 0 ||
    document.activeElement?.closest('table') != null ||
    document.querySelector('table:hover') !== null;
  const fresh = runs.filter(({ run_id }) => !known.includes(run_id));
  const isNewer = fresh.some(({ run_id }) => known[0] !== undefined && run_id > known[0]);
  if (known.length === 0 || !isReading || !isNewer) {
    places.current = { path, ids: runs.map(({ run_id }) => run_id) };
    return { shown: runs, held: 0, release };
  }
  const held = fresh.filter(({ run_id }) => run_id > (known[0] ?? '')).length;
  return { shown: runs.filter(({ run_id }) => known.includes(run_id)), held, release };
}
