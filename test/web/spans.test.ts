import { expect, it } from 'vitest';
import type { CapsuleEvent } from '../../src/web/evidence/capsule-document.js';
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
