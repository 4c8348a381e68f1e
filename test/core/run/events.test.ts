import { describe, expect, it } from 'vitest';
import { eventOf, isTerminal, payloadOf, type RunEvent } from '../../../src/core/run/events.js';

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
