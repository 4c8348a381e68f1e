import { type GraphDefinition, type NodeDefinition, paramsOf } from '../definition.js';
import type { GraphError } from './codes.js';
import type { LinkedGraph } from './links.js';
import { RUN_GRAPH } from './unknown-graphs.js';

/**
 * Finds nodes at which a graph runs itself (its latest version), if a run has no way to an end but through such a node:
 * each run would start another one, down to the limit of depth. Calls of other graphs that come back to this one, and
 * calls inside branches, are not checked; that limit stops them. Nor are runs that are only started: one after another, they
 * are a way to go on for ever.
 */
export function findEndlessRecursion(definition: GraphDefinition, { entry }: LinkedGraph): GraphError[] {
  const { graph_id: own, nodes } = definition;
  if (own === undefined || entry === undefined) return [];
  const reached = new Set([entry]);
  const calls: number[] = [];
  for (const node of reached) {
    if (callsItself(nodes[node.position], own)) {
      calls.push(node.position);
      continue;
    }
    if (node.ends || node.open) return [];
    for (const next of node.to) reached.add(next);
  }
  const message = `The graph runs itself here, and has no way to an end before. Add one, for example a conditional edge to "END".`;
  calls.sort((a, b) => a - b);
  return calls.map((at) => ({ pointer: `/nodes/${at}/params/graph_id`, code: 'endless_recursion', message }));
}

function callsItself(node: NodeDefinition | undefined, own: string): boolean {
  if (node?.tool_name !== RUN_GRAPH) return false;
  const { graph_id, version, wait } = paramsOf(node);
  return graph_id === own && version === undefined && wait !== false;
}
