import { describe, expect, it } from 'vitest';
import { blankRun } from '../../../src/core/run/blank-run.js';
import { choose, scopeOf } from '../../../src/core/run/routing.js';
import { compiled } from '../../helpers/run-driver.js';

// How runs go by conditions is tested with `decide`.

function chooseBy(document: object, data: object) {
  const nodes = ['a', 'b', 'c'].map((name) => ({ name, tool_name: 'work' }));
  const graph = compiled({ entry_point: 'a', nodes, ...document }, [{ name: 'work', run: () => ({}) }]);
  return choose(graph.nodes.get('a')!, () => ({ ...scopeOf(blankRun('run-1')), data: data as never }));
}

const cases = (...list: [string, string][]) => ({
  conditional_edges: [{ from_node: 'a', cases: list.map(([when, to_node]) => ({ when, to_node })), otherwise: 'c' }],
});

describe('cases', () => {
  it('are tried in order, and the first that is true is taken', () => {
    const document = cases(['data.n > 5', 'END'], ['data.n > 1', 'b'], ['true', 'c']);
    expect(chooseBy(document, { n: 3 })).toEqual({
      decision: {
        kind: 'case',
        condition: 'data.n > 1',
        outcome: 'true',
        to_node: 'b',
        read: [{ path: 'data.n', value: 3 }],
      },
    });
  });

  it('leave the rest to otherwise, with all that was looked at', () => {
    expect(chooseBy(cases(['data.n > 5', 'END'], ['data.m', 'b']), { n: 3, m: false })).toEqual({
      decision: {
        kind: 'case',
        outcome: 'otherwise',
        to_node: 'c',
        read: [
          { path: 'data.n', value: 3 },
          { path: 'data.m', value: false },
        ],
      },
    });
  });

  it('share the work that one decision can take', () => {
    const items = Array.from({ length: 10_000 }, (_, index) => index);
    const choosing = (count: number) =>
      chooseBy(
        cases(...Array.from({ length: count }, () => ['data.items.exists(x, x < 0)', 'b'] as [string, string])),
        {
          items,
        },
      );
    expect(choosing(10)).toMatchObject({ decision: { outcome: 'otherwise' } });
    expect(choosing(100)).toMatchObject({
      decision: { kind: 'case', outcome: null, to_node: null },
      error: { code: 'expression_failed', message: expect.stringContaining('This takes too much work.') },
    });
  });

  it('fail where one has no value, or one that is neither true nor false', () => {
    expect(chooseBy(cases(['data.n > 5', 'b'], ['data.m > 5', 'b']), { n: 3 })).toMatchObject({
      decision: {
        kind: 'case',
        condition: 'data.m > 5',
        outcome: null,
        to_node: null,
        read: [{ path: 'data.n', value: 3 }],
      },
      error: { code: 'expression_failed', message: expect.stringContaining('The case "data.m > 5" has no value: ') },
    });
    expect(chooseBy(cases(['data.n', 'b']), { n: 3 })).toMatchObject({ error: { code: 'expression_failed' } });
  });
});

describe('items', () => {
  const edge = { from_node: 'a', items: '${ data.list }', to_node: 'b', join_node: 'c', collect_as: 'all' };
  const byItems = (data: object) => chooseBy({ for_each_edges: [edge] }, data);

  it('are what the expression lists', () => {
    expect(byItems({ list: [1, 'two'] })).toEqual({
      decision: {
        kind: 'for_each',
        condition: ' data.list ',
        outcome: '2',
        to_node: 'c',
        read: [{ path: 'data.list', type: 'list', size: 2 }],
      },
      items: [1, 'two'],
    });
  });

  it('fail where it lists nothing', () => {
    expect(byItems({ list: 1 })).toMatchObject({
      decision: { kind: 'for_each', outcome: null, to_node: null },
      error: { code: 'expression_failed', message: expect.stringContaining('The items " data.list " have no value: ') },
    });
  });
});

describe('what expressions see', () => {
  it('is the run before its first step, too', () => {
    expect(scopeOf(blankRun('run-1'))).toEqual({
      input_data: null,
      data: {},
      run: { run_id: 'run-1', graph_id: '', step: 0, attempt: 0, now: '1970-01-01T00:00:00.000Z' },
    });
  });

  it('has the item in a branch alone', () => {
    const parent = { run_id: 'run-0', seq: 4, index: 2, kind: 'branch', depth: 1 } as const;
    const run = blankRun('run-1', { inputData: 1, data: { n: 1 }, item: 'x' });
    expect(scopeOf({ ...run, parent })).toMatchObject({ input_data: 1, data: { n: 1 }, run: { item: 'x', index: 2 } });
    expect(scopeOf({ ...run, parent: { ...parent, kind: 'graph' } }).run).not.toHaveProperty('item');
  });
});
