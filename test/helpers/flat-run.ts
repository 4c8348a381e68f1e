import {
  type Children,
  type Cursor,
  childrenOf,
  cursorOf,
  errorOf,
  finishedAtOf,
  type RunState,
  type RunStatus,
  statusOf,
  type Waiting,
  waitOf,
} from '../../src/core/run/state.js';

/** What the phase of a run says, beside the rest of its state: to be compared field by field. */
export interface FlatRun extends RunState {
  readonly status: RunStatus;
  readonly cursor: Omit<Cursor, 'beganAt'> | null;
  readonly waiting: Waiting | null;
  readonly children: Children | null;
  /** What the step still has to do: store an answer, or choose its way. */
  readonly pending: { kind: 'answer'; key: string; value: unknown } | { kind: 'route' } | null;
  readonly error: ReturnType<typeof errorOf>;
  readonly finishedAt: number | null;
}

export function flatten(state: RunState): FlatRun {
  return {
    ...state,
    status: statusOf(state),
    cursor: withoutBeginning(cursorOf(state)),
    waiting: waitOf(state),
    children: childrenOf(state),
    pending: pendingOf(state),
    error: errorOf(state),
    finishedAt: finishedAtOf(state),
  };
}

function withoutBeginning(cursor: Cursor | null): FlatRun['cursor'] {
  if (cursor === null) return null;
  const { beganAt: _, ...rest } = cursor;
  return rest;
}

function pendingOf({ phase }: RunState): FlatRun['pending'] {
  const at = phase.kind === 'failed' || phase.kind === 'cancelled' ? phase.at : phase;
  if (at.kind === 'answered') return { kind: 'answer', key: at.key, value: at.value };
  return at.kind === 'routing' ? { kind: 'route' } : null;
}
