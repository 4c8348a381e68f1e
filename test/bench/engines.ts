import { compose } from '../../src/compose.js';
import type { Json } from '../../src/core/base/json.js';
import { isFinished } from '../../src/core/run/state.js';
import { createRegistry, type Registrable } from '../../src/core/tool/registry.js';
import type { AnyTool, ToolContext } from '../../src/core/tool/tool.js';
import { checkComplexity } from '../../src/demo/check-complexity.js';
import { extractCode } from '../../src/demo/extract-code.js';
import { generateImprovements } from '../../src/demo/generate-improvements.js';
import { qualityGate } from '../../src/demo/quality-gate.js';
import type { Engine } from '../../src/engine/engine.js';
import { MinimumEngine, type MinimumStep } from './minimum-engine.js';

export interface BenchEngine {
  readonly engine: Engine;
  /** Starts a run and resolves with its id when it has finished. */
  run(graphId: string, inputData: Json): Promise<string>;
  close(): Promise<void>;
}

/** The product on a database file, without HTTP. */
export async function openEngine(
  path: string,
  definitions: readonly Registrable[],
  maxConcurrentRuns = 100,
): Promise<BenchEngine> {
  const parts = await compose({
    databaseUrl: path,
    registry: createRegistry(definitions),
    logger: { info: () => {}, warn: () => {}, error: (...args: unknown[]) => console.error(...args) },
    secrets: {},
    maxConcurrentRuns,
    maxDescendants: 100_000,
    maxQueuedRuns: 1_000_000,
    stepTimeoutMs: 600_000,
    onFatal: (error) => {
      throw error;
    },
  });
  const { engine, signals } = parts;
  await parts.open();
  parts.start();
  return {
    engine,
    run: async (graphId, inputData) => {
      const { runId } = await engine.startRun({ graphId, inputData });
      await new Promise<void>((resolve) => {
        const unsubscribe = signals.subscribe(`run/${runId}`, (signal) => {
          if (signal === 'resync' || signal.kind !== 'run_advanced' || !isFinished(signal.status)) return;
          unsubscribe();
          resolve();
        });
      });
      return runId;
    },
    close: async () => {
      await parts.drain(0);
      await parts.close();
    },
  };
}

/** The demo's own tools, as steps of an engine that has no graphs. */
export const demoSteps: Readonly<Record<string, MinimumStep>> = {
  extract: step(extractCode, () => 'analyze'),
  analyze: step(checkComplexity, (data, input_data) => qualityGate.choose({ data, input_data })),
  improve: step(generateImprovements, () => 'analyze'),
};

function step(tool: AnyTool, next: (data: Record<string, unknown>, input: unknown) => string): MinimumStep {
  return (data, input_data, logs) => {
    const context = { params: {}, log: (line: string) => logs.push(line) } as unknown as ToolContext;
    const patch = tool.run({ data, input_data }, context) as object;
    const to = next({ ...data, ...patch }, input_data);
    return { patch, next: to === 'END' ? null : to };
  };
}

/** The minimum engine on a database file, with the demo's tools. */
export function minimumEngine(path: string): MinimumEngine {
  return new MinimumEngine(path, demoSteps);
}
