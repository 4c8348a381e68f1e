import type {
  DeliveryStatus,
  HookDelivery,
  LastOccurrence,
  NotifyEvent,
  RunStatus,
  Schedule,
  StartedBy,
  StepDecision,
  WaitKind,
} from './wire-types.js';

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

export type Tone = 'good' | 'bad' | 'open' | 'quiet';

/** The sign of a tone, and the status of runs whose colour it has. */
export const TONES: Readonly<Record<Tone, { readonly sign: string; readonly status: string }>> = {
  good: { sign: '✓', status: 'completed' },
  bad: { sign: '✕', status: 'failed' },
  open: { sign: '‖', status: 'waiting' },
  quiet: { sign: '○', status: 'submitted' },
};

interface Word {
  readonly text: string;
  readonly tone: Tone;
}

/** What became of an occurrence of a schedule. */
export const SCHEDULE_OUTCOMES: Readonly<Record<LastOccurrence['outcome'], Word>> = {
  started: { text: 'started', tone: 'good' },
  skipped: { text: 'skipped', tone: 'quiet' },
  postponed: { text: 'postponed', tone: 'open' },
  missed: { text: 'missed', tone: 'bad' },
  refused: { text: 'refused', tone: 'bad' },
};

export const OVERLAPS: Readonly<Record<Schedule['overlap'], string>> = {
  skip: 'Nothing is started while a run of it is not over.',
  allow: 'A run is started whether or not others of it are over.',
  cancel_previous: 'A run is started, and others of it that are not over are cancelled.',
};

/** What came of a delivery to a hook. */
export const HOOK_OUTCOMES: Readonly<Record<HookDelivery['outcome'], Word>> = {
  accepted: { text: 'accepted', tone: 'good' },
  failed: { text: 'failed', tone: 'bad' },
  ignored: { text: 'ignored', tone: 'quiet' },
};

/** What became of a callback. */
export const CALLBACK_STATUSES: Readonly<Record<DeliveryStatus, Word>> = {
  pending: { text: 'pending', tone: 'open' },
  delivered: { text: 'delivered', tone: 'good' },
  dead: { text: 'given up', tone: 'bad' },
  gone: { text: 'not wanted', tone: 'bad' },
};

/** Completes the phrase "tells that the run ...". */
export const NOTIFY_EVENTS: Readonly<Record<NotifyEvent, string>> = {
  completed: 'has completed',
  failed: 'has failed',
  cancelled: 'was cancelled',
  waiting_for_input: 'waits for an answer',
  limit: 'is at a limit',
};

/** What started a run: its name, and the views that show it; null for what has none. */
export const STARTERS: Readonly<Record<StartedBy['kind'], { readonly name: string; readonly views: string | null }>> = {
  api: { name: 'a request', views: null },
  run: { name: 'run', views: 'runs' },
  schedule: { name: 'schedule', views: 'schedules' },
  hook: { name: 'hook', views: 'hooks' },
  mcp: { name: 'an MCP client', views: null },
  import: { name: 'an import', views: null },
};
