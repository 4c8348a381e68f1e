import { EngineError } from '../core/base/errors.js';
import { copyJson, type Json } from '../core/base/json.js';
import { type LimitsDefinition, resolveLimits } from '../core/graph/definition.js';
import { openRun } from '../core/run/journal.js';
import { linesOf } from '../core/run/log-lines.js';
import { isFinished, type RunState, statusOf, waitOf } from '../core/run/state.js';
import { StepReader, type StepView } from '../core/run/steps.js';
import type { GraphCache } from '../runs/graph-cache.js';
import type { RunLoader } from '../runs/run-loader.js';
import {
  GraphGoneError,
  type Idempotency,
  ReplayError,
  type RunFilter,
  type RunSummary,
  type Store,
} from '../store/store.js';
import { compareData, compareSteps, type RunDiff } from './diff.js';
import { graphNotFound } from './graphs.js';
import { guarded, type Page, type RunExecutor, replay, runNotFound } from './shared.js';

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
  /** Children, of any depth, that wait for input. */
  readonly waitingChildren: readonly RunSummary[];
}

export interface RunDeps {
  readonly store: Store;
  readonly graphs: GraphCache;
  readonly runs: RunLoader;
  readonly executor: RunExecutor;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** A new UUIDv7. */
  readonly newId: () => string;
}

/** Children that a state lists at most. */
const MAX_WAITING_CHILDREN = 100;
/** Most log lines in one answer; `logs_after` goes on from there. */
export const MAX_LOG_LINES = 10_000;
const MAX_PAGE_BYTES = 4_194_304;
const EVENTS_AT_A_TIME = 500;
const STEPS_AT_A_TIME = 200;

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
    const inputData = copyJson(request.inputData);
    const errors = graph.inputSchema?.validate(inputData) ?? [];
    if (errors.length > 0) {
      const inBody = errors.map((problem) => ({ ...problem, pointer: `/input_data${problem.pointer}` }));
      throw new EngineError('invalid_input', 'The input does not fit the input_schema of the graph.', {
        errors: inBody,
      });
    }
    const limits = resolveLimits(graph.limits, request.limits);
    const event = {
      type: 'run.submitted',
      graph_id: graph.graphId,
      graph_version: graph.version,
      input_data: inputData,
      limits: limitsDocument(limits),
      metadata: request.metadata ?? {},
    } as const;
    const { state, records } = openRun(newId(), event, now());
    const create = request.idempotency === undefined ? {} : { idempotency: request.idempotency };
    executor.reserve();
    try {
      await guarded(() => store.commit({ appends: [{ state, records, rowChanged: true, create }] }));
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

  /**
   * The state of a run, live. Asked to wait, it answers when the run ends, or when it or a child waits for input.
   * @throws EngineError `run_not_found`.
   */
  async getState(runId: string, { waitSeconds = 0, logsAfter = 0 }: ReadState = {}): Promise<RunView> {
    let state = await this.#load(runId);
    if (waitSeconds > 0 && !(await this.#restingPlace(state))) {
      await this.#untilResting(runId, waitSeconds);
      state = await this.#load(runId);
    }
    const waitingChildren = await this.#waitingChildren(state);
    return { state, logs: await this.#logs(state, logsAfter), waitingChildren };
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
    const isMore = isFull && (await this.deps.store.readEvents(runId, reader.lastSeq, 1)).length > 0;
    if (isFull && (isMore || reader.current !== null)) {
      return { steps: reader.finished, nextCursor: String(reader.lastSeq) };
    }
    const steps = reader.current === null ? reader.finished : [...reader.finished, reader.current];
    return { steps, nextCursor: null };
  }

  /** How two runs differ: the first step at which they went apart, and their data. @throws EngineError `run_not_found`. */
  async diffRuns(a: string, b: string): Promise<RunDiff> {
    const [left, right] = [await this.#load(a), await this.#load(b)];
    const steps = await compareSteps(this.#allSteps(a), this.#allSteps(b));
    return { a, b, ...steps, data: compareData(left.data, right.data) };
  }

  async *#allSteps(runId: string): AsyncGenerator<StepView, undefined> {
    for (let cursor: string | undefined; ; ) {
      const page: { steps: readonly StepView[]; nextCursor: string | null } = await this.listSteps(runId, {
        limit: STEPS_AT_A_TIME,
        ...(cursor !== undefined && { cursor }),
      });
      yield* page.steps;
      if (page.nextCursor === null) return undefined;
      cursor = page.nextCursor;
    }
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

  /** Answers every waiting request now, and lets none wait from here on. */
  stopWaiting(): void {
    this.#stopping = true;
    for (const answer of this.#waits) answer();
  }

  async #load(runId: string): Promise<RunState> {
    const state = await this.deps.runs.load(runId);
    if (state === undefined) throw runNotFound(runId);
    return state;
  }

  /** True where a run has ended, or waits for somebody. */
  async #restingPlace(state: RunState): Promise<boolean> {
    if (isFinished(statusOf(state)) || waitOf(state)?.kind === 'input') return true;
    return (await this.#waitingChildren(state, 1)).length > 0;
  }

  async #waitingChildren({ phase, runId }: RunState, limit = MAX_WAITING_CHILDREN): Promise<RunSummary[]> {
    if (phase.kind !== 'joining') return [];
    return this.deps.store.listWaitingDescendants(runId, 'input', limit);
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

  async #untilResting(runId: string, seconds: number): Promise<void> {
    if (this.#stopping) return;
    let answer = (): void => {};
    const answered = new Promise<void>((resolve) => {
      answer = resolve;
    });
    this.#waits.add(answer);
    const timer = setTimeout(answer, seconds * 1000);
    const look = (): void =>
      void this.#load(runId).then(async (state) => (await this.#restingPlace(state)) && answer(), answer);
    const unsubscribe = this.deps.store.subscribe(runId, (_seq, status) => {
      if (isFinished(status)) answer();
      else if (status === 'WAITING') look();
    });
    const unsubscribeChildren = this.deps.executor.onChildWaiting(look);
    try {
      // It may have come to rest between the first look at it and the subscription.
      if (await this.#restingPlace(await this.#load(runId))) return;
      await answered;
    } finally {
      clearTimeout(timer);
      unsubscribe();
      unsubscribeChildren();
      this.#waits.delete(answer);
    }
  }
}

function limitsDocument({ maxSteps, deadlineSeconds }: { maxSteps: number; deadlineSeconds?: number }) {
  return { max_steps: maxSteps, ...(deadlineSeconds === undefined ? {} : { deadline_seconds: deadlineSeconds }) };
}

function seqOf(cursor: string): number {
  if (/^[1-9]\d{0,14}$/.test(cursor)) return Number(cursor);
  const errors = [{ pointer: '/cursor', code: 'invalid_cursor', message: 'Use a next_cursor of an earlier answer.' }];
  throw new EngineError('invalid_request', 'The cursor is not one of ours.', { errors });
}
