import type { EventOf, EventType, RunEvent } from '../../src/core/run/events.js';
import { branches, CANCELLED, FAILED, NOON, STARTED, step, waits } from './runs.js';

type WaitStarted = EventOf<'wait.started'>;

const decided = { kind: 'condition', condition: 'c', outcome: 'x' } as const;
const failed = { type: 'step.failed', step: 1, node: 'a "b" \\ %', attempt: 1 } as const;
const error = { code: 'tool_failed', message: 'one\r\ntwo\n\nthree\rfour', node: 'a', step: 1 };
const base = step(1) as EventOf<'step.completed'>;

const joined = {
  type: 'branches.joined',
  step: 1,
  node: 'a',
  count: 3,
  patch: {},
  to_node: 'c',
  next: null,
} as const;

/** Events of every type, so that a new one is thought of, with and without what adds lines. */
export const EVENTS_WITH_LINES: Record<EventType, RunEvent[]> = {
  'run.submitted': [],
  'run.started': [STARTED, { type: 'run.started', next: `it's "quoted" – ñ 漢 🙂` }],
  'step.completed': [
    base,
    step(1, {}, ['one', '', 'tw"o\ttab']),
    { ...base, next: null },
    { ...base, logs: ['only'], next: null },
    { ...base, decision: null, next: null },
    { ...base, decision: { ...decided, to_node: 'b' }, next: 'b' },
    { ...base, logs: ['x'], decision: { ...decided, to_node: 'b' }, next: 'b' },
    { ...base, logs: ['x'], decision: { ...decided, to_node: 'END' }, next: null },
    { ...base, decision: { ...decided, to_node: null }, next: null },
    { ...base, logs: ['x'], decision: { ...decided, to_node: null }, next: null },
    { ...base, logs: ['x'], decision: { kind: 'case', outcome: 'x > 1', to_node: 'b' }, next: 'b' },
    { ...base, decision: { kind: 'case', to_node: null }, next: null },
    { ...base, logs: ['x'], decision: { kind: 'parallel', to_node: null }, next: null },
  ],
  'step.failed': [
    { ...failed, logs: [], error },
    { ...failed, logs: ['before'], error },
    { ...failed, logs: ['x'], error, retry_at: NOON, next: null },
    { ...failed, logs: [], error, retry_at: NOON, next: 'a' },
    { ...failed, logs: ['x'], error, decision: { kind: 'error', to_node: 'rescue' }, next: 'rescue' },
  ],
  'wait.started': [waits('timer', NOON), { ...(waits('input') as WaitStarted), logs: ['asked', '', '"twice"'] }],
  'wait.ended': [{ type: 'wait.ended', wait_id: 'w1', outcome: 'answered', answer: { logs: ['no line'] } }],
  'signal.received': [{ type: 'signal.received', name: 'paid', payload: { logs: ['no line'], next: 'x' } }],
  'branches.started': [branches(0), branches(1), branches(10_000)],
  'branches.joined': [
    joined,
    { ...joined, count: 1, next: 'c' },
    { ...joined, count: 0, patch: { next: 'x' }, next: null },
    { ...joined, error, to_node: 'rescue', next: 'rescue' },
    { ...joined, error, next: null },
    { ...joined, joined: 3, failed: 0, cancelled: 0, winners: [2, 0, 1] },
    { ...joined, joined: 1, failed: 0, cancelled: 1, next: 'c' },
    { ...joined, joined: 0, failed: 3, cancelled: 0 },
    { ...joined, count: 9, joined: 2, failed: 1, cancelled: 6, winners: [8, 0] },
    { ...joined, joined: 1, failed: 0, cancelled: 0, winners: [2] },
  ],
  'run.retried': [{ type: 'run.retried' }, { type: 'run.retried', parent_seq: 3, next: 'ñ "b"' }],
  'run.forked': [{ type: 'run.forked', forked_from: { run_id: 'x', step: 2 }, patch: {}, node: 'b', step: 2 }],
  'children.refused': [{ type: 'children.refused', code: 'too_many_descendants', message: 'many' }],
  'cancel.requested': [{ type: 'cancel.requested' }],
  'pause.requested': [{ type: 'pause.requested' }],
  'run.paused': [{ type: 'run.paused', node: 'a' }],
  'run.unpaused': [{ type: 'run.unpaused' }],
  'limit.reached': [{ type: 'limit.reached', limit: 'max_steps', message: 'm', step: 4, node: 'a' }],
  'limits.lifted': [{ type: 'limits.lifted', limits: { max_steps: 9 } }],
  'run.recovered': [{ type: 'run.recovered' }],
  'run.drained': [{ type: 'run.drained' }],
  'slot.taken': [{ type: 'slot.taken' }],
  'run.migrated': [{ type: 'run.migrated', from_version: 2, to_version: 1, by: 'alice' }],
  'run.completed': (['end', 'no_edge', 'join'] as const).map((reason) => ({ type: 'run.completed', reason })),
  'run.failed': [FAILED, { type: 'run.failed', error }],
  'run.cancelled': [CANCELLED, { type: 'run.cancelled', logs: ['last', 'words'] }],
};
