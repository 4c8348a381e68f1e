import { describe, expect, it } from 'vitest';
import { isJoinDecided, neededBranches, tolerableLosses } from '../../../src/core/run/join-rule.js';
import { compiled, completedChild, lostChild, RunDriver, START } from '../../helpers/run-driver.js';

const NODES = ['a', 'b', 'c', 'd', 'j', 'e'].map((name) => ({ name, tool_name: 'work' }));
const work = { name: 'work', run: () => ({ list: ['x', 'y', 'z'], none: [] }) };

/** A run that has started its branches, if nothing was in the way. */
function branching(document: object, deadlineSeconds?: number): RunDriver {
  const graph = compiled({ entry_point: 'a', nodes: NODES, ...document }, [work]);
  const run = new RunDriver(graph, deadlineSeconds === undefined ? {} : { deadlineSeconds });
  run.advance();
  run.advance();
  return run;
}

const parallel = (edge: object, more: object = {}) =>
  branching({ parallel_edges: [{ from_node: 'a', to_nodes: ['b', 'c', 'd'], join_node: 'j', ...edge }], ...more });
const forEach = (edge: object, deadlineSeconds?: number) => {
  const every = { from_node: 'a', items: '${ data.list }', to_node: 'b', join_node: 'j', collect_as: 'all' };
  return branching({ for_each_edges: [{ ...every, ...edge }] }, deadlineSeconds);
};
const joinedBy = (run: RunDriver) => run.records.find(({ event }) => event.type === 'branches.joined')?.event;

describe('a join of the first branches', () => {
  it('takes those that ended first, whatever their index, and keeps out who completed later', () => {
    const run = parallel({ join: 2 });
    run.settleChildren(
      completedChild({ late: 1 }, 0, START + 30),
      completedChild({ c: 1 }, 1, START + 20),
      completedChild({ d: 1 }, 2, START + 10),
    );
    expect(joinedBy(run)).toEqual({
      type: 'branches.joined',
      step: 1,
      node: 'a',
      count: 3,
      joined: 2,
      failed: 0,
      cancelled: 0,
      winners: [2, 1],
      patch: { c: 1, d: 1 },
      to_node: 'j',
      next: 'j',
    });
    expect(run.state.data).not.toHaveProperty('late');
  });

  it('takes the lower index of those that ended in the same millisecond', () => {
    const run = parallel({ join: 'any' });
    run.settleChildren(completedChild({ c: 1 }, 1), completedChild({ b: 1 }, 0), lostChild(null, 2));
    expect(joinedBy(run)).toMatchObject({ winners: [0], joined: 1, failed: 0, cancelled: 1, patch: { b: 1 } });
  });

  it('merges by the order of the branches, not by that in which they ended', () => {
    const run = parallel({ join: 2 }, { merge: { n: 'last' } });
    run.settleChildren(completedChild({ n: 'b' }, 0, START + 2), completedChild({ n: 'd' }, 2, START + 1));
    expect(joinedBy(run)).toMatchObject({ winners: [2, 0], patch: { n: 'd' }, cancelled: 1 });
  });

  it('names branches by their own index in a conflict', () => {
    const run = parallel({ join: 2 });
    run.settleChildren(completedChild({ n: 1 }, 0), lostChild('x', 1), completedChild({ n: 2 }, 2));
    expect(run.view.error?.message).toMatch(/^Branches 0 \(b\) and 2 \(d\) both set "n"/);
  });

  it('has null in the list of results for who did not win', () => {
    const run = forEach({ join: 'any' });
    run.settleChildren(
      completedChild({ n: 0 }, 0, START + 9),
      completedChild({ n: 1 }, 1, START + 1),
      lostChild(null, 2),
    );
    expect(joinedBy(run)).toMatchObject({ patch: { all: [null, { n: 1 }, null] }, winners: [1] });
  });

  it('counts those that were never begun as cancelled', () => {
    const run = forEach({ join: 'any' });
    run.settleChildren(completedChild({ n: 0 }, 0));
    expect(joinedBy(run)).toMatchObject({ joined: 1, failed: 0, cancelled: 2, count: 3 });
  });

  it('lists the errors of those that failed, and not of those that were cancelled', () => {
    const failed = { ...lostChild('boom', 2, START + 9), error: { message: 'boom', code: 'no_stock', node: 'd' } };
    const run = parallel({ join: 'any', collect_errors_as: 'errors' });
    run.settleChildren(lostChild(null, 0, START + 1), completedChild({ c: 1 }, 1, START + 5), failed);
    expect(joinedBy(run)).toMatchObject({
      patch: {
        c: 1,
        errors: [{ index: 2, node: 'd', code: 'no_stock', message: 'boom' }],
      },
    });
  });

  it.each([
    ['any', 'No branch completed. Branch 1 (c) failed: boom.'],
    [2, 'Fewer than 2 branches completed. Branch 1 (c) failed: boom.'],
  ])('of %j fails if too few completed, and keeps the branches for a retry', (join, message) => {
    const run = parallel({ join });
    const completed = join === 2 ? completedChild({ b: 1 }, 0) : lostChild(null, 0);
    run.settleChildren(completed, lostChild('boom', 1), lostChild(null, 2));
    const details = { index: 1, run_id: 'child-1', error: { message: 'boom' } };
    expect(run.view).toMatchObject({ status: 'FAILED', error: { code: 'branch_failed', message, details } });
    expect(run.view.error?.details).not.toHaveProperty('completed');
    run.retry();
    run.settleChildren(completed, completedChild({ c: 1 }, 1), completedChild({ d: 1 }, 2));
    expect(joinedBy(run)).toMatchObject({ joined: join === 2 ? 2 : 1 });
  });

  it('stands, if it is won, though the run comes to its deadline before the others have let go', () => {
    const run = forEach({ join: 'any', join_node: 'END' }, 10);
    run.now = START + 10_000;
    run.settleChildren(completedChild({ n: 0 }), lostChild(null, 1), lostChild(null, 2));
    expect(run.view).toMatchObject({ status: 'COMPLETED', data: { all: [{ n: 0 }, null, null] } });
  });

  it.each([
    ['list', 4, 'The join needs 4 branches, and there are only 3.'],
    ['none', 'any', 'The join needs a branch, and there is none.'],
    ['none', 2, 'The join needs 2 branches, and there is none.'],
  ])('of a list %s with fewer items than %j starts none', (key, join, message) => {
    const run = forEach({ join, items: `\${ data.${key} }` });
    expect(run.types()).not.toContain('branches.started');
    expect(run.view).toMatchObject({ status: 'FAILED', error: { code: 'branch_failed', message, node: 'a' } });
    run.retry();
    expect(run.decide()).toMatchObject({
      type: 'append',
      events: [{ type: 'step.completed' }, { type: 'run.failed' }],
    });
    const caught = forEach({ join, items: `\${ data.${key} }`, on_error: 'e' });
    const completed = Array.from({ length: key === 'list' ? 3 : 0 }, () => null);
    expect(caught.view).toMatchObject({ cursor: { node: 'e' }, data: { error: { message, details: { completed } } } });
  });

  it('says that there is one branch only', () => {
    const run = forEach({ join: 2, items: '${ [1] }' });
    expect(run.view.error?.message).toBe('The join needs 2 branches, and there is only 1.');
  });
});

it.each([
  [{ join: 'any' }, 'No branch completed.'],
  [{}, 'Not all branches completed.'],
])('a join of branches of which nothing is stored fails: %j', (edge, message) => {
  const run = parallel(edge);
  run.settleChildren();
  expect(run.view.error).toEqual({ code: 'branch_failed', message, node: 'a', step: 1 });
});

describe('a join that tolerates failures', () => {
  it('takes what completed, and lists the errors by index', () => {
    const run = forEach({ max_failures: 2, collect_errors_as: 'errors' });
    run.settleChildren(lostChild(null, 2), completedChild({ n: 1 }, 1), lostChild('boom', 0));
    expect(joinedBy(run)).toMatchObject({
      joined: 1,
      failed: 1,
      cancelled: 1,
      patch: {
        all: [null, { n: 1 }, null],
        errors: [
          { index: 0, message: 'boom' },
          { index: 2, code: 'cancelled' },
        ],
      },
    });
    expect(joinedBy(run)).not.toHaveProperty('winners');
  });

  it('has an empty list of errors if there are none, and of a list without items', () => {
    const run = forEach({ max_failures: 1, collect_errors_as: 'errors', items: '${ [1] }' });
    run.settleChildren(completedChild({ n: 1 }));
    expect(joinedBy(run)).toMatchObject({ joined: 1, patch: { all: [{ n: 1 }], errors: [] } });
    const none = forEach({ max_failures: 1, collect_errors_as: 'errors', items: '${ [] }' });
    expect(joinedBy(none)).toMatchObject({ count: 0, patch: { all: [], errors: [] } });
  });

  it('fails with one more, and says how many it tolerates', () => {
    const run = parallel({ max_failures: 1 });
    run.settleChildren(lostChild('boom', 0), completedChild({}, 1), lostChild(null, 2));
    expect(run.view.error?.message).toBe('More than 1 of the branches did not complete. Branch 0 (b) failed: boom.');
  });

  it('joins nothing at all if all of them can fail', () => {
    const run = parallel({ max_failures: 9, collect_errors_as: 'errors' });
    run.settleChildren(lostChild('x', 0), lostChild('y', 1), lostChild('z', 2));
    expect(joinedBy(run)).toMatchObject({ joined: 0, failed: 3, patch: { errors: [{}, {}, {}] } });
  });

  it('refuses a branch that sets the key for errors', () => {
    const run = parallel({ max_failures: 1, collect_errors_as: 'errors' });
    run.settleChildren(lostChild('x', 0), completedChild({ errors: 1 }, 1), completedChild({}, 2));
    const message = 'Branch 1 (c) sets "errors", which is for errors of branches.';
    expect(run.view.error).toMatchObject({ code: 'join_failed', message });
  });

  it('does not take the deadline of the run for failures of branches', () => {
    const run = forEach({ max_failures: 3, join_node: 'END' }, 10);
    run.now = START + 10_000;
    run.settleChildren(lostChild('late', 0), lostChild('late', 1), lostChild('late', 2));
    expect(run.view).toMatchObject({ status: 'FAILED', error: { code: 'deadline_exceeded' } });
    run.now = START;
    run.retry();
    expect(run.decide()).toMatchObject({ type: 'children', cancel: false });
  });
});

describe('the way for errors of an edge', () => {
  it('has what the finished branches set, and chooses by it', () => {
    const on_error = [{ when: 'error.details.completed.exists(x, x != null)', to_node: 'e' }];
    const run = forEach({ on_error });
    run.settleChildren(completedChild({ n: 0 }), lostChild('boom', 1), completedChild({ n: 2 }, 2));
    expect(run.view).toMatchObject({
      cursor: { node: 'e' },
      data: { error: { code: 'branch_failed', details: { index: 1, completed: [{ n: 0 }, null, { n: 2 }] } } },
    });
    // The event tells it once, in its patch.
    expect(joinedBy(run)).toMatchObject({ error: { details: { index: 1 } } });
    expect(JSON.stringify(joinedBy(run)).split('completed')).toHaveLength(2);
    const other = forEach({ on_error });
    other.settleChildren(lostChild(null, 0), lostChild('boom', 1), lostChild(null, 2));
    expect(other.view.status).toBe('FAILED');
  });

  it('goes without them if they are too much for data', () => {
    const run = forEach({ on_error: 'e' });
    run.settleChildren(completedChild({ n: 'x'.repeat(17_000_000) }), lostChild('boom', 1), lostChild(null, 2));
    expect(run.view).toMatchObject({ cursor: { node: 'e' }, data: { error: { details: { index: 1 } } } });
    const error = run.state.data.error as { details: object };
    expect(error.details).not.toHaveProperty('completed');
  });

  it('has all of them if they set a key to different values', () => {
    const run = parallel({ on_error: 'e' });
    run.settleChildren(completedChild({ n: 0 }), completedChild({ n: 1 }, 1), completedChild({}, 2));
    const details = { completed: [{ n: 0 }, { n: 1 }, {}] };
    expect(run.state.data.error).toMatchObject({ code: 'join_failed', details });
  });
});

describe('the rule of a join', () => {
  it.each([
    [{ kind: 'all', maxFailures: 0 }, 3, 0],
    [{ kind: 'all', maxFailures: 2 }, 1, 2],
    [{ kind: 'all', maxFailures: 5 }, 0, 5],
    [{ kind: 'first', needed: 2 }, 2, 1],
    [{ kind: 'first', needed: 4 }, 4, -1],
  ] as const)('%j of 3 branches needs %i, and can lose %i', (rule, needed, losses) => {
    expect([neededBranches(rule, 3), tolerableLosses(rule, 3)]).toEqual([needed, losses]);
  });

  it.each([
    [{ kind: 'all', maxFailures: 1 }, { completed: 3, lost: 1 }, false],
    [{ kind: 'all', maxFailures: 1 }, { completed: 0, lost: 2 }, true],
    [{ kind: 'first', needed: 2 }, { completed: 1, lost: 1 }, false],
    [{ kind: 'first', needed: 2 }, { completed: 2, lost: 0 }, true],
    [{ kind: 'first', needed: 2 }, { completed: 0, lost: 2 }, true],
  ] as const)('%j is decided by %j: %j', (rule, counts, isDecided) => {
    expect(isJoinDecided(rule, 3, counts)).toBe(isDecided);
  });
});
