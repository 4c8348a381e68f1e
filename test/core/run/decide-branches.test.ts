import assert from 'node:assert/strict';
import { describe, expect, it } from 'vitest';
import { settleChildren } from '../../../src/core/run/settle.js';
import type { RunState } from '../../../src/core/run/state.js';
import { compiled, completedChild, type DriverOptions, lostChild, RunDriver, START } from '../../helpers/run-driver.js';

const NODES = ['a', 'b', 'c', 'j', 'e'].map((name) => ({ name, tool_name: 'work' }));
const work = { name: 'work', run: () => ({ list: ['x', 'y'] }) };
const parallelEdge = { from_node: 'a', to_nodes: ['b', 'c'], join_node: 'j' };
const forEachEdge = { from_node: 'a', items: '${ data.list }', to_node: 'b', join_node: 'j', collect_as: 'all' };

/** A run that has started its branches, if nothing was in the way. */
function branching(document: object, options: DriverOptions = {}): RunDriver {
  const run = new RunDriver(compiled({ entry_point: 'a', nodes: NODES, ...document }, [work]), options);
  run.advance();
  run.advance();
  return run;
}

const parallel = (edge: object = {}, options: DriverOptions = {}) =>
  branching({ parallel_edges: [{ ...parallelEdge, ...edge }] }, options);
const forEach = (edge: object = {}, options: DriverOptions = {}) =>
  branching({ for_each_edges: [{ ...forEachEdge, ...edge }] }, options);

describe('parallel branches', () => {
  it('begin together, and are waited for', () => {
    const run = parallel();
    expect(run.since('step.completed')).toMatchObject([
      { step: 1, decision: { kind: 'parallel', to_node: 'j' }, next: null },
      {
        type: 'branches.started',
        step: 1,
        node: 'a',
        kind: 'parallel',
        to_nodes: ['b', 'c'],
        join_node: 'j',
        count: 2,
      },
    ]);
    expect(run.view).toMatchObject({
      status: 'WAITING',
      waiting: { id: 'w4', kind: 'branches', node: 'a', until: null },
      children: { seq: 4, kind: 'parallel', toNodes: ['b', 'c'], joinNode: 'j', count: 2, graph: null },
      cursor: { node: 'a', step: 1 },
      stepCount: 1,
    });
    expect(run.decide()).toEqual({ type: 'children', children: run.view.children, cancel: false });
  });

  it('are joined with what they set, whatever order they end in', () => {
    const run = parallel();
    run.settleChildren(completedChild({ c: 2 }, 1), completedChild({ b: 1 }, 0));
    expect(run.records.at(-1)?.event).toEqual({
      type: 'branches.joined',
      step: 1,
      node: 'a',
      count: 2,
      patch: { b: 1, c: 2 },
      to_node: 'j',
      next: 'j',
    });
    expect(run.view).toMatchObject({ status: 'RUNNING', children: null, cursor: { node: 'j', step: 2 } });
    expect(run.finish()).toMatchObject({ status: 'COMPLETED', stepCount: 2, data: { b: 1, c: 2 } });
  });

  it('may be the end of the run', () => {
    const run = parallel({ join_node: 'END' });
    run.settleChildren(completedChild({}), completedChild({}, 1));
    expect(run.since('branches.joined')).toMatchObject([{ next: null }, { type: 'run.completed', reason: 'end' }]);
  });

  it('fail the run when one of them does, and are kept for a retry', () => {
    const run = parallel();
    run.settleChildren(completedChild({ b: 1 }), lostChild('boom', 1));
    expect(run.types().at(-1)).toBe('run.failed');
    expect(run.view).toMatchObject({
      status: 'FAILED',
      waiting: null,
      error: { code: 'branch_failed', message: 'Branch 1 (c) failed: boom.', node: 'a', step: 1 },
    });
    run.retry();
    expect(run.view).toMatchObject({
      status: 'WAITING',
      waiting: { id: 'w4', kind: 'branches', since: START },
      children: { seq: 4, retriedSeq: 6 },
    });
    run.settleChildren(completedChild({ b: 1 }), completedChild({ c: 2 }, 1));
    expect(run.finish()).toMatchObject({ status: 'COMPLETED', data: { b: 1, c: 2 } });
  });

  it('take the on_error of their edge', () => {
    const run = parallel({ on_error: 'e' });
    run.settleChildren(lostChild(null), completedChild({ c: 2 }, 1));
    const error = { code: 'branch_failed', message: 'Branch 0 (b) was cancelled.', node: 'a' };
    expect(run.records.at(-1)?.event).toMatchObject({
      patch: { error },
      error: { ...error, step: 1 },
      to_node: 'e',
      next: 'e',
    });
    expect(run.view).toMatchObject({ children: null, cursor: { node: 'e', step: 2 }, data: { error } });
    expect(run.state.data).not.toHaveProperty('c');
  });

  it('fail the join where they set a key to different values', () => {
    const conflicting = [completedChild({ n: 1 }), completedChild({ n: 2 }, 1)] as const;
    const run = parallel();
    run.settleChildren(...conflicting);
    expect(run.view.error).toMatchObject({ code: 'join_failed', message: expect.stringContaining('"n"') });
    const ruled = branching({ parallel_edges: [parallelEdge], merge: { n: 'sum' } });
    ruled.settleChildren(...conflicting);
    expect(ruled.state.data.n).toBe(3);
    const caught = parallel({ on_error: 'END' });
    caught.settleChildren(...conflicting);
    expect(caught.view).toMatchObject({ status: 'COMPLETED', data: { error: { code: 'join_failed' } } });
  });

  it('end before the run does, when it is cancelled', () => {
    const run = parallel();
    run.append({ type: 'cancel.requested' });
    expect(run.decide()).toMatchObject({ type: 'children', cancel: true });
    run.settleChildren(lostChild(null), completedChild({}, 1));
    expect(run.view).toMatchObject({ status: 'CANCELLED', children: { seq: 4 }, waiting: null });
    run.retry();
    expect(run.decide()).toMatchObject({ type: 'children', cancel: false });
  });

  it('that cannot all be made fail the run, whatever its way for errors, until it is retried', () => {
    const run = parallel({ on_error: 'e' });
    run.append({ type: 'children.refused', code: 'too_many_descendants', message: 'many' });
    expect(run.decide()).toMatchObject({ type: 'children', children: { refused: { message: 'many' } } });
    run.settleChildren(completedChild({}));
    expect(run.view).toMatchObject({
      status: 'FAILED',
      error: { code: 'too_many_descendants', message: 'many', node: 'a', step: 1 },
      children: { seq: 4 },
    });
    run.retry();
    expect(run.view.children).not.toHaveProperty('refused');
    expect(run.decide()).toMatchObject({ type: 'children', cancel: false });
  });

  it('that cannot all be made end with a run that is cancelled', () => {
    const run = parallel();
    run.append(
      { type: 'children.refused', code: 'too_many_descendants', message: 'many' },
      { type: 'cancel.requested' },
    );
    run.settleChildren(completedChild({}));
    expect(run.view.status).toBe('CANCELLED');
  });

  it('are refused only to a run that has them', () => {
    const run = parallel();
    run.settleChildren(completedChild({}), completedChild({}, 1));
    const before = run.view;
    run.append({ type: 'children.refused', code: 'too_many_descendants', message: 'many' });
    expect(run.view).toMatchObject({ status: before.status, cursor: before.cursor, children: null });
  });

  it('that crash the server again and again are cancelled, and fail the run', () => {
    const run = parallel({ on_error: 'e' });
    for (let crash = 1; crash < 10; crash++) run.append({ type: 'run.recovered', children_ended: 0 });
    expect(run.decide()).toMatchObject({ type: 'children', cancel: false });
    run.append({ type: 'run.recovered', children_ended: 0 });
    expect(run.decide()).toMatchObject({ type: 'children', cancel: true });
    run.settleChildren(lostChild(null), completedChild({}, 1));
    expect(run.view).toMatchObject({ status: 'FAILED', error: { code: 'recovery_exhausted' }, recoveries: 0 });
    run.retry();
    expect(run.view).toMatchObject({ status: 'WAITING', children: { seq: 4 } });
    expect(run.view.children).not.toHaveProperty('endedBefore');
  });

  it('count crashes anew once one of them has ended, and after a stop in good order', () => {
    const run = parallel();
    const counts = [0, 0, 1, 1, 2].map((ended) => {
      run.append({ type: 'run.recovered', children_ended: ended });
      return run.state.recoveries;
    });
    expect(counts).toEqual([1, 2, 1, 2, 1]);
    run.append({ type: 'run.drained' }, { type: 'run.recovered', children_ended: 2 });
    expect(run.view).toMatchObject({ recoveries: 0, drained: false });
    run.append({ type: 'run.recovered', children_ended: 2 });
    expect(run.state.recoveries).toBe(1);
    // As in journals that do not tell how many had ended.
    run.append({ type: 'run.recovered' });
    expect(run.state.recoveries).toBe(2);
  });

  it('are joined at the deadline, which ends the run after that', () => {
    const run = parallel({}, { deadlineSeconds: 1 });
    run.now += 1000;
    run.settleChildren(completedChild({ b: 1 }), completedChild({}, 1));
    expect(run.types().slice(-2)).toEqual(['branches.joined', 'run.failed']);
    expect(run.view).toMatchObject({
      error: { code: 'deadline_exceeded', step: 2 },
      data: { b: 1 },
      cursor: { node: 'j' },
    });
    const lost = parallel({ on_error: 'e' }, { deadlineSeconds: 1 });
    lost.now += 1000;
    lost.settleChildren(lostChild('late'), completedChild({}, 1));
    expect(lost.view).toMatchObject({ error: { code: 'deadline_exceeded', step: 1 }, children: { seq: 4 } });
  });

  it('do not begin after the deadline, but do when the run is retried', () => {
    const run = new RunDriver(compiled({ entry_point: 'a', nodes: NODES, parallel_edges: [parallelEdge] }, [work]), {
      deadlineSeconds: 1,
    });
    run.advance();
    run.advance(() => {
      run.now += 1000;
    });
    expect(run.types().slice(-2)).toEqual(['step.completed', 'run.failed']);
    run.retry();
    run.advance();
    expect(run.types().slice(-2)).toEqual(['step.completed', 'branches.started']);
  });

  it('count as no step, and leave the join to the limit', () => {
    const run = parallel({}, { maxSteps: 1 });
    run.settleChildren(completedChild({}), completedChild({}, 1));
    expect(run.view).toMatchObject({ status: 'FAILED', error: { code: 'max_steps_exceeded', step: 2 } });
    run.retry({ max_steps: 2 });
    expect(run.finish()).toMatchObject({ status: 'COMPLETED', stepCount: 2 });
  });
});

describe('a branch for each item', () => {
  it('begins at the one node for each', () => {
    const run = forEach();
    expect(run.records.at(-1)?.event).toMatchObject({ kind: 'for_each', to_nodes: ['b'], count: 2 });
    expect(run.records.at(-2)?.event).toMatchObject({
      decision: { kind: 'for_each', condition: ' data.list ', outcome: '2', read: [{ path: 'data.list' }] },
    });
  });

  it('gives what it set to the list, in the order of the items', () => {
    const run = forEach();
    run.settleChildren(completedChild({ n: 2 }, 1), completedChild({ n: 1 }, 0));
    expect(run.state.data).toEqual({ list: ['x', 'y'], all: [{ n: 1 }, { n: 2 }] });
    expect(run.view.cursor?.node).toBe('j');
  });

  it('is named by its index where it failed', () => {
    const run = forEach();
    run.settleChildren(completedChild({}), lostChild('boom', 1));
    expect(run.view.error?.message).toBe('Branch 1 (b) failed: boom.');
    const sentence = forEach();
    sentence.settleChildren(completedChild({}), lostChild('It broke!', 1));
    expect(sentence.view.error?.message).toBe('Branch 1 (b) failed: It broke!');
  });

  it('is not needed: no items are joined at once', () => {
    const run = forEach({ items: '${ [] }' });
    expect(run.types().slice(-3)).toEqual(['step.completed', 'branches.started', 'branches.joined']);
    expect(run.view).toMatchObject({
      status: 'RUNNING',
      waiting: null,
      data: { all: [] },
      cursor: { node: 'j', step: 2 },
    });
    const last = forEach({ items: '${ [] }' }, { maxSteps: 1 });
    expect(last.types().slice(-2)).toEqual(['branches.joined', 'run.failed']);
    expect(last.view).toMatchObject({ children: null, error: { code: 'max_steps_exceeded' } });
  });

  it('needs a list', () => {
    const run = forEach({ items: '${ data.list[0] }' });
    expect(run.view).toMatchObject({
      status: 'FAILED',
      error: { code: 'expression_failed' },
      pending: { kind: 'route' },
    });
  });

  it('may set too much', () => {
    const run = forEach();
    const text = 'x'.repeat(9_000_000);
    run.settleChildren(completedChild({ text }), completedChild({ text }, 1));
    expect(run.view.error?.code).toBe('data_too_large');
  });
});

describe('a run that is a branch', () => {
  const branchOf = (document: object, depth = 1, join_node = 'j') => {
    const parent = { run_id: 'run-0', seq: 4, index: 1, kind: 'branch', depth } as const;
    const inherited = { inputData: 'in', data: { n: 1, list: [1] }, item: { id: 7 } };
    return branching(document, { submitted: { input_data: null, parent, entry_node: 'b', join_node }, inherited });
  };

  it('begins at its node, and ends before its join', () => {
    const run = branchOf({ edges: [{ from_node: 'b', to_node: 'j' }] });
    expect(run.records[1]?.event).toEqual({ type: 'run.started', next: 'b' });
    expect(run.since('step.completed')).toMatchObject([
      { node: 'b', decision: { to_node: 'j' }, next: null },
      { type: 'run.completed', reason: 'join' },
    ]);
    expect(run.view).toMatchObject({ own: { list: ['x', 'y'] }, data: { n: 1, list: ['x', 'y'] }, stepCount: 1 });
  });

  it('sees its item', () => {
    const cases = [{ when: 'run.item.id == 7 && run.index == 1', to_node: 'END' }];
    const run = branchOf({ conditional_edges: [{ from_node: 'b', cases, otherwise: 'c' }] });
    expect(run.records.at(-1)?.event).toEqual({ type: 'run.completed', reason: 'end' });
  });

  it('ends at a join of its own branches that is its join too', () => {
    const run = branchOf({ parallel_edges: [{ from_node: 'b', to_nodes: ['c'], join_node: 'j' }] });
    run.settleChildren(completedChild({ c: 1 }));
    expect(run.view).toMatchObject({ status: 'COMPLETED', own: { list: ['x', 'y'], c: 1 } });
    expect(run.records.at(-1)?.event).toEqual({ type: 'run.completed', reason: 'join' });
  });

  it('ends at the deadline of its parent', () => {
    const run = new RunDriver(compiled({ entry_point: 'a', nodes: NODES }, [work]), {
      submitted: { deadline_at: START + 5 },
    });
    run.now += 5;
    expect(run.finish().error).toMatchObject({ code: 'deadline_exceeded', message: 'The run reached its deadline.' });
  });

  it('has no branches eight levels down', () => {
    const document = { parallel_edges: [{ from_node: 'b', to_nodes: ['c'], join_node: 'END' }] };
    expect(branchOf(document, 7).view.status).toBe('WAITING');
    expect(branchOf(document, 8).view).toMatchObject({ status: 'FAILED', error: { code: 'depth_exceeded' } });
  });
});

describe('children of a run that cannot have them', () => {
  it('change nothing', () => {
    const run = parallel();
    const { state, graph, at } = run;
    const results = [completedChild({})];
    const { phase } = state;
    assert.ok(phase.kind === 'joining');
    const { children } = phase;
    const cursor = { node: 'b', step: 1, attempt: 1, tries: 1 };
    expect(settleChildren(graph, { ...state, phase: { kind: 'routing', cursor: phase.cursor } }, results, at)).toEqual(
      [],
    );
    const nowhere: RunState = { ...state, phase: { kind: 'joining', cursor: { ...cursor, node: 'gone' }, children } };
    expect(settleChildren(graph, nowhere, results, at)).toEqual([]);
    const elsewhere: RunState = { ...state, phase: { kind: 'joining', cursor, children } };
    expect(settleChildren(graph, elsewhere, results, at)).toEqual([]);
  });
});
