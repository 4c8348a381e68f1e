import type { Engine, RunView } from '../engine/engine.js';

type Answer<K extends 'listSteps' | 'listRuns' | 'listGraphs' | 'getGraph' | 'diffRuns'> = Awaited<
  ReturnType<Engine[K]>
>;

/** How what the engine answers is written as a document. Given in, so that MCP and REST show the same. */
export interface McpWire {
  runState(view: RunView): object & { readonly data: Readonly<Record<string, unknown>> };
  stepList(page: Answer<'listSteps'>): {
    readonly steps: readonly { readonly patch: Readonly<Record<string, unknown>> | null }[];
  };
  runList(page: Answer<'listRuns'>): object;
  runDiff(diff: Answer<'diffRuns'>): object;
  graph(graph: Answer<'getGraph'>): object;
  graphList(page: Answer<'listGraphs'>): object;
  toolList(tools: ReturnType<Engine['listTools']>): object;
  conditionList(conditions: ReturnType<Engine['listConditions']>): object;
}
