import { type DiagramDeps, DiagramUseCases } from './diagrams.js';
import { type ForkedRun, type ForkRun, forkRun } from './fork.js';
import { type GraphDeps, GraphUseCases } from './graphs.js';
import { RequestUseCases } from './requests.js';
import { type RunDeps, RunUseCases } from './runs.js';
import { WatchUseCases } from './watch.js';

export type { EventRecord } from '../core/run/events.js';
export type { StepView } from '../core/run/steps.js';
export { SVG_STYLE } from '../diagram/svg-style.js';
export type { DiagramFormat } from './diagrams.js';
export type { ForkRun } from './fork.js';
export type { ConditionInfo, SavedGraph, ToolInfo } from './graphs.js';
export type { RunView, StartRun } from './runs.js';

/** All use-cases: what the HTTP layer calls, and what people who embed the engine call. */
export interface Engine
  extends Pick<
      GraphUseCases,
      | 'validateGraph'
      | 'createGraph'
      | 'updateGraph'
      | 'deleteGraph'
      | 'getGraph'
      | 'listGraphs'
      | 'listTools'
      | 'listConditions'
    >,
    Pick<RunUseCases, 'startRun' | 'getState' | 'listRuns' | 'listSteps' | 'diffRuns'>,
    Pick<RequestUseCases, 'cancelRun' | 'resumeRun' | 'retryRun' | 'deleteRun'>,
    Pick<DiagramUseCases, 'drawGraph' | 'drawRun'>,
    Pick<WatchUseCases, 'watchRun'> {
  /** Starts a new run with the steps of another one before `fromStep` copied. */
  forkRun(runId: string, request: ForkRun): Promise<ForkedRun>;
  /** True while requests can be served: the store can be written and the server is not stopping. */
  isReady(): boolean;
  /** From here on the engine is not ready, and requests that wait are answered. */
  stop(): void;
}

export interface EngineDeps extends GraphDeps, RunDeps, DiagramDeps {}

/** Makes the engine out of its parts. */
export function createEngine(deps: EngineDeps): Engine {
  const graphs = new GraphUseCases(deps);
  const runs = new RunUseCases(deps);
  const requests = new RequestUseCases(deps);
  const diagrams = new DiagramUseCases(deps);
  const watches = new WatchUseCases(deps);
  let stopping = false;
  return {
    validateGraph: (document) => graphs.validateGraph(document),
    createGraph: (definition) => graphs.createGraph(definition),
    updateGraph: (graphId, definition) => graphs.updateGraph(graphId, definition),
    deleteGraph: (graphId) => graphs.deleteGraph(graphId),
    getGraph: (graphId, version) => graphs.getGraph(graphId, version),
    listGraphs: (page) => graphs.listGraphs(page),
    listTools: () => graphs.listTools(),
    listConditions: () => graphs.listConditions(),
    startRun: (request) => runs.startRun(request),
    getState: (runId, options) => runs.getState(runId, options),
    listRuns: (filter) => runs.listRuns(filter),
    listSteps: (runId, page) => runs.listSteps(runId, page),
    diffRuns: (a, b) => runs.diffRuns(a, b),
    cancelRun: (runId) => requests.cancelRun(runId),
    resumeRun: (runId, request) => requests.resumeRun(runId, request),
    retryRun: (runId, request) => requests.retryRun(runId, request),
    forkRun: (runId, request) => forkRun(deps, requests, runId, request),
    deleteRun: (runId) => requests.deleteRun(runId),
    drawGraph: (graphId, format, version) => diagrams.drawGraph(graphId, format, version),
    drawRun: (runId, format) => diagrams.drawRun(runId, format),
    watchRun: (runId, request) => watches.watchRun(runId, request),
    isReady: () => !stopping && deps.store.isHealthy(),
    stop: () => {
      stopping = true;
      runs.stopWaiting();
      watches.stopWatching();
    },
  };
}
