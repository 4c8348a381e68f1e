import { LRUCache } from 'lru-cache';
import { messageOf } from '../core/base/errors.js';
import { type CompiledGraph, compileGraph } from '../core/graph/compile.js';
import type { Registry } from '../core/tool/registry.js';
import { UnreadableGraphError } from '../store/errors.js';
import type { Signals } from '../store/signals.js';
import type { GraphVersion, Store } from '../store/store.js';
import type { Turns } from './turns.js';

/** How many compiled graph versions are kept at hand. */
const MAX_COMPILED = 500;
/** Of how many graphs is remembered which version is the latest. */
const MAX_LATEST = 10_000;

/** Graph versions, compiled once. A version never changes, so only "which is the latest" can go stale. */
export class GraphCache {
  readonly #compiled = new LRUCache<string, CompiledGraph>({ max: MAX_COMPILED });
  /** Those that are being compiled, so that many first runs of a graph share the work. */
  readonly #compiling = new Map<string, Promise<CompiledGraph>>();
  readonly #latest = new LRUCache<string, number>({ max: MAX_LATEST });

  /** @param signals tell of graphs that have another latest version, wherever that was saved */
  constructor(
    private readonly store: Pick<Store, 'findGraph'>,
    private readonly registry: Registry,
    signals: Pick<Signals, 'subscribe'>,
    private readonly turns: Turns,
  ) {
    signals.subscribe('graphs', (signal) => {
      if (signal === 'resync') this.#latest.clear();
      else if (signal.kind === 'graph_changed') this.forgetLatest(signal.graphId);
    });
  }

  /**
   * A version of a graph, or its latest one; `undefined` if there is none. Deleted graphs are not found.
   * @throws UnreadableGraphError
   */
  async find(graphId: string, version = this.#latest.get(graphId)): Promise<CompiledGraph | undefined> {
    const known = version === undefined ? undefined : this.#compiled.get(keyOf(graphId, version));
    if (known !== undefined && this.#latest.has(graphId)) return known;
    const found = await this.store.findGraph(graphId, version === undefined ? {} : { version });
    if (found === undefined) return undefined;
    if (version === undefined) this.#latest.set(graphId, found.version);
    return this.#remember(found);
  }

  /** The version that a run is pinned to, deleted or not. @throws UnreadableGraphError if it cannot be read, or is missing */
  async pinned(graphId: string, version: number): Promise<CompiledGraph> {
    const known = this.#compiled.get(keyOf(graphId, version));
    if (known !== undefined) return known;
    const found = await this.store.findGraph(graphId, { version, withDeleted: true });
    if (found === undefined) throw new UnreadableGraphError(graphId, version, 'it is not stored');
    return this.#remember(found);
  }

  /** Forgets which version of a graph is the latest, because a commit has shown that it is another. */
  forgetLatest(graphId: string): void {
    this.#latest.delete(graphId);
  }

  #remember(found: GraphVersion): Promise<CompiledGraph> {
    const key = keyOf(found.graphId, found.version);
    const known = this.#compiling.get(key);
    if (known !== undefined) return known;
    const compiling = this.#compile(found, key).finally(() => this.#compiling.delete(key));
    this.#compiling.set(key, compiling);
    return compiling;
  }

  async #compile({ graphId, version, definition }: GraphVersion, key: string): Promise<CompiledGraph> {
    try {
      // The store has parsed the definition, which takes 70 ms for the largest.
      await this.turns.next();
      const compiled = await this.turns.inSlices(compileGraph(definition, this.registry, { graphId, version }));
      this.#compiled.set(key, compiled);
      return compiled;
    } catch (thrown) {
      // Whatever the doctor has accepted can be compiled, so it is not what was stored.
      throw new UnreadableGraphError(
        graphId,
        version,
        `its definition has a form that fails: ${messageOf(thrown)}`,
        thrown,
      );
    }
  }
}

function keyOf(graphId: string, version: number): string {
  return `${graphId}@${version}`;
}
