import type { Capsule } from '../core/capsule/document.js';
import type { Replayed } from '../core/replay/replayed.js';
import type { Explanation } from '../core/run/explain.js';
import type { RunOutput } from '../runs/run-output.js';
import type { RunQueue } from '../store/queue.js';
import { Admission } from './admission.js';
import { type AnswerLinkDeps, AnswerLinkUseCases } from './answer-links.js';
import { type BacktestDeps, BacktestUseCases } from './backtest/backtest.js';
import { type BulkOutcome, type BulkRequest, doInBulk } from './bulk.js';
import { type CapsuleDeps, type UseCapsule, useCapsule } from './capsules.js';
import { countRuns } from './count-runs.js';
import { type DeliveryDeps, DeliveryUseCases } from './deliveries.js';
import { type DiagramDeps, DiagramUseCases } from './diagrams.js';
import { diffRuns, type RunDiff } from './diff.js';
import { type ExplainRun, explainRun } from './explain.js';
import { type ExploredGraph, type ExploreGraph, exploreGraph } from './explore.js';
import { type ForkedRun, type ForkRun, forkRun } from './fork.js';
import { type GraphDeps, GraphUseCases } from './graphs.js';
import { type HookOperations, makeHooks } from './hooks/operations.js';
import { type ImportedRun, type ImportRun, importRun } from './import-run.js';
import { LargeReads } from './large-reads.js';
import { listRuns } from './list-runs.js';
import { listSteps } from './list-steps.js';
import { type MigrateRuns, type MigrationOutcome, migrateRuns } from './migrate.js';
import { type ReadLargeState, type ReadState, type RunView, StateReader } from './read-state.js';
import { type ReplayRequest, replayRun } from './replay.js';
import { RequestUseCases } from './requests.js';
import { type ScheduleOperations, scheduleOperations } from './schedules.js';
import { type SendSignal, type SignalledRun, sendSignal } from './send-signal.js';
import { guardAll, type Page, type RunDeps } from './shared.js';
import { type StartedRun, type StartRun, startRun } from './start.js';
import { type ParamsDeps, StepParams } from './step-params.js';
import { WatchUseCases } from './watch.js';

export type { EventRecord } from '../core/run/events.js';
export { SVG_STYLE } from '../diagram/svg-style.js';
export type { Question } from './answer-links.js';
export type { AnswerLink } from './answer-tokens.js';
export { FINISHED, MAX_BACKTEST_RUNS } from './backtest/backtest.js';
export type { BulkRequest } from './bulk.js';
export type { DiagramFormat } from './diagrams.js';
export type { ExploredGraph, ExploreGraph } from './explore.js';
export type { ForkRun } from './fork.js';
export type { ConditionInfo, ListedExample, SavedGraph, ToolInfo } from './graphs.js';
export type { HookView } from './hooks/hooks.js';
export type { ImportRun } from './import-run.js';
export type { MigrateRuns } from './migrate.js';
export type { RunView } from './read-state.js';
export type { ReplayRequest } from './replay.js';
export type { RetryRun } from './requests.js';
export type { ScheduleView } from './schedules.js';
export type { StartRun } from './start.js';
export type { ListedStep } from './step-params.js';
export type { OutputItem, StreamPage } from './watch.js';

type GraphOperations = Pick<
  GraphUseCases,
  | 'validateGraph'
  | 'saveGraph'
  | 'createGraph'
  | 'updateGraph'
  | 'deleteGraph'
  | 'getGraph'
  | 'listGraphs'
  | 'listExamples'
  | 'listTools'
  | 'listConditions'
>;

/** All use-cases: what the HTTP layer calls, and what people who embed the engine call. */
export interface Engine
  extends GraphOperations,
    Pick<RequestUseCases, 'cancelRun' | 'pauseRun' | 'unpauseRun' | 'resumeRun' | 'retryRun' | 'deleteRun'>,
    Pick<DiagramUseCases, 'drawGraph' | 'drawDocument' | 'drawRun'>,
    Pick<WatchUseCases, 'watchRun' | 'streamRun'>,
    Pick<BacktestUseCases, 'backtestGraph'>,
    HookOperations,
    Pick<DeliveryUseCases, 'listDeliveries' | 'getDelivery' | 'retryDelivery'>,
    Pick<AnswerLinkUseCases, 'readAnswerToken' | 'getQuestion' | 'answerQuestion'>,
    ScheduleOperations {
  /** Explores the runs that a graph can have, with outcomes in place of calls. Stores nothing. */
  exploreGraph(request: ExploreGraph): Promise<ExploredGraph>;
  /** Starts a run. It is durable when this resolves. */
  startRun(request: StartRun): Promise<StartedRun>;
  /** The state of a run, live; asked to wait, when the run ends, or when it or a child waits for input. */
  getState(runId: string, options?: ReadState): Promise<RunView>;
  /**
   * Does with the state of a run, which can be large, what is to be done with it: all of that before another large one
   * is read.
   */
  useState<T>(runId: string, options: ReadLargeState, use: (view: RunView) => Promise<T>): Promise<T>;
  /** Runs that fit a filter, newest first. */
  listRuns(filter: Parameters<typeof listRuns>[1]): ReturnType<typeof listRuns>;
  /** How many runs fit a filter, by status. */
  countRuns(filter: Parameters<typeof countRuns>[1]): ReturnType<typeof countRuns>;
  /** The steps of a run, in order; the last one can be under way. */
  listSteps(runId: string, page: Page): ReturnType<typeof listSteps>;
  /** Why a run went where it went, why it stopped, and what can be done about it. */
  explainRun(runId: string, options?: ExplainRun): Promise<Explanation>;
  /** How two runs differ: the first step at which they went apart, and their data. */
  diffRuns(a: string, b: string): Promise<RunDiff>;
  /** Walks a run again through a graph, with the recorded results in place of calls. */
  replayRun(request: ReplayRequest): Promise<Replayed>;
  /** Starts a new run with the steps of another one before `fromStep` copied. */
  forkRun(runId: string, request: ForkRun): Promise<ForkedRun>;
  /** Makes the capsule of a run, and does with it what is to be done before another large one is read. */
  useCapsule<T>(runId: string, options: UseCapsule, use: (capsule: Capsule) => Promise<T>): Promise<T>;
  /** Takes in the run of a capsule, as a copy. */
  importRun(request: ImportRun): Promise<ImportedRun>;
  /** Does the same to many runs, with a result for each. */
  changeRuns(request: BulkRequest): Promise<BulkOutcome>;
  /** Moves runs of a graph to another version of it, or says which can be. */
  migrateRuns(graphId: string, request: MigrateRuns): Promise<MigrationOutcome>;
  /** Sends a signal to a run: it ends the wait for it that is open, or is kept for one to come. */
  sendSignal(runId: string, request: SendSignal): Promise<SignalledRun>;
  /** Resolves when the caller can go on with a long piece of work: at once, or after others have had their turn. */
  takeTurn(): Promise<void>;
  /** True while requests can be served: the store can be written and the server is not stopping. */
  isReady(): boolean;
  /** From here on the engine is not ready, and requests that wait are answered. */
  stop(): void;
}

export interface EngineDeps
  extends Omit<GraphDeps, 'reads'>,
    Omit<RunDeps, 'admission' | 'reads'>,
    DiagramDeps,
    ParamsDeps,
    DeliveryDeps,
    Pick<AnswerLinkDeps, 'answerTokens'>,
    Pick<BacktestDeps, 'workers'>,
    Pick<DiagramDeps, 'startLayouts'>,
    Pick<CapsuleDeps, 'release'> {
  readonly output: RunOutput;
  readonly queue: Pick<RunQueue, 'admit' | 'hasSlot'>;
  /** Hooks can take what nobody has signed. */
  readonly allowsUnsigned: boolean;
  readonly logger: { warn(details: object, message: string): void };
}

/** Makes the engine out of its parts. */
export function createEngine(parts: EngineDeps): Engine {
  const deps = { ...parts, admission: new Admission(parts.queue), reads: new LargeReads() };
  const graphs = new GraphUseCases(deps);
  const states = new StateReader(deps);
  const requests = new RequestUseCases(deps);
  const links = new AnswerLinkUseCases(deps, requests);
  const { refusals, operations } = makeHooks(deps, requests);
  const diagrams = new DiagramUseCases(deps);
  const watches = new WatchUseCases(deps);
  const params = new StepParams(deps);
  const deliveries = new DeliveryUseCases(deps);
  const backtests = new BacktestUseCases(deps, graphs);
  let stopping = false;
  return guardAll({
    ...graphOperations(graphs),
    exploreGraph: (request) => exploreGraph(deps, graphs, request),
    startRun: (request) => startRun(deps, request),
    getState: (runId, options) => states.getState(runId, options),
    useState: (runId, options, use) => states.useState(runId, options, use),
    listRuns: (filter) => listRuns(deps, filter),
    countRuns: (filter) => countRuns(deps, filter),
    listSteps: (runId, page) => listSteps({ ...deps, params }, runId, page),
    explainRun: (runId, options) => explainRun({ ...deps, states }, runId, options),
    diffRuns: (a, b) => diffRuns(deps, a, b),
    replayRun: (request) => replayRun(deps, graphs, request),
    backtestGraph: (graphId, request) => backtests.backtestGraph(graphId, request),
    cancelRun: (runId, actor) => requests.cancelRun(runId, actor),
    pauseRun: (runId, actor) => requests.pauseRun(runId, actor),
    unpauseRun: (runId, actor) => requests.unpauseRun(runId, actor),
    resumeRun: (runId, request) => requests.resumeRun(runId, request),
    readAnswerToken: (token) => links.readAnswerToken(token),
    getQuestion: (link) => links.getQuestion(link),
    answerQuestion: (link, payload) => links.answerQuestion(link, payload),
    ...operations,
    retryRun: (runId, request) => requests.retryRun(runId, request),
    forkRun: (runId, request) => forkRun(deps, requests, runId, request),
    useCapsule: (runId, options, use) => useCapsule(deps, requests, runId, options, use),
    importRun: (request) => importRun(deps, graphs, request),
    sendSignal: (runId, request) => sendSignal(deps, runId, request),
    deleteRun: (runId) => requests.deleteRun(runId),
    changeRuns: (request) => doInBulk(deps, requests, request),
    migrateRuns: (graphId, request) => migrateRuns(deps, requests, graphId, request),
    listDeliveries: (filter) => deliveries.listDeliveries(filter),
    getDelivery: (deliveryId) => deliveries.getDelivery(deliveryId),
    retryDelivery: (deliveryId) => deliveries.retryDelivery(deliveryId),
    drawGraph: (graphId, format, version) => diagrams.drawGraph(graphId, format, version),
    drawDocument: (definition, format) => diagrams.drawDocument(definition, format),
    drawRun: (runId, format) => diagrams.drawRun(runId, format),
    watchRun: (runId, request) => watches.watchRun(runId, request),
    streamRun: (runId, request) => watches.streamRun(runId, request),
    ...scheduleOperations(deps),
    takeTurn: () => (deps.turns.isOver() ? deps.turns.next() : Promise.resolve()),
    isReady: () => !stopping && deps.store.isHealthy(),
    stop: () => {
      stopping = true;
      void refusals.flush();
      deps.admission.stop();
      backtests.stop();
      diagrams.stop();
      states.stop();
      watches.stopWatching();
    },
  });
}

function graphOperations(graphs: GraphUseCases): GraphOperations {
  return {
    validateGraph: (document) => graphs.validateGraph(document),
    saveGraph: (document) => graphs.saveGraph(document),
    createGraph: (definition) => graphs.createGraph(definition),
    updateGraph: (graphId, definition) => graphs.updateGraph(graphId, definition),
    deleteGraph: (graphId) => graphs.deleteGraph(graphId),
    getGraph: (graphId, version) => graphs.getGraph(graphId, version),
    listGraphs: (page) => graphs.listGraphs(page),
    listExamples: () => graphs.listExamples(),
    listTools: () => graphs.listTools(),
    listConditions: () => graphs.listConditions(),
  };
}
