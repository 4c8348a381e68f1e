import { END, type GraphDefinition } from './graph.js';
import type { Registry } from './registry.js';

/** A node with what it can lead to. */
export interface LinkedNode {
  readonly name: string;
  /** Its place in the document's list of nodes. */
  readonly position: number;
  /** Each node that it can lead to, once. */
  readonly to: Set<LinkedNode>;
  /** It can end the run: by an edge to END, or because no edge leaves it. */
  ends: boolean;
  /** It may lead to every node and to END. */
  open: boolean;
}

/** A definition as linked nodes. */
export interface LinkedGraph {
  /** In document order, each name once. */
  readonly nodes: readonly LinkedNode[];
  /** Where runs begin, or `undefined` where the document names no node. */
  readonly entry: LinkedNode | undefined;
  /** Has the edges that leave no node of the graph. They may be meant for any, so what they lead to counts as reached. */
  readonly stray: LinkedNode;
}

/**
 * Links the nodes of a definition. What cannot be known, because the definition has errors or a condition does not
 * declare its outcomes, is open: one error must not cause warnings elsewhere.
 */
export function linkNodes(definition: GraphDefinition, registry: Registry): LinkedGraph {
  const nodes = new Map<string, LinkedNode>();
  for (const [position, { name }] of definition.nodes.entries()) {
    if (!nodes.has(name)) nodes.set(name, unlinked(name, position));
  }
  const stray = unlinked('', -1);
  const leaving = new Set<string>();
  const link = (from: string, targets: readonly string[] | undefined): void => {
    leaving.add(from);
    connect(nodes.get(from) ?? stray, targets, nodes);
  };
  for (const edge of definition.edges) link(edge.from_node, [edge.to_node]);
  for (const edge of definition.conditional_edges ?? []) {
    const routes = new Map(Object.entries(edge.routes ?? {}));
    const outcomes = registry.conditions.get(edge.condition_function)?.outcomes;
    link(
      edge.from_node,
      outcomes?.map((outcome) => routes.get(outcome) ?? outcome),
    );
  }
  for (const node of nodes.values()) if (!leaving.has(node.name)) node.ends = true;
  return { nodes: [...nodes.values()], entry: nodes.get(definition.entry_point), stray };
}

function unlinked(name: string, position: number): LinkedNode {
  return { name, position, to: new Set(), ends: false, open: false };
}

/** Adds an edge; `targets` is `undefined` where they are not known. */
function connect(
  from: LinkedNode,
  targets: readonly string[] | undefined,
  nodes: ReadonlyMap<string, LinkedNode>,
): void {
  if (targets === undefined) from.open = true;
  for (const name of targets ?? []) {
    const node = nodes.get(name);
    if (node !== undefined) from.to.add(node);
    else if (name === END) from.ends = true;
    else from.open = true;
  }
}
