import type { CompiledGraph } from '../graph/compile.js';
import type { RunEvent } from '../run/events.js';

/**
 * Stands in for conditions that are not registered where a run is replayed: as long as the run goes as it went, they would
 * say what they said.
 */
export class RecordedConditions {
  /** What the condition said that is asked next. */
  #outcome: string | null | undefined;
  /** The condition that was asked for something nobody recorded. */
  #asked: string | undefined;
  /** Most graphs have all their conditions. */
  #areNeeded = false;

  /**
   * Tells what the conditions said.
   * @param following the events that follow
   */
  recall(following: () => readonly RunEvent[]): void {
    this.#asked = undefined;
    if (!this.#areNeeded) return;
    const completed = following().find(({ type }) => type === 'step.completed');
    const decision = completed?.type === 'step.completed' ? completed.decision : null;
    this.#outcome = decision?.kind === 'condition' ? decision.outcome : undefined;
  }

  /** From here on nothing is known of what they would say. */
  forget(): void {
    this.#outcome = undefined;
    this.#asked = undefined;
  }

  /** The name of the condition that could not answer since it was last asked. */
  get unanswered(): string | undefined {
    return this.#asked;
  }

  /** The graph with stand-ins; the graph itself if it has all its conditions. */
  fillIn(graph: CompiledGraph): CompiledGraph {
    const lacks = [...graph.nodes.values()].some(
      ({ route }) => route.kind === 'condition' && route.condition === undefined,
    );
    if (!lacks) return graph;
    this.#areNeeded = true;
    const nodes = new Map(
      [...graph.nodes].map(([name, node]) => {
        const { route } = node;
        if (route.kind !== 'condition' || route.condition !== undefined) return [name, node] as const;
        const condition = { name: route.name, choose: () => this.#choose(route.name) };
        return [name, { ...node, route: { ...route, condition } }] as const;
      }),
    );
    return { ...graph, nodes };
  }

  #choose(name: string): string {
    if (this.#outcome == null) {
      this.#asked = name;
      return '';
    }
    return this.#outcome;
  }
}
