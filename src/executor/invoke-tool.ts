import { AsyncLocalStorage } from 'node:async_hooks';
import type { CompiledNode } from '../core/compile-graph.js';
import { messageOf } from '../core/errors.js';
import type { Outcome } from '../core/interpreter.js';
import { StepLog } from '../core/log-lines.js';
import type { Cursor, RunState } from '../core/run.js';
import type { ToolContext } from '../core/tool.js';

/** How long a tool has to let go after its signal fired. Then its slot is freed and a late result dropped. */
export const ABORT_GRACE_MS = 5000;

/** Why a tool was told to stop. */
export type AbortCause = 'cancel' | 'timeout' | 'deadline' | 'shutdown';

/** Which call a piece of asynchronous work belongs to. */
const calls = new AsyncLocalStorage<{ runId: string; node: string }>();

/** The run and node whose tool is running here, if any: for errors that surface outside of their call. */
export function currentCall(): { runId: string; node: string } | undefined {
  return calls.getStore();
}

/** One call of a tool, which can be told to stop. */
export class ToolCall {
  /** Made when it is first needed: most tools never look at their signal, and it is the dearest part of a call. */
  #controller: AbortController | undefined;
  readonly #log = new StepLog();
  #timer: NodeJS.Timeout | undefined;
  #cause: AbortCause | undefined;
  #letGo: ((outcome: Outcome | undefined) => void) | undefined;

  /** @param timeoutMs how long the step may take, in milliseconds. */
  constructor(
    private readonly node: CompiledNode,
    private readonly cursor: Cursor,
    private readonly timeoutMs: number,
  ) {}

  /**
   * Calls the tool. Never throws or rejects: whatever the tool throws is an outcome.
   * Without a promise where the tool gave none. `undefined` when the call was abandoned before it was over.
   */
  run(state: RunState, now: number): Outcome | Promise<Outcome | undefined> {
    const { tool } = this.node;
    if (tool === undefined) {
      return this.#threw('tool_missing', `The tool "${this.node.toolName}" is not registered.`);
    }
    const params = this.#params();
    if ('kind' in params) return params;
    try {
      const toolState = { input_data: state.inputData, data: state.data };
      const context = this.#context(state, params.value);
      const call = { runId: state.runId, node: this.node.name };
      const returned: unknown = calls.run(call, () => tool.run(toolState, context));
      return isThenable(returned) ? this.#settled(returned, state, now) : this.#returned(returned);
    } catch (thrown) {
      return this.#threw('tool_failed', messageOf(thrown));
    }
  }

  #context(state: RunState, params: unknown): ToolContext<unknown> {
    const controllerOf = () => this.#signalling();
    return {
      params,
      log: (message: string) => this.#log.add(String(message)),
      get signal() {
        return controllerOf().signal;
      },
      idempotencyKey: `${state.runId}/${this.cursor.step}`,
      runId: state.runId,
      node: this.node.name,
      attempt: this.cursor.attempt,
    };
  }

  /** Fires the tool's signal; a tool that has not let go after a grace is left behind. */
  abort(cause: AbortCause): void {
    if (this.#cause !== undefined) return;
    this.#cause = cause;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#letGo?.(this.#threw('tool_failed', `The tool did not stop within ${ABORT_GRACE_MS / 1000} s.`));
    }, ABORT_GRACE_MS);
    this.#fire(cause);
  }

  /** Fires the tool's signal and leaves it behind at once. */
  abandon(): void {
    this.#cause ??= 'shutdown';
    this.#fire('shutdown');
    this.#letGo?.(undefined);
  }

  #fire(cause: AbortCause): void {
    this.#signalling().abort(new DOMException(`The step was stopped: ${cause}.`, 'AbortError'));
  }

  #signalling(): AbortController {
    this.#controller ??= new AbortController();
    return this.#controller;
  }

  #params(): { value: unknown } | Outcome {
    const { tool, params } = this.node;
    if (tool?.params === undefined) return { value: params };
    try {
      const parsed = tool.params.safeParse(params);
      if (parsed.success) return { value: parsed.data };
      const issues = parsed.error.issues.map(({ path, message }) => `${path.map(String).join('.')}: ${message}`);
      return this.#threw('invalid_params', `The params do not fit: ${issues.join('; ')}`);
    } catch (thrown) {
      return this.#threw('invalid_params', `The params could not be checked: ${messageOf(thrown)}`);
    }
  }

  /** The tool's own end, or the end of the grace after an abort, whichever comes first. */
  async #settled(returned: PromiseLike<unknown>, state: RunState, now: number): Promise<Outcome | undefined> {
    const untilDeadline = state.deadlineAt === null ? Number.POSITIVE_INFINITY : state.deadlineAt - now;
    const cause = untilDeadline < this.timeoutMs ? 'deadline' : 'timeout';
    this.#timer = setTimeout(() => this.abort(cause), Math.max(0, Math.min(untilDeadline, this.timeoutMs)));
    try {
      return await new Promise<Outcome | undefined>((resolve) => {
        this.#letGo = resolve;
        returned.then(
          (value) => resolve(this.#returned(value)),
          (thrown: unknown) => resolve(this.#threw('tool_failed', messageOf(thrown))),
        );
      });
    } catch (thrown) {
      return this.#threw('tool_failed', messageOf(thrown));
    } finally {
      clearTimeout(this.#timer);
    }
  }

  #returned(value: unknown): Outcome {
    if (this.#cause === 'timeout') return this.#threw('timeout', '');
    return { kind: 'returned', value, logs: this.#log.lines() };
  }

  #threw(code: Extract<Outcome, { kind: 'threw' }>['code'], message: string): Outcome {
    const logs = this.#log.lines();
    if (this.#cause === 'timeout') {
      const text = `The step took longer than its timeout of ${this.timeoutMs / 1000} s.`;
      return { kind: 'threw', code: 'timeout', message: text, logs };
    }
    if (this.#cause === 'deadline') {
      return { kind: 'threw', code: 'deadline_exceeded', message: 'The run reached its deadline.', logs };
    }
    return { kind: 'threw', code, message, logs };
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}
