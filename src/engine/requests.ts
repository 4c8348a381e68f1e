import { definedOnly } from '../core/base/defined-only.js';
import type { EngineError } from '../core/base/errors.js';
import type { JsonObject } from '../core/base/json.js';
import { maskFor, NO_MASK } from '../core/base/mask.js';
import type { LimitsDefinition } from '../core/graph/definition.js';
import { compileInSteps } from '../core/json-schema/json-schema.js';
import type { Actor } from '../core/run/actor.js';
import type { Correction } from '../core/run/correction.js';
import { limitsAfter } from '../core/run/evolve-limits.js';
import { isLimited } from '../core/run/lift-limits.js';
import { pause, unpause } from '../core/run/pause.js';
import { type AnswerRequest, answer, refuseActive, refuseChild, retry, type Verdict } from '../core/run/requests.js';
import { cursorOf, type RunState, type RunStatus, statusOf } from '../core/run/state.js';
import { type AppendResult, appendTo } from '../runs/append.js';
import { cancelRun } from '../runs/cancel.js';
import { readFamilyUsage } from '../runs/family-usage.js';
import type { Unit } from '../store/store.js';
import { liftLimitsOfOwner, liftOwnLimits } from './lift-limits.js';
import { type Commit, inTurnToLoad, jsonOf, type RunDeps, refusalError, runNotFound } from './shared.js';
import type { ParamsDeps } from './step-params.js';

export interface Answered {
  readonly runId: string;
  readonly status: RunStatus;
}

export interface RetryRun extends Actor {
  /** Replace the run's own, one by one. */
  readonly limits?: LimitsDefinition;
  /** Keys of `data` to set before it goes on. */
  readonly data?: JsonObject;
  /** The patch of the step that it stopped at, whose tool is then not called again. */
  readonly result?: JsonObject;
}

type AnsweredOrNot = Answered & { readonly isAppended: boolean };

type AppendArguments = Parameters<typeof appendTo> extends [unknown, ...infer Rest] ? Rest : never;

/** What people do to runs that are there. */
export class RequestUseCases {
  constructor(private readonly deps: RunDeps & Pick<ParamsDeps, 'secrets'>) {}

  /**
   * Cancels a run: at once when neither a tool nor a child is at work, else as soon as they have let go. A run that
   * cannot be read is cancelled at once.
   * @throws EngineError `run_not_found`, `run_finished`, `store_unavailable`.
   */
  async cancelRun(runId: string, actor?: Actor): Promise<Answered> {
    const { isAppended, ...answered } = answerTo(runId, await this.#cancel(runId, actor));
    // It is being cancelled already. If whoever was to see to that has failed, this has it looked at again.
    if (!isAppended) await this.deps.store.commit({ appends: [], wakes: [{ runId, at: 0 }] });
    return answered;
  }

  /**
   * Pauses a run: the call under way ends, and nothing begins after it.
   * @throws EngineError `run_not_found`, `run_finished`, `run_unreadable`, `server_busy`, `store_unavailable`.
   */
  async pauseRun(runId: string, actor?: Actor): Promise<Answered> {
    const { isAppended: _, ...answered } = await this.#request(runId, (state) => pause(state, actor));
    return answered;
  }

  /**
   * Has a paused run go on.
   * @throws EngineError `run_not_found`, `run_finished`, `run_unreadable`, `server_busy`, `store_unavailable`.
   */
  async unpauseRun(runId: string, actor?: Actor): Promise<Answered> {
    const { isAppended: _, ...answered } = await this.#request(runId, (state) => unpause(state, actor));
    return answered;
  }

  /**
   * Answers what a run waits for, be it a higher limit.
   * @param commit how the unit is stored, if not as it is
   * @throws EngineError `run_not_found`, `run_not_waiting`, `limits_too_low`, `invalid_request`, `invalid_answer`,
   * `run_unreadable`, `server_busy`, `store_unavailable`.
   */
  async resumeRun(runId: string, { payload, waitId, by }: AnswerRequest, commit?: Commit): Promise<Answered> {
    const request = { payload: await jsonOf(this.deps, payload, '/payload'), waitId, by };
    const { turns, now } = this.deps;
    const lifted = await inTurnToLoad(this.deps, runId, () => liftLimitsOfOwner(this.deps, runId, request, commit));
    if (lifted !== undefined) return statusAfter(runId, lifted);
    const decide = async (state: RunState): Promise<Verdict> => {
      if (isLimited(state)) return liftOwnLimits(this.deps, state, request);
      const schema = state.phase.kind === 'waiting' ? state.phase.wait.schema : null;
      // It is kept: what is checked with it next need not compile it.
      if (schema !== null) await turns.inSlices(compileInSteps(schema));
      return answer(state, request, now());
    };
    const { isAppended: _, ...answered } = await this.#request(runId, decide, commit);
    return answered;
  }

  /**
   * Has a run that failed or was cancelled go on from the step that it stopped at.
   * @throws EngineError `run_not_found`, `run_is_child`, `run_not_retryable`, `retry_impossible`, `invalid_request`, `graph_deleted`, `limits_too_low`,
   * `run_unreadable`, `graph_unreadable`, `server_busy`, `concurrency_full`, `queue_full`, `shutting_down`, `store_unavailable`.
   */
  async retryRun(runId: string, { limits, by, ...given }: RetryRun): Promise<Answered> {
    const { admission, store, now } = this.deps;
    const correction = await this.#copyCorrection(given);
    const decide = async (state: RunState): Promise<Verdict> => {
      if (state.parent !== null) throw await this.isChild({ runId, parentRunId: state.parent.run_id });
      const isGraphDeleted = await this.#isGraphDeleted(state);
      const masked = isGraphDeleted ? correction : await this.#maskCorrection(state, correction);
      const family = await readFamilyUsage(this.deps, {
        ...state,
        ...limitsAfter(state, limits && definedOnly(limits)),
      });
      return retry(state, { limits, by, isGraphDeleted, family, ...masked }, now());
    };
    // Only a run that is retried takes a place in the queue.
    const admitted = (unit: Unit) => admission.admit(() => store.commit(unit));
    const { isAppended: _, ...answered } = await this.#request(runId, decide, admitted);
    return answered;
  }

  async #request(...[runId, decide, commit]: AppendArguments): Promise<AnsweredOrNot> {
    return answerTo(runId, await inTurnToLoad(this.deps, runId, () => appendTo(this.deps, runId, decide, commit)));
  }

  #cancel(runId: string, actor: Actor | undefined): Promise<AppendResult | undefined> {
    return inTurnToLoad(this.deps, runId, () => cancelRun(this.deps, runId, actor), { always: true });
  }

  async #copyCorrection({ data, result }: Correction): Promise<Correction> {
    const copyOf = async (value: JsonObject | undefined, pointer: string) =>
      value === undefined ? undefined : ((await jsonOf(this.deps, value, pointer)) as JsonObject);
    return { data: await copyOf(data, '/data'), result: await copyOf(result, '/result') };
  }

  /** What a person gives in place of the tool is stored as what the tool gives: without the secrets of the node. */
  async #maskCorrection(state: RunState, { data, result }: Correction): Promise<Correction> {
    const node = cursorOf(state)?.node;
    if (node === undefined || (data ?? result) === undefined) return { data, result };
    const graph = await this.deps.graphs.pinned(state.graphId, state.graphVersion);
    const names = graph.nodes.get(node)?.params.secretNames ?? [];
    const mask = names.length === 0 ? NO_MASK : maskFor(names, this.deps.secrets);
    return { data: mask.value(data), result: mask.value(result) };
  }

  async #isGraphDeleted({ graphId, graphVersion }: RunState): Promise<boolean> {
    return (await this.deps.store.findGraph(graphId, { version: graphVersion })) === undefined;
  }

  /** The error that names the run which a child is part of. */
  async isChild({ runId, parentRunId }: { runId: string; parentRunId: string }): Promise<EngineError> {
    let top = parentRunId;
    for (;;) {
      const above = (await this.deps.store.outlineRun(top))?.parentRunId ?? null;
      if (above === null) return refusalError(refuseChild(runId, top).refusal);
      top = above;
    }
  }

  /** @throws EngineError `run_not_found`, `run_is_child`, or `run_active` for a run that has not finished. */
  async deleteRun(runId: string): Promise<void> {
    const result = await this.deps.store.deleteRun(runId);
    if (result === 'missing') throw runNotFound(runId);
    if (result === 'child') {
      const parentRunId = (await this.deps.store.outlineRun(runId))?.parentRunId ?? null;
      throw parentRunId === null ? runNotFound(runId) : await this.isChild({ runId, parentRunId });
    }
    if (result === 'active') throw refusalError(refuseActive({ runId }).refusal);
  }
}

function statusAfter(runId: string, result: AppendResult): Answered {
  const { isAppended: _, ...answered } = answerTo(runId, result);
  return answered;
}

/** @throws EngineError `run_not_found`, or why the request is refused */
function answerTo(runId: string, result: AppendResult | undefined): AnsweredOrNot {
  if (result === undefined) throw runNotFound(runId);
  if (result.refusal !== undefined) throw refusalError(result.refusal);
  return { runId, status: statusOf(result.state), isAppended: result.isAppended };
}
