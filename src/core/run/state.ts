import type { Json, JsonObject } from '../base/json.js';
import type { Usage } from '../base/usage.js';
import type { ParentLink, RunError } from './events.js';

export const RUN_STATUSES = ['SUBMITTED', 'RUNNING', 'WAITING', 'COMPLETED', 'FAILED', 'CANCELLED'] as const;
export type RunStatus = (typeof RUN_STATUSES)[number];

/** Where a run is: the visit that is under way or comes next. */
export interface Cursor {
  readonly node: string;
  readonly step: number;
  readonly attempt: number;
  /** Attempts that count against the retry policy: those since the run was last retried by hand. */
  readonly tries: number;
}

/** Why a run does not go on at the moment. Times are milliseconds since 1970. */
export interface Waiting {
  readonly id: string;
  readonly kind: 'timer' | 'input' | 'retry' | 'graph' | 'branches';
  readonly node: string;
  readonly since: number;
  /** When it ends by itself: the timer is over, the answer is too late, the next try is due. */
  readonly until: number | null;
  readonly message: string | null;
  /** JSON Schema of the answer. */
  readonly schema: JsonObject | null;
  /** The key of `data` that the answer becomes. */
  readonly saveAs: string | null;
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
    readonly saveAs: string;
  } | null;
  /** Seq of the retry after which those that did not complete run once more. */
  readonly retriedSeq: number | null;
}

/** What a step still has to do: store the answer that it waited for, or (its tool is done) choose the way again. */
export type Pending =
  | { readonly kind: 'answer'; readonly key: string; readonly value: Json }
  | { readonly kind: 'route' };

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
  readonly status: RunStatus;
  /** Seq of the last event. */
  readonly seq: number;
  readonly inputData: Json;
  readonly data: JsonObject;
  /** Of a branch: the keys that it has set itself. Null elsewhere. */
  readonly own: JsonObject | null;
  /** Of a branch of a for_each: its item. */
  readonly item: Json;
  readonly parent: ParentLink | null;
  /** Where the run begins and ends, for a branch. */
  readonly entryNode: string | null;
  readonly joinNode: string | null;
  readonly forkedFrom: { readonly run_id: string; readonly step: number } | null;
  readonly cursor: Cursor | null;
  readonly waiting: Waiting | null;
  readonly children: Children | null;
  readonly pending: Pending | null;
  /** Of all its steps; children count for themselves. */
  readonly usage: Usage;
  /** Finished visits. */
  readonly stepCount: number;
  readonly logCount: number;
  readonly error: RunError | null;
  readonly cancelRequested: boolean;
  /** Crashes since the run last got on. */
  readonly recoveries: number;
  /** The last server stopped in good order, so going on is no recovery. */
  readonly drained: boolean;
  readonly maxSteps: number;
  readonly deadlineSeconds: number | null;
  readonly deadlineAt: number | null;
  readonly metadata: Readonly<Record<string, string>>;
  readonly submittedAt: number;
  readonly startedAt: number | null;
  readonly finishedAt: number | null;
  /** Of a child: seq of the parent's retry that last set it going again. */
  readonly retriedBy: number | null;
  /** Size of the last snapshot, and of the journal since: both bound the size of `data` without measuring it. */
  readonly snapshotBytes: number;
  readonly journalBytes: number;
}

/** True for the statuses that a run does not leave by itself. */
export function isFinished(status: RunStatus): boolean {
  return status === 'COMPLETED' || status === 'FAILED' || status === 'CANCELLED';
}

/** The id of the wait that an event starts. */
export function waitIdOf(seq: number): string {
  return `w${seq}`;
}

/** When a run that is not being driven has to be looked at (milliseconds since 1970), if ever. */
export function wakeAt({ status, waiting, children, deadlineAt }: RunState): number | null {
  if (status === 'SUBMITTED') return deadlineAt;
  // Children have their parent's deadline, and wake it.
  if (status !== 'WAITING' || children !== null) return null;
  const until = waiting?.until ?? null;
  return until === null || deadlineAt === null ? (until ?? deadlineAt) : Math.min(until, deadlineAt);
}

/** The state before the first event. */
export function blankRun(runId: string, inherited?: Inherited): RunState {
  return {
    runId,
    graphId: '',
    graphVersion: 0,
    status: 'SUBMITTED',
    seq: 0,
    inputData: inherited?.inputData ?? null,
    data: inherited?.data ?? Object.freeze({}),
    own: inherited === undefined ? null : Object.freeze({}),
    item: inherited?.item ?? null,
    parent: null,
    entryNode: null,
    joinNode: null,
    forkedFrom: null,
    cursor: null,
    waiting: null,
    children: null,
    pending: null,
    usage: { input_tokens: 0, output_tokens: 0 },
    stepCount: 0,
    logCount: 0,
    error: null,
    cancelRequested: false,
    recoveries: 0,
    drained: false,
    maxSteps: 0,
    deadlineSeconds: null,
    deadlineAt: null,
    metadata: {},
    submittedAt: 0,
    startedAt: null,
    finishedAt: null,
    retriedBy: null,
    snapshotBytes: 0,
    journalBytes: 0,
  };
}
