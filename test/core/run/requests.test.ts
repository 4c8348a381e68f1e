import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/core/base/json.js';
import { answer, cancel, refuseChild, restartChild, retry } from '../../../src/core/run/requests.js';
import type { RunState } from '../../../src/core/run/state.js';
import { type Wait, wait } from '../../../src/core/tool/wait.js';
import { compiled, type DriverOptions, RunDriver, START } from '../../helpers/run-driver.js';

const NODES = ['a', 'b', 'c'].map((name) => ({ name, tool_name: 'tool' }));
const schema = { type: 'object', required: ['ok'] };

function runOf(run: () => JsonObject | Wait, options: DriverOptions = {}, more = {}): RunDriver {
  const document = { entry_point: 'a', nodes: NODES, edges: [{ from_node: 'a', to_node: 'b' }], ...more };
  return new RunDriver(compiled(document, [{ name: 'tool', run }]), options);
}

const works = () => ({ n: 1 });
const asks = () => wait({ kind: 'input', message: 'Well?', until: START + 5000, schema });

function waitingForAnswer(): RunDriver {
  const run = runOf(asks);
  run.finish();
  return run;
}

describe('cancel', () => {
  const atOnce = { events: [{ type: 'run.cancelled', logs: [] }] };
  const later = { events: [{ type: 'cancel.requested' }] };

  it('ends a run at once that has not begun, or waits', () => {
    expect(cancel(runOf(works).state)).toEqual(atOnce);
    expect(cancel(waitingForAnswer().state)).toEqual(atOnce);
  });

  it('asks a run at work, or its children, to let go', () => {
    const run = runOf(works);
    run.advance();
    expect(cancel(run.state)).toEqual(later);
    const edges = { edges: [], parallel_edges: [{ from_node: 'a', to_nodes: ['b'], join_node: 'c' }] };
    const branches = runOf(works, {}, edges);
    branches.finish();
    expect(branches.view.status).toBe('WAITING');
    expect(cancel(branches.state)).toEqual(later);
  });

  it('has nothing left to do for a run that is being cancelled, and refuses one that has finished', () => {
    const run = runOf(works);
    run.advance();
    run.append({ type: 'cancel.requested' });
    expect(cancel(run.state)).toEqual({ events: [] });
    run.finish();
    expect(cancel(run.state)).toEqual({
      refusal: { code: 'run_finished', message: 'Run run-1 is CANCELLED already.' },
    });
  });
});

describe('answer', () => {
  it('ends the wait with the answer', () => {
    const { state } = waitingForAnswer();
    const events = [{ type: 'wait.ended', wait_id: 'w3', outcome: 'answered', answer: { ok: 1 } }];
    expect(answer(state, { payload: { ok: 1 } }, START)).toEqual({ events });
    expect(answer(state, { payload: { ok: 1 }, waitId: 'w3' }, START + 4999)).toEqual({ events });
  });

  it('says who has given it, if that is known', () => {
    const { events } = answer(waitingForAnswer().state, { payload: { ok: 1 }, by: 'token' }, START);
    expect(events).toMatchObject([{ type: 'wait.ended', answer: { ok: 1 }, answered_by: 'token' }]);
  });

  it('takes anything if there is no schema', () => {
    const run = runOf(() => wait({ kind: 'input', message: 'Well?' }));
    run.finish();
    const events = [{ type: 'wait.ended', wait_id: 'w3', outcome: 'answered', answer: null }];
    expect(answer(run.state, { payload: null }, START + 1e9)).toEqual({ events });
  });

  it('takes anything if the schema cannot be used', () => {
    const run = runOf(() => wait({ kind: 'input', message: 'Well?', schema: { type: 'nonsense' } }));
    run.finish();
    expect(answer(run.state, { payload: 1 }, START).events).toHaveLength(1);
  });

  it.each<[string, RunState, { payload: { ok?: number }; waitId?: string }, number, string, RegExp]>([
    [
      'a run that has not begun',
      runOf(works).state,
      { payload: {} },
      0,
      'run_not_waiting',
      /^Run run-1 is SUBMITTED and/,
    ],
    [
      'a run that waits for a time',
      (() => {
        const run = runOf(() => wait({ kind: 'timer', until: START + 5 }));
        run.finish();
        return run.state;
      })(),
      { payload: {} },
      0,
      'run_not_waiting',
      /^Run run-1 is WAITING and does not wait for an answer\.$/,
    ],
    [
      'another wait',
      waitingForAnswer().state,
      { payload: { ok: 1 }, waitId: 'w9' },
      0,
      'run_not_waiting',
      /answer to w3, not to w9\.$/,
    ],
    [
      'a wait that is over',
      waitingForAnswer().state,
      { payload: { ok: 1 } },
      5000,
      'run_not_waiting',
      /^The wait w3 of run run-1 has expired\.$/,
    ],
    ['what does not fit', waitingForAnswer().state, { payload: {} }, 0, 'invalid_answer', /does not fit/],
  ])('is refused for %s', (_, state, request, after, code, message) => {
    expect(answer(state, request, START + after).refusal).toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
  });

  it('says where it does not fit', () => {
    const { refusal } = answer(waitingForAnswer().state, { payload: {} }, START);
    expect(refusal?.problems).toEqual([expect.objectContaining({ pointer: '/payload/ok' })]);
  });
});

describe('retry', () => {
  const failing = (options: DriverOptions = {}, more = {}) => {
    const run = runOf(
      () => {
        throw new Error('boom');
      },
      options,
      more,
    );
    run.finish();
    return run;
  };
  const there = { isGraphDeleted: false };

  it('goes on with the visit that failed', () => {
    const events = [{ type: 'run.retried', step: 1, node: 'a' }];
    expect(retry(failing().state, there, START)).toEqual({ events });
  });

  it('restarts the deadline, its own or the one that is asked for', () => {
    const { state } = failing({ deadlineSeconds: 2 });
    const deadlineOf = (deadline_seconds?: number) =>
      retry(state, { ...there, limits: { deadline_seconds } as { deadline_seconds: number } }, START + 10).events?.[0];
    expect(deadlineOf()).toEqual({ type: 'run.retried', limits: {}, deadline_at: START + 2010, step: 1, node: 'a' });
    expect(deadlineOf(5)).toMatchObject({ limits: { deadline_seconds: 5 }, deadline_at: START + 5010 });
  });

  it('begins a run that had not begun', () => {
    const run = runOf(works);
    run.append({ type: 'run.cancelled', logs: [] });
    expect(retry(run.state, there, START)).toEqual({ events: [{ type: 'run.retried' }] });
  });

  it('says that a node is executed if the log does not say so yet, once', () => {
    const run = runOf(works, { maxSteps: 1 });
    run.finish();
    expect(run.view.error?.code).toBe('max_steps_exceeded');
    const limits = { max_steps: 2 };
    const { events } = retry(run.state, { ...there, limits }, START);
    expect(events).toEqual([{ type: 'run.retried', limits, step: 2, node: 'b', next: 'b' }]);
    run.append(...events!, { type: 'run.cancelled', logs: [] });
    expect(retry(run.state, there, START)).toEqual({ events: [{ type: 'run.retried', step: 2, node: 'b' }] });
  });

  it.each<[string, RunState, object, string, RegExp]>([
    ['a run that goes on', runOf(works).state, there, 'run_not_retryable', /^Run run-1 is SUBMITTED; only FAILED/],
    [
      'a run whose graph was deleted',
      failing().state,
      { isGraphDeleted: true },
      'graph_deleted',
      /^Graph "test-graph" of run run-1/,
    ],
    [
      'limits that are too low',
      failing().state,
      { ...there, limits: { max_steps: 0 } },
      'limits_too_low',
      /^The run goes on with step 1; give it limits.max_steps of at least that\.$/,
    ],
    [
      'a child',
      failing({ submitted: { parent: { run_id: 'run-0', seq: 4, index: 0, kind: 'graph', depth: 1 } } }).state,
      there,
      'run_is_child',
      /^Run run-1 is part of run run-0; do this to that one\.$/,
    ],
  ])('is refused for %s', (_, state, request, code, message) => {
    const { refusal } = retry(state, { isGraphDeleted: false, ...request }, START);
    expect(refusal).toMatchObject({ code, message: expect.stringMatching(message) });
  });

  it('of a child is refused with the name of the run that it is part of', () => {
    expect(refuseChild('run-2', 'run-0').refusal.message).toBe('Run run-2 is part of run run-0; do this to that one.');
  });

  it('of a parent restarts its child, with its deadline and the higher limit of steps', () => {
    const parent = { ...failing({ maxSteps: 50 }).state, deadlineAt: START + 9 };
    const child = failing({ maxSteps: 20 }).state;
    expect(restartChild(child, parent, 12, START)).toEqual({
      type: 'run.retried',
      parent_seq: 12,
      limits: { max_steps: 50 },
      deadline_at: START + 9,
      step: 1,
      node: 'a',
    });
    expect(restartChild(parent, child, 12, START)).toMatchObject({ limits: { max_steps: 50 } });
    expect(restartChild(child, child, 12, START)).not.toHaveProperty('deadline_at');
    const bounded = { ...child, deadlineSeconds: 2 };
    expect(restartChild(bounded, child, 12, START)).toMatchObject({ deadline_at: START + 2000 });
    expect(restartChild(bounded, parent, 12, START)).toMatchObject({ deadline_at: START + 9 });
  });
});

it('an answer, a cancel and a retry bring a run to its end', () => {
  const run = waitingForAnswer();
  run.append(...cancel(run.state).events!);
  run.retry();
  run.finish();
  run.append(...answer(run.state, { payload: { ok: 1 } }, run.now).events!);
  run.advance();
  expect(run.view).toMatchObject({ data: { a: { ok: 1 } }, stepCount: 1, cursor: { node: 'b' } });
});
