import { describe, expect, it } from 'vitest';
import { StepReader, type StepView } from '../../src/core/steps.js';
import { compiled, RunDriver, START } from '../helpers/run-driver.js';

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
      },
    ]);
    expect(reader.current).toMatchObject({ step: 2, node: 'b', status: 'RUNNING', startedAt: START + 10 });
    expect(reader.lastSeq).toBe(3);
    run.finish();
    expect(read(run).finished.map(shown)).toEqual([
      [1, 'a', 'COMPLETED'],
      [2, 'b', 'COMPLETED'],
    ]);
    expect(read(run).current).toBeNull();
  });

  it('goes on from a record that began a step', () => {
    const run = new RunDriver(graph);
    run.finish();
    expect(read(run, 3).finished.map(shown)).toEqual([[2, 'b', 'COMPLETED']]);
  });

  it('tells of failed and cancelled visits, with their logs', () => {
    const failed = new RunDriver(graph);
    failed.advance();
    failed.settle({ kind: 'threw', code: 'timeout', message: 'slow', logs: ['said'] });
    expect(read(failed).finished).toMatchObject([
      { status: 'FAILED', attempts: 1, logs: ['said'], error: { code: 'timeout' }, patch: null },
    ]);
    const late = new RunDriver(graph, { deadlineSeconds: 1 });
    late.advance();
    late.now += 1000;
    late.finish();
    expect(read(late).finished).toMatchObject([{ status: 'FAILED', error: { code: 'deadline_exceeded' } }]);
    const cancelled = new RunDriver(graph);
    cancelled.advance();
    cancelled.append({ type: 'cancel.requested' });
    cancelled.settle({ kind: 'threw', code: 'tool_failed', message: 'aborted', logs: ['said'] });
    expect(read(cancelled).finished).toMatchObject([{ status: 'CANCELLED', logs: ['said'], error: null }]);
  });

  it('has no step for a run that ended before its first', () => {
    const run = new RunDriver(graph);
    run.append({ type: 'cancel.requested' });
    run.finish();
    expect(read(run)).toMatchObject({ finished: [], current: null });
  });
});
