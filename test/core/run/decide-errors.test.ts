import { describe, expect, it } from 'vitest';
import { takeSnapshot } from '../../../src/core/run/journal.js';
import { FatalError } from '../../../src/core/tool/tool-errors.js';
import { readSnapshot } from '../../helpers/all-steps.js';
import { compiled, type DriverOptions, RunDriver, START } from '../../helpers/run-driver.js';

const coded = (code: string, details?: object) => Object.assign(new Error(`it is ${code}`), { code, details });

/** A run of one node that throws these, one after the other, and then works. */
function failing(node: object, thrown: readonly unknown[], options: DriverOptions = {}): RunDriver {
  let calls = 0;
  const run = () => {
    if (calls < thrown.length) throw thrown[calls++];
    return { worked: true };
  };
  const nodes = [
    { name: 'a', tool_name: 'fails', ...node },
    ...['b', 'c'].map((name) => ({ name, tool_name: 'work' })),
  ];
  const functions = [
    { name: 'fails', run },
    { name: 'work', run: () => ({}) },
  ];
  return new RunDriver(compiled({ entry_point: 'a', nodes }, functions), options);
}

const at = (interval_seconds: number, max_attempts = 2) => ({ interval_seconds, max_attempts });

describe('a list of retry policies', () => {
  it('tries again by the first that is for the error, each with a count of its own', () => {
    const retry = [{ on: ['busy'], ...at(10, 3) }, { on: ['gone', 'lost'], ...at(0) }, at(60)];
    const errors = [coded('busy'), coded('gone'), coded('busy'), coded('lost')];
    const run = failing({ retry }, errors);
    expect(run.finish().waiting?.until).toBe(START + 10_000);
    run.now += 10_000;
    // The second failure is the first by its policy, which has no delay; the third is the second by the first one.
    expect(run.finish().waiting?.until).toBe(START + 30_000);
    expect(run.view.cursor).toMatchObject({ attempt: 4, tries: 4, failuresByPolicy: [2, 1] });
    run.now += 20_000;
    expect(run.finish()).toMatchObject({ status: 'FAILED', error: { code: 'lost', message: 'it is lost' } });
    const failed = run.records.map(({ event }) => event).filter((event) => event.type === 'step.failed');
    expect(failed.map((event) => event.retry_policy)).toEqual([0, 1, 0, undefined]);
  });

  it('counts the same whenever its server dies: from the journal, and from a snapshot', () => {
    const retry = [{ on: ['busy'], ...at(1, 3) }, at(1, 3)];
    const run = failing({ retry }, [coded('busy'), coded('other'), coded('busy'), coded('busy')]);
    for (let tries = 0; tries < 4; tries++) {
      run.finish();
      const { state } = run;
      run.state = readSnapshot(takeSnapshot(state).text, null);
      expect(run.state.phase).toEqual(state.phase);
      run.now += 10_000;
    }
    expect(run.view).toMatchObject({ status: 'FAILED', error: { code: 'busy' } });
    run.retry();
    expect(run.view.cursor).toEqual({ node: 'a', step: 1, attempt: 5, tries: 1 });
    expect(run.finish().status).toBe('COMPLETED');
  });

  it('does not try again if none of them is for the error, nor by a later one when the tries of the first are used up', () => {
    expect(failing({ retry: [{ on: ['busy'], ...at(0) }] }, [coded('gone')]).finish().status).toBe('FAILED');
    const never = failing({ retry: [{ on: ['gone'], ...at(0, 1) }, at(0, 9)] }, [coded('gone')]);
    expect(never.finish()).toMatchObject({ status: 'FAILED', error: { code: 'gone' } });
  });

  it('makes an error worth a try that its tool takes for hopeless, if it names it', () => {
    const fatal = new FatalError('no', { code: 'refused', details: { status: 404 } });
    const named = [{ on: ['refused'] }, { when: 'error.details.status == 404' }];
    for (const filter of named) {
      expect(failing({ retry: [{ ...filter, ...at(0) }] }, [fatal]).finish().status).toBe('COMPLETED');
    }
    expect(failing({ retry: [at(0)] }, [fatal]).finish().status).toBe('FAILED');
  });

  it('chooses by an expression over the error, the attempt and the state', () => {
    const when = 'error.code == "busy" && error.message == "it is busy" && error.attempt < input_data.most';
    const run = failing({ retry: [{ when, ...at(0, 9) }] }, [coded('busy'), coded('busy'), coded('busy')], {
      inputData: { most: 3 },
    });
    expect(run.finish()).toMatchObject({ status: 'FAILED', cursor: { attempt: 4 } });
  });

  it('takes an expression without a value for false, and says so in the log', () => {
    const retry = [{ when: 'error.details.status\n== 429', ...at(60) }, at(0)];
    const run = failing({ retry }, [coded('busy')]);
    expect(run.finish().status).toBe('COMPLETED');
    const [failed] = run.since('step.failed');
    expect(failed).toMatchObject({
      logs: [
        'The "error.details.status == 429" of retry has no value, so it is not true: There is no key "details". (at character 7)',
      ],
    });
  });

  it('is not asked if the run is cancelled, or comes to its deadline', () => {
    const run = failing({ retry: [{ on: ['busy'], ...at(60, 9) }] }, [coded('busy')], { deadlineSeconds: 1 });
    run.finish();
    run.now += 1000;
    expect(run.finish().error?.code).toBe('deadline_exceeded');
  });
});

describe('a list of ways for errors', () => {
  const on_error = [
    { on: ['gone'], when: 'error.details.left == 0', to_node: 'b' },
    { on: ['gone', 'lost'], to_node: 'c' },
    { when: 'error.code == "odd"', to_node: 'END' },
  ];

  it('leads to the node of the first that is for the error, and says why', () => {
    const run = failing({ on_error }, [coded('gone', { left: 0 })]);
    const error = { node: 'a', code: 'gone', message: 'it is gone', details: { left: 0 } };
    expect(run.finish()).toMatchObject({ status: 'COMPLETED', data: { error }, cursor: { node: 'b' } });
    expect(run.since('step.failed')[0]).toMatchObject({
      patch: { error },
      decision: {
        kind: 'error',
        outcome: 'gone',
        condition: 'error.details.left == 0',
        to_node: 'b',
        read: [{ path: 'error.details.left', value: 0 }],
      },
    });
  });

  it('goes on to the next entry, to the end, or nowhere', () => {
    const other = failing({ on_error }, [coded('gone', { left: 1 })]);
    expect(other.finish()).toMatchObject({ status: 'COMPLETED', cursor: { node: 'c' } });
    expect(other.since('step.failed')[0]).toMatchObject({ decision: { outcome: 'gone', to_node: 'c' } });
    expect(failing({ on_error }, [coded('odd')]).finish()).toMatchObject({ status: 'COMPLETED', stepCount: 1 });
    const none = failing({ on_error }, [coded('even')]);
    expect(none.finish()).toMatchObject({ status: 'FAILED', error: { code: 'even' }, data: {} });
  });

  it('is asked when there is no further try', () => {
    const retry = [{ on: ['gone'], ...at(0) }];
    const run = failing({ retry, on_error }, [coded('gone'), coded('lost')]);
    expect(run.finish()).toMatchObject({ status: 'COMPLETED', cursor: { node: 'c' } });
  });

  it('keeps the form of the decision of a plain way', () => {
    const run = failing({ on_error: 'c' }, [coded('gone')]);
    run.finish();
    expect(run.since('step.failed')[0]).toMatchObject({ decision: { kind: 'error', to_node: 'c' } });
    expect(Object.keys((run.since('step.failed')[0] as { decision: object }).decision)).toEqual(['kind', 'to_node']);
  });
});

describe('the ways for errors of an edge', () => {
  function branching(on_error: unknown) {
    const nodes = ['a', 'b', 'c', 'd', 'e'].map((name) => ({ name, tool_name: 'work' }));
    const parallel_edges = [{ from_node: 'a', to_nodes: ['b', 'c'], join_node: 'd', on_error }];
    const run = new RunDriver(
      compiled({ entry_point: 'a', nodes, parallel_edges }, [{ name: 'work', run: () => ({}) }]),
    );
    run.finish();
    run.settleChildren(
      { index: 0, runId: 'child-0', status: 'COMPLETED', finishedAt: 0, data: {}, error: null },
      {
        index: 1,
        runId: 'child-1',
        status: 'FAILED',
        finishedAt: 0,
        data: {},
        error: { code: 'no_stock', message: 'None.', node: 'c' },
      },
    );
    return run;
  }
  const details = {
    index: 1,
    run_id: 'child-1',
    error: { code: 'no_stock', message: 'None.', node: 'c' },
  };

  it('choose by what the branch failed with', () => {
    const run = branching([
      { on: ['join_failed'], to_node: 'd' },
      { when: 'error.details.error.code == "no_stock"', to_node: 'e' },
    ]);
    const message = 'Branch 1 (c) failed: None.';
    expect(run.since('branches.joined')[0]).toMatchObject({
      to_node: 'e',
      error: { code: 'branch_failed', message, details },
      patch: { error: { node: 'a', code: 'branch_failed', message, details } },
    });
  });

  it('fail the run if none of them is for the error', () => {
    const run = branching([{ on: ['join_failed'], to_node: 'd' }]);
    expect(run.view).toMatchObject({ error: { code: 'branch_failed', details } });
  });
});
