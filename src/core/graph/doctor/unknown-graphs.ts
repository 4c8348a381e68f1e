import { definedOnly } from '../../base/defined-only.js';
import { didYouMean } from '../../base/nearest-name.js';
import { type GraphDefinition, type NodeDefinition, paramsOf } from '../definition.js';
import type { GraphWarning } from './codes.js';

/** The built-in tool that runs a graph as a step. */
export const RUN_GRAPH = 'run_graph';

/** Most searches for the nearest of many ids. */
const MAX_HINTS = 20;

/** A graph that a node runs, as its params name it. */
export interface NamedGraph {
  readonly graphId: string;
  /** Omitted for the latest version. */
  readonly version?: number;
}

/** The graphs of a server, as far as the doctor has to know them. */
export interface KnownGraphs {
  readonly isThere: (graph: NamedGraph) => boolean;
  /** The ids that a misspelt one can mean. */
  readonly ids: readonly string[];
}

/** The other graphs that nodes run, each once. Those whose id only a run knows are not among them. */
export function graphsNamedIn({ graph_id: own, nodes }: GraphDefinition): NamedGraph[] {
  const named = new Map<string, NamedGraph>();
  for (const node of nodes) {
    const graph = graphNamedBy(node);
    if (graph !== undefined && graph.graphId !== own) named.set(JSON.stringify(graph), graph);
  }
  return [...named.values()];
}

/** Warns of graphs, and of versions of them, that are not there. The graph itself is there once it is saved. */
export function warnOfGraphs({ graph_id: own, nodes }: GraphDefinition, { isThere, ids }: KnownGraphs): GraphWarning[] {
  let hints = MAX_HINTS;
  return nodes.flatMap((node, index) => {
    const graph = graphNamedBy(node);
    if (graph === undefined || graph.graphId === own || isThere(graph)) return [];
    const { graphId, version } = graph;
    const pointer = `/nodes/${index}/params`;
    const code = 'unknown_graph';
    if (version !== undefined && isThere({ graphId })) {
      return [{ pointer: `${pointer}/version`, code, message: `Graph "${graphId}" has no version ${version}.` }];
    }
    const message = `No graph has the id "${graphId}". Create it before this graph runs.`;
    const hint = hints-- > 0 ? didYouMean(graphId, ids) : {};
    return [{ pointer: `${pointer}/graph_id`, code, message, ...hint }];
  });
}

function graphNamedBy(node: NodeDefinition): NamedGraph | undefined {
  if (node.tool_name !== RUN_GRAPH) return undefined;
  const { graph_id: graphId, version } = paramsOf(node);
  if (typeof graphId !== 'string' || graphId.includes('${')) return undefined;
  return { graphId, ...definedOnly({ version: Number.isInteger(version) ? (version as number) : undefined }) };
}
