import { describe, expect, it } from 'vitest';
import { isLeft, wakesAfter } from '../../../src/core/run/due.js';
import type { RunEvent } from '../../../src/core/run/events.js';
import { append, openRun } from '../../../src/core/run/journal.js';
import type { RunState } from '../../../src/core/run/state.js';
import { START } from '../../helpers/run-driver.js';

const parent = { run_id: 'parent', seq: 4, index: 0, kind: 'graph', depth: 1 } as const;

function newRun(more: { parent?: typeof parent; deadline_at?: number } = {}): RunState {
  const limits = { max_steps: 10 };
  const event = {
    type: 'run.submitted',
    graph_id: 'g',
    graph_version: 1,
    input_data: null,
    limits,
    metadata: {},
  } as const;
  return openRun('run', { ...event, ...more }, START).state;
}

const started: RunEvent = { type: 'run.started', next: 'a' };
const visit = { step: 1, node: 'a', attempt: 1, logs: [] };
const stepped: RunEvent = {
  type: 'step.completed',
  ...visit,
  patch: {},
  decision: { kind: 'edge', to_node: 'b' },
  next: 'b',
};
const error = { code: 'tool_failed', message: 'boom', node: 'a', step: 1 };
const failed: RunEvent = { type: 'run.failed', error };
const waits = (kind: 'timer' | 'input' | 'graph', until: number | null): RunEvent => {
  return { type: 'wait.started', ...visit, wait: { kind, until, save_as: 'a' } };
};
const branches: RunEvent = {
  type: 'branches.started',
  step: 1,
  node: 'a',
  kind: 'parallel',
  to_nodes: ['b'],
  join_node: 'c',
  count: 1,
};
const ended = (outcome: 'answered' | 'elapsed' | 'expired' | 'joined'): RunEvent => {
  return { type: 'wait.ended', wait_id: 'w3', outcome };
};
const forked: RunEvent = {
  type: 'run.forked',
  forked_from: { run_id: 'other', step: 1 },
  patch: {},
  node: 'a',
  step: 1,
};

const paused: RunEvent = { type: 'pause.requested' };
const rested: RunEvent = { type: 'run.paused', node: 'a' };
const unpaused: RunEvent = { type: 'run.unpaused' };

const itself = [{ runId: 'run', at: 0 }];
const itsParent = [{ runId: 'parent', at: 0 }];
const nothing: readonly object[] = [];

describe('what a change of a run makes due', () => {
  it('is a new run, but not a new child, which has no slot yet', () => {
    expect(wakesAfter(null, newRun())).toEqual(itself);
    expect(wakesAfter(null, append(newRun(), [started, forked], START).state)).toEqual(itself);
    expect(wakesAfter(null, newRun({ parent }))).toEqual(nothing);
  });

  it.each<[string, RunEvent[], RunEvent[], object]>([
    ['nothing for a run that goes on', [], [started], nothing],
    ['nothing for a step', [started], [stepped], nothing],
    ['nothing for a step that is tried again at once', [started], [{ type: 'step.failed', ...visit, error }], nothing],
    [
      'a step that is tried again later, then',
      [started],
      [{ type: 'step.failed', ...visit, error, retry_at: START + 5 }],
      [{ runId: 'run', at: START + 5 }],
    ],
    ['a wait for a time, then', [started], [waits('timer', START + 9)], [{ runId: 'run', at: START + 9 }]],
    [
      'an answer that can come too late, then',
      [started],
      [waits('input', START + 9)],
      [{ runId: 'run', at: START + 9 }],
    ],
    ['nothing for a wait without a time', [started], [waits('input', null)], nothing],
    ['nothing for children: their parent starts them, and they wake it', [started], [branches], nothing],
    ['nothing for a graph as a step', [started], [waits('graph', null)], nothing],
    ['an answered run, at once', [started, waits('input', null)], [ended('answered')], itself],
    [
      'nothing for a wait that is over: whoever noticed drives the run',
      [started, waits('timer', 3)],
      [ended('elapsed')],
      nothing,
    ],
    [
      'nothing for an answer that its run has taken',
      [started, waits('input', null)],
      [ended('answered'), stepped],
      nothing,
    ],
    [
      'the next of two waits',
      [started, waits('input', 3)],
      [ended('expired'), { type: 'step.failed', ...visit, error, retry_at: START + 5 }],
      [{ runId: 'run', at: START + 5 }],
    ],
    ['a run at work that is to be cancelled, at once', [started], [{ type: 'cancel.requested' }], itself],
    [
      'a run with children that is to be cancelled, at once',
      [started, branches],
      [{ type: 'cancel.requested' }],
      itself,
    ],
    [
      'nothing for a run that was to be cancelled already',
      [started, { type: 'cancel.requested' }],
      [{ type: 'run.recovered' }],
      nothing,
    ],
    [
      'nothing for a top-level run that is cancelled',
      [started, waits('input', null)],
      [{ type: 'run.cancelled', logs: [] }],
      nothing,
    ],
    ['nothing for a top-level run that has ended', [started], [{ type: 'run.completed', reason: 'end' }], nothing],
    ['a retried run, at once', [started, failed], [{ type: 'run.retried' }], itself],
    [
      'a run that is retried with its children, at once',
      [started, branches, failed],
      [{ type: 'run.retried' }],
      itself,
    ],
    ['a run at work that is to be paused, at once', [started], [paused], itself],
    ['nothing for a run that has not begun and is to be paused', [], [paused], nothing],
    ['nothing for a run that waits and is to be paused', [started, waits('timer', START + 9)], [paused], nothing],
    ['nothing for a run that has come to rest', [started, paused], [rested], nothing],
    ['a run that goes on after a pause, at once', [started, paused, rested], [unpaused], itself],
    ['a run that has not begun and goes on after a pause, at once', [paused, rested], [unpaused], itself],
    ['a wait after a pause, at once', [started, waits('timer', START + 9), paused], [unpaused], itself],
    ['nothing for a run that did not come to rest', [started, paused], [unpaused], nothing],
    ['nothing for children, which have gone on', [started, branches, paused], [unpaused], nothing],
    ['an answer to a paused run, at once', [started, waits('input', null), paused], [ended('answered')], itself],
    [
      'nothing for a paused run that is cancelled',
      [started, paused, rested],
      [{ type: 'run.cancelled', logs: [] }],
      nothing,
    ],
    ['nothing for what does not touch a wait', [started, waits('timer', 3)], [{ type: 'run.recovered' }], nothing],
  ])('is %s', (_, events, change, due) => {
    const before = append(newRun(), events, START).state;
    expect(wakesAfter(before, append(before, change, START).state)).toEqual(due);
  });

  it('is a run that waits, at its deadline if that is earlier', () => {
    const before = append(newRun({ deadline_at: START + 4 }), [started], START).state;
    const wakesOf = (event: RunEvent) => wakesAfter(before, append(before, [event], START).state);
    expect(wakesOf(waits('timer', START + 9))).toEqual([{ runId: 'run', at: START + 4 }]);
    expect(wakesOf(waits('input', null))).toEqual([{ runId: 'run', at: START + 4 }]);
    expect(wakesOf(rested)).toEqual([{ runId: 'run', at: START + 4 }]);
  });

  it.each<[string, RunEvent]>([
    ['completed', { type: 'run.completed', reason: 'end' }],
    ['failed', failed],
    ['was cancelled', { type: 'run.cancelled', logs: [] }],
  ])('is the parent of a run that has %s', (_, end) => {
    const before = append(newRun({ parent }), [started], START).state;
    expect(wakesAfter(before, append(before, [end], START).state)).toEqual(itsParent);
  });

  it('is a child that was restarted, itself', () => {
    const before = append(newRun({ parent }), [started, failed], START).state;
    expect(wakesAfter(before, append(before, [{ type: 'run.retried', parent_seq: 9 }], START).state)).toEqual(itself);
  });
});

it('a run that has ended, waits or is paused is driven by nobody', () => {
  const isLeftAfter = (...events: RunEvent[]) => isLeft(append(newRun(), events, START).state);
  expect([failed, waits('timer', 3), rested].map((event) => isLeftAfter(started, event))).toEqual([true, true, true]);
  expect([paused, branches].map((event) => isLeftAfter(started, event))).toEqual([false, false]);
});
