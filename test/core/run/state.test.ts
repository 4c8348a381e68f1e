import { describe, expect, it } from 'vitest';
import {
  blankRun,
  type Children,
  isFinished,
  RUN_STATUSES,
  type RunState,
  type Waiting,
  wakeAt,
} from '../../../src/core/run/state.js';
import { compiled, RunDriver, START } from '../../helpers/run-driver.js';

const graph = compiled({ entry_point: 'a', nodes: [{ name: 'a', tool_name: 'work' }] }, [
  { name: 'work', run: () => ({ n: 1 }) },
]);

describe('a new run', () => {
  it('knows what its first event says', () => {
    expect(new RunDriver(graph, { inputData: { in: 1 }, maxSteps: 7, deadlineSeconds: 1.5 }).state).toMatchObject({
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

describe('wakeAt', () => {
  const waitingUntil = (until: number | null) => ({ status: 'WAITING', waiting: { until } as Waiting }) as const;

  it.each<[string, Partial<RunState>, number | null]>([
    ['a new run has its deadline', { deadlineAt: 5 }, 5],
    ['a new run may have none', {}, null],
    ['a run at work is looked at anyway', { status: 'RUNNING', deadlineAt: 5 }, null],
    ['a wait is over at its time', waitingUntil(3), 3],
    ['a wait is over at the deadline', { ...waitingUntil(7), deadlineAt: 5 }, 5],
    ['a wait may have no time', waitingUntil(null), null],
    ['a wait that has no time has the deadline', { ...waitingUntil(null), deadlineAt: 5 }, 5],
    ['children have the deadline themselves', { ...waitingUntil(null), children: {} as Children, deadlineAt: 5 }, null],
    ['a finished run is left alone', { status: 'FAILED', deadlineAt: 5 }, null],
  ])('%s', (_, changes, moment) => {
    expect(wakeAt({ ...blankRun('run-1'), ...changes })).toBe(moment);
  });
});
