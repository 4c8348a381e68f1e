import { type ForkedRun, type ForkRun, forkRun } from './engine/fork.js';
import { type GraphDeps, GraphUseCases } from './engine/graphs.js';
import { RequestUseCases } from './engine/requests.js';
import { type RunDeps, RunUseCases } from './engine/runs.js';

export type { StepView } from './core/steps.js';
export type { ForkRun } from './engine/fork.js';
export type { ConditionInfo, SavedGraph, ToolInfo } from './engine/graphs.js';
export type { RunView, StartRun } from './engine/runs.js';

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
    Pick<RequestUseCases, 'cancelRun' | 'resumeRun' | 'retryRun' | 'deleteRun'> {
  /** Starts a new run with the steps of another one before `fromStep` copied. */
  forkRun(runId: string, request: ForkRun): Promise<ForkedRun>;
  /** True while requests can be served: the store can be written and the server is not stopping. */
  isReady(): boolean;
  /** From here on the engine is not ready, and requests that wait are answered. */
  stop(): void;
}

export interface EngineDeps extends GraphDeps, RunDeps {}

/** Makes the engine out of its parts. */
export function createEngine(deps: EngineDeps): Engine {
  const graphs = new GraphUseCases(deps);
  const runs = new RunUseCases(deps);
  const requests = new RequestUseCases(deps);
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
    isReady: () => !stopping && deps.store.isHealthy(),
    stop: () => {
      stopping = true;
      runs.stopWaiting();
    },
  };
}
