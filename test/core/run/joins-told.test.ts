import { describe, expect, it } from 'vitest';
import type { EventOf } from '../../../src/core/run/events.js';
import { countLines, linesOf } from '../../../src/core/run/log-lines.js';
import { StepReader } from '../../../src/core/run/steps.js';
import { compiled, completedChild, lostChild, RunDriver } from '../../helpers/run-driver.js';

const joined: EventOf<'branches.joined'> = {
  ...{ type: 'branches.joined', step: 1, node: 'a', count: 5, patch: {}, to_node: 'END', next: null },
};

describe('what the log says of a join', () => {
  it.each([
    [{}, 'Joined 5 branches.'],
    [{ count: 1 }, 'Joined 1 branch.'],
    [{ joined: 5, failed: 0, cancelled: 0 }, 'Joined 5 branches.'],
    [{ joined: 2, failed: 0, cancelled: 3 }, 'Joined 2 of 5 branches; 3 were cancelled.'],
    [{ joined: 4, failed: 0, cancelled: 1 }, 'Joined 4 of 5 branches; 1 was cancelled.'],
    [{ joined: 4, failed: 1, cancelled: 0 }, 'Joined 4 of 5 branches; 1 failed.'],
    [{ joined: 1, failed: 2, cancelled: 2 }, 'Joined 1 of 5 branches; 2 failed, 2 were cancelled.'],
    [{ joined: 4, failed: 0, cancelled: 0 }, 'Joined 4 of 5 branches.'],
    [{ joined: 4 }, 'Joined 4 of 5 branches.'],
  ])('%j: %s', (fields, line) => {
    const event = { ...joined, ...fields };
    expect(linesOf(event)).toEqual([line]);
    expect(countLines(event)).toBe(1);
  });
});

describe('what a step says of the branches that it led to', () => {
  function stepOf(edge: object, records = (run: RunDriver) => run.records) {
    const nodes = ['a', 'b', 'c'].map((name) => ({ name, tool_name: 'work' }));
    const parallel_edges = [{ from_node: 'a', to_nodes: ['b', 'c'], join_node: 'END', ...edge }];
    const run = new RunDriver(
      compiled({ entry_point: 'a', nodes, parallel_edges }, [{ name: 'work', run: () => ({}) }]),
    );
    run.finish();
    run.settleChildren(completedChild({}, 0), 'max_failures' in edge ? lostChild('x', 1) : completedChild({}, 1));
    const reader = new StepReader(0);
    for (const record of records(run)) reader.read(record);
    return reader.current;
  }

  it('is in its decision, if not all of them had to complete', () => {
    const decision = { kind: 'parallel', to_node: 'END' };
    expect(stepOf({})?.decision).toEqual(decision);
    const race = { count: 2, joined: 1, failed: 0, cancelled: 0, winners: [0] };
    expect(stepOf({ join: 'any' })?.decision).toEqual({ ...decision, branches: race });
    const batch = { count: 2, joined: 1, failed: 1, cancelled: 0 };
    expect(stepOf({ max_failures: 1 })?.decision).toEqual({ ...decision, branches: batch });
  });

  it('goes with what is known of older journals', () => {
    const reader = new StepReader(0);
    const record = { time: 0, payload: '', logEnd: 0 };
    reader.read({ ...record, seq: 1, event: { type: 'run.started', next: 'a' } });
    reader.read({ ...record, seq: 2, event: { ...joined, joined: 2 } });
    expect(reader.current?.decision).toBeNull();
  });
});
