import { ApiError, getJson, post } from '../api.js';
import { useAction, useLoaded } from '../hooks.js';
import { Failure } from '../parts.js';
import type { ExampleGraph, ExampleGraphList, StartedRun } from '../wire-types.js';

const PATH = 'examples';

/** On a server that is new to its reader: loads the graphs of the demo, and starts the one that is worth watching. */
export function Examples() {
  const { value } = useLoaded((signal) => getJson<ExampleGraphList>(PATH, signal), []);
  const load = useAction(async (graphs: readonly ExampleGraph[]) => {
    for (const graph of graphs) if (!graph.is_saved) await create(graph);
    const { run_id } = await post<StartedRun>('graph/run', graphs[0]?.start);
    location.hash = `#/runs/${run_id}`;
  });
  const graphs = value?.graphs ?? [];
  if (graphs.length === 0 || graphs.every((graph) => graph.is_saved)) return null;
  return (
    <section class="panel welcome" aria-label="Examples">
      <p>
        New here? Load {graphs.length} example graphs, and watch a run of twenty seconds: branches, an attempt that
        fails and is tried again, a loop, and a question to you. They need no network and no key.
      </p>
      <div class="buttons">
        <button type="button" class="primary" disabled={load.busy} onClick={() => load.run(graphs)}>
          Load the example graphs
        </button>
      </div>
      <Failure message={load.error} />
    </section>
  );
}

/** Creates a graph, unless somebody else has since. */
async function create({ graph_id: graphId, definition }: ExampleGraph): Promise<void> {
  try {
    await post('graph/create', definition);
  } catch (error) {
    if (!(error instanceof ApiError && error.code === 'graph_exists')) throw error;
    const { graphs } = await getJson<ExampleGraphList>(PATH);
    if (!graphs.some((graph) => graph.graph_id === graphId && graph.is_saved)) throw error;
  }
}
