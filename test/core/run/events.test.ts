import { describe, expect, it } from 'vitest';
import { isEndedAfter, isRequest, isTerminal } from '../../../src/core/run/event-kinds.js';
import { type EventOf, payloadOf, type RunEvent } from '../../../src/core/run/events.js';
import { eventOf } from '../../../src/core/run/stored-events.js';

const submitted: RunEvent = {
  type: 'run.submitted',
  graph_id: 'g',
  graph_version: 1,
  input_data: { list: [1] },
  limits: { max_steps: 5 },
  metadata: {},
};

describe('a stored event', () => {
  it('is its type, and the rest as JSON', () => {
    expect(payloadOf({ type: 'cancel.requested' })).toBe('{}');
    expect(JSON.parse(payloadOf(submitted))).not.toHaveProperty('type');
    expect(eventOf('run.submitted', payloadOf(submitted))).toEqual(submitted);
  });

  it('is frozen when it is read back, so that nobody can change a state through it', () => {
    const event = eventOf('run.submitted', payloadOf(submitted)) as unknown as { input_data: { list: number[] } };
    expect(() => event.input_data.list.push(2)).toThrow(TypeError);
  });
});

describe('isTerminal', () => {
  it('holds for the events that end a run, and no others', () => {
    expect((['run.completed', 'run.failed', 'run.cancelled'] as const).every(isTerminal)).toBe(true);
    expect((['run.submitted', 'step.failed', 'cancel.requested', 'run.drained'] as const).some(isTerminal)).toBe(false);
  });
});

describe('isEndedAfter', () => {
  it('is what the event says, and stays what it was when a run is moved to another version', () => {
    expect(isEndedAfter(false, { type: 'run.failed' })).toBe(true);
    expect(isEndedAfter(true, { type: 'run.retried' })).toBe(false);
    expect([true, false].map((before) => isEndedAfter(before, { type: 'run.migrated' }))).toEqual([true, false]);
  });
});

describe('isRequest', () => {
  it('holds for what is appended beside a session, and for no event that a session appends', () => {
    const ended = (outcome: EventOf<'wait.ended'>['outcome']): RunEvent => ({
      type: 'wait.ended',
      wait_id: 'w3',
      outcome,
    });
    const requests: RunEvent[] = [
      { type: 'cancel.requested' },
      { type: 'pause.requested' },
      { type: 'run.unpaused' },
      { type: 'limits.lifted', limits: { max_steps: 9 } },
      { type: 'wait.ended', wait_id: 'w3', outcome: 'lifted' },
      { type: 'run.cancelled', logs: [] },
      { type: 'run.retried' },
      { type: 'run.migrated', from_version: 1, to_version: 2 },
      { type: 'signal.received', name: 'go', payload: 1 },
      ended('answered'),
      ended('signalled'),
    ];
    expect(requests.every(isRequest)).toBe(true);
    const others: RunEvent[] = [
      submitted,
      { type: 'run.started', next: 'a' },
      { type: 'run.recovered' },
      { type: 'run.paused', node: 'a' },
      ended('elapsed'),
      ended('refused'),
    ];
    expect(others.some(isRequest)).toBe(false);
  });
});
