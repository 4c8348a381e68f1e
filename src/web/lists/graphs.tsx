import { useEffect, useRef, useState } from 'preact/hooks';
import { getJson, getText } from '../api.js';
import { useLoaded } from '../hooks.js';
import { Ago, counted, Failure, Heading } from '../parts.js';
import { Picture } from '../picture.js';
import { pathOfPage, usePages } from '../triggers/parts.js';
import type { GraphList, GraphSummary, RunList, RunSummary, ScheduleList } from '../wire-types.js';
import { Examples } from './examples.js';
import { SearchField } from './search-field.js';

const PAGE = 24;
/** Runs of which the card of a graph tells. */
const LATEST = 20;
/** Graphs of a server that is new to its reader: the one that every server begins with. */
const FEW = 1;
/** Schedules that are read to be told of: more than most servers have. */
const SCHEDULES = 200;

/** All graphs, each with its picture, its latest runs and its schedules. The search is in the address. */
export function GraphsView({ query }: { query: URLSearchParams }) {
  const { cursor, buttons } = usePages();
  const search = query.get('search') ?? undefined;
  const path = pathOfPage('graph', { limit: `${PAGE}`, cursor, search });
  const { value, error } = useLoaded((signal) => getJson<GraphList>(path, signal), [path]);
  const schedules = useLoaded((signal) => getJson<ScheduleList>(`schedules?limit=${SCHEDULES}`, signal), []);
  const apply = (event: Event): void => {
    event.preventDefault();
    const text = String(new FormData(event.currentTarget as HTMLFormElement).get('search') ?? '').trim();
    location.hash = text === '' ? '#/graphs' : `#/graphs?${new URLSearchParams({ search: text })}`;
  };
  return (
    <>
      <Heading>Graphs</Heading>
      <p class="choices">
        <a href="#/new-graph">New graph</a>
      </p>
      <search>
        <form class="filters" onSubmit={apply}>
          <SearchField id="graph-search" hint="Id or name" text={search ?? null} />
          <div class="buttons">
            <button type="submit">Search</button>
          </div>
        </form>
      </search>
      <Failure message={error} />
      {search === undefined && value !== undefined && value.graphs.length <= FEW ? <Examples /> : null}
      {value?.graphs.length === 0 ? <NoGraphs search={search} /> : null}
      <ul class="cards">
        {value?.graphs.map((graph) => (
          <GraphCard
            key={graph.graph_id}
            graph={graph}
            schedules={schedules.value?.schedules.filter(({ graph_id }) => graph_id === graph.graph_id)}
          />
        ))}
      </ul>
      {buttons(value?.next_cursor)}
    </>
  );
}

function NoGraphs({ search }: { search: string | undefined }) {
  if (search !== undefined) return <p class="quiet">No graph has “{search}” in its id or name.</p>;
  return <p class="quiet">No graphs yet. Create one with POST /graph/create, or write one here.</p>;
}

/** The picture and the runs are loaded once the card is nearly in sight. */
function GraphCard({ graph, schedules }: { graph: GraphSummary; schedules: ScheduleList['schedules'] | undefined }) {
  const id = encodeURIComponent(graph.graph_id);
  const { element, isNear } = useNear<HTMLLIElement>();
  const wanted = <T,>(load: (signal: AbortSignal) => Promise<T>) => {
    return (signal: AbortSignal): Promise<T | undefined> => (isNear ? load(signal) : Promise.resolve(undefined));
  };
  const picture = useLoaded(
    wanted((signal) => getText(`graph/${id}/diagram?format=svg`, signal)),
    [id, isNear],
  );
  const runs = useLoaded(
    wanted((signal) => getJson<RunList>(`graph/runs?graph_id=${id}&limit=${LATEST}`, signal)),
    [id, isNear],
  );
  const latest = runs.value?.runs;
  return (
    <li class="card" ref={element}>
      <a class="card-link" href={`#/graphs/${id}`}>
        <h2>{graph.name}</h2>
      </a>
      <p class="quiet">
        <code>{graph.graph_id}</code> ·{' '}
        {graph.version === 1 ? 'version 1' : <a href={`#/graphs/${id}/versions`}>version {graph.version}</a>}
        {schedules === undefined || schedules.length === 0 ? null : (
          <>
            {' · '}
            <a href={`#/schedules?graph_id=${id}`}>{counted(schedules.length, 'schedule')}</a>
          </>
        )}
      </p>
      {graph.description === null ? null : <p class="clamp">{graph.description}</p>}
      <div class="card-runs">
        {latest === undefined ? null : latest.length === 0 ? (
          <span class="quiet">No runs yet</span>
        ) : (
          <>
            <RunStrip runs={latest} />
            <span>
              {successOf(latest)}; last run <Ago iso={latest[0]?.submitted_at ?? null} />
            </span>
          </>
        )}
      </div>
      <Picture svg={picture.value} error={picture.error} />
    </li>
  );
}

/** How many of the latest runs that have ended have completed. */
function successOf(runs: RunList['runs']): string {
  const ended = runs.filter(({ status }) => status === 'COMPLETED' || status === 'FAILED' || status === 'CANCELLED');
  const completed = ended.filter(({ status }) => status === 'COMPLETED').length;
  if (ended.length === 0) return `${counted(runs.length, 'run')}, none has ended`;
  return `${completed} of ${runs.length < LATEST ? '' : 'the last '}${ended.length} completed`;
}

/** True from when an element is in sight, or nearly. */
function useNear<E extends Element>() {
  const element = useRef<E>(null);
  const [isNear, setIsNear] = useState(false);
  useEffect(() => {
    if (element.current === null) return;
    const observer = new IntersectionObserver(
      (entries) => {
        if (!entries.some(({ isIntersecting }) => isIntersecting)) return;
        setIsNear(true);
        observer.disconnect();
      },
      { rootMargin: '300px' },
    );
    observer.observe(element.current);
    return () => observer.disconnect();
  }, []);
  return { element, isNear };
}

/** Runs as small marks in the colour of their status, the oldest first. What they say stands beside them in words. */
function RunStrip({ runs }: { runs: readonly RunSummary[] }) {
  return (
    <span class="strip" aria-hidden="true">
      {runs.toReversed().map(({ run_id, status }) => (
        <span key={run_id} class={`status-${status.toLowerCase()}`} />
      ))}
    </span>
  );
}
