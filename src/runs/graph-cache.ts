import { type CompiledGraph, compileGraph } from '../core/graph/compile.js';
import type { Registry } from '../core/tool/registry.js';
import type { GraphVersion, Store } from '../store/store.js';

/** How many compiled graph versions are kept at hand. */
const MAX_COMPILED = 500;

/** Graph versions, compiled once. A version never changes, so only "which is the latest" can go stale. */
export class GraphCache {
  readonly #compiled = new Map<string, CompiledGraph>();
  readonly #latest = new Map<string, number>();

  constructor(
    private readonly store: Store,
    private readonly registry: Registry,
  ) {}

  /** A version of a graph, or its latest one; `undefined` where there is none. Deleted graphs are not found. */
  async find(graphId: string, version = this.#latest.get(graphId)): Promise<CompiledGraph | undefined> {
    const known = version === undefined ? undefined : this.#compiled.get(keyOf(graphId, version));
    if (known !== undefined && this.#latest.has(graphId)) return known;
    const found = await this.store.findGraph(graphId, version === undefined ? {} : { version });
    if (found === undefined) return undefined;
    if (version === undefined) this.#latest.set(graphId, found.version);
    return this.#remember(found);
  }

  /** The version that a run is pinned to, deleted or not. */
  async pinned(graphId: string, version: number): Promise<CompiledGraph | undefined> {
    const known = this.#compiled.get(keyOf(graphId, version));
    if (known !== undefined) return known;
    const found = await this.store.findGraph(graphId, { version, withDeleted: true });
    return found === undefined ? undefined : this.#remember(found);
  }

  /** Forgets which version of a graph is the latest, because that has changed. */
  forgetLatest(graphId: string): void {
    this.#latest.delete(graphId);
  }

  #remember(found: GraphVersion): CompiledGraph {
    const { graphId, version } = found;
    const compiled = compileGraph(found.definition, this.registry, { graphId, version });
    const [oldest] = this.#compiled.keys();
    if (this.#compiled.size >= MAX_COMPILED && oldest !== undefined) this.#compiled.delete(oldest);
    this.#compiled.set(keyOf(graphId, version), compiled);
    return compiled;
  }
}

function keyOf(graphId: string, version: number): string {
  return `${graphId}@${version}`;
}
