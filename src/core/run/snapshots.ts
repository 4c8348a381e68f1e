import type { Json } from '../base/json.js';
import type { RunError, RunEvent } from './events.js';
import type { Children, Cursor, Phase, RetryPoint, RunState, Waiting } from './state.js';
import type { OpenWaitKind } from './waits.js';

/** Where a run was, in snapshots of 1.0: in fields of their own. Fields that are newer than a snapshot are missing. */
type FlatPhase = {
  /** The first snapshots did not count tries. */
  readonly cursor: (Omit<Cursor, 'tries'> & Partial<Cursor>) | null;
  readonly startedAt: number | null;
  readonly waiting?: Waiting<OpenWaitKind> | null;
  readonly children?: Children | null;
  /** What the step still had to do: store the answer that it waited for, or choose its way again. */
  readonly pending?: { kind: 'answer'; key: string; value: Json } | { kind: 'route' } | null;
} & (
  | { readonly status: 'SUBMITTED' | 'RUNNING' | 'WAITING'; readonly finishedAt: null }
  | { readonly status: 'COMPLETED' | 'CANCELLED'; readonly finishedAt: number }
  | { readonly status: 'FAILED'; readonly finishedAt: number; readonly error: RunError }
);

/** What snapshots of each release hold. */
export type Snapshot = Partial<Omit<RunState, 'runId' | 'phase' | 'startedAt'>> &
  Pick<RunState, 'runId'> &
  (FlatPhase | Pick<RunState, 'phase'>);

/** Brings a snapshot of any release into the form of this one. */
export function upgradeSnapshot(snapshot: Snapshot): Partial<RunState> & Pick<RunState, 'runId'> {
  // Some are older than the counts of visits.
  if ('phase' in snapshot) return { visits: null, ...snapshot };
  const { status, cursor, waiting, children, pending, finishedAt, error, ...rest } = {
    error: null,
    visits: null,
    ...snapshot,
  };
  return { ...rest, phase: phaseOf(snapshot) };
}

function phaseOf(flat: FlatPhase): Phase {
  const cursor = flat.cursor === null ? null : { tries: 1, ...flat.cursor };
  // A run is in its log as soon as it goes on; one that ended can have ended between two visits.
  const at = retryPointOf(flat, cursor, flat.finishedAt === null ? true : null);
  switch (flat.status) {
    case 'SUBMITTED':
      return { kind: 'submitted', cursor };
    case 'RUNNING':
      return at;
    case 'WAITING':
      // Children say themselves what is waited for.
      return at.kind === 'calling' && flat.waiting ? { kind: 'waiting', cursor: at.cursor, wait: flat.waiting } : at;
    case 'COMPLETED':
      return { kind: 'completed', cursor, finishedAt: flat.finishedAt };
    case 'FAILED':
      return { kind: 'failed', at, finishedAt: flat.finishedAt, error: flat.error };
    case 'CANCELLED':
      return { kind: 'cancelled', at, finishedAt: flat.finishedAt };
  }
}

function retryPointOf(
  { startedAt, children, pending }: FlatPhase,
  cursor: Cursor | null,
  announced: true | null,
): RetryPoint {
  if (cursor === null || startedAt === null) return { kind: 'starting', cursor };
  if (children) return { kind: 'joining', cursor, children };
  if (!pending) return { kind: 'calling', cursor, announced };
  if (pending.kind === 'route') return { kind: 'routing', cursor };
  return { kind: 'answered', cursor, key: pending.key, value: pending.value };
}

/** True for a run that ended under 1.0: whether the visit that a retry goes on with is in its log, nothing says yet. */
export function lacksAnnouncement({ phase }: RunState): boolean {
  return (
    (phase.kind === 'failed' || phase.kind === 'cancelled') &&
    phase.at.kind === 'calling' &&
    phase.at.announced === null
  );
}

/** Adds what the event before the end of a run says: an event whose `next` is null left the next visit out of the log. */
export function addAnnouncement(state: RunState, before: RunEvent | undefined): RunState {
  const { phase } = state;
  if (!('at' in phase) || phase.at.kind !== 'calling') return state;
  const announced = before === undefined || !('next' in before) || before.next !== null;
  return { ...state, phase: { ...phase, at: { ...phase.at, announced } } };
}
