import type { Json } from '../base/json.js';
import type { RunError } from './events.js';
import type { Children, Cursor, Phase, RetryPoint, RunState, Waiting } from './state.js';

/** Where a run was, in snapshots of 1.0: in fields of their own. Fields that are newer than a snapshot are missing. */
type FlatPhase = {
  /** The first snapshots did not count tries. */
  readonly cursor: (Omit<Cursor, 'tries'> & Partial<Cursor>) | null;
  readonly startedAt: number | null;
  readonly waiting?: Waiting<'timer' | 'input' | 'retry'> | null;
  readonly children?: Children | null;
  /** What the step still had to do: store the answer that it waited for, or choose its way again. */
  readonly pending?: { kind: 'answer'; key: string; value: Json } | { kind: 'route' } | null;
} & (
  | { readonly status: 'SUBMITTED' | 'RUNNING' | 'WAITING' }
  | { readonly status: 'COMPLETED' | 'CANCELLED'; readonly finishedAt: number }
  | { readonly status: 'FAILED'; readonly finishedAt: number; readonly error: RunError }
);

/** What snapshots of each release hold. */
export type Snapshot = Partial<Omit<RunState, 'runId' | 'phase' | 'startedAt'>> &
  Pick<RunState, 'runId'> &
  (FlatPhase | Pick<RunState, 'phase'>);

/** Brings a snapshot of any release into the form of this one. */
export function upgradeSnapshot(snapshot: Snapshot): Partial<RunState> & Pick<RunState, 'runId'> {
  if ('phase' in snapshot) return snapshot;
  const { status, cursor, waiting, children, pending, finishedAt, error, ...rest } = {
    finishedAt: null,
    error: null,
    ...snapshot,
  };
  return { ...rest, phase: phaseOf(snapshot) };
}

function phaseOf(flat: FlatPhase): Phase {
  const cursor = flat.cursor === null ? null : { tries: 1, ...flat.cursor };
  const at = retryPointOf(flat, cursor);
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

function retryPointOf({ startedAt, children, pending }: FlatPhase, cursor: Cursor | null): RetryPoint {
  if (cursor === null || startedAt === null) return { kind: 'starting', cursor };
  if (children) return { kind: 'joining', cursor, children };
  if (!pending) return { kind: 'calling', cursor };
  if (pending.kind === 'route') return { kind: 'routing', cursor };
  return { kind: 'answered', cursor, key: pending.key, value: pending.value };
}
