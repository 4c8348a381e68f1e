import { describe, expect, it } from 'vitest';
import { takeSnapshot } from '../../../src/core/run/journal.js';
import { scopeOf } from '../../../src/core/run/routing.js';
import type { CallOutcome } from '../../../src/core/run/settle.js';
import { FatalError, RetryableError } from '../../../src/core/tool/tool-errors.js';
import { readSnapshot } from '../../helpers/all-steps.js';
import { compiled, type DriverOptions, RunDriver, START } from '../../helpers/run-driver.js';

/** A run of one node that throws these, one after the other, and then works. */
function failing(node: object, thrown: readonly unknown[], options: DriverOptions = {}): RunDriver {
  let calls = 0;
  const run = () => {
    if (calls < thrown.length) throw thrown[calls++];
    return { worked: true };
  };
  const nodes = [
    { name: 'a', tool_name: 'fails', ...node },
    { name: 'b', tool_name: 'work' },
  ];
  const functions = [
    { name: 'fails', run },
    { name: 'work', run: () => ({ b: true }) },
  ];
  return new RunDriver(compiled({ entry_point: 'a', nodes }, functions), options);
}

const boom = new Error('boom');

describe('a retry policy', () => {
  it('parks the run until the next try is due', () => {
    const run = failing({ retry: { max_attempts: 3 } }, [boom, boom]);
    expect(run.finish()).toMatchObject({
      status: 'WAITING',
      waiting: { id: 'w3', kind: 'retry', node: 'a', until: START + 1000 },
      cursor: { step: 1, attempt: 2, tries: 2 },
    });
    run.now += 1000;
    expect(run.finish()).toMatchObject({ waiting: { id: 'w5', until: START + 3000 }, cursor: { attempt: 3 } });
    expect(run.since('wait.ended')).toMatchObject([{ outcome: 'elapsed', wait_id: 'w3' }, { type: 'step.failed' }]);
    run.now += 2000;
    expect(run.finish()).toMatchObject({ status: 'COMPLETED', data: { worked: true }, stepCount: 1 });
    expect(run.records.at(-2)?.event).toMatchObject({ attempt: 3 });
  });

  it('fails the run when its tries are used up', () => {
    const run = failing({ retry: { max_attempts: 2 } }, [boom, new Error('again')]);
    run.finish();
    run.now += 1000;
    expect(run.finish()).toMatchObject({ status: 'FAILED', error: { code: 'tool_failed', message: 'again' } });
  });

  it('does not call a tool again that has done its work, because there is no room for what it returned', () => {
    const document = {
      entry_point: 'a',
      nodes: [{ name: 'a', tool_name: 'work', retry: { max_attempts: 3 } }],
      edges: [{ from_node: 'a', to_node: 'a' }],
    };
    let calls = 0;
    const run = () => ({ [`key${calls++}`]: 'x'.repeat(1_000_000) });
    const { status, error } = new RunDriver(compiled(document, [{ name: 'work', run }])).finish();
    expect({ status, code: error?.code, calls }).toEqual({ status: 'FAILED', code: 'data_too_large', calls: 17 });
  });

  it('tries again at once where there is no delay', () => {
    const run = failing({ retry: { max_attempts: 2, interval_seconds: 0 } }, [boom]);
    expect(run.finish().status).toBe('COMPLETED');
    expect(run.types()).not.toContain('wait.ended');
  });

  it('leaves the delay to a tool that knows better, and is not asked by one that knows it is of no use', () => {
    const later = failing({ retry: { max_attempts: 2 } }, [new RetryableError('later', { retryAfterSeconds: 60 })]);
    expect(later.finish().waiting?.until).toBe(START + 60_000);
    const never = failing({ retry: { max_attempts: 2 } }, [new FatalError('never')]);
    expect(never.finish()).toMatchObject({ status: 'FAILED', error: { message: 'never' } });
    const noPolicy = failing({}, [new RetryableError('later', { retryAfterSeconds: 60 })]);
    expect(noPolicy.finish().status).toBe('FAILED');
  });

  it('uses chance where it has jitter', () => {
    const run = failing({ retry: { max_attempts: 2, interval_seconds: 10, jitter: 'full' } }, [boom]);
    run.random = 0.25;
    expect(run.finish().waiting?.until).toBe(START + 2500);
  });

  it('counts anew when the run is retried by hand', () => {
    const run = failing({ retry: { max_attempts: 2, interval_seconds: 0 } }, [boom, boom, boom]);
    expect(run.finish().cursor).toEqual({ node: 'a', step: 1, attempt: 3, tries: 3 });
    run.retry();
    expect(run.view.cursor).toEqual({ node: 'a', step: 1, attempt: 3, tries: 1 });
    expect(run.finish()).toMatchObject({ status: 'COMPLETED', cursor: { attempt: 4 } });
  });

  it('shows each attempt the moment when the step began, and each step its own', () => {
    const run = failing({ retry: { max_attempts: 2 } }, [boom, boom]);
    const nowSeen = () => scopeOf(run.state).run.now;
    expect(nowSeen()).toBe('2026-01-01T00:00:00.000Z');
    run.now += 500;
    run.advance();
    expect(nowSeen()).toBe('2026-01-01T00:00:00.500Z');
    run.now += 500;
    run.finish();
    run.now += 1000;
    run.advance();
    expect(run.view).toMatchObject({ status: 'RUNNING', cursor: { step: 1, attempt: 2 } });
    expect(nowSeen()).toBe('2026-01-01T00:00:00.500Z');
    run.finish();
    run.now += 60_000;
    run.retry();
    expect(run.view).toMatchObject({ status: 'RUNNING', cursor: { step: 1, attempt: 3 } });
    expect(nowSeen()).toBe('2026-01-01T00:00:00.500Z');
    expect(readSnapshot(takeSnapshot(run.state).text, null).phase).toEqual(run.state.phase);
  });

  it('waits no longer than the deadline', () => {
    const run = failing({ retry: { max_attempts: 2 } }, [boom], { deadlineSeconds: 0.5 });
    run.finish();
    expect(run.decide()).toEqual({ type: 'wait', until: START + 500 });
    run.now += 500;
    expect(run.finish().error?.code).toBe('deadline_exceeded');
  });

  it('does not try again what was cancelled', () => {
    const run = failing({ retry: { max_attempts: 2 } }, [boom]);
    run.finish();
    run.append({ type: 'cancel.requested' });
    expect(run.finish()).toMatchObject({ status: 'CANCELLED', waiting: null });
    run.retry();
    expect(run.finish()).toMatchObject({ status: 'COMPLETED', cursor: { attempt: 2 } });
  });
});

describe('on_error', () => {
  const patch = { error: { node: 'a', code: 'tool_failed', message: 'boom' } };

  it('has the code and the details of the tool in data, and so has a run that fails', () => {
    const options = { code: 'too_busy', details: { status: 503, body: [null] } };
    const run = failing({ on_error: 'b' }, [new FatalError('busy', options)]);
    const { data } = run.finish();
    expect(data.error).toEqual({ node: 'a', message: 'busy', ...options });
    expect(Object.isFrozen(data.error)).toBe(true);
    const failed = failing({}, [new RetryableError('busy', options)]).finish();
    expect(failed.error).toEqual({ node: 'a', step: 1, message: 'busy', ...options });
  });

  it('is taken when tries are used up, with what went wrong in data', () => {
    const run = failing({ on_error: 'b', retry: { max_attempts: 2, interval_seconds: 0 } }, [boom, boom]);
    expect(run.finish()).toMatchObject({ status: 'COMPLETED', data: { ...patch, b: true }, stepCount: 2 });
    expect(run.records[3]?.event).toMatchObject({
      type: 'step.failed',
      attempt: 2,
      patch,
      decision: { kind: 'error', to_node: 'b' },
      next: 'b',
    });
  });

  it('may end the run', () => {
    const run = failing({ on_error: 'END' }, [boom]);
    expect(run.finish()).toMatchObject({ status: 'COMPLETED', data: patch, error: null, stepCount: 1 });
    expect(run.records.at(-1)?.event).toEqual({ type: 'run.completed', reason: 'end' });
  });

  it('goes round until the steps are used up', () => {
    const run = failing({ on_error: 'a' }, Array(9).fill(boom), { maxSteps: 4 });
    expect(run.finish()).toMatchObject({
      status: 'FAILED',
      stepCount: 4,
      error: { code: 'max_steps_exceeded', step: 5 },
    });
    run.retry({ max_steps: 20 });
    expect(run.since('run.retried')).toMatchObject([{ step: 5, next: 'a' }]);
    expect(run.finish()).toMatchObject({ status: 'COMPLETED', stepCount: 10, data: { worked: true } });
  });

  it('does not go before the deadline', () => {
    const run = failing({ on_error: 'b' }, [boom], { deadlineSeconds: 1 });
    run.advance();
    run.advance(() => {
      run.now += 1000;
    });
    expect(run.types().slice(-2)).toEqual(['step.failed', 'run.failed']);
    expect(run.view.error?.code).toBe('deadline_exceeded');
  });
});

describe('a run that is retried', () => {
  const returned: CallOutcome = { kind: 'returned', value: { n: 1 }, logs: [] };
  const nodes = ['a', 'b'].map((name) => ({ name, tool_name: 'work' }));
  const work = { name: 'work', run: () => ({ n: 1 }) };
  const cancelledDuring = (document: object, options: DriverOptions = {}) => {
    const run = new RunDriver(compiled({ entry_point: 'a', nodes, ...document }, [work]), options);
    run.advance();
    run.append({ type: 'cancel.requested' });
    run.settle(returned);
    expect(run.view).toMatchObject({ status: 'CANCELLED', stepCount: 1 });
    run.retry();
    return run;
  };

  it('goes on with the next node where the step was over', () => {
    const run = cancelledDuring({ edges: [{ from_node: 'a', to_node: 'b' }] });
    expect(run.decide()).toMatchObject({ type: 'call', cursor: { node: 'b', step: 2, attempt: 1 } });
  });

  it.each([
    ['END', { edges: [{ from_node: 'a', to_node: 'END' }] }, {}, 'run.completed', 'end'],
    ['a dead end', {}, {}, 'run.completed', 'no_edge'],
    [
      'its join',
      { edges: [{ from_node: 'a', to_node: 'b' }] },
      { submitted: { entry_node: 'a', join_node: 'b' } },
      'run.completed',
      'join',
    ],
    [
      'branches',
      { parallel_edges: [{ from_node: 'a', to_nodes: ['b'], join_node: 'END' }] },
      {},
      'branches.started',
      undefined,
    ],
  ])('does not call the tool again where the step was over and led to %s', (_, document, options, type, reason) => {
    const run = cancelledDuring(document, options);
    run.advance();
    expect(run.since('run.retried').slice(1)).toMatchObject([
      { type: 'step.completed', step: 1, patch: {} },
      { type, ...(reason !== undefined && { reason }) },
    ]);
    expect(run.view).toMatchObject({ stepCount: 1, data: { n: 1 }, pending: null });
  });

  it('chooses the way again after a condition that failed, without calling the tool again', () => {
    let way: unknown = 'nowhere';
    const gate = { name: 'gate', choose: () => way as string };
    const document = { entry_point: 'a', nodes, conditional_edges: [{ from_node: 'a', condition_function: 'gate' }] };
    const run = new RunDriver(compiled(document, [work, gate]));
    expect(run.finish()).toMatchObject({ status: 'FAILED', pending: { kind: 'route' } });
    run.retry();
    expect(run.finish()).toMatchObject({ status: 'FAILED', pending: { kind: 'route' } });
    way = 'b';
    run.retry();
    expect(run.decide()).toMatchObject({ events: [{ type: 'step.completed', step: 1, patch: {}, next: 'b' }] });
    expect(run.finish()).toMatchObject({ status: 'COMPLETED', stepCount: 2 });
  });

  it('starts where it was cancelled before it had', () => {
    const run = new RunDriver(compiled({ entry_point: 'a', nodes }, [work]));
    run.append({ type: 'cancel.requested' });
    run.finish();
    run.retry();
    run.now += 5;
    expect(run.finish()).toMatchObject({ status: 'COMPLETED', startedAt: START + 5 });
    expect(run.since('run.retried').map(({ type }) => type)).toContain('run.started');
  });
});

describe('a fork', () => {
  const nodes = ['a', 'b'].map((name) => ({ name, tool_name: 'work' }));
  const graph = compiled({ entry_point: 'a', nodes, edges: [{ from_node: 'a', to_node: 'b' }] }, [
    { name: 'work', run: ({ data }) => ({ seen: data.n ?? null }) },
  ]);
  const forked = () => {
    const run = new RunDriver(graph);
    run.advance();
    run.advance();
    run.append({ type: 'run.forked', forked_from: { run_id: 'run-0', step: 2 }, patch: { n: 5 }, node: 'b', step: 2 });
    return run;
  };

  it('starts at its step, with the steps before it done', () => {
    const run = forked();
    expect(run.view).toMatchObject({
      status: 'SUBMITTED',
      startedAt: null,
      stepCount: 1,
      data: { n: 5, seen: null },
      forkedFrom: { run_id: 'run-0', step: 2 },
    });
    expect(run.decide()).toEqual({ type: 'append', events: [{ type: 'run.started', next: 'b', step: 2 }] });
    expect(run.finish()).toMatchObject({ status: 'COMPLETED', stepCount: 2, data: { n: 5, seen: 5 } });
  });

  it('starts there when it is retried, too', () => {
    const run = forked();
    run.append({ type: 'cancel.requested' });
    run.finish();
    run.retry();
    expect(run.decide()).toMatchObject({ events: [{ type: 'run.started', next: 'b', step: 2 }] });
    expect(run.finish()).toMatchObject({ status: 'COMPLETED', stepCount: 2 });
  });
});
