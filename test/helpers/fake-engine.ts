import type { Engine } from '../../src/engine/engine.js';

/** An engine whose every use-case fails with an error, for what a real one cannot be brought to do at will. */
export function failingEngine(error: unknown): Engine {
  const fail = (): never => {
    throw error;
  };
  const failLater = (): Promise<never> => Promise.reject(error);
  return {
    validateGraph: fail,
    listTools: fail,
    listConditions: fail,
    createGraph: failLater,
    updateGraph: failLater,
    deleteGraph: failLater,
    getGraph: failLater,
    listGraphs: failLater,
    startRun: failLater,
    getState: failLater,
    useState: failLater,
    listRuns: failLater,
    listSteps: failLater,
    diffRuns: failLater,
    cancelRun: failLater,
    pauseRun: failLater,
    unpauseRun: failLater,
    resumeRun: failLater,
    readAnswerToken: fail,
    getQuestion: failLater,
    answerQuestion: failLater,
    sendSignal: failLater,
    createHook: failLater,
    updateHook: failLater,
    deleteHook: failLater,
    getHook: failLater,
    listHooks: failLater,
    listHookDeliveries: failLater,
    openDelivery: failLater,
    deliver: failLater,
    retryRun: failLater,
    forkRun: failLater,
    deleteRun: failLater,
    changeRuns: failLater,
    drawGraph: failLater,
    drawRun: failLater,
    watchRun: failLater,
    streamRun: failLater,
    takeTurn: () => Promise.resolve(),
    isReady: () => false,
    stop: () => undefined,
  };
}
