import { describe, expect, it } from 'vitest';
import type { CapsuleEvent } from '../../src/web/evidence/capsule-document.js';
import { withBranches } from '../../src/web/run/branch-spans.js';
import { spansOf } from '../../src/web/run/spans.js';

type Given = Partial<CapsuleEvent> & { readonly type: string };

/** Events, each so many milliseconds after the beginning. */
function eventsOf(...given: readonly (readonly [at: number, event: Given])[]): CapsuleEvent[] {
  return given.map(([at, event], index) => ({ seq: index + 1, time: new Date(at).toISOString(), ...event }));
}

/** Spans as lines: `call 1 a#1 10-20 completed`. */
function linesOf(events: readonly CapsuleEvent[]): string[] {
  return spansOf(events).map(
    ({ kind, step, node, attempt, from, to, status }) =>
      `${kind} ${step} ${node}#${attempt} ${from}-${to ?? ''} ${status}`,
  );
}

const BEGIN = [
  [0, { type: 'run.submitted' }],
  [10, { type: 'run.started', next: 'a' }],
] as const;

it('has the time in line, the calls, and what goes on', () => {
  const events = eventsOf(...BEGIN, [30, { type: 'step.completed', step: 1, node: 'a', attempt: 1, next: 'b' }]);
  expect(linesOf(events)).toEqual([
    'queue 0 #1 0-10 submitted',
    'call 1 a#1 10-30 completed',
    'call 2 b#1 30- running',
  ]);
});

it('has each attempt of a step, and the time between them', () => {
  const events = eventsOf(
    ...BEGIN,
    [20, { type: 'step.failed', step: 1, node: 'a', attempt: 1, retry_at: 50 }],
    [50, { type: 'wait.ended', step: 1, node: 'a', outcome: 'elapsed' }],
    [60, { type: 'step.failed', step: 1, node: 'a', attempt: 2 }],
    [60, { type: 'run.failed', step: 1, node: 'a' }],
  );
  expect(linesOf(events).slice(1)).toEqual([
    'call 1 a#1 10-20 failed',
    'wait 1 a#2 20-50 completed',
    'call 1 a#2 50-60 failed',
  ]);
});

it('has the attempts of short delays, at whose end there is no event', () => {
  const events = eventsOf(
    ...BEGIN,
    [20, { type: 'step.failed', step: 1, node: 'a', attempt: 1, retry_at: 20 }],
    [30, { type: 'step.failed', step: 1, node: 'a', attempt: 2, retry_at: 35 }],
    [60, { type: 'step.completed', step: 1, node: 'a', attempt: 3, next: null }],
  );
  expect(linesOf(events).slice(1)).toEqual([
    'call 1 a#1 10-20 failed',
    'call 1 a#2 20-30 failed',
    'wait 1 a#3 30-35 completed',
    'call 1 a#3 35-60 completed',
  ]);
});

it('has the attempts that come at once', () => {
  const events = eventsOf(
    ...BEGIN,
    [20, { type: 'step.failed', step: 1, node: 'a', attempt: 1 }],
    [60, { type: 'step.failed', step: 1, node: 'a', attempt: 2 }],
    [61, { type: 'run.failed' }],
  );
  expect(linesOf(events).slice(1)).toEqual(['call 1 a#1 10-20 failed', 'call 1 a#2 20-60 failed']);
});

it('has branches as a wait, with their count', () => {
  const events = eventsOf(
    ...BEGIN,
    [20, { type: 'branches.started', step: 1, node: 'a', count: 3 }],
    [70, { type: 'branches.joined', step: 1, node: 'a', next: 'b' }],
  );
  expect(linesOf(events).slice(1)).toEqual([
    'call 1 a#1 10-20 completed',
    'wait 1 a#1 20-70 completed',
    'call 2 b#1 70- running',
  ]);
  expect(spansOf(events)[2]?.text).toBe('3 branches run');
});

it('rests while a run is paused, and goes on with what it did', () => {
  const events = eventsOf(
    ...BEGIN,
    [20, { type: 'wait.started', step: 1, node: 'a', wait: { kind: 'input' } }],
    [30, { type: 'run.paused' }],
    [40, { type: 'run.unpaused' }],
    [60, { type: 'run.cancelled' }],
  );
  expect(linesOf(events).slice(2)).toEqual([
    'wait 1 a#1 20-30 submitted',
    'rest 1 a#1 30-40 submitted',
    'wait 1 a#1 40-60 cancelled',
  ]);
});

it('rests while a server that was stopped is away', () => {
  const events = eventsOf(...BEGIN, [20, { type: 'run.drained' }], [90, { type: 'run.recovered' }]);
  expect(linesOf(events).slice(1)).toEqual([
    'call 1 a#1 10-20 submitted',
    'rest 1 a#1 20-90 submitted',
    'call 1 a#1 90- running',
  ]);
});

it('cuts off what a crash has cut off, and calls it again', () => {
  const events = eventsOf(...BEGIN, [90, { type: 'run.recovered' }]);
  expect(linesOf(events).slice(1)).toEqual(['call 1 a#1 10-90 cancelled', 'call 1 a#1 90- running']);
});

it('begins anew at the step that is retried', () => {
  const events = eventsOf(
    ...BEGIN,
    [20, { type: 'step.failed', step: 1, node: 'a', attempt: 1 }],
    [20, { type: 'run.failed' }],
    [500, { type: 'run.retried', step: 1, node: 'a', next: 'a' }],
    [510, { type: 'step.completed', step: 1, node: 'a', attempt: 1 }],
    [510, { type: 'run.completed' }],
  );
  expect(linesOf(events).slice(1)).toEqual(['call 1 a#1 10-20 failed', 'call 1 a#1 500-510 completed']);
});

describe('runs inside a run', () => {
  const at = (seconds: number): string => new Date(seconds * 1000).toISOString();
  const span = (step: number, from: number, to: number | null) =>
    ({ kind: 'call', step, node: `n${step}`, attempt: 1, from, to, status: 'completed', text: '' }) as const;
  const run = (index: number, more: object) =>
    ({ run_id: `r${index}`, child_index: index, branch: null, status: 'COMPLETED', ...more }) as never;

  it('stand behind the step that was under way when they were made, in their order, with their time in line', () => {
    const spans = [span(1, 0, 1000), span(1, 1000, 9000), span(2, 9000, null)];
    const runs = [
      run(1, { submitted_at: at(1), started_at: at(3), finished_at: at(5), branch: 'text', status: 'FAILED' }),
      run(0, { submitted_at: at(1), started_at: at(1), finished_at: null, status: 'WAITING' }),
      run(2, { submitted_at: at(10), started_at: null, finished_at: null, status: 'SUBMITTED' }),
    ];
    const found = withBranches(spans, runs).map(({ step, kind, status, from, to, inside }) => {
      return [step, inside?.name ?? '', kind, status, from, to];
    });
    expect(found).toEqual([
      [1, '', 'call', 'completed', 0, 1000],
      [1, '', 'call', 'completed', 1000, 9000],
      [1, 'Branch 1', 'wait', 'waiting', 1000, null],
      [1, 'text', 'queue', 'submitted', 1000, 3000],
      [1, 'text', 'call', 'failed', 3000, 5000],
      [2, '', 'call', 'completed', 9000, null],
      [2, 'Branch 3', 'queue', 'submitted', 10_000, null],
    ]);
    expect(withBranches(spans, [])).toBe(spans);
  });
});
