import { EngineError, type EngineErrorCode } from '../core/base/errors.js';
import type { Json, JsonObject } from '../core/base/json.js';
import type { EventRecord, RunEvent } from '../core/run/events.js';
import type { RunStatus } from '../core/run/state.js';
import { journalPages } from '../store/journal-pages.js';
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
/** Events behind the start of a wait that are looked through for its end: more than the signals that a run keeps. */
const MAX_EVENTS = 5000;
const PAGE_EVENTS = 100;
/** What ends a wait without an end of its own. */
const ENDS: ReadonlySet<RunEvent['type']> = new Set(['run.cancelled', 'run.failed', 'run.retried', 'wait.started']);
type End = 'answered' | 'late' | 'other';
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
    const end = await this.#endOf(runId, waitId);
    if (end === 'answered') return new EngineError('answer_link_over', 'This has been answered already.');
    if (end === 'other') return new EngineError('answer_link_over', 'An answer to this is not needed any more.');
    return new EngineError('answer_link_over', 'The time to answer this is over.');
  }

  /** How a wait has ended: `late` if that was its time. */
  async #endOf(runId: string, waitId: string): Promise<End> {
    let left = MAX_EVENTS;
    for await (const page of journalPages(this.deps.store, runId, Number(waitId.slice(1)), PAGE_EVENTS)) {
      const end = endIn(page);
      if (end !== undefined) return end;
      left -= page.length;
      if (left <= 0) break;
    }
    const phase = (await this.deps.runs.load(runId))?.phase;
    return phase?.kind === 'waiting' && phase.wait.id === waitId ? 'late' : 'other';
  }
}

/** How a wait has ended, of which these events came later; undefined if they do not say. */
function endIn(page: readonly EventRecord[]): End | undefined {
  for (const { event } of page) {
    if (event.type === 'wait.ended') return event.outcome === 'answered' ? 'answered' : 'late';
    if (ENDS.has(event.type)) return 'other';
  }
  return undefined;
}
