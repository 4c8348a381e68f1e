import type { RunStatus, StepDecision, WaitKind } from './wire-types.js';

/** What the page shows for each kind of thing. A new kind of the API does not compile until it is here. */

export const STATUS_SIGNS: Readonly<Record<RunStatus, string>> = {
  SUBMITTED: '○',
  RUNNING: '▶',
  WAITING: '‖',
  COMPLETED: '✓',
  FAILED: '✕',
  CANCELLED: '⊘',
};

/** All statuses, in the order in which a run can have them. */
export const STATUSES = Object.keys(STATUS_SIGNS) as readonly RunStatus[];

export interface WaitInfo {
  /** Completes the phrase "waits for ...". */
  readonly name: string;
  /** People can answer it, or send what it waits for. */
  readonly takesAnswer: boolean;
  /** It waits for runs inside the run, whose progress the events of the run do not show. */
  readonly hasChildren: boolean;
}

export const WAITS: Readonly<Record<WaitKind, WaitInfo>> = {
  input: { name: 'an answer', takesAnswer: true, hasChildren: false },
  signal: { name: 'the signal', takesAnswer: true, hasChildren: false },
  timer: { name: 'a time', takesAnswer: false, hasChildren: false },
  retry: { name: 'the next attempt', takesAnswer: false, hasChildren: false },
  graph: { name: 'another graph', takesAnswer: false, hasChildren: true },
  branches: { name: 'branches', takesAnswer: false, hasChildren: true },
  paused: { name: 'somebody to unpause it', takesAnswer: false, hasChildren: false },
  limit: { name: 'a higher limit', takesAnswer: true, hasChildren: false },
};

export interface DecisionInfo {
  readonly text: string;
  readonly startsBranches: boolean;
}

export const DECISIONS: Readonly<Record<StepDecision['kind'], DecisionInfo>> = {
  edge: { text: 'By the edge', startsBranches: false },
  condition: { text: 'By condition', startsBranches: false },
  case: { text: 'By a case', startsBranches: false },
  parallel: { text: 'Its branches run side by side', startsBranches: true },
  for_each: { text: 'A branch runs for each item', startsBranches: true },
  error: { text: 'Its attempts were used up: by on_error', startsBranches: false },
};
