import type { Registry } from '../tool/registry.js';
import { type Edge, targetOf } from '../graph/edges.js';
import type { GraphDefinition } from '../graph/definition.js';
import type { RunEvent } from '../run/events.js';

/** An edge, as one node after another. */
export interface Hop {
  readonly from: string;
  readonly to: string;
}

/** How much of a graph the explored runs have come to. */
export interface Coverage {
  readonly nodes: { readonly visited: number; readonly total: number; readonly missed: readonly string[] };
  readonly edges: { readonly visited: number; readonly total: number; readonly missed: readonly Hop[] };
}

/** Counts what explored runs of a graph have come to. */
export class CoverageCounter {
  readonly #nodes = new Set<string>();
  readonly #hops = new Set<string>();

  /** @param edges all ways that the graph has */
  constructor(
    private readonly names: readonly string[],
    private readonly edges: readonly Hop[],
  ) {}

  visit(node: string): void {
    this.#nodes.add(node);
  }

  watch(event: RunEvent): void {
    switch (event.type) {
      case 'step.completed':
      case 'step.failed':
        this.#hop(event.node, event.next ?? event.decision?.to_node ?? null);
        break;
      case 'branches.joined':
        this.#hop(event.node, event.to_node);
        break;
      case 'branches.started':
        for (const to of event.to_nodes) this.#hop(event.node, to);
        break;
      default:
    }
  }

  #hop(from: string, to: string | null): void {
    if (to !== null) this.#hops.add(keyOf({ from, to }));
  }

  count(): Coverage {
    const missedNodes = this.names.filter((name) => !this.#nodes.has(name));
    const missedEdges = this.edges.filter((hop) => !this.#hops.has(keyOf(hop)));
    const [nodes, edges] = [this.names.length, this.edges.length];
    return {
      nodes: { visited: nodes - missedNodes.length, total: nodes, missed: missedNodes },
      edges: { visited: edges - missedEdges.length, total: edges, missed: missedEdges },
    };
  }
}

function keyOf(hop: Hop): string {
  return JSON.stringify([hop.from, hop.to]);
}

/** All ways of a graph, each once. A condition that does not declare its outcomes has those of its routes. */
export function hopsOf(edges: readonly Edge[], registry: Registry): readonly Hop[] {
  const hops = new Map<string, Hop>();
  for (const edge of edges) {
    for (const to of targetsOf(edge, registry)) {
      const hop = { from: edge.from.name, to };
      hops.set(keyOf(hop), hop);
    }
  }
  return [...hops.values()];
}

function targetsOf(edge: Edge, registry: Registry): readonly string[] {
  const named = [...edge.targets, ...edge.starts].map(({ name }) => name);
  if (edge.kind !== 'condition') return named;
  const outcomes = registry.conditions.get(edge.condition.name)?.outcomes;
  return outcomes === undefined ? named : outcomes.map((outcome) => targetOf(edge, outcome));
}

/** The nodes of a graph that a condition can lead to without saying so. */
export function hasOpenCondition(edges: readonly Edge[], registry: Registry): boolean {
  return edges.some(
    (edge) => edge.kind === 'condition' && registry.conditions.get(edge.condition.name)?.outcomes === undefined,
  );
}

/** The names of the nodes of a graph. */
export function namesOf({ nodes }: GraphDefinition): readonly string[] {
  return nodes.map(({ name }) => name);
}
