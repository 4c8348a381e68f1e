import type { Registry } from '../../tool/registry.js';
import { END, type GraphDefinition } from '../definition.js';
import { type Edge, edgesOf, targetOf } from '../edges.js';

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
  /** It can lead to every node and to END, as far as is known. */
  open: boolean;
}

/** A definition as linked nodes. */
export interface LinkedGraph {
  /** In document order, each name once. */
  readonly nodes: readonly LinkedNode[];
  /** Where runs begin; undefined if the document names no node there. */
  readonly entry: LinkedNode | undefined;
  /** Has the edges that leave no node of the graph. Any node can be meant, so what they lead to counts as reached. */
  readonly stray: LinkedNode;
}

/**
 * Links the nodes of a definition by all edges, `on_error` included. What cannot be known, because the definition has
 * errors or a condition does not declare its outcomes, is open: one error must not cause warnings elsewhere.
 */
export function linkNodes(definition: GraphDefinition, registry: Registry): LinkedGraph {
  const linker = new Linker(definition);
  for (const edge of edgesOf(definition)) linker.link(edge, targetsOf(edge, registry));
  return linker.finish(definition.entry_point);
}

/** Where an edge can lead; undefined if that is not known. */
function targetsOf(edge: Edge, registry: Registry): readonly string[] | undefined {
  if (edge.kind !== 'condition') return edge.targets.map(({ name }) => name);
  const outcomes = registry.conditions.get(edge.condition.name)?.outcomes;
  return outcomes?.map((outcome) => targetOf(edge, outcome));
}

class Linker {
  readonly #nodes = new Map<string, LinkedNode>();
  readonly #stray = unlinked('', -1);
  /** Names of nodes that edges leave. */
  readonly #left = new Set<string>();

  constructor(definition: GraphDefinition) {
    for (const [position, { name }] of definition.nodes.entries()) {
      if (!this.#nodes.has(name)) this.#nodes.set(name, unlinked(name, position));
    }
  }

  /** @param targets `undefined` if they are not known */
  link({ kind, from, starts }: Edge, targets: readonly string[] | undefined): void {
    // A failure is no usual way on: without another edge, the node ends the run.
    if (kind !== 'error') this.#left.add(from.name);
    const node = this.#nodes.get(from.name) ?? this.#stray;
    if (targets === undefined) node.open = true;
    for (const name of targets ?? []) this.#linkTarget(node, name);
    for (const { name } of starts) {
      const start = this.#nodes.get(name);
      if (start !== undefined) node.starts.add(start);
      else node.open = true;
    }
  }

  #linkTarget(node: LinkedNode, name: string): void {
    const target = this.#nodes.get(name);
    if (target !== undefined) node.to.add(target);
    else if (name === END) node.ends = true;
    else node.open = true;
  }

  finish(entry: string): LinkedGraph {
    for (const node of this.#nodes.values()) if (!this.#left.has(node.name)) node.ends = true;
    return { nodes: [...this.#nodes.values()], entry: this.#nodes.get(entry), stray: this.#stray };
  }
}

function unlinked(name: string, position: number): LinkedNode {
  return { name, position, to: new Set(), starts: new Set(), ends: false, open: false };
}
