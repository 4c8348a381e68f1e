import { EngineError } from '../core/errors.js';
import { type LimitsDefinition, resolveLimits } from '../core/graph.js';
import { copyJson, type Json } from '../core/json.js';
import { linesOf } from '../core/log-lines.js';
import { append, isFinished, openRun, type RunState, type RunStatus } from '../core/run.js';
import { StepReader, type StepView } from '../core/steps.js';
import type { GraphCache } from '../store/graph-cache.js';
import {
  ConflictError,
  foldStored,
  GraphGoneError,
  type Idempotency,
  ReplayError,
  type RunFilter,
  type RunSummary,
  type Store,
} from '../store/store.js';
import { graphNotFound } from './graphs.js';
import { guarded, type Page } from './shared.js';

export interface StartRun {
  readonly graphId: string;
  readonly version?: number;
  readonly inputData: Json;
  readonly limits?: LimitsDefinition;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly idempotency?: Idempotency;
}

export interface StartedRun {
  readonly runId: string;
  /** True when the idempotency key had started this run before. */
  readonly replayed: boolean;
}

export interface ReadState {
  /** Seconds to wait for the run to finish. */
  readonly waitSeconds?: number;
  /** Only log lines after this many. */
  readonly logsAfter?: number;
}

/** A run's state with the log lines that were asked for. */
export interface RunView {
  readonly state: RunState;
  readonly logs: readonly string[];
}

/** What the use-cases need of the executor. */
export interface RunExecutor {
  /** Holds a place. @throws EngineError `queue_full` or `shutting_down`. */
  reserve(): void;
  release(): void;
  submit(state: RunState): void;
  cancelled(runId: string): void;
}

export interface RunDeps {
  readonly store: Store;
  readonly graphs: GraphCache;
  readonly executor: RunExecutor;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** A new UUIDv7. */
  readonly newId: () => string;
}

/** Most log lines in one answer; `logs_after` goes on from there. */
export const MAX_LOG_LINES = 10_000;
const MAX_PAGE_BYTES = 4_194_304;
const EVENTS_AT_A_TIME = 500;

/** The use-cases of runs. */
export class RunUseCases {
  readonly #waits = new Set<() => void>();
  #stopping = false;

  constructor(private readonly deps: RunDeps) {}

  /**
   * Starts a run. It is durable when this resolves.
   * @throws EngineError `graph_not_found`, `queue_full`, `shutting_down`, `idempotency_mismatch`, `store_unavailable`.
   */
  async startRun(request: StartRun): Promise<StartedRun> {
    const { store, graphs, executor, newId, now } = this.deps;
    const earlier = await this.#earlier(request.idempotency);
    if (earlier !== undefined) return earlier;
    const graph = await graphs.find(request.graphId, request.version);
    if (graph === undefined) throw graphNotFound(request.graphId, request.version);
    const limits = resolveLimits(graph.limits, request.limits);
    const event = {
      type: 'run.submitted',
      graph_id: graph.graphId,
      graph_version: graph.version,
      input_data: copyJson(request.inputData),
      limits: limitsDocument(limits),
      metadata: request.metadata ?? {},
    } as const;
    const { state, records } = openRun(newId(), event, now());
    const create = request.idempotency === undefined ? {} : { idempotency: request.idempotency };
    executor.reserve();
    try {
      await guarded(() => store.commit({ appends: [{ state, records, statusChanged: true, create }] }));
    } catch (error) {
      executor.release();
      return this.#notStarted(error, request);
    }
    executor.submit(state);
    return { runId: state.runId, replayed: false };
  }

  #notStarted(error: unknown, request: StartRun): StartedRun {
    if (error instanceof GraphGoneError) {
      this.deps.graphs.forgetLatest(request.graphId);
      throw graphNotFound(request.graphId, request.version);
    }
    if (!(error instanceof ReplayError)) throw error;
    return replay(error, request.idempotency);
  }

  /** The run that a key started before: it is answered with even if its graph has gone or the queue is full. */
  async #earlier(idempotency: Idempotency | undefined): Promise<StartedRun | undefined> {
    if (idempotency === undefined) return undefined;
    const owner = await this.deps.store.findByIdempotencyKey(idempotency.key);
    return owner === undefined ? undefined : replay(owner, idempotency);
  }

  /** The state of a run, live; waits for its end if asked to. @throws EngineError `run_not_found`. */
  async getState(runId: string, { waitSeconds = 0, logsAfter = 0 }: ReadState = {}): Promise<RunView> {
    let state = await this.#load(runId);
    if (waitSeconds > 0 && !isFinished(state.status)) {
      await this.#untilFinished(runId, waitSeconds);
      state = await this.#load(runId);
    }
    return { state, logs: await this.#logs(state, logsAfter) };
  }

  /** Runs that fit a filter, newest first. */
  async listRuns({
    cursor,
    limit,
    ...filter
  }: Omit<RunFilter, 'after' | 'limit'> & Page): Promise<{ runs: readonly RunSummary[]; nextCursor: string | null }> {
    const after = cursor === undefined ? {} : { after: cursor };
    const found = await this.deps.store.listRuns({ ...filter, ...after, limit: limit + 1 });
    const runs = found.slice(0, limit);
    return { runs, nextCursor: found.length > limit ? (runs.at(-1)?.runId ?? null) : null };
  }

  /** The steps of a run, in order; the last one may be under way. @throws EngineError `run_not_found`. */
  async listSteps(
    runId: string,
    { limit, cursor }: Page,
  ): Promise<{ steps: readonly StepView[]; nextCursor: string | null }> {
    const from = cursor === undefined ? 0 : seqOf(cursor);
    const reader = new StepReader(from);
    const isFull = await this.#readSteps(runId, reader, Math.max(0, from - 1), limit);
    if (isFull && reader.current !== null) return { steps: reader.finished, nextCursor: String(reader.lastSeq) };
    const steps = reader.current === null ? reader.finished : [...reader.finished, reader.current];
    return { steps, nextCursor: null };
  }

  /** Reads on from a seq until there are `limit` finished steps (or enough of them for one answer), and says if so. */
  async #readSteps(runId: string, reader: StepReader, from: number, limit: number): Promise<boolean> {
    let bytes = 0;
    for (let after = from; ; ) {
      const records = await this.deps.store.readEvents(runId, after, EVENTS_AT_A_TIME);
      if (records.length === 0 && after === 0) throw runNotFound(runId);
      for (const record of records) {
        reader.read(record);
        bytes += record.payload.length;
        after = record.seq;
        const { length } = reader.finished;
        if (length >= limit || (bytes > MAX_PAGE_BYTES && length > 0)) return true;
      }
      if (records.length < EVENTS_AT_A_TIME) return false;
    }
  }

  /**
   * Cancels a run: at once when no tool is running, else as soon as the tool lets go.
   * @throws EngineError `run_not_found`, `run_finished`, `store_unavailable`.
   */
  async cancelRun(runId: string): Promise<{ runId: string; status: RunStatus }> {
    for (;;) {
      const state = await this.#load(runId);
      if (isFinished(state.status)) throw new EngineError('run_finished', `Run ${runId} is ${state.status} already.`);
      if (state.cancelRequested) return { runId, status: state.status };
      const event =
        state.status === 'RUNNING'
          ? ({ type: 'cancel.requested' } as const)
          : ({ type: 'run.cancelled', logs: [] } as const);
      const after = append(state, [event], this.deps.now());
      try {
        const statusChanged = after.state.status !== state.status;
        await guarded(() => this.deps.store.commit({ appends: [{ ...after, statusChanged }] }));
      } catch (error) {
        if (error instanceof ConflictError) continue;
        throw error;
      }
      this.deps.executor.cancelled(runId);
      return { runId, status: after.state.status };
    }
  }

  /** @throws EngineError `run_not_found`, or `run_active` for a run that has not finished. */
  async deleteRun(runId: string): Promise<void> {
    const result = await guarded(() => this.deps.store.deleteRun(runId));
    if (result === 'missing') throw runNotFound(runId);
    if (result === 'active') {
      throw new EngineError('run_active', `Run ${runId} has not finished. Cancel it first, or wait for its end.`);
    }
  }

  /** Answers every waiting request now, and lets none wait from here on. */
  stopWaiting(): void {
    this.#stopping = true;
    for (const answer of this.#waits) answer();
  }

  async #load(runId: string): Promise<RunState> {
    const state = foldStored(runId, await this.deps.store.loadRun(runId));
    if (state === undefined) throw runNotFound(runId);
    return state;
  }

  async #logs(state: RunState, after: number): Promise<readonly string[]> {
    const lines: string[] = [];
    let line = after;
    while (lines.length < MAX_LOG_LINES && line < state.logCount) {
      const records = await this.deps.store.readLogEvents(state.runId, line, EVENTS_AT_A_TIME);
      for (const { event, logEnd, seq } of records) {
        // What was committed after the state was read is not part of this answer.
        if (seq > state.seq || lines.length >= MAX_LOG_LINES) return lines.slice(0, MAX_LOG_LINES);
        lines.push(...linesOf(event).slice(line - logEnd));
        line = logEnd;
      }
      if (records.length < EVENTS_AT_A_TIME) break;
    }
    return lines.slice(0, MAX_LOG_LINES);
  }

  async #untilFinished(runId: string, seconds: number): Promise<void> {
    if (this.#stopping) return;
    let answer = (): void => {};
    const answered = new Promise<void>((resolve) => {
      answer = resolve;
    });
    this.#waits.add(answer);
    const timer = setTimeout(answer, seconds * 1000);
    const unsubscribe = this.deps.store.subscribe(runId, (_seq, status) => {
      if (isFinished(status)) answer();
    });
    try {
      // It may have finished between the first look at it and the subscription.
      if (isFinished((await this.#load(runId)).status)) return;
      await answered;
    } finally {
      clearTimeout(timer);
      unsubscribe();
      this.#waits.delete(answer);
    }
  }
}

function replay(owner: { runId: string; fingerprint: string }, idempotency: Idempotency | undefined): StartedRun {
  if (owner.fingerprint === idempotency?.fingerprint) return { runId: owner.runId, replayed: true };
  const detail = `The Idempotency-Key started run ${owner.runId} with another body. Use a new key for a new request.`;
  throw new EngineError('idempotency_mismatch', detail);
}

function limitsDocument({ maxSteps, deadlineSeconds }: { maxSteps: number; deadlineSeconds?: number }) {
  return { max_steps: maxSteps, ...(deadlineSeconds === undefined ? {} : { deadline_seconds: deadlineSeconds }) };
}

function seqOf(cursor: string): number {
  if (/^[1-9]\d{0,14}$/.test(cursor)) return Number(cursor);
  const errors = [{ pointer: '/cursor', code: 'invalid_cursor', message: 'Use a next_cursor of an earlier answer.' }];
  throw new EngineError('invalid_request', 'The cursor is not one of ours.', { errors });
}

/** The error for a run that is not there. */
function runNotFound(runId: string): EngineError {
  return new EngineError('run_not_found', `Run ID not found. No run has the id "${runId.slice(0, 200)}".`);
}
