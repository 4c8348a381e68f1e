import type { RunState } from './state.js';

/**
 * A copy whose fields can be set. Field by field, because spreading an object of so many takes ten times as long, and
 * every event of every run is folded into one.
 */
export function copyRun(state: RunState): MutableRun {
  return {
    runId: state.runId,
    graphId: state.graphId,
    graphVersion: state.graphVersion,
    phase: state.phase,
    seq: state.seq,
    inputData: state.inputData,
    data: state.data,
    own: state.own,
    item: state.item,
    parent: state.parent,
    startedBy: state.startedBy,
    entryNode: state.entryNode,
    joinNode: state.joinNode,
    forkedFrom: state.forkedFrom,
    migratedFrom: state.migratedFrom,
    usage: state.usage,
    stepCount: state.stepCount,
    visits: state.visits,
    logCount: state.logCount,
    cancelRequested: state.cancelRequested,
    paused: state.paused,
    actors: state.actors,
    inbox: state.inbox,
    recoveries: state.recoveries,
    drained: state.drained,
    maxSteps: state.maxSteps,
    guards: state.guards,
    budgetsOf: state.budgetsOf,
    progress: state.progress,
    deadlineSeconds: state.deadlineSeconds,
    deadlineAt: state.deadlineAt,
    concurrency: state.concurrency,
    metadata: state.metadata,
    trace: state.trace,
    notify: state.notify,
    submittedAt: state.submittedAt,
    startedAt: state.startedAt,
    retriedBy: state.retriedBy,
    snapshotBytes: state.snapshotBytes,
    journalBytes: state.journalBytes,
  };
}

export type MutableRun = { -readonly [Field in keyof RunState]: RunState[Field] };
