import type { GraphDefinition } from '../graph/definition.js';
import type { Edge } from '../graph/edges.js';
import type { PlacedExpression } from '../graph/placed.js';
import type { Decision } from '../run/events.js';

/** Where the parts of a graph stand in its document, as JSON Pointers (RFC 6901). */
export class Places {
  readonly #nodes: ReadonlyMap<string, number>;
  readonly #leaving: ReadonlyMap<string, Edge>;

  constructor({ nodes }: GraphDefinition, edges: readonly Edge[]) {
    this.#nodes = new Map(nodes.map(({ name }, index) => [name, index]));
    this.#leaving = new Map(edges.flatMap((edge) => (edge.kind === 'error' ? [] : [[edge.from.name, edge]])));
  }

  /** Of a node. */
  node(name: string): string {
    return `/nodes/${this.#nodes.get(name)}`;
  }

  /** Of what an error says of the params of a node: `... (at character 3 in /url)`. */
  params(node: string, message: string): string {
    const [, inside = ''] = / in (\/[^\s)]*)\)$/.exec(message) ?? [];
    return `${this.node(node)}/params${inside}`;
  }

  /** Of what could not be decided when a node was left. */
  decision(node: string, { kind, condition }: Decision): string {
    const edge = this.#leaving.get(node) as Edge;
    if (edge.kind === 'condition') return edge.condition.pointer;
    const isMeant = ({ source, result }: PlacedExpression) => source === condition && fits(kind, result);
    return (edge.expressions.find(isMeant) as PlacedExpression).pointer;
  }

  /** Of the branches that a node starts. */
  branches(node: string): string {
    return (this.#leaving.get(node) as Edge).pointer;
  }
}

function fits(kind: Decision['kind'], result: 'boolean' | 'list'): boolean {
  return kind === 'case' ? result === 'boolean' : result === 'list';
}
