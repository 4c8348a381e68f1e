import { useState } from 'preact/hooks';
import { getJson, getText, post } from './api.js';
import { pretty } from './format.js';
import { useAction, useLoaded } from './hooks.js';
import { RunTable } from './lists/run-table.js';
import { Code, Failure, Heading, Mermaid, Panel } from './parts.js';
import { LargePicture } from './picture.js';
import { SchemaForm } from './schema-form.js';
import type { Json } from './types.js';
import type { Graph, RunList, StartedRun } from './wire-types.js';

/** One graph: its picture, a form to run it, its last runs and its definition. */
export function GraphView({ graphId }: { graphId: string }) {
  const id = encodeURIComponent(graphId);
  const graph = useLoaded((signal) => getJson<Graph>(`graph/${id}`, signal), [id]);
  const picture = useLoaded((signal) => getText(`graph/${id}/diagram?format=svg`, signal), [id]);
  const runs = useLoaded((signal) => getJson<RunList>(`graph/runs?graph_id=${id}&limit=10`, signal), [id], 2000);
  const { value } = graph;
  const [node, setNode] = useState<string>();
  return (
    <>
      <Heading>{value?.name ?? graphId}</Heading>
      <Failure message={graph.error} />
      {value === undefined ? null : (
        <>
          <p class="quiet">
            <code>{graphId}</code> · version {value.version} · {value.definition.nodes.length} nodes
          </p>
          {value.definition.description === undefined ? null : (
            <p class="description">{value.definition.description}</p>
          )}
          <p class="choices">
            <a href={`#/graphs/${id}/edit`}>Edit</a>
            {value.version === 1 ? null : <a href={`#/graphs/${id}/versions`}>Compare versions</a>}
          </p>
          <div class="columns">
            <div>
              <Panel title="Picture">
                <LargePicture svg={picture.value} error={picture.error} onNode={setNode} selected={node} />
                <NodeDefinition graph={value} node={node} />
                <Mermaid path={`graph/${id}/diagram`} />
              </Panel>
            </div>
            <div>
              <Panel title="Run it">
                <RunForm graph={value} />
              </Panel>
              <Panel title="Latest runs" aside={<a href={`#/runs?graph_id=${id}`}>All runs</a>}>
                <RunTable runs={runs.value?.runs} withGraph={false} />
              </Panel>
              <details class="panel">
                <summary>Definition</summary>
                <Code text={pretty(value.definition)} label="Definition" />
              </details>
            </div>
          </div>
        </>
      )}
    </>
  );
}

/** What the definition says of a node that is chosen in the picture, and of where it leads. */
function NodeDefinition({ graph: { graph_id, definition }, node }: { graph: Graph; node: string | undefined }) {
  const found = definition.nodes.find(({ name }) => name === node);
  if (found === undefined) return <p class="quiet">Choose a node to see its definition.</p>;
  const edges = [
    ...(definition.edges ?? []),
    ...(definition.conditional_edges ?? []),
    ...(definition.parallel_edges ?? []),
    ...(definition.for_each_edges ?? []),
  ].filter(({ from_node }) => from_node === node);
  return (
    <section aria-label={`Definition of ${node}`} class="node-definition">
      <Code text={[found, ...edges].map(pretty).join('\n')} label={`Node ${node}`} />
      <a href={`#/graphs/${encodeURIComponent(graph_id)}/edit`}>Edit</a>
    </section>
  );
}

/** An input for the demo that takes three rounds. */
const DEMO =
  'def messy_function():\n    if x:\n        for i in list:\n            while True:\n                nested=True';

function RunForm({ graph }: { graph: Graph }) {
  const start = useAction(async (input: Json) => {
    const body = { graph_id: graph.graph_id, input_data: input };
    const { run_id } = await post<StartedRun>('graph/run', body);
    location.hash = `#/runs/${run_id}`;
  });
  const schema = graph.definition.input_schema;
  return (
    <>
      {typeof schema !== 'object' ? (
        <FreeInput isDemo={graph.graph_id === 'demo-review'} busy={start.busy} onSubmit={start.run} />
      ) : (
        <SchemaForm schema={schema} idPrefix="input" submitLabel="Start run" busy={start.busy} onSubmit={start.run} />
      )}
      <Failure message={start.error} />
    </>
  );
}

function FreeInput(props: { isDemo: boolean; busy: boolean; onSubmit: (value: Json) => void }) {
  const [kind, setKind] = useState(props.isDemo ? 'text' : 'json');
  const [text, setText] = useState(props.isDemo ? DEMO : '{}');
  const [problem, setProblem] = useState<string>();
  const submit = (event: Event): void => {
    event.preventDefault();
    setProblem(undefined);
    try {
      props.onSubmit(kind === 'text' ? text : text.trim() === '' ? null : JSON.parse(text));
    } catch {
      setProblem('This is not JSON. Choose “Text” to send it as it is.');
    }
  };
  return (
    <form class="form" onSubmit={submit}>
      <div class="field">
        <label for="input-text">Input</label>
        <textarea
          id="input-text"
          rows={6}
          spellcheck={false}
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
        />
      </div>
      <fieldset class="inline">
        <legend>Send it as</legend>
        {(['json', 'text'] as const).map((each) => (
          <label key={each}>
            <input type="radio" name="kind" checked={kind === each} onInput={() => setKind(each)} />{' '}
            {each === 'json' ? 'JSON' : 'Text'}
          </label>
        ))}
      </fieldset>
      <Failure message={problem} />
      <div class="buttons">
        <button type="submit" class="primary" disabled={props.busy}>
          Start run
        </button>
      </div>
    </form>
  );
}
