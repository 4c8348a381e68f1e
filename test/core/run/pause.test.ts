import { describe, expect, it } from 'vitest';
import { fold, takeSnapshot } from '../../../src/core/run/journal.js';
import { pause, unpause } from '../../../src/core/run/pause.js';
import { receiveSignal } from '../../../src/core/run/receive-signal.js';
import { answer, cancel } from '../../../src/core/run/requests.js';
import type { Children } from '../../../src/core/run/state.js';
import { StepReader } from '../../../src/core/run/steps.js';
import { wait } from '../../../src/core/tool/wait.js';
import { Walker } from '../../../src/diagram/walk.js';
import { readSnapshot } from '../../helpers/all-steps.js';
import { compiled, completedChild, type DriverOptions, RunDriver, START } from '../../helpers/run-driver.js';

const TOOLS = [
  { name: 'work', run: () => ({ worked: true }) },
  { name: 'fails', run: () => Promise.reject(new Error('boom')) },
  {
    name: 'throws',
    run: () => {
      throw new Error('boom');
    },
  },
  { name: 'asks', run: () => wait({ kind: 'input', message: '?', until: START + 50 }) },
  { name: 'sleeps', run: () => wait({ kind: 'timer', until: START + 50 }) },
  { name: 'listens', run: () => wait({ kind: 'signal', name: 'go' }) },
  { name: 'runs', run: () => wait({ kind: 'graph', graphId: 'other' }) },
];

/** `a` calls a tool, then `b` works. */
function twoSteps(tool = 'work', options: DriverOptions = {}, more: object = {}): RunDriver {
  const nodes = [
    { name: 'a', tool_name: tool, ...more },
    { name: 'b', tool_name: 'work' },
  ];
  return new RunDriver(
    compiled({ entry_point: 'a', nodes, edges: [{ from_node: 'a', to_node: 'b' }] }, TOOLS),
    options,
  );
}

/** What a request comes to, appended; the code of the refusal if it is refused. */
function ask(run: RunDriver, request: typeof pause | typeof unpause | typeof cancel): string | undefined {
  const { events = [], refusal } = request(run.state);
  run.append(...events);
  return refusal?.code;
}

/** The status of the last step, as lists of steps and diagrams show it. */
function shownAs({ records }: RunDriver): [string | undefined, string] {
  const [reader, walker] = [new StepReader(0), new Walker()];
  for (const record of records) {
    reader.read(record);
    walker.read(record);
  }
  return [reader.current?.status, walker.state];
}

describe('a paused run', () => {
  it('rests before its next step once the call under way has ended, and goes on from there', () => {
    const run = twoSteps();
    run.advance();
    run.advance(() => ask(run, pause));
    expect(run.view).toMatchObject({ status: 'RUNNING', paused: true, stepCount: 1, data: { worked: true } });
    expect(run.finish()).toMatchObject({ status: 'WAITING', paused: true, cursor: { node: 'b', step: 2 } });
    expect(run.view.waiting).toEqual({
      id: 'w5',
      kind: 'paused',
      node: 'b',
      since: START,
      until: null,
      message: null,
      schema: null,
      saveAs: null,
    });
    expect(shownAs(run)).toEqual(['WAITING', 'waiting']);
    run.now += 1_000_000;
    expect(run.decide()).toEqual({ type: 'wait', until: null });
    ask(run, unpause);
    expect(run.view).toMatchObject({ status: 'RUNNING', paused: false, cursor: { node: 'b', step: 2 } });
    expect(shownAs(run)).toEqual(['RUNNING', 'active']);
    expect(run.finish()).toMatchObject({ status: 'COMPLETED', stepCount: 2 });
    expect(run.types().slice(2)).toEqual([
      'pause.requested',
      'step.completed',
      'run.paused',
      'run.unpaused',
      'step.completed',
      'run.completed',
    ]);
  });

  it('rests before its first step, and then has not begun', () => {
    const run = twoSteps();
    ask(run, pause);
    expect(run.view).toMatchObject({ status: 'SUBMITTED', paused: true });
    expect(run.finish()).toMatchObject({ status: 'WAITING', startedAt: null, waiting: { kind: 'paused', node: 'a' } });
    ask(run, unpause);
    expect(run.view.status).toBe('SUBMITTED');
    expect(run.finish().status).toBe('COMPLETED');
    const branch = twoSteps('work', { submitted: { entry_node: 'b' } });
    ask(branch, pause);
    expect(branch.finish().waiting).toMatchObject({ kind: 'paused', node: 'b' });
  });

  it('makes no further attempt', () => {
    const run = twoSteps('throws', {}, { retry: { max_attempts: 2, interval_seconds: 0 } });
    run.advance();
    run.advance(() => ask(run, pause));
    expect(run.finish()).toMatchObject({ status: 'WAITING', waiting: { kind: 'paused' }, cursor: { attempt: 2 } });
    ask(run, unpause);
    expect(run.finish()).toMatchObject({ status: 'FAILED', error: { code: 'tool_failed' } });
  });

  it('starts no branches', () => {
    const nodes = ['a', 'b', 'c', 'end'].map((name) => ({ name, tool_name: 'work' }));
    const parallel_edges = [{ from_node: 'a', to_nodes: ['b', 'c'], join_node: 'end' }];
    const run = new RunDriver(compiled({ entry_point: 'a', nodes, parallel_edges }, TOOLS));
    run.advance();
    run.advance(() => ask(run, pause));
    expect(run.finish()).toMatchObject({ status: 'WAITING', pending: null, waiting: { kind: 'paused', node: 'a' } });
    expect(run.types()).not.toContain('branches.started');
    expect(shownAs(run)).toEqual(['COMPLETED', 'waiting']);
    ask(run, unpause);
    run.finish();
    expect(run.types().at(-1)).toBe('branches.started');
    expect(run.view).toMatchObject({ stepCount: 1, children: { count: 2 } satisfies Partial<Children> });
    expect(shownAs(run)).toEqual(['COMPLETED', 'waiting']);
  });

  it('looks after its children, joins them, and rests then', () => {
    const run = twoSteps('runs');
    run.finish();
    ask(run, pause);
    expect(run.view).toMatchObject({ status: 'WAITING', paused: true, waiting: { kind: 'graph' } });
    expect(run.decide()).toMatchObject({ type: 'children', cancel: false });
    run.settleChildren(completedChild({ x: 1 }));
    expect(run.finish()).toMatchObject({ waiting: { kind: 'paused', node: 'b' }, data: { a: { x: 1 } } });
    ask(run, unpause);
    expect(run.finish().status).toBe('COMPLETED');
  });

  it('takes the answer that it waits for, and stores it when it is unpaused', () => {
    const run = twoSteps('asks');
    run.finish();
    ask(run, pause);
    expect(run.view).toMatchObject({ status: 'WAITING', paused: true, waiting: { kind: 'input' } });
    expect(shownAs(run)).toEqual(['WAITING', 'waiting']);
    run.append(...(answer(run.state, { payload: 'yes' }, run.now).events ?? []));
    expect(run.finish()).toMatchObject({ waiting: { kind: 'paused', node: 'a' }, data: {} });
    expect(answer(run.state, { payload: 'again' }, run.now)).toMatchObject({
      refusal: { code: 'run_not_waiting', message: expect.stringContaining('is paused') },
    });
    ask(run, unpause);
    expect(run.finish()).toMatchObject({ status: 'COMPLETED', data: { a: 'yes' } });
  });

  it('takes signals: the one that it waits for, and those that come while it rests', () => {
    const run = twoSteps('listens');
    ask(run, pause);
    run.finish();
    expect(run.signal('go', 1)).toBeUndefined();
    expect(run.view).toMatchObject({ status: 'WAITING', inbox: { count: 1 } });
    ask(run, unpause);
    expect(run.finish()).toMatchObject({ status: 'COMPLETED', data: { a: 1 } });
    const waiting = twoSteps('listens');
    waiting.finish();
    ask(waiting, pause);
    waiting.append(...(receiveSignal(waiting.state, { name: 'go', payload: 2 }, waiting.now).events ?? []));
    expect(waiting.finish().waiting).toMatchObject({ kind: 'paused', node: 'a' });
    ask(waiting, unpause);
    expect(waiting.finish()).toMatchObject({ status: 'COMPLETED', data: { a: 2 } });
  });

  it.each([
    ['sleeps', 'COMPLETED', undefined],
    ['asks', 'FAILED', 'wait_expired'],
  ])('looks at the time of a wait when it is unpaused: %s', (tool, status, code) => {
    const run = twoSteps(tool);
    run.finish();
    ask(run, pause);
    expect(run.decide()).toEqual({ type: 'wait', until: null });
    run.now = START + 51;
    expect(run.decide()).toEqual({ type: 'wait', until: null });
    expect(answer(run.state, { payload: 1 }, run.now).refusal?.code).toBe('run_not_waiting');
    ask(run, unpause);
    expect(run.view.waiting).not.toBeNull();
    const view = run.finish();
    expect([view.status, view.error?.code]).toEqual([status, code]);
  });

  it('waits on if it is unpaused before its time', () => {
    const run = twoSteps('sleeps');
    run.finish();
    ask(run, pause);
    ask(run, unpause);
    expect(run.decide()).toEqual({ type: 'wait', until: START + 50 });
    expect(shownAs(run)).toEqual(['WAITING', 'waiting']);
  });

  it('goes on as if nothing was if it is unpaused before it rests', () => {
    const run = twoSteps();
    run.advance();
    run.advance(() => {
      ask(run, pause);
      ask(run, unpause);
    });
    expect(run.finish()).toMatchObject({ status: 'COMPLETED', paused: false });
    expect(run.types()).not.toContain('run.paused');
  });

  it('ends at its deadline', () => {
    const run = twoSteps('work', { deadlineSeconds: 1 });
    ask(run, pause);
    run.finish();
    expect(run.decide()).toEqual({ type: 'wait', until: START + 1000 });
    run.now = START + 1000;
    expect(run.finish()).toMatchObject({ status: 'FAILED', paused: false, error: { code: 'deadline_exceeded' } });
  });

  it('ends at its limit of steps as if it were not paused', () => {
    const run = twoSteps('work', { maxSteps: 1 });
    run.advance();
    run.advance(() => ask(run, pause));
    expect(run.finish()).toMatchObject({ status: 'FAILED', paused: false, error: { code: 'max_steps_exceeded' } });
  });

  it('is cancelled at once when it rests, and paused no longer when it is retried', () => {
    const run = twoSteps();
    ask(run, pause);
    run.finish();
    expect(ask(run, cancel)).toBeUndefined();
    expect(run.view).toMatchObject({ status: 'CANCELLED', paused: false });
    expect(run.finish().status).toBe('CANCELLED');
    run.retry();
    expect(run.finish()).toMatchObject({ status: 'COMPLETED', paused: false });
    const resting = twoSteps();
    resting.advance();
    resting.advance(() => ask(resting, pause));
    resting.finish();
    ask(resting, cancel);
    expect(shownAs(resting)).toEqual(['CANCELLED', 'cancelled']);
    resting.retry();
    expect(resting.finish()).toMatchObject({ status: 'COMPLETED', stepCount: 2 });
  });

  it('is cancelled rather than paused, whichever comes first', () => {
    for (const requests of [
      [pause, cancel],
      [cancel, pause],
    ] as const) {
      const run = twoSteps();
      run.advance();
      run.advance(() => {
        for (const request of requests) expect(ask(run, request)).toBeUndefined();
      });
      expect(run.finish().status).toBe('CANCELLED');
      expect(run.types()).not.toContain('run.paused');
    }
  });

  it('is as it was after a crash, whose count a pause leaves alone', () => {
    const run = twoSteps();
    run.advance();
    run.append({ type: 'run.recovered' }, { type: 'run.drained' });
    ask(run, pause);
    expect(run.state).toMatchObject({ drained: true });
    run.append({ type: 'run.recovered' });
    ask(run, unpause);
    expect(run.state).toMatchObject({ recoveries: 1, drained: false, paused: false });
    ask(run, pause);
    run.finish();
    const { text } = takeSnapshot(run.state);
    const reread = { ...readSnapshot(text, null), snapshotBytes: 0, journalBytes: 0 };
    expect(reread).toEqual({ ...run.state, snapshotBytes: 0, journalBytes: 0 });
    expect(fold(reread, []).phase).toEqual(run.state.phase);
  });
});

describe('a request to pause or unpause', () => {
  it('does nothing the second time', () => {
    const run = twoSteps();
    expect(unpause(run.state)).toEqual({ events: [] });
    ask(run, pause);
    expect(pause(run.state)).toEqual({ events: [] });
    run.finish();
    expect(pause(run.state)).toEqual({ events: [] });
  });

  it('is refused for a run that has finished', () => {
    const run = twoSteps();
    run.finish();
    expect(ask(run, pause)).toBe('run_finished');
    expect(ask(run, unpause)).toBe('run_finished');
  });

  it('of which the run says no more than that it rests, if it cannot rest', () => {
    const run = twoSteps('asks');
    run.finish();
    const { phase } = run.state;
    run.append({ type: 'run.paused', node: 'a' });
    expect(run.state.phase).toBe(phase);
  });
});
