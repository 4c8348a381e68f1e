/** What people who write tools import. */
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
