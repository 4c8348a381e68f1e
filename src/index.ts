/** What people who write tools import. */
export type { Json, JsonObject } from './core/json.js';
export {
  type Condition,
  defineCondition,
  defineTool,
  type ParamsSchema,
  type Tool,
  type ToolContext,
  type ToolState,
} from './core/tool.js';
export { FatalError, RetryableError } from './core/tool-errors.js';
export { type Wait, type WaitRequest, wait } from './core/wait.js';
