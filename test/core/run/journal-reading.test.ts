import { describe, expect, it } from 'vitest';
import type { EventType, RunEvent } from '../../../src/core/run/events.js';
import { type JournalListener, readEvent } from '../../../src/core/run/journal-reading.js';

/** The calls that an event makes, with what they pass on beside the event itself. */
function callsFor(event: RunEvent): unknown[][] {
  const calls: unknown[][] = [];
  const listener = new Proxy({} as JournalListener, {
    get: (_, name) => (first: unknown, second: unknown) => {
      calls.push([name, ...[first, second].filter((value) => value !== undefined && value !== event)]);
    },
  });
  readEvent(event, listener);
  return calls;
}

const visit = { step: 4, node: 'a', attempt: 1, logs: [] } as const;
const completed = { type: 'step.completed', ...visit, patch: {} } as const;
const error = { code: 'tool_failed', message: 'boom', node: 'a', step: 4 };
const failed = { type: 'step.failed', ...visit, error } as const;
const toB = { kind: 'error', to_node: 'b' } as const;
const branches = { step: 4, node: 'a', count: 1 };
const joined = { type: 'branches.joined', ...branches, patch: {}, to_node: 'b' } as const;
const beginsB = ['onVisitBegun', 5, 'b'];

const EVENTS: Record<EventType, [RunEvent, unknown[][]][]> = {
  'run.submitted': [
    [
      {
        type: 'run.submitted',
        graph_id: 'g',
        graph_version: 1,
        input_data: null,
        limits: { max_steps: 1 },
        metadata: {},
      },
      [['onRunSubmitted']],
    ],
  ],
  'run.started': [
    [{ type: 'run.started', next: 'a' }, [['onVisitBegun', 1, 'a']]],
    [{ type: 'run.started', next: 'a', step: 4 }, [['onVisitBegun', 4, 'a']]],
  ],
  'step.completed': [
    [{ ...completed, decision: null, next: null }, [['onStepCompleted']]],
    [{ ...completed, decision: { kind: 'edge', to_node: 'b' }, next: 'b' }, [['onStepCompleted'], beginsB]],
  ],
  'step.failed': [
    [failed, [['onAttemptFailed']]],
    [{ ...failed, retry_at: 9 }, [['onAttemptFailed']]],
    [{ ...failed, decision: toB, next: 'b' }, [['onAttemptFailed'], ['onErrorEdgeTaken', toB], beginsB]],
    [{ ...failed, decision: toB, next: null }, [['onAttemptFailed'], ['onErrorEdgeTaken', toB]]],
  ],
  'wait.started': [
    [{ type: 'wait.started', ...visit, wait: { kind: 'timer', until: 5, save_as: 'a' } }, [['onWaitStarted']]],
  ],
  'wait.ended': [[{ type: 'wait.ended', wait_id: 'w3', outcome: 'elapsed' }, [['onWaitEnded']]]],
  'branches.started': [
    [
      { type: 'branches.started', ...branches, kind: 'parallel', to_nodes: ['c'], join_node: 'b' },
      [['onBranchesStarted']],
    ],
  ],
  'branches.joined': [
    [{ ...joined, next: null }, [['onBranchesJoined']]],
    [{ ...joined, next: 'b' }, [['onBranchesJoined'], beginsB]],
  ],
  'signal.received': [[{ type: 'signal.received', name: 'paid', payload: 1 }, []]],
  'children.refused': [[{ type: 'children.refused', code: 'too_many_descendants', message: 'many' }, []]],
  'cancel.requested': [[{ type: 'cancel.requested' }, []]],
  'pause.requested': [[{ type: 'pause.requested' }, []]],
  'run.paused': [[{ type: 'run.paused', node: 'a' }, [['onRunPaused']]]],
  'run.unpaused': [[{ type: 'run.unpaused' }, [['onRunUnpaused']]]],
  'run.recovered': [[{ type: 'run.recovered' }, []]],
  'run.drained': [[{ type: 'run.drained' }, []]],
  'slot.taken': [[{ type: 'slot.taken' }, []]],
  'run.migrated': [[{ type: 'run.migrated', from_version: 1, to_version: 2 }, []]],
  'run.retried': [[{ type: 'run.retried', step: 4, node: 'a', next: 'a' }, [['onRunRetried']]]],
  'run.forked': [
    [{ type: 'run.forked', forked_from: { run_id: 'r', step: 4 }, patch: {}, node: 'a', step: 4 }, [['onRunForked']]],
  ],
  'limit.reached': [
    [{ type: 'limit.reached', limit: 'max_steps', message: 'm', step: 4, node: 'a' }, [['onLimitReached']]],
  ],
  'limits.lifted': [[{ type: 'limits.lifted', limits: { max_steps: 9 } }, []]],
  'run.completed': [[{ type: 'run.completed', reason: 'end' }, [['onRunCompleted']]]],
  'run.failed': [[{ type: 'run.failed', error }, [['onRunFailed']]]],
  'run.cancelled': [[{ type: 'run.cancelled', logs: [] }, [['onRunCancelled']]]],
};

describe('readEvent', () => {
  it.each(Object.values(EVENTS).flat())('says what happened, in order: %o', (event, calls) => {
    expect(callsFor(event)).toEqual(calls);
  });

  it('passes the event on as it is', () => {
    const passed: unknown[] = [];
    const event: RunEvent = { type: 'run.failed', error };
    readEvent(event, { onRunFailed: (given: unknown) => passed.push(given) } as unknown as JournalListener);
    expect(passed).toEqual([event]);
  });

  it('refuses an event that it does not know', () => {
    expect(() => callsFor({ type: 'run.moved' } as unknown as RunEvent)).toThrow('Not handled: {"type":"run.moved"}');
  });
});
