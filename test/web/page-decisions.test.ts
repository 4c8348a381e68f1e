import { describe, expect, it } from 'vitest';
import type { CapsuleEvent } from '../../src/web/evidence/capsule-document.js';
import { filterOf } from '../../src/web/lists/filter.js';
import { changesOf, dataBefore } from '../../src/web/run/data-history.js';
import { orderOf, remainingOf } from '../../src/web/run/estimate.js';
import { decisionOf } from '../../src/web/schema-decision.js';
import type { RunSummary } from '../../src/web/wire-types.js';

type Timed = Parameters<typeof remainingOf>[1][number];

function took(ms: number): Timed {
  return { status: 'COMPLETED', started_at: new Date(0).toISOString(), finished_at: new Date(ms).toISOString() };
}

describe('what remains of branches', () => {
  const children = { total: 20, completed: 6, failed: 0, running: 2, waiting: 0 };
  const even = [1000, 1100, 900, 1000, 1050, 950].map(took);

  it('is said where enough of them took about the same', () => {
    expect(remainingOf(children, even)).toBe('About 7.0 s left, if the rest takes as long as the 6 that have ended.');
  });

  it('is not said where that would be a guess', () => {
    expect(remainingOf(null, even)).toBeUndefined();
    expect(remainingOf(children, even.slice(0, 4))).toBeUndefined();
    expect(remainingOf({ ...children, waiting: 1 }, even)).toBeUndefined();
    expect(remainingOf({ ...children, running: 0 }, even)).toBeUndefined();
    expect(remainingOf(children, [10, 10, 10, 10, 10, 9000].map(took))).toBeUndefined();
  });
});

it('branches that failed come first, then those under way, each in order, and none twice', () => {
  const run = (index: number, status: RunSummary['status']) =>
    ({ run_id: `r${index}`, child_index: index, status }) as RunSummary;
  const all = [run(4, 'COMPLETED'), run(3, 'FAILED'), run(2, 'RUNNING'), run(1, 'WAITING'), run(0, 'COMPLETED')];
  expect(orderOf([run(9, 'FAILED'), run(3, 'FAILED')], all).map(({ child_index: index }) => index)).toEqual([
    3, 9, 1, 2, 0, 4,
  ]);
});

describe('data before a step', () => {
  const event = (type: string, more: Partial<CapsuleEvent>): CapsuleEvent => ({ seq: 1, time: '', type, ...more });
  const events = [
    event('step.completed', { step: 1, patch: { a: 1, b: 1 } }),
    event('step.completed', { step: 2, patch: { b: 2 } }),
    event('branches.joined', { step: 2, patch: { all: [] } }),
    event('step.failed', { step: 3 }),
    event('run.retried', { step: 3, data: { mended: true } }),
    event('step.completed', { step: 3, patch: { c: 3 } }),
    event('run.retried', { step: 4, data: { later: true } }),
  ];

  it('has what the steps before it set, and what a retry of it did', () => {
    expect(dataBefore(events, 1)).toEqual({});
    expect(dataBefore(events, 2)).toEqual({ a: 1, b: 1 });
    expect(dataBefore(events, 3)).toEqual({ a: 1, b: 2, all: [], mended: true });
    expect(dataBefore(events, 4)).toEqual({ a: 1, b: 2, all: [], mended: true, c: 3, later: true });
  });

  it('is sent as the keys that were changed', () => {
    expect(changesOf({ a: 1, b: { c: 2 } }, { a: 1, b: { c: 3 }, d: null })).toEqual({ b: { c: 3 }, d: null });
  });
});

describe('a decision', () => {
  const schema = (properties: object, required: string[]) =>
    decisionOf({ type: 'object', properties, required } as never);

  it('is the one required yes or no of a schema', () => {
    expect(schema({ approved: { type: 'boolean' }, note: { type: 'string' } }, ['approved'])).toEqual({
      name: 'approved',
      choices: [
        { words: 'Approve', value: true },
        { words: 'Reject', value: false },
      ],
    });
    expect(schema({ ship: { type: 'boolean', title: 'Ship it' } }, ['ship'])?.choices[0]?.words).toBe('Ship it: yes');
  });

  it('is the one required choice of few, where there is no yes or no', () => {
    const level = { enum: ['approve', 'ask_again', 3] };
    expect(schema({ level, note: { type: 'string' } }, ['level'])).toEqual({
      name: 'level',
      choices: [
        { words: 'Approve', value: '"approve"' },
        { words: 'Ask again', value: '"ask_again"' },
        { words: '3', value: '3' },
      ],
    });
    expect(schema({ level, approved: { type: 'boolean' } }, ['level', 'approved'])?.name).toBe('approved');
    expect(schema({ level: { enum: [1, 2, 3, 4, 5] } }, ['level'])).toBeUndefined();
    expect(schema({ level, other: level }, ['level', 'other'])).toBeUndefined();
  });

  it('is none that is optional, has a default, or is one of several', () => {
    const yes = { type: 'boolean' };
    expect(schema({ approved: yes }, [])).toBeUndefined();
    expect(schema({ approved: { ...yes, default: true } }, ['approved'])).toBeUndefined();
    expect(schema({ a: yes, b: yes }, ['a', 'b'])).toBeUndefined();
  });
});

it('the filter of a list is said as the body of a request has it', () => {
  const search = new URLSearchParams('status=FAILED,CANCELLED&metadata.team=blue&paused=false&graph_id=g');
  expect(filterOf(search)).toEqual({
    status: ['FAILED', 'CANCELLED'],
    metadata: { team: 'blue' },
    paused: false,
    graph_id: 'g',
  });
  expect(filterOf(new URLSearchParams())).toEqual({ all: true });
});
