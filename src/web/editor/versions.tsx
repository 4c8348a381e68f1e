import { getJson } from '../api.js';
import { pretty } from '../format.js';
import { useLoaded } from '../hooks.js';
import { Failure, Heading, Panel } from '../parts.js';
import type { Graph } from '../wire-types.js';
import { TextDifference } from './difference.js';

/** Two versions of a graph, compared. Which ones is in the address. */
export function VersionsView({ graphId, query }: { graphId: string; query: URLSearchParams }) {
  const id = encodeURIComponent(graphId);
  const latest = useLoaded((signal) => getJson<Graph>(`graph/${id}`, signal), [id]);
  const newest = latest.value?.version;
  return (
    <>
      <Heading>Versions of {latest.value?.name ?? graphId}</Heading>
      <p class="choices">
        <a href={`#/graphs/${id}`}>Graph</a>
        <a href={`#/graphs/${id}/edit`}>Edit</a>
      </p>
      <Failure message={latest.error} />
      {newest === undefined ? null : (
        <Compared
          id={id}
          newest={newest}
          a={query.get('a') ?? `${Math.max(1, newest - 1)}`}
          b={query.get('b') ?? `${newest}`}
        />
      )}
    </>
  );
}

function Compared({ id, newest, a, b }: { id: string; newest: number; a: string; b: string }) {
  const both = useLoaded(
    (signal) =>
      Promise.all(
        [a, b].map((version) => getJson<Graph>(`graph/${id}?version=${encodeURIComponent(version)}`, signal)),
      ),
    [id, a, b],
  );
  const show = (first: string, second: string): void => {
    location.hash = `#/graphs/${id}/versions?a=${first}&b=${second}`;
  };
  const [before, after] = (both.value ?? []).map(({ version, definition }) => ({
    name: `version ${version}`,
    text: pretty(definition),
  }));
  return (
    <Panel title="Definitions">
      <div class="filters">
        <VersionChoice label="Version on the left" newest={newest} value={a} onChoice={(version) => show(version, b)} />
        <VersionChoice
          label="Version on the right"
          newest={newest}
          value={b}
          onChoice={(version) => show(a, version)}
        />
      </div>
      <Failure message={both.error} />
      {before === undefined || after === undefined ? null : <TextDifference before={before} after={after} />}
    </Panel>
  );
}

function VersionChoice(props: { label: string; newest: number; value: string; onChoice: (version: string) => void }) {
  return (
    <label class="field">
      {props.label}
      <input
        type="number"
        min={1}
        max={props.newest}
        value={props.value}
        onChange={(event) => props.onChoice(event.currentTarget.value)}
      />
    </label>
  );
}
