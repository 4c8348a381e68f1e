import type { CompiledGraph, CompiledNode } from '../graph/compile.js';
import type { Condition } from '../tool/tool.js';

/** Finds a graph that a step runs; its latest version if none is named. */
export type FindGraph = (graphId: string, version: number | undefined) => CompiledGraph | undefined;

/** The graphs of an exploration: their conditions answer what is chosen for them, else what they would. */
export class ExploredGraphs {
  readonly root: CompiledGraph;
  readonly #known = new Map<CompiledGraph, CompiledGraph>();
  #answer: string | undefined;

  constructor(
    root: CompiledGraph,
    private readonly findGraph: FindGraph,
  ) {
    this.root = this.#scriptable(root);
  }

  find(graphId: string, version?: number): CompiledGraph | undefined {
    const { graphId: own, version: ownVersion } = this.root;
    if (graphId === own && (version ?? ownVersion) === ownVersion) return this.root;
    const found = this.findGraph(graphId, version);
    return found && this.#scriptable(found);
  }

  /** Does work in which a condition answers this; undefined: what it would. */
  script<T>(answer: string | undefined, work: () => T): T {
    this.#answer = answer;
    try {
      return work();
    } finally {
      this.#answer = undefined;
    }
  }

  #scriptable(graph: CompiledGraph): CompiledGraph {
    const known = this.#known.get(graph);
    if (known !== undefined) return known;
    const nodes = new Map([...graph.nodes].map(([name, node]) => [name, this.#scriptableNode(node)]));
    const scriptable = { ...graph, nodes };
    this.#known.set(graph, scriptable);
    return scriptable;
  }

  #scriptableNode(node: CompiledNode): CompiledNode {
    const { route } = node;
    if (route.kind !== 'condition' || route.condition === undefined) return node;
    const { condition } = route;
    const scripted: Condition = { ...condition, choose: (state) => this.#answer ?? condition.choose(state) };
    return { ...node, route: { ...route, condition: scripted } };
  }
}
