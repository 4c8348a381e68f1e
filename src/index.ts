import type { Graphrunner, GraphrunnerOptions } from './graphrunner.js';

/** What people import who write tools, or have the engine in a program of theirs. */
export type { Json, JsonObject } from './core/base/json.js';
export {
  type Condition,
  defineCondition,
  defineTool,
  type ParamsSchema,
  type Tool,
  type ToolContext,
  type ToolState,
} from './core/tool/tool.js';
export { FatalError, RetryableError } from './core/tool/tool-errors.js';
export { type Wait, type WaitRequest, wait } from './core/tool/wait.js';
export type { Graphrunner, GraphrunnerOptions } from './graphrunner.js';

/**
 * Opens an engine on a database, in this process. Several can be in one process, on a database each. What it needs is
 * loaded at the first call, so that modules of tools load fast.
 * @example
 * const graphrunner = await createGraphrunner({ database: 'workflow.db', tools: [charge] });
 * await graphrunner.start();
 * const { runId } = await graphrunner.engine.startRun({ graphId: 'order', inputData: { amount: 3 } });
 * await graphrunner.stop();
 * @throws an error that says what is wrong with the options, or with the database
 */
export async function createGraphrunner(options: GraphrunnerOptions): Promise<Graphrunner> {
  const { openGraphrunner } = await import('./graphrunner.js');
  return openGraphrunner(options);
}
