import { LRUCache } from 'lru-cache';
import { finishSteps } from '../../core/base/steps.js';
import { type CompiledGraph, compileGraph } from '../../core/graph/compile.js';
import { readDefinition } from '../../core/graph/stored-graph.js';
import type { Registry } from '../../core/tool/registry.js';
import { type Batch, graphsUsedBy, type ParsedRun, parseBatch, replayBatch } from './batch.js';
import { type FromWorker, type GraphKey, type ToWorker, textOfKey } from './messages.js';
import { namesOf } from './names.js';

/** Compiled graphs that a worker keeps at hand. */
const MAX_COMPILED = 100;

/** The end of a channel that a worker has. */
export interface WorkerEnd {
  on(event: 'message', listener: (message: ToWorker) => void): unknown;
  postMessage(message: FromWorker): void;
}

/** Replays the batches that come, one after the other. Nothing else happens in its thread, so nothing is done in slices. */
export function serveBatches(end: WorkerEnd, registry: Registry): void {
  const compiled = new LRUCache<string, CompiledGraph>({ max: MAX_COMPILED });
  let work: Work | undefined;
  end.on('message', (message) => {
    if (message.kind === 'batch') work = new Work(message.batch, message.candidate, registry, compiled);
    else work?.take(message.texts);
    if (work === undefined) return;
    const keys = work.missing();
    if (keys.length > 0) end.postMessage({ kind: 'need', keys });
    else end.postMessage({ kind: 'results', results: work.results() });
  });
  end.postMessage({ kind: 'ready', names: namesOf(registry) });
}

/** A batch with the graphs that it takes. */
class Work {
  readonly #runs: readonly ParsedRun[];
  readonly #keys: readonly GraphKey[];
  /** Undefined: there is none. */
  readonly #graphs = new Map<string, CompiledGraph | undefined>();

  constructor(
    batch: Batch,
    private readonly candidate: GraphKey,
    private readonly registry: Registry,
    private readonly known: LRUCache<string, CompiledGraph>,
  ) {
    this.#runs = finishSteps(parseBatch(batch));
    this.#keys = [candidate, ...graphsUsedBy(this.#runs)];
    for (const key of this.#keys) this.#remember(key, known.get(textOfKey(key)));
  }

  /** The graphs that are still to be asked for. */
  missing(): readonly GraphKey[] {
    return this.#keys.filter((key) => !this.#graphs.has(textOfKey(key)));
  }

  /** Takes graphs that were asked for. */
  take(texts: readonly (readonly [GraphKey, string | null])[]): void {
    for (const [key, text] of texts) {
      const graph = text === null ? undefined : this.#compile(key, text);
      if (graph === undefined) this.#graphs.set(textOfKey(key), undefined);
      else this.#remember(key, graph);
    }
  }

  results() {
    const candidate = this.#graphs.get(textOfKey(this.candidate));
    if (candidate === undefined) throw new Error('The graph to replay through cannot be read.');
    const graphs = { get: (graphId: string, version: number) => this.#graphs.get(textOfKey({ graphId, version })) };
    return finishSteps(replayBatch(this.#runs, graphs, candidate));
  }

  #remember(key: GraphKey, graph: CompiledGraph | undefined): void {
    if (graph === undefined) return;
    this.#graphs.set(textOfKey(key), graph);
    this.known.set(textOfKey(key), graph);
  }

  /** Undefined if what is stored is damaged: the replay says that the graph is missing. */
  #compile({ graphId, version }: GraphKey, text: string): CompiledGraph | undefined {
    try {
      return finishSteps(compileGraph(readDefinition(text), this.registry, { graphId, version }));
    } catch {
      return undefined;
    }
  }
}
