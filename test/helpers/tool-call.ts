import type { Json } from '../../src/core/base/json.js';
import { NO_USAGE } from '../../src/core/base/usage.js';
import type { AnyTool, ToolContext, ToolState } from '../../src/core/tool/tool.js';

export interface Called {
  readonly patch: Record<string, unknown>;
  readonly logs: readonly string[];
  readonly tokens: readonly { input_tokens: number; output_tokens: number }[];
  readonly emitted: readonly Json[];
}

export interface CallOptions {
  readonly signal?: AbortSignal;
  readonly state?: ToolState;
  readonly tokens?: { input_tokens: number; output_tokens: number }[];
  readonly emitted?: Json[];
  readonly trace?: ToolContext['trace'];
}

/** Calls a tool as the executor does: params checked by its schema, then run. */
export async function callTool(tool: AnyTool, params: unknown, options: CallOptions = {}): Promise<Called> {
  const logs: string[] = [];
  const tokens = options.tokens ?? [];
  const emitted = options.emitted ?? [];
  const context: ToolContext = {
    params: checkedParams(tool, params),
    log: (message) => logs.push(message),
    signal: options.signal ?? new AbortController().signal,
    idempotencyKey: 'run-1/3',
    runId: 'run-1',
    node: 'the_node',
    attempt: 1,
    ...(options.trace !== undefined && { trace: options.trace }),
    emit: (chunk) => void emitted.push(chunk),
    usage: (each) => tokens.push({ ...NO_USAGE, ...each }),
  };
  const patch = (await tool.run(options.state ?? { input_data: null, data: {} }, context)) as Called['patch'];
  return { patch, logs, tokens, emitted };
}

function checkedParams(tool: AnyTool, params: unknown): ToolContext['params'] {
  const parsed = tool.params?.safeParse(params);
  if (parsed?.success === false) throw new Error(`invalid params: ${JSON.stringify(parsed.error.issues)}`);
  return parsed?.data ?? params;
}

/** What a call throws. */
export async function failureOf(call: Promise<unknown>): Promise<Error & { retryAfterSeconds?: number }> {
  try {
    await call;
  } catch (thrown) {
    return thrown as Error;
  }
  throw new Error('the call did not fail');
}

/** What a tool says about params that do not fit: `path: message` each. */
export function findingsOf(tool: AnyTool, params: unknown): string[] {
  const parsed = tool.params?.safeParse(params);
  if (parsed?.success !== false) return [];
  return parsed.error.issues.map(({ path, message }) => `${path.map(String).join('.')}: ${message}`);
}
