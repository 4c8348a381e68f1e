import { describe, expect, it } from 'vitest';
import type { EventOf } from '../../../src/core/run/events.js';
import type { Registrable } from '../../../src/core/tool/registry.js';
import { wait } from '../../../src/core/tool/wait.js';
import { compiled, completedChild, type DriverOptions, lostChild, RunDriver, START } from '../../helpers/run-driver.js';

const NODES = ['a', 'b', 'c'].map((name) => ({ name, tool_name: name === 'a' ? 'parks' : 'work' }));
const parks = (request: Parameters<typeof wait>[0]): Registrable => ({ name: 'parks', run: () => wait(request) });
const work: Registrable = { name: 'work', run: () => ({ worked: true }) };

/** A run whose first node parks it, and whose second works. */
function parked(request: Parameters<typeof wait>[0], node: object = {}, options: DriverOptions = {}): RunDriver {
  const nodes = [{ ...NODES[0], ...node }, ...NODES.slice(1)];
  const document = { entry_point: 'a', nodes, edges: [{ from_node: 'a', to_node: 'b' }] };
  const run = new RunDriver(compiled(document, [parks(request), work]), options);
  run.finish();
  return run;
}

const timer = { kind: 'timer', until: START + 5000 } as const;
const input = { kind: 'input', message: 'Well?', until: START + 5000, saveAs: 'said' } as const;
const graph = { kind: 'graph', graphId: 'other', version: 3, input: [1], saveAs: 'result' } as const;

describe('a timer', () => {
  it('parks the run after its call, and goes on when it is over', () => {
    const run = parked(timer);
    expect(run.view).toMatchObject({
      status: 'WAITING',
      waiting: { id: 'w3', kind: 'timer', node: 'a', since: START, until: START + 5000 },
      stepCount: 0,
    });
    run.now += 4999;
    expect(run.decide()).toEqual({ type: 'wait', until: START + 5000 });
    run.now += 1;
    run.advance();
    expect(run.since('wait.ended')).toEqual([
      { type: 'wait.ended', wait_id: 'w3', outcome: 'elapsed' },
      expect.objectContaining({ type: 'step.completed', step: 1, node: 'a', patch: {}, next: 'b' }),
    ]);
    expect(run.finish()).toMatchObject({ status: 'COMPLETED', waiting: null, data: { worked: true } });
  });

  it('ends with the run at the deadline, and begins again with a retry', () => {
    const run = parked(timer, {}, { deadlineSeconds: 2 });
    expect(run.decide()).toEqual({ type: 'wait', until: START + 2000 });
    run.now += 2000;
    expect(run.finish()).toMatchObject({ status: 'FAILED', waiting: null, error: { code: 'deadline_exceeded' } });
    run.retry();
    expect(run.view).toMatchObject({ status: 'RUNNING', deadlineAt: START + 4000, error: null });
    expect(run.finish()).toMatchObject({ status: 'WAITING', waiting: { kind: 'timer' } });
  });

  it('ends with the run when it is cancelled', () => {
    const run = parked(timer);
    run.append({ type: 'cancel.requested' });
    expect(run.finish()).toMatchObject({ status: 'CANCELLED', waiting: null, stepCount: 0 });
  });
});

describe('a wait for input', () => {
  it('gives the answer to the step, as a patch', () => {
    const run = parked({ ...input, schema: { type: 'number' } });
    expect(run.view.waiting).toMatchObject({ message: 'Well?', schema: { type: 'number' }, saveAs: 'said' });
    run.answer({ deep: ['yes'] });
    expect(run.view).toMatchObject({ status: 'RUNNING', waiting: null, pending: { kind: 'answer', key: 'said' } });
    run.advance();
    expect(run.view).toMatchObject({ data: { said: { deep: ['yes'] } }, stepCount: 1, pending: null });
  });

  it('keeps the answer where the run ends before it could use it', () => {
    const run = parked(input);
    run.answer(1);
    run.append({ type: 'cancel.requested' });
    expect(run.finish()).toMatchObject({ status: 'CANCELLED', data: {} });
    run.retry();
    expect(run.finish()).toMatchObject({ status: 'COMPLETED', data: { said: 1, worked: true } });
    expect(run.types().filter((type) => type === 'wait.started')).toHaveLength(1);
  });

  it('is asked again when nobody answers in time, as often as there are tries', () => {
    let asked = START;
    const asks = { name: 'parks', run: () => wait({ ...input, until: asked + 5000 }) };
    const retry = { max_attempts: 3, interval_seconds: 1, backoff_rate: 1 };
    const run = new RunDriver(compiled({ entry_point: 'a', nodes: [{ ...NODES[0], retry }] }, [asks]));
    run.finish();
    for (const attempt of [2, 3]) {
      run.now += 5000;
      run.advance();
      expect(run.since('wait.ended')).toMatchObject([
        { outcome: 'expired' },
        { type: 'step.failed', error: { code: 'wait_expired' }, retry_at: run.now + 1000 },
      ]);
      run.now += 1000;
      asked = run.now;
      expect(run.finish()).toMatchObject({ status: 'WAITING', waiting: { kind: 'input' }, cursor: { attempt } });
    }
    run.answer('yes');
    expect(run.finish()).toMatchObject({ status: 'COMPLETED', data: { said: 'yes' } });
  });

  it('fails when nobody answers in time, and no try is left', () => {
    const run = parked(input);
    run.now += 5000;
    run.advance();
    expect(run.since('wait.ended')).toMatchObject([
      { outcome: 'expired', wait_id: 'w3' },
      { type: 'step.failed', error: { code: 'wait_expired', message: 'Nobody answered in time.' } },
      { type: 'run.failed', error: { code: 'wait_expired' } },
    ]);
  });

  it('takes on_error when nobody answers in time', () => {
    const run = parked(input, { on_error: 'c' });
    run.now += 5000;
    expect(run.finish()).toMatchObject({ status: 'COMPLETED', data: { error: { code: 'wait_expired', node: 'a' } } });
    expect(run.view.cursor?.node).toBe('c');
  });

  it('fails its step when the answer is too large for a patch, and asks again where tries are left', () => {
    const large = 'x'.repeat(1_100_000);
    const once = parked(input);
    once.answer(large);
    expect(once.finish().error).toMatchObject({ code: 'invalid_patch', step: 1 });
    const twice = parked(input, { retry: { max_attempts: 2, interval_seconds: 0 } });
    twice.answer(large);
    expect(twice.finish()).toMatchObject({ status: 'WAITING', waiting: { kind: 'input' }, cursor: { attempt: 2 } });
  });

  it('may have no end', () => {
    const run = parked({ kind: 'input', message: '' });
    expect(run.decide()).toEqual({ type: 'wait', until: null });
    run.answer(null);
    run.advance();
    expect(run.state.data).toEqual({ a: null });
  });
});

describe('a call that is cancelled', () => {
  it('does not park the run any more', () => {
    const document = { entry_point: 'a', nodes: NODES };
    const run = new RunDriver(compiled(document, [parks(timer), work]));
    run.advance();
    run.advance(() => run.append({ type: 'cancel.requested' }));
    expect(run.view).toMatchObject({ status: 'CANCELLED', waiting: null });
  });
});

describe('a graph that runs as a step', () => {
  it('gives its data to the step', () => {
    const run = parked(graph);
    expect(run.decide()).toMatchObject({
      type: 'children',
      cancel: false,
      children: { seq: 3, kind: 'graph', count: 1, graph: { id: 'other', version: 3, input: [1], saveAs: 'result' } },
    });
    run.settleChildren(completedChild({ n: 1 }));
    expect(run.since('wait.ended')).toMatchObject([
      { wait_id: 'w3', outcome: 'joined' },
      { type: 'step.completed', patch: { result: { n: 1 } }, next: 'b' },
    ]);
    expect(run.finish()).toMatchObject({
      status: 'COMPLETED',
      children: null,
      data: { result: { n: 1 }, worked: true },
    });
  });

  it('is bounded and found by what the step says', () => {
    const given = { limits: { max_steps: 2 }, metadata: { order: '17' } };
    const run = parked({ ...graph, ...given });
    expect(run.since('wait.started')).toMatchObject([{ wait: given }]);
    expect(run.decide()).toMatchObject({ children: { graph: { id: 'other', ...given } } });
    expect(parked(graph).decide()).not.toHaveProperty('children.graph.limits');
  });

  it('may set nothing', () => {
    const run = parked(graph);
    run.settleChildren();
    expect(run.state.data).toEqual({ result: null });
  });

  it('is kept when it fails the run, and goes on with a retry', () => {
    const run = parked(graph);
    run.settleChildren(lostChild('boom'));
    expect(run.types().slice(3)).toEqual(['run.failed']);
    expect(run.view).toMatchObject({
      status: 'FAILED',
      waiting: null,
      error: { code: 'child_failed', message: 'Run child-0 of graph "other" failed: boom.', node: 'a', step: 1 },
    });
    run.retry();
    expect(run.view).toMatchObject({
      status: 'WAITING',
      waiting: { id: 'w3', kind: 'graph', saveAs: 'result' },
      children: { seq: 3, retriedSeq: 5 },
    });
    run.settleChildren(completedChild({ n: 2 }));
    expect(run.finish()).toMatchObject({ status: 'COMPLETED', data: { result: { n: 2 } } });
  });

  it('is kept at the deadline too', () => {
    const run = parked(graph, {}, { deadlineSeconds: 1 });
    run.now += 1000;
    run.settleChildren(lostChild(null));
    expect(run.types().slice(3)).toEqual(['run.failed']);
    expect(run.view).toMatchObject({ error: { code: 'deadline_exceeded' }, children: { seq: 3 } });
  });

  it('is a failed attempt where tries are left, and runs anew', () => {
    const run = parked(graph, { retry: { max_attempts: 2 } });
    run.settleChildren(lostChild('boom'));
    expect(run.since('wait.ended')).toMatchObject([
      { outcome: 'joined' },
      {
        type: 'step.failed',
        error: { message: 'Run child-0 of graph "other" failed: boom.' },
        retry_at: START + 1000,
      },
    ]);
    run.now += 1000;
    expect(run.finish()).toMatchObject({ status: 'WAITING', children: { seq: 7 }, cursor: { attempt: 2 } });
  });

  it('does not run anew if a person has cancelled it, whatever the policies say', () => {
    const cancelled = 'Run child-0 of graph "other" was cancelled.';
    for (const retry of [{ max_attempts: 2 }, [{ on: ['child_failed'], max_attempts: 2 }]]) {
      const run = parked(graph, { retry });
      run.settleChildren(lostChild(null));
      expect(run.view).toMatchObject({ status: 'FAILED', error: { code: 'child_failed', message: cancelled } });
    }
  });

  it('may take on_error', () => {
    const run = parked(graph, { on_error: 'c' });
    run.settleChildren(lostChild('boom'));
    expect(run.view).toMatchObject({ status: 'RUNNING', children: null, cursor: { node: 'c', step: 2 } });
    const limited = parked(graph, { on_error: 'c' }, { maxSteps: 1 });
    limited.settleChildren(lostChild('boom'));
    expect(limited.types().slice(3)).toEqual(['wait.ended', 'step.failed', 'run.failed']);
    expect(limited.view).toMatchObject({ children: null, cursor: { node: 'c', step: 2 } });
  });

  it('ends before a cancelled run does', () => {
    const run = parked(graph);
    run.append({ type: 'cancel.requested' });
    expect(run.decide()).toMatchObject({ type: 'children', cancel: true });
    run.settleChildren(lostChild(null));
    expect(run.view).toMatchObject({ status: 'CANCELLED', waiting: null, children: { seq: 3 } });
  });

  it('is refused where its data does not fit, as any patch', () => {
    const run = parked(graph);
    const text = 'x'.repeat(1_000_000);
    run.settleChildren(completedChild(Object.fromEntries(Array.from({ length: 17 }, (_, index) => [index, text]))));
    expect(run.view).toMatchObject({ status: 'FAILED', error: { code: 'data_too_large' }, children: null });
  });
});

describe('a run that a step starts and does not wait for', () => {
  const submitted = { type: 'run.submitted', graph_id: 'other', graph_version: 3 } as EventOf<'run.submitted'>;
  const starts = (saveAs = 'aside') => {
    return { kind: 'starts', run: { runId: 'run-2', submitted }, saveAs, logs: ['line'] } as const;
  };

  it('is named in data, and the run goes on', () => {
    const run = calling();
    run.settle(starts());
    expect(run.since('step.completed')).toMatchObject([{ patch: { aside: { run_id: 'run-2' } }, logs: ['line'] }]);
    expect(run.finish()).toMatchObject({ status: 'COMPLETED', data: { aside: { run_id: 'run-2' }, worked: true } });
  });

  it('is not started by a run that is to be cancelled', () => {
    const run = calling();
    run.append({ type: 'cancel.requested' });
    run.settle(starts());
    expect(run.since('cancel.requested').slice(1)).toEqual([{ type: 'run.cancelled', logs: ['line'] }]);
  });

  it('is not started if there is no room for its name', () => {
    const run = calling();
    run.settle(starts('x'.repeat(17_000_000)));
    expect(run.since('step.failed')).toMatchObject([{ type: 'step.failed' }, { type: 'run.failed' }]);
    expect(run.types()).not.toContain('step.completed');
  });

  /** A run whose first tool is at work. */
  function calling(): RunDriver {
    const document = { entry_point: 'a', nodes: NODES, edges: [{ from_node: 'a', to_node: 'b' }] };
    const run = new RunDriver(compiled(document, [parks(graph), work]));
    run.advance();
    expect(run.decide()).toMatchObject({ type: 'call' });
    return run;
  }
});
