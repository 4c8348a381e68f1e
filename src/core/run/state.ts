import type { Json, JsonObject } from '../base/json.js';
import type { NotifyTarget } from '../base/notify.js';
import type { Guards, Metadata } from '../base/run-options.js';
import type { TraceContext } from '../base/trace-context.js';
import type { Usage } from '../base/usage.js';
import type { Actor, Actors } from './actor.js';
import type { GivenConcurrency, GivenLimits, LimitKind, ParentLink, RunError, Starter } from './events.js';
import type { Inbox } from './inbox.js';
import type { Progress } from './progress.js';
import type { Visits } from './visits.js';
import { isForPerson, type OpenWaitKind, type WaitKind } from './waits.js';

export const RUN_STATUSES = ['SUBMITTED', 'RUNNING', 'WAITING', 'COMPLETED', 'FAILED', 'CANCELLED'] as const;
export type RunStatus = (typeof RUN_STATUSES)[number];

/** Where a run is: the visit that is under way or comes next. */
export interface Cursor {
  readonly node: string;
  readonly step: number;
  readonly attempt: number;
  /** Attempts that count against the retry policy: those since the run was last retried by hand. */
  readonly tries: number;
  /** The same for each policy of a list: the failures after which it had the tool called again. */
  readonly failuresByPolicy?: readonly number[];
  /** When the visit began, milliseconds since 1970. Snapshots of 1.0 do not tell. */
  readonly beganAt?: number;
}

/** Why a run does not go on at the moment. Times are milliseconds since 1970. */
export interface Waiting<K extends WaitKind = WaitKind> {
  readonly id: string;
  readonly kind: K;
  readonly node: string;
  readonly since: number;
  /** When it ends by itself: the timer is over, the answer is too late, the next try is due. */
  readonly until: number | null;
  readonly message: string | null;
  /** JSON Schema of the answer. */
  readonly schema: JsonObject | null;
  /** The key of `data` that the answer becomes. */
  readonly saveAs: string | null;
  /** The name of the signal. */
  readonly signal?: string;
  /** The limit that the run has come to. */
  readonly limit?: LimitKind;
  /** The run above that has the limit, if it is not the run's own. */
  readonly limitOf?: string;
  /** What the run that has the limit, with all runs inside it, had used. */
  readonly used?: Usage;
}

/** Child runs that the run has started and not yet joined. */
export interface Children {
  /** Seq of the event that started them: with the run id it names them. */
  readonly seq: number;
  readonly kind: 'parallel' | 'for_each' | 'graph';
  readonly node: string;
  readonly since: number;
  readonly count: number;
  /** Where the branches begin: one for each, or the same for all of a for_each. */
  readonly toNodes: readonly string[];
  readonly joinNode: string | null;
  /** The graph that runs as a step. */
  readonly graph: {
    readonly id: string;
    readonly version: number;
    readonly input: Json;
    /** What the step says of the run. */
    readonly limits?: GivenLimits;
    readonly metadata?: Metadata;
    readonly saveAs: string;
  } | null;
  /** Seq of the retry after which those that did not complete run once more. */
  readonly retriedSeq: number | null;
  /** How many had ended when their parent was last recovered. */
  readonly endedBefore?: number;
  /** Why no more of them can be made: the run fails with it when those that are there have ended. */
  readonly refused?: ChildrenRefusal;
}

/** Why children are not made. */
export interface ChildrenRefusal {
  readonly code: 'too_many_descendants';
  readonly message: string;
}

/** Where a run is that has not finished. The cursor is null for a run that begins at its entry. */
export type LivePhase =
  | PausePoint
  /** Paused: nothing to do before somebody says so. */
  | { readonly kind: 'paused'; readonly at: PausePoint; readonly wait: Waiting<'paused'> }
  /** At a limit: nothing to do before somebody lifts it. */
  | { readonly kind: 'limited'; readonly at: PausePoint; readonly wait: Waiting<'limit'> }
  /** Nothing to do before a time, or before somebody answers. */
  | { readonly kind: 'waiting'; readonly cursor: Cursor; readonly wait: Waiting<OpenWaitKind> }
  /** Child runs are under way: branches, or a graph as a step. */
  | { readonly kind: 'joining'; readonly cursor: Cursor; readonly children: Children };

/** Where a run is that has something to do at once, unless it is paused there. */
export type PausePoint =
  /** Nothing has begun. A fork has the visit that it begins with. */
  | { readonly kind: 'submitted'; readonly cursor: Cursor | null }
  /** Retried before anything had begun. */
  | { readonly kind: 'starting'; readonly cursor: Cursor | null }
  /**
   * The tool of the visit is called next, or is at work. `announced`: the log says already that the node is executed.
   * That is false only for a run that ended between two visits; null if a snapshot of 1.0 does not tell.
   */
  | { readonly kind: 'calling'; readonly cursor: Cursor; readonly announced: boolean | null }
  /** The answer that the visit waited for is there, and becomes this key of `data`. */
  | { readonly kind: 'answered'; readonly cursor: Cursor; readonly key: string; readonly value: Json }
  /** A person has given the patch of the visit, instead of its tool. */
  | { readonly kind: 'resolved'; readonly cursor: Cursor; readonly patch: JsonObject }
  /** The tool of the visit is done; the run chooses its way, or chooses it again. */
  | { readonly kind: 'routing'; readonly cursor: Cursor }
  /** Retried, and in line for a slot again: see `concurrency.ts`. */
  | { readonly kind: 'queued'; readonly cursor: Cursor | null; readonly next: RetryPoint };

const PAUSE_POINTS: readonly Phase['kind'][] = [
  ...(['submitted', 'starting', 'calling', 'answered', 'resolved', 'routing', 'queued'] as const),
];

/** True for the phases that have something to do at once. */
export function isPausePoint(phase: Phase): phase is PausePoint {
  return PAUSE_POINTS.includes(phase.kind);
}

/** What a retry goes on with. A visit that waited calls its tool again; children that have not completed run again. */
export type RetryPoint = Extract<
  LivePhase,
  { kind: 'starting' | 'calling' | 'answered' | 'resolved' | 'routing' | 'joining' }
>;

/** Where a run is: all that varies together. Times are milliseconds since 1970. */
export type Phase =
  | LivePhase
  | { readonly kind: 'completed'; readonly cursor: Cursor | null; readonly finishedAt: number }
  | { readonly kind: 'failed'; readonly at: RetryPoint; readonly finishedAt: number; readonly error: RunError }
  | { readonly kind: 'cancelled'; readonly at: RetryPoint; readonly finishedAt: number };

/** One kind of phase. */
export type PhaseOf<K extends Phase['kind']> = Extract<Phase, { kind: K }>;

/** Where a run stands whose graph limits how many are under way at a time. */
export interface Concurrency extends GivenConcurrency {
  /** When it last came to the line, in milliseconds since 1970. */
  readonly since: number;
}

/** What a run that was moved to another version of its graph was moved from. `at`: milliseconds since 1970. */
export interface MigratedFrom extends Actor {
  readonly version: number;
  readonly at: number;
}

/** What a branch has from its parent, as it was when the branch began. */
export interface Inherited {
  readonly inputData: Json;
  readonly data: JsonObject;
  readonly item: Json;
}

/** Everything that a journal says of a run. Plain JSON; times are milliseconds since 1970. */
export interface RunState {
  readonly runId: string;
  readonly graphId: string;
  readonly graphVersion: number;
  readonly phase: Phase;
  /** Seq of the last event. */
  readonly seq: number;
  readonly inputData: Json;
  readonly data: JsonObject;
  /** Of a branch: the keys that it has set itself. Null elsewhere. */
  readonly own: JsonObject | null;
  /** Of a branch of a for_each: its item. */
  readonly item: Json;
  readonly parent: ParentLink | null;
  /** What started it, if neither a client nor its parent did. */
  readonly startedBy: Starter | null;
  /** Where the run begins and ends, for a branch. */
  readonly entryNode: string | null;
  readonly joinNode: string | null;
  readonly forkedFrom: { readonly run_id: string; readonly step: number } | null;
  /** The version of the graph that it had before it was last moved, when that was, and who did it if that is known. */
  readonly migratedFrom: MigratedFrom | null;
  /** Of all its steps; children count for themselves. */
  readonly usage: Usage;
  /** Finished visits. */
  readonly stepCount: number;
  /** Of each node. Null if there were some before they were counted. */
  readonly visits: Visits | null;
  readonly logCount: number;
  readonly cancelRequested: boolean;
  /** Somebody paused it: nothing begins, even if it still waits for something else. */
  readonly paused: boolean;
  readonly actors: Actors;
  /** The signals that it has been sent; null before the first. */
  readonly inbox: Inbox | null;
  /** Crashes since the run last got on. */
  readonly recoveries: number;
  /** The last server stopped in good order, so going on is no recovery. */
  readonly drained: boolean;
  readonly maxSteps: number;
  /** The limits that it has besides, and what it does at one; null if it has none. */
  readonly guards: Guards | null;
  /** The runs above that have a limit of tokens or of cost, from which it takes; the top one first. */
  readonly budgetsOf: readonly string[];
  /** What is kept for some of the guards. */
  readonly progress: Progress | null;
  readonly deadlineSeconds: number | null;
  readonly deadlineAt: number | null;
  /** Null if any number of runs of the graph can be under way. */
  readonly concurrency: Concurrency | null;
  readonly metadata: Metadata;
  /** What it was started in, and once it has begun, the span in which it did. Null if nobody traces. */
  readonly trace: TraceContext | null;
  /** Whom it tells what becomes of it. Deliveries name them by their places. */
  readonly notify: readonly NotifyTarget[];
  readonly submittedAt: number;
  readonly startedAt: number | null;
  /** Of a child: seq of the parent's retry that last set it going again. */
  readonly retriedBy: number | null;
  /** Size of the last snapshot, and of the journal since: both bound the size of `data` without measuring it. */
  readonly snapshotBytes: number;
  readonly journalBytes: number;
}

const IS_FINISHED: Readonly<Record<RunStatus, boolean>> = {
  SUBMITTED: false,
  RUNNING: false,
  WAITING: false,
  COMPLETED: true,
  FAILED: true,
  CANCELLED: true,
};

/** True for the statuses that a run does not leave by itself. */
export function isFinished(status: RunStatus): status is 'COMPLETED' | 'FAILED' | 'CANCELLED' {
  return IS_FINISHED[status];
}

/** The id of the wait that an event starts. */
export function waitIdOf(seq: number): string {
  return `w${seq}`;
}

/** The status that a run is shown with. */
export function statusOf({ phase }: Pick<RunState, 'phase'>): RunStatus {
  return STATUS[phase.kind];
}

const STATUS: Readonly<Record<Phase['kind'], RunStatus>> = {
  submitted: 'SUBMITTED',
  starting: 'RUNNING',
  calling: 'RUNNING',
  answered: 'RUNNING',
  resolved: 'RUNNING',
  routing: 'RUNNING',
  queued: 'SUBMITTED',
  paused: 'WAITING',
  limited: 'WAITING',
  waiting: 'WAITING',
  joining: 'WAITING',
  completed: 'COMPLETED',
  failed: 'FAILED',
  cancelled: 'CANCELLED',
};

/** The visit that is under way or comes next; of a finished run, the one that it ended at. */
export function cursorOf({ phase }: Pick<RunState, 'phase'>): Cursor | null {
  return 'at' in phase ? phase.at.cursor : phase.cursor;
}

/** The child runs that have not been joined; of a finished run, those that a retry goes on with. */
export function childrenOf({ phase }: Pick<RunState, 'phase'>): Children | null {
  const at = 'at' in phase ? phase.at : phase;
  const live = at.kind === 'queued' ? at.next : at;
  return live.kind === 'joining' ? live.children : null;
}

/** What a run waits for. */
export function waitOf({ phase }: Pick<RunState, 'phase'>): Waiting | null {
  if ('wait' in phase) return phase.wait;
  if (phase.kind !== 'joining') return null;
  const { seq, node, since, graph } = phase.children;
  const kind = graph === null ? 'branches' : 'graph';
  return startWait(kind, node, since, seq, { saveAs: graph?.saveAs ?? null });
}

/** True for a run that is at rest until a person answers, or has it go on. */
export function waitsForPerson({ phase, paused }: Pick<RunState, 'phase' | 'paused'>): boolean {
  return (
    phase.kind === 'paused' ||
    phase.kind === 'limited' ||
    (phase.kind === 'waiting' && (paused || isForPerson(phase.wait.kind)))
  );
}

/** Why a run failed. */
export function errorOf({ phase }: Pick<RunState, 'phase'>): RunError | null {
  return phase.kind === 'failed' ? phase.error : null;
}

/** When a run finished (milliseconds since 1970). */
export function finishedAtOf({ phase }: Pick<RunState, 'phase'>): number | null {
  return 'finishedAt' in phase ? phase.finishedAt : null;
}

/** The wait that the event `seq` starts, without what only some kinds have. */
export function startWait<K extends WaitKind>(
  kind: K,
  node: string,
  since: number,
  seq: number,
  more: Partial<Waiting>,
): Waiting<K> {
  return { until: null, message: null, schema: null, saveAs: null, ...more, id: waitIdOf(seq), kind, node, since };
}

/** The `data` of a run that has none yet. */
export const NO_DATA: JsonObject = Object.freeze({});
