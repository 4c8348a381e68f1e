import { isFinished } from '../../src/core/run/state.js';
import { createRegistry, type Registrable } from '../../src/core/tool/registry.js';
import type { AnyTool, ToolContext } from '../../src/core/tool/tool.js';
import { checkComplexity } from '../../src/demo/check-complexity.js';
import { extractCode } from '../../src/demo/extract-code.js';
import { generateImprovements } from '../../src/demo/generate-improvements.js';
import { qualityGate } from '../../src/demo/quality-gate.js';
import { createEngine, type Engine } from '../../src/engine/engine.js';
import { Executor } from '../../src/executor/executor.js';
import { GraphCache } from '../../src/runs/graph-cache.js';
import { runIds } from '../../src/runs/run-ids.js';
import { RunLoader } from '../../src/runs/run-loader.js';
import { openSqliteStore } from '../../src/store/sqlite/open.js';
import type { Store } from '../../src/store/store.js';
import { MinimumEngine, type MinimumStep } from './minimum-engine.js';

export interface BenchEngine {
  readonly engine: Engine;
  readonly store: Store;
  /** Starts a run and resolves with its id when it has finished. */
  run(graphId: string, inputData: string | null): Promise<string>;
  close(): Promise<void>;
}

/** The product on a database file, without HTTP. */
export async function openEngine(
  path: string,
  definitions: readonly Registrable[],
  maxConcurrentRuns = 100,
): Promise<BenchEngine> {
  const registry = createRegistry(definitions);
  const store = openSqliteStore({
    path,
    onFatal: (error) => {
      throw error;
    },
  });
  const graphs = new GraphCache(store, registry);
  const logger = { info: () => {}, warn: () => {}, error: (...args: unknown[]) => console.error(...args) };
  const now = Date.now;
  const limits = { maxConcurrentRuns, maxQueuedRuns: 1_000_000, stepTimeoutMs: 600_000 };
  const inside = { store, graphs, runs: new RunLoader(store, graphs), now, newId: runIds(now) };
  const executor = new Executor({ ...inside, ...limits, logger, random: Math.random, secrets: {} });
  const engine = createEngine({ ...inside, registry, executor, secretNames: new Set() });
  executor.recover(await store.listUnfinishedRuns());
  return {
    engine,
    store,
    run: async (graphId, inputData) => {
      const { runId } = await engine.startRun({ graphId, inputData });
      await new Promise<void>((resolve) => {
        const unsubscribe = store.subscribe(runId, (_seq, status) => {
          if (!isFinished(status)) return;
          unsubscribe();
          resolve();
        });
      });
      return runId;
    },
    close: async () => {
      await executor.drain(0);
      await store.close();
    },
  };
}

/** The demo's own tools on the minimum engine. */
export function minimumEngine(store: Store, graphId: string): MinimumEngine {
  const step = (tool: AnyTool, next: (data: Record<string, unknown>, input: unknown) => string): MinimumStep => {
    return (data, input_data, logs) => {
      const context = { params: {}, log: (line: string) => logs.push(line) } as unknown as ToolContext;
      const patch = tool.run({ data, input_data }, context) as object;
      const to = next({ ...data, ...patch }, input_data);
      return { patch, next: to === 'END' ? null : to };
    };
  };
  return new MinimumEngine(store, graphId, {
    extract: step(extractCode, () => 'analyze'),
    analyze: step(checkComplexity, (data, input_data) => qualityGate.choose({ data, input_data })),
    improve: step(generateImprovements, () => 'analyze'),
  });
}
