import type { NotifyTarget } from '../base/notify.js';
import { NO_USAGE } from '../base/usage.js';
import { NO_ACTORS } from './actor.js';
import { type Inherited, NO_DATA, type RunState } from './state.js';

import { NO_VISITS } from './visits.js';

const NO_BUDGETS: readonly string[] = Object.freeze([]);
const NO_TARGETS: readonly NotifyTarget[] = Object.freeze([]);

/** The state before the first event. */
export function blankRun(runId: string, inherited?: Inherited): RunState {
  return {
    runId,
    graphId: '',
    graphVersion: 0,
    phase: { kind: 'submitted', cursor: null },
    seq: 0,
    inputData: inherited?.inputData ?? null,
    data: inherited?.data ?? NO_DATA,
    own: inherited === undefined ? null : NO_DATA,
    item: inherited?.item ?? null,
    parent: null,
    startedBy: null,
    entryNode: null,
    joinNode: null,
    forkedFrom: null,
    migratedFrom: null,
    usage: NO_USAGE,
    stepCount: 0,
    visits: NO_VISITS,
    logCount: 0,
    cancelRequested: false,
    paused: false,
    actors: NO_ACTORS,
    inbox: null,
    recoveries: 0,
    drained: false,
    maxSteps: 0,
    guards: null,
    budgetsOf: NO_BUDGETS,
    progress: null,
    deadlineSeconds: null,
    deadlineAt: null,
    concurrency: null,
    metadata: {},
    trace: null,
    notify: NO_TARGETS,
    submittedAt: 0,
    startedAt: null,
    retriedBy: null,
    snapshotBytes: 0,
    journalBytes: 0,
  };
}
