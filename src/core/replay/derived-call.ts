import { definedOnly } from '../base/defined-only.js';
import { messageOf } from '../base/errors.js';
import { NO_MASK } from '../base/mask.js';
import type { CompiledNode } from '../graph/compile.js';
import type { WaitStart } from '../run/events.js';
import { scopeOf } from '../run/routing.js';
import type { CallOutcome } from '../run/settle.js';
import { cursorOf, type RunState } from '../run/state.js';
import { readFailureKind } from '../tool/failure.js';
import { FOLLOWS_FROM_PARAMS } from '../tool/tool.js';
import { retryHint } from '../tool/tool-errors.js';
import { type WaitRequest, waitRequestOf } from '../tool/wait.js';

/**
 * What a call comes to that nobody recorded, if that follows from its params alone. `undefined` for every other tool, and for
 * a graph that runs as a step: what that came to nobody knows.
 * @param now milliseconds since 1970: when the waits for a time end
 */
export function deriveCall(node: CompiledNode, state: RunState, now: number): CallOutcome | undefined {
  const { tool, params, name } = node;
  if (tool?.[FOLLOWS_FROM_PARAMS] !== true || params.secretNames.length > 0) return undefined;
  const logs: string[] = [];
  try {
    const rendered = params.isStatic ? params.preview : params.render(scopeOf(state));
    const parsed = tool.params?.safeParse(rendered) ?? { success: true, data: rendered };
    if (!parsed.success) return refused('invalid_params', 'The params do not fit.');
    const { runId, inputData, data } = state;
    const { step = 1, attempt = 1 } = cursorOf(state) ?? {};
    const value: unknown = tool.run(
      { input_data: inputData, data },
      {
        params: parsed.data,
        log: (line) => logs.push(line),
        signal: NEVER,
        idempotencyKey: `${runId}/${step}`,
        runId,
        node: name,
        attempt,
        emit: () => undefined,
        usage: () => undefined,
      },
    );
    const request = waitRequestOf(value);
    if (request === undefined) return { kind: 'returned', value, logs };
    const wait = waitOf(request, name, now);
    return wait && { kind: 'waits', wait, logs };
  } catch (thrown) {
    if (thrown instanceof Error && thrown.name === 'ExpressionError') {
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

const NEVER = new AbortController().signal;

function refused(code: string, message: string): CallOutcome {
  return { kind: 'threw', code, message, logs: [], fatal: true };
}

/** Time passes at once: a timer is over, and whether anybody answers in time is not asked here. */
function waitOf(request: WaitRequest, node: string, now: number): WaitStart | undefined {
  switch (request.kind) {
    case 'timer':
      return { kind: 'timer', until: now, save_as: node };
    case 'input': {
      const { message, schema, saveAs: save_as = node } = request;
      return { kind: 'input', until: null, message, save_as, ...definedOnly({ schema }) };
    }
    case 'signal': {
      const { name: signal, schema, saveAs: save_as = node } = request;
      return { kind: 'signal', until: null, signal, save_as, ...definedOnly({ schema }) };
    }
    case 'graph':
      return undefined;
  }
}
