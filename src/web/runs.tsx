import { useState } from 'preact/hooks';
import { getJson } from './api.js';
import { elapsed, shortId } from './format.js';
import { useLoaded, useTick } from './hooks.js';
import { STATUSES, WAITS } from './kinds.js';
import { branchName, Failure, Heading, Status, Time } from './parts.js';
import { FINISHED } from './types.js';
import type { RunList, RunSummary } from './wire-types.js';

const REFRESH_MS = 2000;
const PAGE = 50;

/** Runs, newest first, refreshed as they change. The filters are in the address. */
export function RunsView({ query }: { query: URLSearchParams }) {
  const [cursors, setCursors] = useState<readonly string[]>([]);
  const cursor = cursors.at(-1);
  const search = new URLSearchParams(query);
  search.set('limit', String(PAGE));
  if (cursor !== undefined) search.set('cursor', cursor);
  const path = `graph/runs?${search}`;
  const { value, error } = useLoaded((signal) => getJson<RunList>(path, signal), [path], REFRESH_MS);
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
      <RunTable runs={value?.runs} withGraph withIndex={query.has('parent_run_id')} />
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
}) {
  const { runs, withGraph, withIndex = false } = props;
  useTick(runs?.some(({ status }) => !FINISHED.has(status)) ?? false);
  if (runs === undefined) return <p class="quiet">Loading…</p>;
  if (runs.length === 0) return <p class="quiet">No runs.</p>;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard (WCAG 2.1.1).
    <section class="scroll" aria-label="Table of runs" tabIndex={0}>
      <table>
        <thead>
          <tr>
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
            <RunRow key={run.run_id} run={run} withGraph={withGraph} withIndex={withIndex} />
          ))}
        </tbody>
      </table>
    </section>
  );
}

function RunRow({ run, withGraph, withIndex }: { run: RunSummary; withGraph: boolean; withIndex: boolean }) {
  const metadata = Object.entries(run.metadata).map(([key, value]) => `${key}=${value}`);
  return (
    <tr>
      <td>
        <Status status={run.status} />
      </td>
      {withIndex ? <td>{branchName(run)}</td> : null}
      <td>
        <a href={`#/runs/${run.run_id}`} title={run.run_id}>
          <code>{shortId(run.run_id)}</code>
        </a>
      </td>
      {withGraph ? (
        <td>
          <a href={`#/graphs/${encodeURIComponent(run.graph_id)}`}>{run.graph_id}</a>
          <span class="quiet"> v{run.graph_version}</span>
        </td>
      ) : null}
      <td class="nowrap">
        <Time iso={run.submitted_at} />
      </td>
      <td class="number nowrap">{elapsed(run.started_at, run.finished_at)}</td>
      <td class="notes">
        {run.waiting_for === null ? null : <span>for {WAITS[run.waiting_for].name} </span>}
        {run.paused && run.waiting_for !== 'paused' ? <span>paused </span> : null}
        {run.error === null ? null : <span class="bad">{run.error.message.slice(0, 120)} </span>}
        <span class="quiet">{metadata.join(' ')}</span>
      </td>
    </tr>
  );
}
