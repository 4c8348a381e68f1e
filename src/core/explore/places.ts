import type { GraphDefinition } from '../graph/definition.js';
import { type Edge, isBranchEdge } from '../graph/edges.js';
import type { Decision } from '../run/events.js';

/** Where the parts of a graph stand in its document, as JSON Pointers (RFC 6901). */
export class Places {
  readonly #nodes: ReadonlyMap<string, number>;
  readonly #leaving: ReadonlyMap<string, Edge>;

  constructor({ nodes }: GraphDefinition, edges: readonly Edge[]) {
    this.#nodes = new Map(nodes.map(({ name }, index) => [name, index]));
    this.#leaving = new Map(edges.flatMap((edge) => (edge.kind === 'error' ? [] : [[edge.from.name, edge]])));
  }

  /** Of a node; the whole document for one that is not there. */
  node(name: string): string {
    const index = this.#nodes.get(name);
    return index === undefined ? '' : `/nodes/${index}`;
  }

  /** Of what an error says of the params of a node: `... (at character 3 in /url)`. */
  params(node: string, message: string): string {
    const [, inside = ''] = / in (\/[^\s)]*)\)$/.exec(message) ?? [];
    return `${this.node(node)}/params${inside}`;
  }

  /** Of what could not be decided when a node was left. */
  decision(node: string, { kind, condition }: Decision): string {
    const edge = this.#leaving.get(node);
    if (edge === undefined) return this.node(node);
    if (edge.kind === 'condition') return edge.condition.pointer;
    const expression = edge.expressions.find(({ source, result }) => source === condition && fits(kind, result));
    return expression?.pointer ?? edge.pointer;
  }

  /** Of the branches that a node starts. */
  branches(node: string): string {
    const edge = this.#leaving.get(node);
    return edge !== undefined && isBranchEdge(edge) ? edge.pointer : this.node(node);
  }
}

function fits(kind: Decision['kind'], result: 'boolean' | 'list'): boolean {
  return kind === 'case' ? result === 'boolean' : result === 'list';
}
