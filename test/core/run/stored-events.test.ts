import { describe, expect, it } from 'vitest';
import { UnreadableError } from '../../../src/core/base/stored.js';
import { payloadOf, type RunEvent } from '../../../src/core/run/events.js';
import { eventOf, isNextRecord } from '../../../src/core/run/stored-events.js';

const place = { step: 1, node: 'a' };
const usage = { input_tokens: 1, output_tokens: 2 };
const call = { ...place, attempt: 1, logs: ['line'], usage };
const error = { code: 'tool_failed', message: 'no', node: 'a', step: 1, details: [null] };
const read = [
  { path: 'data.x', value: null },
  { path: 'data.y', type: 'list', size: 3 },
] as const;
const decision = { kind: 'condition', condition: 'c', outcome: null, to_node: 'b', read } as const;
const wait = {
  kind: 'graph',
  until: 5,
  message: '?',
  schema: {},
  signal: 's',
  save_as: 'x',
  graph_id: 'g',
  graph_version: 1,
  input_data: null,
  limits: { max_steps: 1, deadline_seconds: 0.5 },
  metadata: { k: 'v' },
} as const;

/** Events of each type, with every field that they can have. */
const EVENTS: readonly RunEvent[] = [
  {
    type: 'run.submitted',
    graph_id: 'g',
    graph_version: 1,
    input_data: null,
    limits: { max_steps: 1, deadline_seconds: 0.5 },
    metadata: { k: 'v' },
    parent: { run_id: 'p', seq: 3, index: 0, kind: 'branch', depth: 1 },
    started_by: { kind: 'run', id: 'r' },
    budgets_of: ['run-0'],
    entry_node: 'a',
    join_node: 'b',
    by: 'alice',
    deadline_at: 9,
  },
  { type: 'run.started', next: 'a', step: 1 },
  { type: 'step.completed', ...call, patch: {}, decision, next: 'b' },
  { type: 'step.failed', ...call, error, retry_at: 5, patch: {}, decision, next: null },
  { type: 'wait.started', ...call, wait },
  { type: 'wait.ended', wait_id: 'w3', outcome: 'answered', answer: [1], answered_by: 'alice' },
  { type: 'wait.ended', wait_id: 'w3', outcome: 'signalled', answer: 1 },
  {
    type: 'signal.received',
    name: 's',
    payload: null,
    request: { key: 'k', fingerprint: 'f', status: 'WAITING' },
    by: 'alice',
  },
  { type: 'branches.started', ...place, kind: 'parallel', to_nodes: ['b'], join_node: 'c', count: 1 },
  { type: 'branches.joined', ...place, count: 1, patch: {}, error, to_node: 'c', next: 'c' },
  { type: 'children.refused', code: 'too_many_descendants', message: 'no' },
  { type: 'cancel.requested', by: 'alice' },
  { type: 'pause.requested', by: 'alice' },
  { type: 'run.paused', node: 'a' },
  { type: 'run.unpaused', by: 'alice' },
  {
    type: 'limit.reached',
    limit: 'max_cost_usd',
    message: 'Too much.',
    step: 2,
    node: 'a',
    limit_of: 'run-0',
    used: { input_tokens: 1, output_tokens: 2, cost_usd: 0.5 },
  },
  {
    type: 'limits.lifted',
    limits: { max_tokens: 9, max_cost_usd: 0.5, max_visits: 2, no_progress: 3, on_limit: 'wait' },
    by: 'alice',
  },
  { type: 'run.recovered', children_ended: 3 },
  { type: 'run.drained' },
  { type: 'run.migrated', from_version: 1, to_version: 2, by: 'alice' },
  {
    type: 'run.retried',
    limits: { max_steps: 5, deadline_seconds: 6 },
    deadline_at: 7,
    parent_seq: 3,
    by: 'alice',
    data: {},
    result: { n: 1 },
    budgets_of: ['run-0'],
    step: 1,
    node: 'a',
    next: 'a',
  },
  { type: 'run.forked', forked_from: { run_id: 'r', step: 1 }, patch: {}, node: 'a', step: 1, by: 'alice' },
  { type: 'run.completed', reason: 'end' },
  { type: 'run.failed', error },
  { type: 'run.cancelled', logs: [], usage, by: 'alice' },
];

/** Fields that only some events of a type have. */
const OPTIONAL: Readonly<Record<string, readonly string[]>> = {
  'run.submitted': ['parent', 'started_by', 'entry_node', 'join_node', 'by', 'deadline_at', 'budgets_of'],
  'run.started': ['step'],
  'step.completed': ['usage'],
  'step.failed': ['usage', 'retry_at', 'patch', 'decision', 'next'],
  'wait.started': ['usage'],
  'wait.ended': ['answer', 'answered_by'],
  'signal.received': ['request', 'by'],
  'branches.joined': ['error'],
  'limit.reached': ['limit_of', 'used'],
  'limits.lifted': ['by'],
  'cancel.requested': ['by'],
  'pause.requested': ['by'],
  'run.unpaused': ['by'],
  'run.forked': ['by'],
  'run.migrated': ['by'],
  'run.recovered': ['children_ended'],
  'run.retried': ['limits', 'deadline_at', 'parent_seq', 'budgets_of', 'by', 'data', 'result', 'step', 'node', 'next'],
  'run.cancelled': ['usage', 'by'],
};
/** Takes any JSON. */
const ANY = ['input_data', 'answer', 'payload'];

describe.each(EVENTS.map((event) => [event.type, event] as const))('a stored %s', (type, event) => {
  const fields: [string, unknown][] = Object.entries(JSON.parse(payloadOf(event)));
  const without = (name: string) => JSON.stringify(Object.fromEntries(fields.filter(([key]) => key !== name)));

  it('is read back as it was, with fields that a later release added', () => {
    expect(eventOf(type, payloadOf(event))).toEqual(event);
    expect(eventOf(type, JSON.stringify({ ...Object.fromEntries(fields), later: [1] }))).toMatchObject({ later: [1] });
  });

  it('cannot be read with a field of another kind, which is named', () => {
    for (const [name] of fields.filter(([key]) => !ANY.includes(key))) {
      const payload = JSON.stringify({ ...Object.fromEntries(fields), [name]: [[]] });
      expect(() => eventOf(type, payload), name).toThrow(`has a \`${name}\` that this release cannot read`);
    }
  });

  it('is whole only with what it always had', () => {
    for (const [name] of fields) {
      const reading = () => eventOf(type, without(name));
      if (OPTIONAL[type]?.includes(name)) expect(reading, name).not.toThrow();
      else expect(reading, name).toThrow(UnreadableError);
    }
  });
});

describe('what is stored', () => {
  it.each([
    ['run.drained', '{', 'is not JSON'],
    ['run.drained', '', 'is not JSON'],
    ['run.drained', '[]', 'is not a JSON object'],
    ['run.drained', 'null', 'is not a JSON object'],
    ['run.moved', '{}', 'has a type that this release does not know'],
    ['toString', '{}', 'has a type that this release does not know'],
  ])('is no event as %s with %s', (type, payload, why) => {
    const read = () => eventOf(type, payload);
    expect(read).toThrow(UnreadableError);
    expect(read).toThrow(expect.objectContaining({ message: why }));
  });

  it('has the type of its column, whatever the payload says', () => {
    expect(eventOf('run.drained', '{"type":"run.completed"}').type).toBe('run.drained');
  });
});

describe('the next record', () => {
  it('is the one after, which first is the submission', () => {
    expect(isNextRecord(0, { seq: 1, type: 'run.submitted' })).toBe(true);
    expect(isNextRecord(0, { seq: 1, type: 'run.started' })).toBe(false);
    expect(isNextRecord(0, { seq: 2, type: 'run.submitted' })).toBe(false);
    expect(isNextRecord(4, { seq: 5, type: 'run.drained' })).toBe(true);
    expect(isNextRecord(4, { seq: 6, type: 'run.drained' })).toBe(false);
  });

  it('is the third one in a fork of release 1.0', () => {
    expect(isNextRecord(1, { seq: 3, type: 'run.forked' })).toBe(true);
    expect(isNextRecord(1, { seq: 3, type: 'run.started' })).toBe(false);
    expect(isNextRecord(1, { seq: 4, type: 'run.forked' })).toBe(false);
    expect(isNextRecord(2, { seq: 4, type: 'run.forked' })).toBe(false);
  });
});
