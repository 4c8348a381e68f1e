import { describe, expect, it } from 'vitest';
import { StepReader, type StepView } from '../../../src/core/run/steps.js';
import { wait } from '../../../src/core/tool/wait.js';
import { compiled, completedChild, RunDriver, START } from '../../helpers/run-driver.js';

const graph = compiled(
  {
    entry_point: 'a',
    nodes: [
      { name: 'a', tool_name: 'work' },
      { name: 'b', tool_name: 'work' },
    ],
    edges: [{ from_node: 'a', to_node: 'b' }],
  },
  [{ name: 'work', run: () => ({ n: 1 }) }],
);

function read(run: RunDriver, from = 0): StepReader {
  const reader = new StepReader(from);
  for (const record of run.records) if (record.seq >= from) reader.read(record);
  return reader;
}

function stepsOf(run: RunDriver, from = 0): StepView[] {
  const { finished, current } = read(run, from);
  return current === null ? finished : [...finished, current];
}

const shown = ({ step, node, status }: StepView) => [step, node, status];

describe('StepReader', () => {
  it('tells each visit, and the one under way', () => {
    const run = new RunDriver(graph);
    expect(read(run)).toMatchObject({ finished: [], current: null, lastSeq: 0 });
    run.advance();
    run.now += 10;
    run.advance();
    const reader = read(run);
    expect(reader.finished).toEqual([
      {
        step: 1,
        node: 'a',
        status: 'COMPLETED',
        attempts: 1,
        startedAt: START,
        finishedAt: START + 10,
        patch: { n: 1 },
        logs: [],
        error: null,
        decision: { kind: 'edge', to_node: 'b' },
        usage: { input_tokens: 0, output_tokens: 0 },
        answeredBy: null,
      },
    ]);
    expect(reader.current).toMatchObject({ step: 2, node: 'b', status: 'RUNNING', startedAt: START + 10 });
    expect(reader.lastSeq).toBe(3);
    run.finish();
    expect(stepsOf(run).map(shown)).toEqual([
      [1, 'a', 'COMPLETED'],
      [2, 'b', 'COMPLETED'],
    ]);
  });

  it('goes on from a record that began a step', () => {
    const run = new RunDriver(graph);
    run.finish();
    expect(stepsOf(run, 3).map(shown)).toEqual([[2, 'b', 'COMPLETED']]);
  });

  it('tells of failed and cancelled visits, with their logs', () => {
    const failed = new RunDriver(graph);
    failed.advance();
    failed.settle({ kind: 'threw', code: 'timeout', message: 'slow', logs: ['said'] });
    expect(stepsOf(failed)).toMatchObject([
      { status: 'FAILED', attempts: 1, logs: ['said'], error: { code: 'timeout' }, patch: null },
    ]);
    const late = new RunDriver(graph, { deadlineSeconds: 1 });
    late.advance();
    late.now += 1000;
    late.finish();
    expect(stepsOf(late)).toMatchObject([{ status: 'FAILED', error: { code: 'deadline_exceeded' } }]);
    const cancelled = new RunDriver(graph);
    cancelled.advance();
    cancelled.append({ type: 'cancel.requested' });
    cancelled.settle({ kind: 'threw', code: 'tool_failed', message: 'aborted', logs: ['said'] });
    expect(stepsOf(cancelled)).toMatchObject([{ status: 'CANCELLED', logs: ['said'], error: null }]);
  });

  it('has no step for a run that ended before its first', () => {
    const run = new RunDriver(graph);
    run.append({ type: 'cancel.requested' });
    run.finish();
    expect(read(run)).toMatchObject({ finished: [], current: null });
  });

  it('reads a visit as one, however often its run was retried', () => {
    const run = new RunDriver(graph);
    run.advance();
    run.settle({ kind: 'threw', code: 'tool_failed', message: 'boom', logs: ['one'] });
    run.retry();
    expect(stepsOf(run)).toMatchObject([{ status: 'RUNNING', finishedAt: null, error: null, logs: ['one'] }]);
    run.settle({ kind: 'returned', value: { n: 1 }, logs: ['two'] });
    expect(stepsOf(run).map(shown)).toEqual([
      [1, 'a', 'COMPLETED'],
      [2, 'b', 'RUNNING'],
    ]);
    expect(stepsOf(run)[0]).toMatchObject({ attempts: 2, logs: ['one', 'two'], patch: { n: 1 }, error: null });
  });

  it('tells of a step whose way for errors was taken', () => {
    const nodes = [
      { name: 'a', tool_name: 'fails', on_error: 'b' },
      { name: 'b', tool_name: 'work' },
    ];
    const fails = {
      name: 'fails',
      run: () => {
        throw new Error('boom');
      },
    };
    const run = new RunDriver(compiled({ entry_point: 'a', nodes }, [fails, { name: 'work', run: () => ({}) }]));
    run.finish();
    const [first, second] = stepsOf(run);
    expect(first).toMatchObject({
      status: 'FAILED',
      error: { message: 'boom' },
      patch: { error: { node: 'a' } },
      decision: { kind: 'error', to_node: 'b' },
    });
    expect(second).toMatchObject({ step: 2, node: 'b', status: 'COMPLETED' });
    expect(stepsOf(run, 3).map(shown)).toEqual([[2, 'b', 'COMPLETED']]);
  });

  it('tells of steps that wait, and of the step after branches', () => {
    const nodes = ['a', 'b', 'j'].map((name) => ({ name, tool_name: 'parks' }));
    const parks = { name: 'parks', run: () => wait({ kind: 'timer', until: START + 5 }) };
    const parallel_edges = [{ from_node: 'a', to_nodes: ['b'], join_node: 'j' }];
    const run = new RunDriver(compiled({ entry_point: 'a', nodes, parallel_edges }, [parks]));
    run.finish();
    expect(stepsOf(run)).toMatchObject([{ step: 1, status: 'WAITING', logs: [] }]);
    run.now += 5;
    run.finish();
    expect(stepsOf(run).map(shown)).toEqual([[1, 'a', 'COMPLETED']]);
    run.settleChildren(completedChild({ b: 1 }));
    expect(stepsOf(run)).toMatchObject([{ step: 1 }, { step: 2, node: 'j', status: 'RUNNING', startedAt: START + 5 }]);
  });

  it('keeps what a step set where its way was chosen again', () => {
    let way = 'nowhere';
    const nodes = [{ name: 'a', tool_name: 'work' }];
    const document = { entry_point: 'a', nodes, conditional_edges: [{ from_node: 'a', condition_function: 'gate' }] };
    const functions = [
      { name: 'work', run: () => ({ n: 1 }) },
      { name: 'gate', choose: () => way },
    ];
    const run = new RunDriver(compiled(document, functions));
    run.finish();
    expect(stepsOf(run)).toMatchObject([{ status: 'COMPLETED', patch: { n: 1 }, decision: { to_node: null } }]);
    way = 'END';
    run.retry();
    run.finish();
    expect(stepsOf(run)).toMatchObject([{ status: 'COMPLETED', patch: { n: 1 }, decision: { to_node: 'END' } }]);
  });

  it('goes on with the next step where the limit had stopped the run before it', () => {
    const run = new RunDriver(graph, { maxSteps: 1 });
    run.finish();
    expect(stepsOf(run).map(shown)).toEqual([[1, 'a', 'COMPLETED']]);
    run.retry({ max_steps: 2 });
    expect(stepsOf(run).map(shown)).toEqual([
      [1, 'a', 'COMPLETED'],
      [2, 'b', 'RUNNING'],
    ]);
  });

  it('tells of steps that wait for their next try', () => {
    const retry = { max_attempts: 2, interval_seconds: 1 };
    const document = { entry_point: 'a', nodes: [{ name: 'a', tool_name: 'work', retry }] };
    const run = new RunDriver(compiled(document, [{ name: 'work', run: () => ({}) }]));
    run.advance();
    run.settle({ kind: 'threw', code: 'tool_failed', message: 'busy', logs: [] });
    expect(stepsOf(run)).toMatchObject([{ status: 'WAITING', attempts: 1, error: { message: 'busy' } }]);
    run.now += 1000;
    run.advance();
    expect(stepsOf(run)).toMatchObject([{ status: 'RUNNING', attempts: 2, error: { message: 'busy' } }]);
    run.settle({ kind: 'returned', value: {}, logs: [] });
    expect(stepsOf(run)).toMatchObject([{ status: 'COMPLETED', attempts: 2, error: null }]);
  });

  it('passes over the end of a wait that is over', () => {
    const run = new RunDriver(graph);
    run.advance();
    run.append({ type: 'wait.ended', wait_id: 'w1', outcome: 'elapsed' });
    expect(stepsOf(run)).toMatchObject([{ status: 'RUNNING', attempts: 1 }]);
  });

  it('counts the tokens of every call, whatever became of it', () => {
    const tokens = (count: number) => ({ usage: { input_tokens: 10 * count, output_tokens: count } });
    const retry = { max_attempts: 2, interval_seconds: 0 };
    const nodes = [{ name: 'a', tool_name: 'work', retry }, ...['b', 'c'].map((name) => ({ name, tool_name: 'work' }))];
    const edges = [
      { from_node: 'a', to_node: 'b' },
      { from_node: 'b', to_node: 'c' },
    ];
    const run = new RunDriver(compiled({ entry_point: 'a', nodes, edges }, [{ name: 'work', run: () => ({}) }]));
    run.advance();
    run.settle({ kind: 'threw', code: 'tool_failed', message: 'busy', logs: [], ...tokens(1) });
    run.settle({ kind: 'returned', value: {}, logs: [], ...tokens(2) });
    const timer = { kind: 'timer', until: run.now + 5, save_as: 'b' } as const;
    run.settle({ kind: 'waits', wait: timer, logs: [], ...tokens(3) });
    run.now += 5;
    run.advance();
    run.append({ type: 'cancel.requested' });
    run.settle({ kind: 'threw', code: 'tool_failed', message: 'aborted', logs: [], ...tokens(4) });
    expect(stepsOf(run).map(({ usage }) => usage.output_tokens)).toEqual([3, 3, 4]);
    expect(run.view).toMatchObject({ status: 'CANCELLED', usage: { input_tokens: 100, output_tokens: 10 } });
    const failed = new RunDriver(graph);
    failed.advance();
    failed.settle({ kind: 'threw', code: 'tool_failed', message: 'boom', logs: [], ...tokens(1) });
    expect(failed.view).toMatchObject({ status: 'FAILED', usage: { input_tokens: 10, output_tokens: 1 } });
  });

  it('has nothing to tell where nothing came after', () => {
    const run = new RunDriver(graph);
    run.finish();
    expect(stepsOf(run, 4)).toEqual([]);
  });

  it('takes a way for errors that set nothing', () => {
    const run = new RunDriver(graph);
    run.advance();
    const error = { code: 'tool_failed', message: 'boom', node: 'a', step: 1 };
    const decision = { kind: 'error', to_node: 'b' } as const;
    run.append({ type: 'step.failed', step: 1, node: 'a', attempt: 1, logs: [], error, decision });
    expect(run.view).toMatchObject({ data: {}, cursor: { node: 'b', step: 2 } });
    expect(stepsOf(run)).toMatchObject([{ status: 'FAILED', patch: null, decision }]);
  });

  it('begins a step of a fork when the fork starts, not when it is made', () => {
    const run = new RunDriver(graph);
    run.append({ type: 'run.started', next: 'a' });
    const copied = { type: 'step.completed', step: 1, node: 'a', attempt: 1, patch: {}, logs: [] } as const;
    run.append({ ...copied, decision: { kind: 'edge', to_node: 'b' }, next: null });
    run.append({ type: 'run.forked', forked_from: { run_id: 'run-0', step: 2 }, patch: {}, node: 'b', step: 2 });
    expect(stepsOf(run).map(shown)).toEqual([[1, 'a', 'COMPLETED']]);
    run.append({ type: 'run.started', next: 'b', step: 2 });
    expect(stepsOf(run).map(shown)).toEqual([
      [1, 'a', 'COMPLETED'],
      [2, 'b', 'RUNNING'],
    ]);
  });

  it('has no step for a run that is retried before its first', () => {
    const run = new RunDriver(graph);
    run.append({ type: 'cancel.requested' });
    run.finish();
    run.retry();
    expect(stepsOf(run)).toEqual([]);
    run.finish();
    expect(stepsOf(run).map(shown)).toEqual([
      [1, 'a', 'COMPLETED'],
      [2, 'b', 'COMPLETED'],
    ]);
  });
});
