import { useState } from 'preact/hooks';
import { getJson } from '../api.js';
import { useLoaded } from '../hooks.js';
import { STATUSES, WAITS } from '../kinds.js';
import type { RunCounts } from '../wire-types.js';
import { RANGES, searchOf, withParam } from './filter.js';
import { SearchField } from './search-field.js';

/** Less often than the list: counting costs more, and nobody reads it as closely. */
const COUNT_MS = 5000;
const NOT_FINISHED = 'SUBMITTED,RUNNING,WAITING';

/** The statuses as links, each with how many runs of it fit the other filters. */
export function StatusLinks({ query }: { query: URLSearchParams }) {
  const search = searchOf(query);
  for (const name of ['status', 'order']) search.delete(name);
  const path = `graph/runs/counts?${search}`;
  const { value } = useLoaded((signal) => getJson<RunCounts>(path, signal), [path], COUNT_MS);
  const chosen = query.getAll('status').join(',');
  return (
    <nav class="choices" aria-label="By status">
      <StatusLink query={query} status="" text="All" chosen={chosen} counts={value} />
      <StatusLink query={query} status={NOT_FINISHED} text="Not finished" chosen={chosen} counts={value} />
      {STATUSES.map((status) => (
        <StatusLink
          key={status}
          query={query}
          status={status}
          text={`${status[0]}${status.slice(1).toLowerCase()}`}
          chosen={chosen}
          counts={value}
        />
      ))}
    </nav>
  );
}

function StatusLink(props: {
  query: URLSearchParams;
  status: string;
  text: string;
  chosen: string;
  counts: RunCounts | undefined;
}) {
  const { query, status, text, chosen, counts } = props;
  return (
    <a
      href={withParam(query, 'status', status === '' ? [] : [status])}
      {...(status === chosen ? { 'aria-current': 'true' as const } : {})}
    >
      {text} <span class="count">{counts === undefined ? '' : countOf(counts, status)}</span>
    </a>
  );
}

function countOf({ counts, at_least: atLeast }: RunCounts, chosen: string): string {
  const statuses = chosen === '' ? STATUSES : STATUSES.filter((status) => chosen.split(',').includes(status));
  const count = statuses.reduce((sum, status) => sum + counts[status], 0);
  return `${count.toLocaleString()}${statuses.some((status) => atLeast.includes(status)) ? '+' : ''}`;
}

const CUSTOM = 'custom';

/** What the list is narrowed by, but for the status. */
export function Filters({ query }: { query: URLSearchParams }) {
  const [metadataKey = '', metadataValue = ''] =
    [...query].find(([key]) => key.startsWith('metadata.'))?.map((part) => part.replace(/^metadata\./, '')) ?? [];
  const isCustom = query.has('submitted_after') || query.has('submitted_before');
  const [range, setRange] = useState(isCustom ? CUSTOM : (query.get('range') ?? ''));
  const apply = (event: Event): void => {
    event.preventDefault();
    location.hash = addressOf(query, new FormData(event.currentTarget as HTMLFormElement));
  };
  const isNarrow = [...query.keys()].some(
    (key) => key !== 'search' && (FIELDS.includes(key) || key.startsWith('metadata.')),
  );
  return (
    <search>
      <OtherFilters query={query} />
      <form class="filters" onSubmit={apply}>
        <SearchField id="filter-search" hint="Id, graph, metadata or error" text={query.get('search')} />
        <details class="more" open={isNarrow}>
          <summary>More filters</summary>
          <div class="filters">
            <div class="field">
              <label for="filter-graph">Graph id</label>
              <input id="filter-graph" name="graph_id" defaultValue={query.get('graph_id') ?? ''} />
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
              <label for="filter-range">Submitted</label>
              <select
                id="filter-range"
                name="range"
                value={range}
                onInput={(event) => setRange(event.currentTarget.value)}
              >
                <option value="">Any time</option>
                {Object.entries(RANGES).map(([name, [words]]) => (
                  <option key={name} value={name}>
                    {words}
                  </option>
                ))}
                <option value={CUSTOM}>Between two times</option>
              </select>
            </div>
            {range === CUSTOM ? (
              <>
                <TimeField name="submitted_after" label="After" query={query} />
                <TimeField name="submitted_before" label="Before" query={query} />
              </>
            ) : null}
            <div class="field">
              <label for="filter-key">Metadata key</label>
              <input id="filter-key" name="key" defaultValue={metadataKey} />
            </div>
            <div class="field">
              <label for="filter-value">Metadata value</label>
              <input id="filter-value" name="value" defaultValue={metadataValue} />
            </div>
          </div>
        </details>
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

/** Filters that the address has and the form has no field for: they hold too. */
function OtherFilters({ query }: { query: URLSearchParams }) {
  const shown = ['status', 'parent_run_id', 'cursor', 'order', ...FIELDS];
  const others = [...query].filter(([name]) => !shown.includes(name) && !name.startsWith('metadata.'));
  return (
    <>
      {others.map(([name, value]) => (
        <p key={name} class="quiet">
          Only those with <code>{name}</code> <code>{value}</code>.{' '}
          <a href={withParam(query, name, [])}>All others too</a>
        </p>
      ))}
    </>
  );
}

function TimeField({ name, label, query }: { name: string; label: string; query: URLSearchParams }) {
  return (
    <div class="field">
      <label for={`filter-${name}`}>{label}</label>
      <input
        id={`filter-${name}`}
        name={name}
        type="datetime-local"
        step={1}
        max="9999-12-31T23:59:59"
        defaultValue={localTime(query.get(name))}
      />
    </div>
  );
}

/** A moment as a field for local times has it. */
function localTime(iso: string | null): string {
  const at = iso === null ? Number.NaN : Date.parse(iso);
  if (Number.isNaN(at)) return '';
  return new Date(at - new Date(at).getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
}

/** What the fields of the form say, but for the metadata. */
const FIELDS = ['search', 'graph_id', 'waiting_for', 'range', 'submitted_after', 'submitted_before'];

/** Where a form leads. What it has no field for stays: the status, the parent, what has started the runs. */
function addressOf(query: URLSearchParams, form: FormData): string {
  const text = (name: string): string => String(form.get(name) ?? '').trim();
  const search = new URLSearchParams(query);
  const metadataKey = [...query.keys()].find((name) => name.startsWith('metadata.'));
  for (const name of [...FIELDS, 'cursor', metadataKey]) if (name !== undefined) search.delete(name);
  for (const name of ['search', 'graph_id', 'waiting_for']) {
    if (text(name) !== '') search.set(name, text(name));
  }
  if (text('range') !== '' && text('range') !== CUSTOM) search.set('range', text('range'));
  for (const name of ['submitted_after', 'submitted_before']) {
    const at = new Date(text(name));
    if (!Number.isNaN(at.getTime())) search.set(name, at.toISOString());
  }
  if (text('key') !== '') search.set(`metadata.${text('key')}`, text('value'));
  return `#/runs${search.size === 0 ? '' : `?${search}`}`;
}
