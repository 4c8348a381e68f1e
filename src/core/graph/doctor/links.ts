import type { Registry } from '../../tool/registry.js';
import { type ConditionalEdgeDefinition, END, type GraphDefinition } from '../definition.js';

/** A node with what it can lead to. */
export interface LinkedNode {
  readonly name: string;
  /** Its place in the document's list of nodes. */
  readonly position: number;
  /** Each node that a run can go to from here, once. From branches it goes to their join. */
  readonly to: Set<LinkedNode>;
  /** Each node where branches begin, once. Those are runs of their own. */
  readonly starts: Set<LinkedNode>;
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
 * Links the nodes of a definition, by every way that a run can take: `on_error` is one. What cannot be known, because
 * the definition has errors or a condition does not declare its outcomes, is open: one error must not cause warnings
 * elsewhere.
 */
export function linkNodes(definition: GraphDefinition, registry: Registry): LinkedGraph {
  const linker = new Linker(definition);
  for (const node of definition.nodes) linker.link(node.name, optional(node.on_error));
  for (const edge of definition.edges) linker.leave(edge.from_node, [edge.to_node]);
  for (const edge of definition.conditional_edges ?? []) linker.leave(edge.from_node, targetsOf(edge, registry));
  for (const edge of definition.parallel_edges ?? []) {
    linker.leave(edge.from_node, [edge.join_node, ...optional(edge.on_error)]);
    linker.branch(edge.from_node, edge.to_nodes);
  }
  for (const edge of definition.for_each_edges ?? []) {
    linker.leave(edge.from_node, [edge.join_node, ...optional(edge.on_error)]);
    linker.branch(edge.from_node, [edge.to_node]);
  }
  return linker.finish(definition.entry_point);
}

class Linker {
  readonly #nodes = new Map<string, LinkedNode>();
  readonly #stray = unlinked('', -1);
  /** Nodes that edges leave. */
  readonly #left = new Set<string>();

  constructor(definition: GraphDefinition) {
    for (const [position, { name }] of definition.nodes.entries()) {
      if (!this.#nodes.has(name)) this.#nodes.set(name, unlinked(name, position));
    }
  }

  /** Adds ways on. `targets` is `undefined` where they are not known. */
  link(from: string, targets: readonly string[] | undefined): void {
    const node = this.#nodes.get(from) ?? this.#stray;
    if (targets === undefined) node.open = true;
    for (const name of targets ?? []) {
      const target = this.#nodes.get(name);
      if (target !== undefined) node.to.add(target);
      else if (name === END) node.ends = true;
      else node.open = true;
    }
  }

  /** Adds the ways of an edge. */
  leave(from: string, targets: readonly string[] | undefined): void {
    this.#left.add(from);
    this.link(from, targets);
  }

  branch(from: string, starts: readonly string[]): void {
    const node = this.#nodes.get(from) ?? this.#stray;
    for (const name of starts) {
      const start = this.#nodes.get(name);
      if (start !== undefined) node.starts.add(start);
      else node.open = true;
    }
  }

  finish(entry: string): LinkedGraph {
    for (const node of this.#nodes.values()) if (!this.#left.has(node.name)) node.ends = true;
    return { nodes: [...this.#nodes.values()], entry: this.#nodes.get(entry), stray: this.#stray };
  }
}

/** Where a conditional edge can lead, as far as that is known. */
function targetsOf(edge: ConditionalEdgeDefinition, registry: Registry): readonly string[] | undefined {
  const { condition_function: name, cases = [] } = edge;
  if (name === undefined) return [...cases.map((one) => one.to_node), ...optional(edge.otherwise)];
  const routes = new Map(Object.entries(edge.routes ?? {}));
  return registry.conditions.get(name)?.outcomes?.map((outcome) => routes.get(outcome) ?? outcome);
}

function optional(name: string | undefined): readonly string[] {
  return name === undefined ? [] : [name];
}

function unlinked(name: string, position: number): LinkedNode {
  return { name, position, to: new Set(), starts: new Set(), ends: false, open: false };
}
