import { EngineError } from '../core/base/errors.js';
import type { Json } from '../core/base/json.js';
import type { LimitsDefinition } from '../core/graph/definition.js';
import { compileJsonSchema } from '../core/json-schema/json-schema.js';
import type { EventOf } from '../core/run/events.js';
import { cancel } from '../core/run/requests.js';
import { cursorOf, isFinished, type RunState, type RunStatus, statusOf, waitOf } from '../core/run/state.js';
import { appendTo } from '../runs/append.js';
import { guarded, jsonOf, type RunDeps, runNotFound } from './shared.js';

export interface Answered {
  readonly runId: string;
  readonly status: RunStatus;
}

type AppendArguments = Parameters<typeof appendTo> extends [unknown, ...infer Rest] ? Rest : never;

/** What people do to runs that are there. */
export class RequestUseCases {
  constructor(private readonly deps: RunDeps) {}

  /**
   * Cancels a run: at once when neither a tool nor a child is at work, else as soon as they have let go.
   * @throws EngineError `run_not_found`, `run_finished`, `store_unavailable`.
   */
  async cancelRun(runId: string): Promise<Answered> {
    const state = await this.#append(runId, (before) => {
      const status = statusOf(before);
      if (isFinished(status)) throw new EngineError('run_finished', `Run ${runId} is ${status} already.`);
      return cancel(before);
    });
    return { runId, status: statusOf(state) };
  }

  /**
   * Answers what a run waits for.
   * @throws EngineError `run_not_found`, `run_not_waiting`, `invalid_request`, `invalid_answer`, `store_unavailable`.
   */
  async resumeRun(runId: string, { payload, waitId }: { payload: Json; waitId?: string }): Promise<Answered> {
    const answer = jsonOf(payload, '/payload');
    const state = await this.#append(runId, (before) => {
      const waiting = waitOf(before);
      if (waiting?.kind !== 'input') {
        throw new EngineError(
          'run_not_waiting',
          `Run ${runId} is ${statusOf(before)} and does not wait for an answer.`,
        );
      }
      if (waitId !== undefined && waitId !== waiting.id) {
        throw new EngineError(
          'run_not_waiting',
          `Run ${runId} waits for an answer to ${waiting.id}, not to ${waitId}.`,
        );
      }
      if (waiting.until !== null && this.deps.now() >= waiting.until) {
        throw new EngineError('run_not_waiting', `The wait ${waiting.id} of run ${runId} has expired.`);
      }
      checkAnswer(waiting.schema, answer);
      return [{ type: 'wait.ended', wait_id: waiting.id, outcome: 'answered', answer }];
    });
    return { runId, status: statusOf(state) };
  }

  /**
   * Has a run that failed or was cancelled go on from the step that it stopped at.
   * @throws EngineError `run_not_found`, `run_is_child`, `run_not_retryable`, `graph_deleted`, `limits_too_low`,
   * `queue_full`, `shutting_down`, `store_unavailable`.
   */
  async retryRun(runId: string, { limits }: { limits?: LimitsDefinition }): Promise<Answered> {
    const { admission, store } = this.deps;
    const retry = async (before: RunState) => [await this.#retried(before, limits)];
    const state = await this.#append(runId, retry, (unit) => admission.admit(() => store.commit(unit)));
    return { runId, status: statusOf(state) };
  }

  async #append(...[runId, decide, commit]: AppendArguments): Promise<RunState> {
    const state = await guarded(() => appendTo(this.deps, runId, decide, commit));
    if (state === undefined) throw runNotFound(runId);
    return state;
  }

  async #retried(state: RunState, limits: LimitsDefinition | undefined): Promise<EventOf<'run.retried'>> {
    const { runId } = state;
    const status = statusOf(state);
    const cursor = cursorOf(state);
    if (state.parent !== null) throw await this.isChild(state);
    if (status !== 'FAILED' && status !== 'CANCELLED') {
      throw new EngineError(
        'run_not_retryable',
        `Run ${runId} is ${status}; only FAILED and CANCELLED runs are retried.`,
      );
    }
    await this.#requireGraph(state);
    const maxSteps = limits?.max_steps ?? state.maxSteps;
    if (cursor !== null && cursor.step > maxSteps) {
      const detail = `The run goes on with step ${cursor.step}; give it limits.max_steps of at least that.`;
      throw new EngineError('limits_too_low', detail);
    }
    const seconds = limits?.deadline_seconds ?? state.deadlineSeconds;
    return {
      type: 'run.retried',
      ...(limits !== undefined && { limits: withoutUndefined(limits) }),
      ...(seconds !== null && { deadline_at: this.deps.now() + seconds * 1000 }),
      ...(cursor !== null && { step: cursor.step, node: cursor.node }),
      ...(await this.deps.runs.announcement(state)),
    };
  }

  async #requireGraph({ graphId, graphVersion, runId }: RunState): Promise<void> {
    if ((await this.deps.store.findGraph(graphId, { version: graphVersion })) !== undefined) return;
    throw new EngineError('graph_deleted', `Graph "${graphId}" of run ${runId} was deleted.`);
  }

  /** The error that names the run which a child is part of. */
  async isChild(state: RunState): Promise<EngineError> {
    let top = state;
    while (top.parent !== null) {
      const above = await this.deps.runs.load(top.parent.run_id);
      if (above === undefined) break;
      top = above;
    }
    return new EngineError('run_is_child', `Run ${state.runId} is part of run ${top.runId}; do this to that one.`);
  }

  /** @throws EngineError `run_not_found`, `run_is_child`, or `run_active` for a run that has not finished. */
  async deleteRun(runId: string): Promise<void> {
    const result = await guarded(() => this.deps.store.deleteRun(runId));
    if (result === 'missing') throw runNotFound(runId);
    if (result === 'child') {
      const state = await this.deps.runs.load(runId);
      throw state === undefined ? runNotFound(runId) : await this.isChild(state);
    }
    if (result === 'active') {
      throw new EngineError('run_active', `Run ${runId} has not finished. Cancel it first, or wait for its end.`);
    }
  }
}

function checkAnswer(schema: unknown, answer: Json): void {
  if (schema === null) return;
  const errors = compileJsonSchema(schema).schema?.validate(answer) ?? [];
  if (errors.length === 0) return;
  const inBody = errors.map((problem) => ({ ...problem, pointer: `/payload${problem.pointer}` }));
  throw new EngineError('invalid_answer', 'The answer does not fit the schema of the wait.', { errors: inBody });
}

function withoutUndefined({ max_steps, deadline_seconds }: LimitsDefinition) {
  return { ...(max_steps !== undefined && { max_steps }), ...(deadline_seconds !== undefined && { deadline_seconds }) };
}
