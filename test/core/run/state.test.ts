import { describe, expect, it } from 'vitest';
import { blankRun } from '../../../src/core/run/blank-run.js';
import { wakeAt } from '../../../src/core/run/due.js';
import { isRowChanged } from '../../../src/core/run/row-change.js';
import {
  type Children,
  isFinished,
  RUN_STATUSES,
  type RunState,
  startWait,
  waitsForPerson,
} from '../../../src/core/run/state.js';
import { compiled, RunDriver, START } from '../../helpers/run-driver.js';

const graph = compiled({ entry_point: 'a', nodes: [{ name: 'a', tool_name: 'work' }] }, [
  { name: 'work', run: () => ({ n: 1 }) },
]);

describe('a new run', () => {
  it('knows what its first event says', () => {
    expect(new RunDriver(graph, { inputData: { in: 1 }, maxSteps: 7, deadlineSeconds: 1.5 }).view).toMatchObject({
      runId: 'run-1',
      graphId: 'test-graph',
      graphVersion: 1,
      status: 'SUBMITTED',
      seq: 1,
      inputData: { in: 1 },
      data: {},
      cursor: null,
      maxSteps: 7,
      deadlineSeconds: 1.5,
      deadlineAt: START + 1500,
      metadata: { team: 'core' },
      submittedAt: START,
      startedAt: null,
      finishedAt: null,
    });
    expect(new RunDriver(graph).state).toMatchObject({ deadlineSeconds: null, deadlineAt: null });
  });

  it('that is a child knows its parent, its deadline, and what it has from it', () => {
    const parent = { run_id: 'run-0', seq: 4, index: 1, kind: 'branch', depth: 1 } as const;
    const submitted = { parent, entry_node: 'a', join_node: 'b', deadline_at: START + 9 };
    const inherited = { inputData: { in: 1 }, data: { n: 0 }, item: 'x' };
    expect(new RunDriver(graph, { submitted, inherited }).state).toMatchObject({
      ...inherited,
      own: {},
      parent,
      entryNode: 'a',
      joinNode: 'b',
      deadlineSeconds: null,
      deadlineAt: START + 9,
    });
    const called = { ...parent, kind: 'graph' } as const;
    const state = new RunDriver(graph, { inputData: { own: [] }, submitted: { parent: called } }).state;
    expect(state).toMatchObject({ inputData: { own: [] }, own: null, item: null });
  });
});

describe('isFinished', () => {
  it('holds for the statuses that a run does not leave by itself', () => {
    expect(RUN_STATUSES.filter(isFinished)).toEqual(['COMPLETED', 'FAILED', 'CANCELLED']);
  });
});

describe('waitsForPerson', () => {
  it('holds for a run that waits for an answer, and for no other', () => {
    const cursor = { node: 'a', step: 1, attempt: 1, tries: 1 };
    const waiting = (kind: 'input' | 'timer'): Pick<RunState, 'phase' | 'paused'> => {
      return { paused: false, phase: { kind: 'waiting', cursor, wait: startWait(kind, 'a', START, 3, {}) } };
    };
    expect(waitsForPerson(waiting('input'))).toBe(true);
    expect(waitsForPerson(waiting('timer'))).toBe(false);
    expect(waitsForPerson(blankRun('run-1'))).toBe(false);
  });

  it('holds for a run that rests because it is paused', () => {
    const cursor = { node: 'a', step: 1, attempt: 1, tries: 1 };
    const at = { kind: 'calling', cursor, announced: true } as const;
    const wait = startWait('paused', 'a', START, 3, {});
    expect(waitsForPerson({ paused: true, phase: { kind: 'paused', at, wait } })).toBe(true);
    const timer = startWait('timer', 'a', START, 3, {});
    expect(waitsForPerson({ paused: true, phase: { kind: 'waiting', cursor, wait: timer } })).toBe(true);
    expect(waitsForPerson({ paused: true, phase: at })).toBe(false);
  });
});

describe('wakeAt', () => {
  const cursor = { node: 'a', step: 1, attempt: 1, tries: 1 };
  const waitingUntil = (until: number | null): Pick<RunState, 'phase'> => {
    return { phase: { kind: 'waiting', cursor, wait: startWait('timer', 'a', START, 3, { until }) } };
  };
  const joining = { kind: 'joining', cursor, children: {} as Children } as const;
  const at = { kind: 'routing', cursor } as const;
  const paused = { kind: 'paused', at, wait: startWait('paused', 'a', START, 3, {}) } as const;

  it.each<[string, Partial<RunState>, number | null]>([
    ['a new run has its deadline', { deadlineAt: 5 }, 5],
    ['a new run may have none', {}, null],
    ['a run at work is looked at anyway', { phase: { kind: 'calling', cursor, announced: true }, deadlineAt: 5 }, null],
    ['a wait is over at its time', waitingUntil(3), 3],
    ['a wait is over at the deadline', { ...waitingUntil(7), deadlineAt: 5 }, 5],
    ['a wait may have no time', waitingUntil(null), null],
    ['a wait that has no time has the deadline', { ...waitingUntil(null), deadlineAt: 5 }, 5],
    ['a paused run has its deadline', { phase: paused, paused: true, deadlineAt: 5 }, 5],
    ['a paused run may have none', { phase: paused, paused: true }, null],
    ['a wait of a paused run is not looked at', { ...waitingUntil(3), paused: true }, null],
    ['a wait of a paused run has the deadline', { ...waitingUntil(3), paused: true, deadlineAt: 5 }, 5],
    ['children have the deadline themselves', { phase: joining, deadlineAt: 5 }, null],
    ['a finished run is left alone', { phase: { kind: 'cancelled', at: joining, finishedAt: 4 }, deadlineAt: 5 }, null],
  ])('%s', (_, changes, moment) => {
    expect(wakeAt({ ...blankRun('run-1'), ...changes })).toBe(moment);
  });
});

describe('isRowChanged', () => {
  const cursor = { node: 'a', step: 1, attempt: 1, tries: 1 };
  const blank = blankRun('run-1');
  const calling: RunState = { ...blank, phase: { kind: 'calling', cursor, announced: true } };
  const waiting = (seq: number): RunState => {
    return { ...blank, phase: { kind: 'waiting', cursor, wait: startWait('input', 'a', START, seq, {}) } };
  };
  const joining = (seq: number): RunState => {
    return { ...blank, phase: { kind: 'joining', cursor, children: { seq } as Children } };
  };
  const paused = (seq: number): RunState => {
    const at = { kind: 'routing', cursor } as const;
    return { ...blank, phase: { kind: 'paused', at, wait: startWait('paused', 'a', START, seq, {}) } };
  };

  it.each<[string, RunState, RunState, boolean]>([
    ['another status', blank, calling, true],
    ['another step', calling, { ...calling, phase: { kind: 'routing', cursor }, stepCount: 1 }, false],
    ['another wait', waiting(3), waiting(5), true],
    ['other children', joining(3), joining(5), true],
    ['a wait whose time counts no more', waiting(3), { ...waiting(3), paused: true }, true],
    ['a pause that has no wait', calling, { ...calling, paused: true }, true],
    ['another pause', paused(3), paused(5), true],
    ['the same wait', waiting(3), { ...waiting(3), cancelRequested: true }, false],
    ['the same children', joining(3), { ...joining(3), cancelRequested: true }, false],
  ])('%s', (_, before, after, isChanged) => {
    expect(isRowChanged(before, after)).toBe(isChanged);
  });
});

describe('an event that cannot follow', () => {
  const ended = { type: 'wait.ended', wait_id: 'w3', outcome: 'elapsed' } as const;

  it('leaves a run that does not wait where it is', () => {
    const run = new RunDriver(graph);
    run.append({ type: 'run.started', next: 'a' });
    const { phase } = run.state;
    run.append(ended);
    expect(run.state.phase).toBe(phase);
  });

  it('is of a visit of its own, if nothing has begun', () => {
    const run = new RunDriver(graph);
    run.append({ type: 'branches.joined', step: 3, node: 'b', count: 0, patch: {}, to_node: 'END', next: null });
    expect(run.view.cursor).toEqual({ node: 'b', step: 3, attempt: 1, tries: 1 });
    run.append({ type: 'run.retried' });
    expect(run.view.cursor).toEqual({ node: 'b', step: 3, attempt: 1, tries: 1 });
  });

  it('is folded all the same: a retry of a run that has completed chooses its way again, or begins', () => {
    const run = new RunDriver(graph);
    run.finish();
    run.append({ type: 'run.retried' });
    const cursor = { node: 'a', step: 1, attempt: 1, tries: 1, beganAt: START };
    expect(run.state.phase).toEqual({ kind: 'routing', cursor });
    const unbegun = new RunDriver(graph);
    unbegun.append({ type: 'run.completed', reason: 'end' }, { type: 'run.retried' });
    expect(unbegun.state.phase).toEqual({ kind: 'starting', cursor: null });
  });
});

describe('a run that is retried before it had begun', () => {
  it('can be cancelled and retried again', () => {
    const run = new RunDriver(graph);
    const cancelled = { type: 'run.cancelled', logs: [] } as const;
    run.append(cancelled, { type: 'run.retried' }, cancelled);
    expect(run.state.phase).toMatchObject({ kind: 'cancelled', at: { kind: 'starting', cursor: null } });
    run.retry();
    expect(run.finish()).toMatchObject({ status: 'COMPLETED', stepCount: 1 });
  });
});
