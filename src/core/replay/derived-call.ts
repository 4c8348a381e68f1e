import { messageOf } from '../base/errors.js';
import { NO_MASK } from '../base/mask.js';
import { ExpressionError } from '../expressions/expressions.js';
import type { CompiledNode } from '../graph/compile.js';
import { scopeOf } from '../run/routing.js';
import type { CallOutcome } from '../run/settle.js';
import type { RunState } from '../run/state.js';
import { startOfWait } from '../run/wait-start.js';
import { readFailureKind } from '../tool/failure.js';
import { FOLLOWS_FROM_PARAMS, type ToolContext } from '../tool/tool.js';
import { retryHint } from '../tool/tool-errors.js';
import { waitRequestOf } from '../tool/wait.js';

/**
 * What a call comes to that nobody recorded, if that follows from its params alone. `undefined` for every other tool, and for
 * a graph that runs as a step: what that came to nobody knows.
 * @param now milliseconds since 1970: when the waits for a time end
 */
export function deriveCall(node: CompiledNode, state: RunState, now: number): CallOutcome | undefined {
  const { tool, params, name } = node;
  if (tool?.[FOLLOWS_FROM_PARAMS] !== true || params.secretNames.length > 0) return undefined;
  const logs: readonly string[] = [];
  try {
    const rendered = params.isStatic ? params.preview : params.render(scopeOf(state));
    const parsed = tool.params?.safeParse(rendered) ?? { success: true as const, data: rendered };
    if (!parsed.success) return refused('invalid_params', 'The params do not fit.');
    // Of the context such a tool needs nothing else.
    const context = { params: parsed.data } as ToolContext<unknown>;
    const value: unknown = tool.run({ input_data: state.inputData, data: state.data }, context);
    const request = waitRequestOf(value);
    if (request === undefined) return { kind: 'returned', value, logs };
    if (request.kind === 'graph') return undefined;
    // Time passes at once: a timer is over, and whether anybody answers in time is not asked here.
    const wait = startOfWait(request, name, request.kind === 'timer' ? now : null);
    return { kind: 'waits', wait, logs };
  } catch (thrown) {
    if (thrown instanceof ExpressionError) {
      return refused('expression_failed', `The params have no value: ${thrown.message}`);
    }
    return {
      kind: 'threw',
      ...readFailureKind(thrown, NO_MASK),
      message: messageOf(thrown),
      logs,
      ...retryHint(thrown),
    };
  }
}

function refused(code: string, message: string): CallOutcome {
  return { kind: 'threw', code, message, logs: [], fatal: true };
}
