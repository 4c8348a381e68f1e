import { useRef, useState } from 'preact/hooks';
import { getJson } from '../api.js';
import { duration, elapsed, shortId } from '../format.js';
import { useLoaded, useTick } from '../hooks.js';
import { STATUSES, WAITS } from '../kinds.js';
import { Ago, branchName, counted, Failure, Heading, Status } from '../parts.js';
import { FINISHED } from '../types.js';
import type { RunList, RunSummary } from '../wire-types.js';
import { Bulk } from './bulk.js';

const REFRESH_MS = 2000;
const PAGE = 50;

/** Runs, newest first, refreshed as they change. The filters are in the address. */
export function RunsView({ query }: { query: URLSearchParams }) {
  const [cursors, setCursors] = useState<readonly string[]>([]);
  const cursor = cursors.at(-1);
  const search = searchOf(query);
  search.set('limit', String(PAGE));
  if (cursor !== undefined) search.set('cursor', cursor);
  const path = `graph/runs?${search}`;
  const { value, error, reload } = useLoaded((signal) => getJson<RunList>(path, signal), [path], REFRESH_MS);
  const { shown, held, release } = useHeldBack(value?.runs, path);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
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
      <Filters key={String(query)} query={query} onChange={() => setCursors([])} />
      <Failure message={error} />
      <Bulk chosen={chosen} filter={searchOf(query)} onDone={reload} clear={() => setChosen(new Set())} />
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
          <button type="button" onClick={() => setCursors(cursors.slice(0, -1))}>
            Newer
          </button>
        ) : null}
        {next ? (
          <button type="button" onClick={() => setCursors([...cursors, next])}>
            Older
          </button>
        ) : null}
      </div>
    </>
  );
}

/** Hours back, by the name of a range of time in the address. */
const RANGES: Readonly<Record<string, readonly [words: string, hours: number]>> = {
  hour: ['The last hour', 1],
  day: ['The last 24 hours', 24],
  week: ['The last 7 days', 168],
};

/** What the API is asked for. A range of time ends now, whenever that is; to the minute, so that a page stays the same. */
function searchOf(query: URLSearchParams): URLSearchParams {
  const search = new URLSearchParams(query);
  const range = RANGES[query.get('range') ?? ''];
  search.delete('range');
  if (range !== undefined) {
    const minute = Math.floor(Date.now() / 60_000) * 60_000;
    search.set('submitted_after', new Date(minute - range[1] * 3_600_000).toISOString());
  }
  return search;
}

/**
 * Runs in the places where the reader has them: those that are shown change in place, and new ones are held back until they
 * are asked for, unless the reader is at the top of the page and does nothing there.
 */
function useHeldBack(runs: readonly RunSummary[] | undefined, path: string) {
  const places = useRef<{ path: string; ids: readonly string[] }>({ path, ids: [] });
  const [, setTurn] = useState(0);
  const release = (): void => {
    places.current = { path, ids: [] };
    setTurn((turn) => turn + 1);
  };
  if (runs === undefined) return { shown: undefined, held: 0, release };
  const known = places.current.path === path ? places.current.ids : [];
  const isReading =
    scrollY > 0 || document.activeElement?.closest('table') != null || document.querySelector('table:hover') !== null;
  const fresh = runs.filter(({ run_id }) => !known.includes(run_id));
  const isNewer = fresh.some(({ run_id }) => known[0] !== undefined && run_id > known[0]);
  if (known.length === 0 || !isReading || !isNewer) {
    places.current = { path, ids: runs.map(({ run_id }) => run_id) };
    return { shown: runs, held: 0, release };
  }
  const held = fresh.filter(({ run_id }) => run_id > (known[0] ?? '')).length;
  return { shown: runs.filter(({ run_id }) => known.includes(run_id)), held, release };
}

function Filters({ query, onChange }: { query: URLSearchParams; onChange: () => void }) {
  const [metadataKey = '', metadataValue = ''] =
    [...query].find(([key]) => key.startsWith('metadata.'))?.map((part) => part.replace(/^metadata\./, '')) ?? [];
  const apply = (event: Event): void => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    const text = (name: string): string => String(form.get(name) ?? '').trim();
    const search = new URLSearchParams();
    if (text('status') !== '') search.set('status', text('status'));
    for (const name of ['graph_id', 'waiting_for', 'parent_run_id']) {
      if (text(name) !== '') search.set(name, text(name));
    }
    if (text('range') !== '') search.set('range', text('range'));
    if (text('key') !== '') search.set(`metadata.${text('key')}`, text('value'));
    onChange();
    location.hash = `#/runs?${search}`;
  };
  return (
    <search>
      <form class="filters" onSubmit={apply}>
        <div class="field">
          <label for="filter-status">Status</label>
          <select id="filter-status" name="status" defaultValue={query.get('status') ?? ''}>
            <option value="">Any</option>
            <option value="SUBMITTED,RUNNING,WAITING">Not finished</option>
            {STATUSES.map((status) => (
              <option key={status} value={status} selected={query.get('status') === status}>
                {status.toLowerCase()}
              </option>
            ))}
          </select>
        </div>
        <div class="field">
          <label for="filter-wait">Waits for</label>
          <select id="filter-wait" name="waiting_for" defaultValue={query.get('waiting_for') ?? ''}>
            <option value="">Any</option>
            {Object.entries(WAITS).map(([kind, { name }]) => (
              <option key={kind} value={kind} selected={query.get('waiting_for') === kind}>
                {name}
              </option>
            ))}
          </select>
        </div>
        <div class="field">
          <label for="filter-graph">Graph id</label>
          <input id="filter-graph" name="graph_id" defaultValue={query.get('graph_id') ?? ''} />
        </div>
        <div class="field">
          <label for="filter-range">Submitted in</label>
          <select id="filter-range" name="range" defaultValue={query.get('range') ?? ''}>
            <option value="">Any time</option>
            {Object.entries(RANGES).map(([name, [words]]) => (
              <option key={name} value={name} selected={query.get('range') === name}>
                {words}
              </option>
            ))}
          </select>
        </div>
        <div class="field">
          <label for="filter-key">Metadata key</label>
          <input id="filter-key" name="key" defaultValue={metadataKey} />
        </div>
        <div class="field">
          <label for="filter-value">Metadata value</label>
          <input id="filter-value" name="value" defaultValue={metadataValue} />
        </div>
        <input type="hidden" name="parent_run_id" value={query.get('parent_run_id') ?? ''} />
        <div class="buttons">
          <button type="submit" class="primary">
            Filter
          </button>
          <a class="button" href="#/runs">
            Clear
          </a>
        </div>
      </form>
    </search>
  );
}

/** Runs as a table; each leads to its page. */
export function RunTable(props: {
  runs: readonly RunSummary[] | undefined;
  withGraph: boolean;
  /** Runs that are parts of one run: which of them each is. */
  withIndex?: boolean;
  /** Those that something is done to; without it, nothing can be. */
  chosen?: ReadonlySet<string>;
  onChoose?: (chosen: ReadonlySet<string>) => void;
}) {
  const { runs, withGraph, withIndex = false, chosen, onChoose } = props;
  useTick(runs?.some(({ status }) => !FINISHED.has(status)) ?? false);
  if (runs === undefined) return <p class="quiet">Loading…</p>;
  if (runs.length === 0) return <p class="quiet">No runs.</p>;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard (WCAG 2.1.1).
    <section class="scroll" aria-label="Table of runs" tabIndex={0}>
      <table>
        <thead>
          <tr>
            {onChoose === undefined ? null : (
              <th scope="col">
                <input
                  type="checkbox"
                  aria-label="Choose all runs of this page"
                  checked={runs.every(({ run_id }) => chosen?.has(run_id))}
                  onInput={(event) =>
                    onChoose(new Set(event.currentTarget.checked ? runs.map(({ run_id }) => run_id) : []))
                  }
                />
              </th>
            )}
            <th scope="col">Status</th>
            {withIndex ? <th scope="col">Branch</th> : null}
            <th scope="col">Run</th>
            {withGraph ? <th scope="col">Graph</th> : null}
            <th scope="col">Submitted</th>
            <th scope="col" class="number">
              Took
            </th>
            <th scope="col" class="notes">
              Notes
            </th>
          </tr>
        </thead>
        <tbody>
          {runs.map((run) => (
            <RunRow
              key={run.run_id}
              run={run}
              withGraph={withGraph}
              withIndex={withIndex}
              isChosen={chosen?.has(run.run_id) ?? false}
              onChoose={onChoose === undefined ? undefined : (is) => onChoose(withRun(chosen, run.run_id, is))}
            />
          ))}
        </tbody>
      </table>
    </section>
  );
}

function withRun(chosen: ReadonlySet<string> = new Set(), runId: string, isIn: boolean): ReadonlySet<string> {
  const others = [...chosen].filter((each) => each !== runId);
  return new Set(isIn ? [...others, runId] : others);
}

/** Time in line that is said, in milliseconds. */
const NOTED_QUEUE_MS = 1000;

interface RowProps {
  readonly run: RunSummary;
  readonly withGraph: boolean;
  readonly withIndex: boolean;
  readonly isChosen: boolean;
  readonly onChoose: ((isChosen: boolean) => void) | undefined;
}

function RunRow({ run, withGraph, withIndex, isChosen, onChoose }: RowProps) {
  return (
    <tr>
      {onChoose === undefined ? null : (
        <td>
          <input
            type="checkbox"
            aria-label={`Choose run ${shortId(run.run_id)}`}
            checked={isChosen}
            onInput={(event) => onChoose(event.currentTarget.checked)}
          />
        </td>
      )}
      <td>
        <Status status={run.status} />
      </td>
      {withIndex ? <td>{branchName(run)}</td> : null}
      <td class="nowrap">
        <a href={`#/runs/${run.run_id}`} title={run.run_id}>
          <code>{shortId(run.run_id)}</code>
        </a>
      </td>
      {withGraph ? (
        <td>
          <a class="cut" href={`#/graphs/${encodeURIComponent(run.graph_id)}`} title={run.graph_id}>
            {run.graph_id}
          </a>
          <span class="quiet"> v{run.graph_version}</span>
        </td>
      ) : null}
      <td class="nowrap">
        <Ago iso={run.submitted_at} />
      </td>
      <td class="number nowrap">{elapsed(run.started_at, run.finished_at)}</td>
      <td class="notes">
        <Notes run={run} />
      </td>
    </tr>
  );
}

/** What it waits for, what failed in it, how long it stood in line, and its metadata. */
function Notes({ run }: { run: RunSummary }) {
  const { error, waiting_for: waitsFor } = run;
  const metadata = Object.entries(run.metadata).map(([key, value]) => `${key}=${value}`);
  const queued = run.started_at === null ? 0 : Date.parse(run.started_at) - Date.parse(run.submitted_at);
  return (
    <>
      {waitsFor === null ? null : <span>for {WAITS[waitsFor].name} </span>}
      {run.paused && waitsFor !== 'paused' ? <span>paused </span> : null}
      {error === null ? null : (
        <span class="bad">
          {error.node === null ? '' : `${error.node}: `}
          <code>{error.code}</code> {error.message.slice(0, 120)}{' '}
        </span>
      )}
      {queued < NOTED_QUEUE_MS ? null : <span class="quiet">in line for {duration(queued)} </span>}
      <span class="quiet">{metadata.join(' ')}</span>
    </>
  );
}
