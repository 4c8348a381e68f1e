import { EngineError, messageOf } from '../../core/base/errors.js';
import type { CompiledGraph } from '../../core/graph/compile.js';
import { Backtest, type BacktestReport } from '../../core/replay/backtest.js';
import type { GraphRef } from '../../core/replay/recording.js';
import { rawRecordings } from '../../runs/raw-recordings.js';
import { ifReadable } from '../../runs/readable.js';
import { compileDraft, findVersion, type Through } from '../candidate.js';
import { loadGraphs } from '../graph-source.js';
import { type GraphDeps, type GraphUseCases, graphNotFound } from '../graphs.js';
import { listRuns } from '../list-runs.js';
import type { RunDeps } from '../shared.js';
import { type Batch, graphsUsedBy, parseBatch, type RunResult, replayBatch, unknownRun } from './batch.js';
import type { GraphKey } from './messages.js';
import { namesIn } from './names.js';
import { shuttingDown, type WorkerPool } from './worker-pool.js';

/** Runs that one backtest can look at. */
export const MAX_BACKTEST_RUNS = 10_000;
/** Backtests that are under way together. */
export const MAX_BACKTESTS = 2;
const RETRY_AFTER_SECONDS = 5;
/** Runs of a batch, and characters of their events: a few milliseconds of work. */
const MAX_BATCH_RUNS = 100;
const MAX_BATCH_SIZE = 131_072;
/** Runs that are listed at a time. */
const RUNS_AT_A_TIME = 50;

/** The statuses of runs that have ended. */
export const FINISHED = ['COMPLETED', 'FAILED', 'CANCELLED'] as const;

/** Which runs of a graph, and what they are replayed through. */
export interface BacktestRequest {
  /** The latest version if it is omitted. */
  readonly through?: Through;
  /** Without `statuses`, runs that have finished. */
  readonly filter?: Omit<Parameters<typeof listRuns>[1], 'graphId' | 'limit' | 'cursor'>;
  /** At most so many of the latest runs. */
  readonly limit: number;
  /** Ends it: nobody waits for it any more. */
  readonly signal?: AbortSignal;
}

export interface BacktestDeps extends Pick<RunDeps, 'store' | 'turns' | 'graphs'>, Pick<GraphDeps, 'registry'> {
  readonly workers: WorkerPool;
}

/** What the runs of a backtest are replayed through. */
interface Candidate {
  readonly compiled: CompiledGraph;
  readonly key: GraphKey;
  /** The definition of a draft. */
  readonly text: () => string | null;
}

/** A graph uses what workers do not know, such as a condition that only this process has. */
class NotForWorkersError extends Error {}

/** Replays the runs that a graph has had through another version of it. */
export class BacktestUseCases {
  #underWay = 0;
  #drafts = 0;
  #isStopped = false;

  constructor(
    private readonly deps: BacktestDeps,
    private readonly graphs: Pick<GraphUseCases, 'validateGraph'>,
  ) {}

  /**
   * Replays the latest finished runs of a graph, and says together what that comes to. Calls no tool.
   * @throws EngineError `graph_not_found`, `invalid_request`, `server_busy`, `shutting_down`
   */
  async backtestGraph(graphId: string, request: BacktestRequest): Promise<BacktestReport> {
    if (this.#underWay >= MAX_BACKTESTS) {
      const detail = `There are ${MAX_BACKTESTS} backtests under way. Try again later.`;
      throw new EngineError('server_busy', detail, { retryAfterSeconds: RETRY_AFTER_SECONDS });
    }
    this.#underWay += 1;
    try {
      return await this.#backtest(graphId, request);
    } catch (error) {
      throw this.#isStopped ? shuttingDown() : error;
    } finally {
      this.#underWay -= 1;
    }
  }

  /** Ends what is under way. */
  stop(): void {
    this.#isStopped = true;
    this.deps.workers.stop();
  }

  async #backtest(graphId: string, request: BacktestRequest): Promise<BacktestReport> {
    const candidate = await this.#candidate(graphId, request.through);
    const work = new BatchReplayer(this.deps, candidate);
    const backtest = new Backtest();
    const underWay: Promise<readonly RunResult[]>[] = [];
    const width = await work.width();
    const takeFirst = async (): Promise<void> => {
      for (const result of (await underWay.shift()) ?? []) count(backtest, result);
    };
    for await (const batch of this.#batches(graphId, request)) {
      if (underWay.length >= width) await takeFirst();
      const replayed = work.replay(batch);
      // It can fail before it is taken, or never be taken, if another one has failed.
      replayed.catch(() => undefined);
      underWay.push(replayed);
    }
    while (underWay.length > 0) await takeFirst();
    return backtest.result();
  }

  async #candidate(graphId: string, through: Through | undefined): Promise<Candidate> {
    if (through === undefined || 'version' in through) {
      const compiled = await findVersion(this.deps, graphId, through?.version);
      return { compiled, key: { graphId, version: compiled.version }, text: () => null };
    }
    if (!(await this.deps.store.hasGraph(graphId))) throw graphNotFound(graphId);
    const { compiled, definition } = await compileDraft(this.deps, this.graphs, graphId, through.graph);
    this.#drafts += 1;
    return { compiled, key: { graphId, version: 0, draft: this.#drafts }, text: () => JSON.stringify(definition) };
  }

  /** The runs, the newest first, some at a time. */
  async *#batches(graphId: string, request: BacktestRequest): AsyncGenerator<Batch> {
    let batch: Batch[number][] = [];
    let size = 0;
    for await (const runIds of this.#runIds(graphId, request)) {
      for await (const recording of rawRecordings(this.deps, runIds)) {
        batch.push(recording);
        size += sizeOf(recording);
        if (batch.length < MAX_BATCH_RUNS && size < MAX_BATCH_SIZE) continue;
        yield batch;
        [batch, size] = [[], 0];
        if (this.#isStopped) throw shuttingDown();
        if (request.signal?.aborted === true) return;
      }
    }
    if (batch.length > 0) yield batch;
  }

  async *#runIds(graphId: string, { filter = {}, limit, signal }: BacktestRequest): AsyncGenerator<readonly string[]> {
    let left = limit;
    let cursor: string | undefined;
    do {
      const page = { limit: Math.min(left, RUNS_AT_A_TIME), ...(cursor !== undefined && { cursor }) };
      const { runs, nextCursor } = await listRuns(this.deps, { statuses: FINISHED, ...filter, graphId, ...page });
      yield runs.map(({ runId }) => runId);
      left -= runs.length;
      cursor = nextCursor ?? undefined;
    } while (cursor !== undefined && left > 0 && signal?.aborted !== true);
  }
}

/** Replays batches through a candidate: in workers if they know all that its runs use, or else here, in slices. */
class BatchReplayer {
  #isInline = false;

  constructor(
    private readonly deps: BacktestDeps,
    private readonly candidate: Candidate,
  ) {}

  /** How many batches can be under way at a time, so that each thread has one. */
  async width(): Promise<number> {
    const names = await this.deps.workers.names();
    this.#isInline = names === undefined || !isKnown(names, this.candidate.compiled);
    return this.#isInline ? 1 : this.deps.workers.width;
  }

  async replay(batch: Batch): Promise<readonly RunResult[]> {
    if (this.#isInline) return this.#replayHere(batch);
    try {
      return await this.deps.workers.replay(batch, this.candidate.key, (key) => this.#load(key));
    } catch (error) {
      if (error instanceof NotForWorkersError) {
        this.#isInline = true;
        return this.#replayHere(batch);
      }
      if (error instanceof EngineError) throw error;
      // Whatever made the thread fail would make this one fail too.
      return batch.map(({ runId }) => unknownRun(runId, `The worker that replayed it has failed: ${messageOf(error)}`));
    }
  }

  async #replayHere(batch: Batch): Promise<readonly RunResult[]> {
    const { turns } = this.deps;
    const runs = await turns.inSlices(parseBatch(batch));
    const graphs = await loadGraphs(graphsUsedBy(runs), (ref) => this.#pinned(ref));
    return turns.inSlices(replayBatch(runs, graphs, this.candidate.compiled));
  }

  #pinned({ graphId, version }: GraphRef): Promise<CompiledGraph | undefined> {
    return ifReadable(this.deps.graphs.pinned(graphId, version));
  }

  async #load(key: GraphKey): Promise<string | null> {
    if (key.draft !== undefined) return this.candidate.text();
    const compiled = await this.#pinned(key);
    if (compiled === undefined) return null;
    if (!isKnown(await this.deps.workers.names(), compiled)) throw new NotForWorkersError();
    const { graphId, version } = key;
    const stored = await this.deps.store.findGraphText(graphId, { version, withDeleted: true });
    return stored?.text ?? null;
  }
}

function isKnown(names: ReadonlySet<string> | undefined, graph: CompiledGraph): boolean {
  return namesIn(graph).every((name) => names?.has(name) === true);
}

function count(backtest: Backtest, result: RunResult): void {
  if ('unknown' in result) backtest.addUnknown(result.runId, result.unknown);
  else backtest.add(result.runId, result.replayed);
}

/** Characters of the events of a run, with those inside it. */
function sizeOf(recording: Batch[number]): number {
  if ('isTooLarge' in recording) return 0;
  const own = recording.rows.reduce((sum, { payload }) => sum + payload.length, 0);
  return recording.children.reduce((sum, child) => sum + sizeOf(child), own);
}
