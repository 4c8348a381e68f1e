import { AsyncLocalStorage } from 'node:async_hooks';
import { definedOnly } from '../core/base/defined-only.js';
import { messageOf, type RunErrorCode } from '../core/base/errors.js';
import { type Mask, maskFor, NO_MASK } from '../core/base/mask.js';
import { MAX_COST_USD } from '../core/base/run-options.js';
import type { InSlices } from '../core/base/steps.js';
import { addUsage, NO_USAGE, type Usage } from '../core/base/usage.js';
import { ExpressionError } from '../core/expressions/expressions.js';
import type { CompiledNode } from '../core/graph/compile.js';
import { compileSchemas } from '../core/json-schema/compile-schemas.js';
import { StepLog } from '../core/run/log-lines.js';
import { scopeOf } from '../core/run/routing.js';
import type { CallOutcome } from '../core/run/settle.js';
import type { Cursor, RunState } from '../core/run/state.js';
import { type FailureKind, readFailureKind } from '../core/tool/failure.js';
import { schemasIn } from '../core/tool/param-schemas.js';
import type { AnyTool, ToolContext } from '../core/tool/tool.js';
import { retryHint } from '../core/tool/tool-errors.js';
import { type WaitRequest, waitRequestOf } from '../core/tool/wait.js';
import type { RunOutput } from '../runs/run-output.js';
import { SYSTEM_TIMERS, type Timers } from '../store/timers.js';
import { Emitter } from './emitter.js';

/** How long a tool has to let go after its signal fired. Then its slot is freed and a late result dropped. */
export const ABORT_GRACE_MS = 5000;

/** What a call came to: an outcome, or a wish to wait that has yet to be looked into. */
export type CallResult =
  | Exclude<CallOutcome, { kind: 'waits' | 'starts' }>
  | { readonly kind: 'parks'; readonly request: WaitRequest; readonly logs: readonly string[]; readonly usage?: Usage };

/** Why a tool was told to stop. */
export type AbortCause = 'cancel' | 'timeout' | 'deadline' | 'shutdown';

const TOOL_FAILED: FailureKind = { code: 'tool_failed' };

/** Which call a piece of asynchronous work belongs to. */
const calls = new AsyncLocalStorage<{ runId: string; node: string; mask: Mask }>();

/** The run and node whose tool is running here, if any: for errors that surface outside of their call. */
export function currentCall(): { runId: string; node: string; mask: Mask } | undefined {
  return calls.getStore();
}

/** One call of a tool, which can be told to stop. */
export class ToolCall {
  /** Made when it is first needed: most tools never look at their signal, and it is the dearest part of a call. */
  #controller: AbortController | undefined;
  readonly #log = new StepLog();
  #usage: Usage | undefined;
  /** Hides the values of the secrets that the params name. */
  #mask: Mask = NO_MASK;
  #timer: object | undefined;
  #cause: AbortCause | undefined;
  /** Made when it is first needed: most tools send nothing while they work. */
  #emitter: Emitter | undefined;
  #isOver = false;
  #letGo: ((outcome: CallResult | undefined) => void) | undefined;

  /**
   * @param timeoutMs how long the step may take, in milliseconds
   * @param secrets what `secrets.NAME` in the params stands for
   * @param inSlices compiles the JSON Schemas in the params
   * @param output where what the tool sends while it works goes
   */
  constructor(
    private readonly node: CompiledNode,
    private readonly cursor: Cursor,
    private readonly timeoutMs: number,
    private readonly secrets: Readonly<Record<string, string>>,
    private readonly inSlices: InSlices,
    private readonly output: Pick<RunOutput, 'begin'>,
    private readonly timers: Timers = SYSTEM_TIMERS,
  ) {}

  /**
   * Calls the tool. Never throws or rejects: whatever the tool throws is an outcome.
   * Without a promise where the tool gave none. `undefined` when the call was abandoned before it was over.
   */
  run(state: RunState, now: number): CallResult | Promise<CallResult | undefined> {
    const { tool } = this.node;
    if (tool === undefined) {
      return this.#refused('tool_missing', `The tool "${this.node.toolName}" is not registered.`);
    }
    const rendered = this.#render(state);
    if ('kind' in rendered) return rendered;
    const schemas = schemasIn(tool, rendered.value);
    if (schemas.length > 0) return this.#compileAndCall(schemas, tool, rendered.value, state, now);
    return this.#callWith(tool, rendered.value, state, now);
  }

  async #compileAndCall(
    schemas: readonly unknown[],
    tool: AnyTool,
    rendered: unknown,
    state: RunState,
    now: number,
  ): Promise<CallResult | undefined> {
    await this.inSlices(compileSchemas(schemas));
    if (this.#cause === undefined) return this.#callWith(tool, rendered, state, now);
    // Told to stop before the tool began: it is not called any more.
    this.timers.clear(this.#timer);
    return undefined;
  }

  #callWith(
    tool: AnyTool,
    rendered: unknown,
    state: RunState,
    now: number,
  ): CallResult | Promise<CallResult | undefined> {
    const params = this.#check(tool, rendered);
    if ('kind' in params) return params;
    try {
      const toolState = { input_data: state.inputData, data: state.data };
      const context = this.#context(state, params.value);
      const call = { runId: state.runId, node: this.node.name, mask: this.#mask };
      const returned: unknown = calls.run(call, () => tool.run(toolState, context));
      return isThenable(returned) ? this.#settled(returned, state, now) : this.#returned(returned);
    } catch (thrown) {
      return this.#failed(thrown);
    }
  }

  #context(state: RunState, params: unknown): ToolContext<unknown> {
    const controllerOf = () => this.#signalling();
    return {
      params,
      log: (message: string) => this.#log.add(this.#mask.text(String(message))),
      get signal() {
        return controllerOf().signal;
      },
      idempotencyKey: `${state.runId}/${this.cursor.step}`,
      runId: state.runId,
      node: this.node.name,
      attempt: this.cursor.attempt,
      ...(state.parent?.kind === 'branch' && { item: state.item, index: state.parent.index }),
      emit: (chunk: unknown) => this.#emit(chunk, state),
      usage: (tokens) => this.#use(tokens),
    };
  }

  #emit(chunk: unknown, { runId, seq }: RunState): void {
    // What a tool sends after it was told to stop, or after it has returned, is of no step any more.
    if (this.#isOver || this.#cause !== undefined) return;
    const { node, step, attempt } = this.cursor;
    this.#emitter ??= new Emitter(this.#mask, this.output.begin({ runId, step, node, attempt, after: seq }), (line) =>
      this.#log.add(line),
    );
    this.#emitter.emit(chunk);
  }

  /** Says that the call is over: the tool sends nothing any more. */
  end(): void {
    this.#isOver = true;
    this.#emitter?.end(this.#cause !== undefined);
  }

  /** Fires the tool's signal; a tool that has not let go after a grace is left behind. */
  abort(cause: AbortCause): void {
    if (this.#cause !== undefined) return;
    this.#cause = cause;
    this.timers.clear(this.#timer);
    this.#timer = this.timers.set(() => {
      this.#letGo?.(this.#threw(TOOL_FAILED, `The tool did not stop within ${ABORT_GRACE_MS / 1000} s.`));
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

  #render(state: RunState): { value: unknown } | CallResult {
    const { params } = this.node;
    try {
      const missing = params.secretNames.find((name) => this.secrets[name] === undefined);
      if (missing !== undefined) {
        return this.#refused(
          'invalid_params',
          `The secret "${missing}" is not set. Set SECRET_${missing} on the server.`,
        );
      }
      if (params.secretNames.length > 0) this.#mask = maskFor(params.secretNames, this.secrets);
      const scope = { ...scopeOf(state), secrets: this.secrets };
      return { value: params.isStatic ? params.preview : params.render(scope) };
    } catch (thrown) {
      if (thrown instanceof ExpressionError) {
        return this.#refused('expression_failed', this.#mask.text(`The params have no value: ${thrown.message}`));
      }
      return this.#uncheckable(thrown);
    }
  }

  #check(tool: AnyTool, rendered: unknown): { value: unknown } | CallResult {
    try {
      if (tool.params === undefined) return { value: rendered };
      const parsed = tool.params.safeParse(rendered);
      if (parsed.success) return { value: parsed.data };
      const issues = parsed.error.issues.map(({ path, message }) => `${path.map(String).join('.')}: ${message}`);
      return this.#refused('invalid_params', this.#mask.text(`The params do not fit: ${issues.join('; ')}`));
    } catch (thrown) {
      return this.#uncheckable(thrown);
    }
  }

  #uncheckable(thrown: unknown): CallResult {
    return this.#refused('invalid_params', this.#mask.text(`The params could not be checked: ${messageOf(thrown)}`));
  }

  /** The tool's own end, or the end of the grace after an abort, whichever comes first. */
  async #settled(returned: PromiseLike<unknown>, state: RunState, now: number): Promise<CallResult | undefined> {
    const untilDeadline = state.deadlineAt === null ? Number.POSITIVE_INFINITY : state.deadlineAt - now;
    const cause = untilDeadline < this.timeoutMs ? 'deadline' : 'timeout';
    this.#timer = this.timers.set(() => this.abort(cause), Math.max(0, Math.min(untilDeadline, this.timeoutMs)));
    try {
      return await new Promise<CallResult | undefined>((resolve) => {
        this.#letGo = resolve;
        returned.then(
          (value) => resolve(this.#settle(value)),
          (thrown: unknown) => resolve(this.#failed(thrown)),
        );
      });
    } catch (thrown) {
      return this.#failed(thrown);
    } finally {
      this.timers.clear(this.#timer);
    }
  }

  #returned(value: unknown): CallResult {
    if (this.#cause === 'timeout') return this.#threw(TOOL_FAILED, '');
    const logs = this.#log.lines();
    const request = waitRequestOf(value);
    if (request !== undefined) return { kind: 'parks', request: this.#mask.value(request), logs, ...this.#used() };
    return { kind: 'returned', value: this.#mask.value(value), logs, ...this.#used() };
  }

  #use({ input_tokens = 0, output_tokens = 0, cost_usd }: Partial<Usage>): void {
    const isCount = (count: unknown) => Number.isSafeInteger(count) && Number(count) >= 0;
    if (!isCount(input_tokens) || !isCount(output_tokens)) throw new TypeError('usage() takes whole numbers of tokens');
    if (cost_usd !== undefined && !(cost_usd >= 0 && cost_usd <= MAX_COST_USD)) {
      throw new TypeError(`usage() takes a cost_usd from 0 to ${MAX_COST_USD} US dollars`);
    }
    this.#usage = addUsage(this.#usage ?? NO_USAGE, { input_tokens, output_tokens, ...definedOnly({ cost_usd }) });
  }

  #used(): { usage?: Usage } {
    return this.#usage === undefined ? {} : { usage: this.#usage };
  }

  #settle(value: unknown): CallResult {
    try {
      return this.#returned(value);
    } catch (thrown) {
      return this.#failed(thrown);
    }
  }

  #failed(thrown: unknown): CallResult {
    const failure = this.#threw(readFailureKind(thrown, this.#mask), this.#mask.text(messageOf(thrown)));
    const hint = retryHint(thrown);
    if (this.#cause === undefined) return { ...failure, ...hint };
    // A tool that its timeout stops can know that it must not be called again.
    return this.#cause === 'timeout' && hint.fatal ? { ...failure, fatal: true } : failure;
  }

  /** A call that was not made, because it could only fail again. */
  #refused(code: RunErrorCode, message: string): CallResult {
    return { kind: 'threw', code, message, logs: [], fatal: true };
  }

  #threw({ code, details, note }: FailureKind, message: string): Extract<CallOutcome, { kind: 'threw' }> {
    if (note !== undefined && this.#cause === undefined) this.#log.add(note);
    const logs = this.#log.lines();
    if (this.#cause === 'timeout') {
      const text = `The step took longer than its timeout of ${this.timeoutMs / 1000} s.`;
      return { kind: 'threw', code: 'timeout', message: text, logs, ...this.#used() };
    }
    if (this.#cause === 'deadline') {
      return { kind: 'threw', code: 'deadline_exceeded', message: 'The run reached its deadline.', logs };
    }
    return { kind: 'threw', code, message, logs, ...definedOnly({ details }), ...this.#used() };
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}
