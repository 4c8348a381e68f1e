import { EngineError, type EngineErrorCode } from '../core/base/errors.js';
import type { Json, JsonObject } from '../core/base/json.js';
import { type RunStatus, statusOf } from '../core/run/state.js';
import type { AnswerLink, AnswerTokens } from './answer-tokens.js';
import type { RequestUseCases } from './requests.js';
import { inTurnToLoad, type RunDeps } from './shared.js';

export interface AnswerLinkDeps extends Pick<RunDeps, 'store' | 'runs' | 'reads' | 'now'> {
  /** Undefined if there are no approval links. */
  readonly answerTokens?: AnswerTokens | undefined;
}

/** What somebody with an approval link is asked. */
export interface Question {
  readonly message: string | null;
  /** JSON Schema of the answer. */
  readonly schema: JsonObject | null;
  /** When it can no longer be answered, in milliseconds since 1970. */
  readonly until: number | null;
}

/** Who has answered, in the journal. */
const BY_TOKEN = 'token';
/** Events behind the start of a wait that are looked through for its end. */
const MAX_EVENTS = 100;
/** Why a wait cannot be answered any more. */
const OVER: ReadonlySet<EngineErrorCode> = new Set(['run_not_found', 'run_not_waiting', 'run_finished']);

/** What people do who have nothing but an approval link. */
export class AnswerLinkUseCases {
  constructor(
    private readonly deps: AnswerLinkDeps,
    private readonly requests: RequestUseCases,
  ) {}

  /**
   * What the token of an approval link answers; `undefined` if it is none. Costs no look into the database.
   * @throws EngineError `answer_link_unknown` if there are no approval links at all
   */
  readAnswerToken(token: string): AnswerLink | undefined {
    const { answerTokens } = this.deps;
    if (answerTokens === undefined) {
      throw new EngineError('answer_link_unknown', 'There are no approval links: the server has no PUBLIC_URL.');
    }
    return answerTokens.read(token);
  }

  /**
   * What is asked. Changes nothing.
   * @throws EngineError `answer_link_over`, `run_unreadable`, `server_busy`, `store_unavailable`.
   */
  async getQuestion(link: AnswerLink): Promise<Question> {
    const { deps } = this;
    const state = await inTurnToLoad(deps, link.runId, () => deps.runs.load(link.runId));
    const wait = state?.phase.kind === 'waiting' ? state.phase.wait : undefined;
    const isOpen = wait?.id === link.waitId && (wait.until === null || deps.now() < wait.until);
    if (!isOpen) throw await this.#over(link);
    return { message: wait.message, schema: wait.schema, until: wait.until };
  }

  /**
   * Answers the one wait that a link is for.
   * @throws EngineError `answer_link_over`, `invalid_request`, `invalid_answer`, `run_unreadable`, `server_busy`,
   * `store_unavailable`.
   */
  async answerQuestion(link: AnswerLink, payload: Json): Promise<{ runId: string; status: RunStatus }> {
    try {
      return await this.requests.resumeRun(link.runId, { payload, waitId: link.waitId, by: BY_TOKEN });
    } catch (error) {
      if (error instanceof EngineError && OVER.has(error.code)) throw await this.#over(link);
      throw error;
    }
  }

  /** The error that says how the wait of a link has ended. */
  async #over({ runId, waitId }: AnswerLink): Promise<EngineError> {
    const records = await this.deps.store.readEvents(runId, Number(waitId.slice(1)), MAX_EVENTS);
    for (const { event } of records) {
      if (event.type !== 'wait.ended' || event.wait_id !== waitId) continue;
      const detail = event.outcome === 'answered' ? 'This has been answered already.' : TOO_LATE;
      return new EngineError('answer_link_over', detail);
    }
    const state = await this.deps.runs.load(runId);
    const isWaiting = state !== undefined && statusOf(state) === 'WAITING';
    return new EngineError('answer_link_over', isWaiting ? TOO_LATE : 'An answer to this is not needed any more.');
  }
}

const TOO_LATE = 'The time to answer this is over.';
