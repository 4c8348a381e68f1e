import { describe, expect, it } from 'vitest';
import type { RunStatus } from '../../src/core/run/state.js';
import { defineTool } from '../../src/core/tool/tool.js';
import { startEngine, type TestEngine } from '../helpers/engine.js';
import { startEngineForTest } from '../helpers/engine-for-test.js';
import { flatten } from '../helpers/flat-run.js';
import { chain, gate, heldTool } from '../helpers/tools.js';
import { until } from '../helpers/until.js';

const noop = defineTool({ name: 'noop', run: () => ({}) });
const seed = defineTool({ name: 'seed', run: () => ({ count: 10, list: ['a'], seeded: true }) });
/** Sets what its params say. */
const put = defineTool({
  name: 'put',
  run: ({ data }, { params, item, index }) => {
    const { plus = 0, push = '', fail = '', ...values } = params as { plus?: number; push?: string; fail?: string };
    if (fail) throw new Error(fail);
    return {
      ...values,
      ...(plus > 0 && { count: data.count + plus }),
      ...(push !== '' && { list: [...data.list, push] }),
      ...(item !== null && { got: item, at: index }),
    };
  },
});
const tools = [noop, seed, put];

function fork(branches: Record<string, object>, more: object = {}, edge: object = {}) {
  const names = Object.keys(branches);
  return {
    graph_id: 'split',
    name: 'split',
    entry_point: 'seed',
    nodes: [
      { name: 'seed', tool_name: 'seed' },
      ...names.map((name) => ({ name, tool_name: 'put', params: branches[name] })),
      { name: 'join', tool_name: 'noop' },
    ],
    edges: names.map((name) => ({ from_node: name, to_node: 'join' })),
    parallel_edges: [{ from_node: 'seed', to_nodes: names, join_node: 'join', ...edge }],
    ...more,
  } as never;
}

async function runGraph({ engine }: TestEngine, graph: never, inputData: never | null = null) {
  const { graphId } = await engine.createGraph(graph);
  const { runId } = await engine.startRun({ graphId, inputData });
  return { runId, ...(await engine.getState(runId, { waitSeconds: 20 })) };
}

describe('parallel branches', () => {
  it('run at the same time and their patches are merged at the join', async () => {
    // Neither returns before both have been called: one after the other they would never end.
    const both = gate();
    let called = 0;
    const meets = defineTool({
      name: 'put',
      run: async (state, context) => {
        called += 1;
        if (called === 2) both.open();
        await both.promise;
        return put.run(state, context);
      },
    });
    const test = await startEngineForTest({ definitions: [noop, seed, meets] });
    const { state, logs, runId } = await runGraph(test, fork({ left: { x: 1 }, right: { y: 2 } }));
    expect(flatten(state)).toMatchObject({ status: 'COMPLETED', stepCount: 2, data: { seeded: true, x: 1, y: 2 } });
    expect(logs).toEqual([
      'Executing Node: seed',
      'Started 2 branches.',
      'Joined 2 branches.',
      'Executing Node: join',
      'No outgoing edge found. Stopping.',
    ]);
    const { runs } = await test.engine.listRuns({ limit: 10, parentRunId: runId });
    expect(runs.map(({ childIndex, status }) => [childIndex, status])).toEqual([
      [1, 'COMPLETED'],
      [0, 'COMPLETED'],
    ]);
    const left = await test.engine.getState(runs[1]?.runId ?? '');
    // A branch sees its parent's data, and stores its own.
    expect(left.state.data).toMatchObject({ seeded: true, x: 1 });
    expect(left.logs).toEqual(['Executing Node: left', 'Branch reached its join.']);
    expect((await test.engine.listRuns({ limit: 10 })).runs).toHaveLength(1);
  });

  it('take equal values of one key, and merge by rule', async () => {
    const test = await startEngineForTest({ definitions: tools });
    const branches = {
      left: { plus: 1, push: 'b', last: 'l', same: [1] },
      right: { plus: 5, push: 'c', last: 'r', same: [1] },
    };
    const { state } = await runGraph(test, fork(branches, { merge: { count: 'sum', list: 'append', last: 'last' } }));
    expect(state.data).toEqual({ seeded: true, count: 16, list: ['a', 'b', 'c'], last: 'r', same: [1] });
  });

  it('fail the join where values differ without a rule, naming branches and key', async () => {
    const test = await startEngineForTest({ definitions: tools });
    const { state } = await runGraph(test, fork({ left: { x: 1 }, right: { x: 2 } }));
    expect(flatten(state)).toMatchObject({ status: 'FAILED', error: { code: 'join_failed', node: 'seed' } });
    expect(flatten(state).error?.message).toBe(
      'Branches 0 (left) and 1 (right) both set "x": the values differ, and the graph has no merge rule for it.',
    );
  });

  it('cancel the siblings of one that fails, and take the way for errors', async () => {
    const held = heldTool('held', { heedsSignal: true });
    // Fails once its sibling is under way.
    const fails = defineTool({
      name: 'put',
      run: async () => {
        await held.called(1);
        throw new Error('broken');
      },
    });
    const test = await startEngineForTest({ definitions: [noop, seed, fails, held.tool] });
    const graph = fork({ left: {}, right: {} }, {}, { on_error: 'join' }) as {
      nodes: { name: string; tool_name: string }[];
    };
    for (const node of graph.nodes) if (node.name === 'right') node.tool_name = 'held';
    const { state, runId } = await runGraph(test, graph as never);
    expect(flatten(state)).toMatchObject({
      status: 'COMPLETED',
      data: { error: { node: 'seed', code: 'branch_failed', message: 'Branch 0 (left) failed: broken.' } },
    });
    const { runs } = await test.engine.listRuns({ limit: 10, parentRunId: runId });
    expect(runs.map(({ status }) => status)).toEqual(['CANCELLED', 'FAILED']);
  });

  it('are cancelled with their parent, which ends last', async () => {
    const held = heldTool('held');
    const test = await startEngineForTest({ definitions: [...tools, held.tool] });
    const { engine } = test;
    const graph = fork({ left: {}, right: {} }) as { nodes: { name: string; tool_name: string }[] };
    for (const node of graph.nodes) if (node.name === 'left' || node.name === 'right') node.tool_name = 'held';
    await engine.createGraph(graph as never);
    const { runId } = await engine.startRun({ graphId: 'split', inputData: null });
    await held.called(2);
    expect((await engine.cancelRun(runId)).status).toBe('WAITING');
    const aborted = held.calls.map(
      ({ signal }) => signal.aborted || new Promise((resolve) => signal.addEventListener('abort', resolve)),
    );
    await Promise.all(aborted);
    expect(flatten((await engine.getState(runId)).state)).toMatchObject({ status: 'WAITING', cancelRequested: true });
    held.release({ kept: true });
    const { state } = await engine.getState(runId, { waitSeconds: 10 });
    expect(flatten(state)).toMatchObject({ status: 'CANCELLED' });
    const { runs } = await engine.listRuns({ limit: 10, parentRunId: runId });
    expect(runs.map(({ status }) => status)).toEqual(['CANCELLED', 'CANCELLED']);
  });
});

function each(more: object = {}, params: object = {}) {
  return {
    graph_id: 'each',
    name: 'each',
    entry_point: 'begin',
    nodes: [
      { name: 'begin', tool_name: 'noop' },
      { name: 'work', tool_name: 'put', params },
      { name: 'join', tool_name: 'noop' },
    ],
    edges: [{ from_node: 'work', to_node: 'join' }],
    for_each_edges: [
      {
        from_node: 'begin',
        items: '${ input_data }',
        to_node: 'work',
        join_node: 'join',
        collect_as: 'results',
        ...more,
      },
    ],
  } as never;
}

describe('a branch for each item', () => {
  it('collects what each set, in item order, few at a time', async () => {
    let active = 0;
    let most = 0;
    const released = gate();
    const busy = defineTool({
      name: 'put',
      run: async (_state, { item, index }) => {
        active += 1;
        most = Math.max(most, active);
        await released.promise;
        active -= 1;
        return { got: item, at: index };
      },
    });
    const test = await startEngineForTest({ definitions: [noop, busy] });
    const items = Array.from({ length: 40 }, (_, index) => ({ name: `item ${index}` }));
    const running = runGraph(test, each({ max_parallel: 4 }), items as never);
    await until(() => active === 4);
    // A fifth would start with the four: well before a whole run that is started after them has ended.
    await runGraph(test, chain('other', 'noop') as never);
    expect(active).toBe(4);
    released.open();
    const { state } = await running;
    expect(state.data).toEqual({ results: items.map((got, at) => ({ got, at })) });
    expect(most).toBe(4);
  });

  it('goes straight to the join without items, and fails on what is no list', async () => {
    const test = await startEngineForTest({ definitions: tools });
    const { state, logs } = await runGraph(test, each(), [] as never);
    expect(flatten(state)).toMatchObject({ status: 'COMPLETED', data: { results: [] } });
    expect(logs).toContain('Started 0 branches.');
    const { runId } = await test.engine.startRun({ graphId: 'each', inputData: 'no list' });
    const failed = await test.engine.getState(runId, { waitSeconds: 10 });
    expect(flatten(failed.state)).toMatchObject({ status: 'FAILED', error: { code: 'expression_failed' } });
  });

  it('can be inside another branch, and inside a loop', async () => {
    const count = defineTool({ name: 'count', run: ({ data }) => ({ rounds: (data.rounds ?? 0) + 1 }) });
    const test = await startEngineForTest({ definitions: [...tools, count] });
    const nodes = ['begin', 'inner', 'inner_join', 'join'].map((name) => ({ name, tool_name: 'noop' }));
    const branchEdge = (from_node: string, items: string, to_node: string, join_node: string, collect_as: string) => {
      return { from_node, items, to_node, join_node, collect_as };
    };
    const graph = {
      graph_id: 'nested',
      name: 'nested',
      entry_point: 'begin',
      nodes: [...nodes, { name: 'work', tool_name: 'put' }, { name: 'count', tool_name: 'count' }],
      edges: [
        { from_node: 'work', to_node: 'inner_join' },
        { from_node: 'inner_join', to_node: 'join' },
        { from_node: 'join', to_node: 'count' },
      ],
      conditional_edges: [
        { from_node: 'count', cases: [{ when: 'data.rounds < 2', to_node: 'begin' }], otherwise: 'END' },
      ],
      for_each_edges: [
        branchEdge('begin', '${ input_data }', 'inner', 'join', 'rows'),
        branchEdge('inner', '${ run.item }', 'work', 'inner_join', 'cells'),
      ],
    };
    const { state, runId } = await runGraph(test, graph as never, [['a', 'b'], ['c']] as never);
    const rows = [
      {
        cells: [
          { got: 'a', at: 0 },
          { got: 'b', at: 1 },
        ],
      },
      { cells: [{ got: 'c', at: 0 }] },
    ];
    expect(flatten(state)).toMatchObject({ status: 'COMPLETED', data: { rows, rounds: 2 } });
    // Each round has branches of its own.
    expect((await test.engine.listRuns({ limit: 10, parentRunId: runId })).runs).toHaveLength(4);
  });

  it('waits for people in branches', async () => {
    const test = await startEngineForTest({ definitions: tools });
    const { engine } = test;
    const ask = { name: 'work', tool_name: 'wait_for_input', params: { message: '${ run.item }?', save_as: 'said' } };
    const graph = each() as { nodes: object[] };
    graph.nodes[1] = ask;
    await engine.createGraph(graph as never);
    const { runId } = await engine.startRun({ graphId: 'each', inputData: ['a', 'b'] });
    const waiting = await until(async () => {
      const { waitingChildren } = await engine.getState(runId);
      return waitingChildren.length === 2 ? waitingChildren : undefined;
    });
    for (const child of waiting) await engine.resumeRun(child.runId, { payload: `answer ${child.childIndex}` });
    const { state } = await engine.getState(runId, { waitSeconds: 10 });
    expect(state.data).toEqual({ results: [{ said: 'answer 0' }, { said: 'answer 1' }] });
  });

  it('survives a crash in the middle: nothing that was finished runs again', async () => {
    const seen: string[] = [];
    const first = heldTool('put');
    const held = defineTool({
      name: 'put',
      run: (state, context) => {
        seen.push(`${context.index}`);
        return Number(context.index) < 2 ? { at: context.index } : first.tool.run(state, context);
      },
    });
    const crashed = await startEngine({ definitions: [noop, held] });
    await crashed.engine.createGraph(each({ max_parallel: 1 }));
    const { runId } = await crashed.engine.startRun({ graphId: 'each', inputData: [0, 1, 2, 3] });
    await first.called(1);
    await crashed.store.close();
    const test = await startEngineForTest({
      definitions: [
        noop,
        defineTool({
          name: 'put',
          run: (_state, { index }) => {
            seen.push(`${index}`);
            return { at: index };
          },
        }),
      ],
      path: crashed.path,
    });
    const { state } = await test.engine.getState(runId, { waitSeconds: 10 });
    expect(state.data).toEqual({ results: [{ at: 0 }, { at: 1 }, { at: 2 }, { at: 3 }] });
    expect(seen).toEqual(['0', '1', '2', '2', '3']);
  });
});

describe('a graph as a step', () => {
  const inner = {
    graph_id: 'inner',
    name: 'inner',
    entry_point: 'work',
    nodes: [{ name: 'work', tool_name: 'put', params: { value: '${ input_data }' } }],
    edges: [],
  };
  const outer = (params: object) => ({
    graph_id: 'outer',
    name: 'outer',
    entry_point: 'call',
    nodes: [{ name: 'call', tool_name: 'run_graph', params: { graph_id: 'inner', ...params } }],
    edges: [],
  });

  it('gets its input and gives its data back', async () => {
    const test = await startEngineForTest({ definitions: tools });
    await test.engine.createGraph(inner as never);
    const { state, runId } = await runGraph(
      test,
      outer({ input: '${ input_data.n }', save_as: 'out' }) as never,
      { n: 7 } as never,
    );
    expect(flatten(state)).toMatchObject({ status: 'COMPLETED', data: { out: { value: 7 } } });
    const { runs } = await test.engine.listRuns({ limit: 10, parentRunId: runId });
    expect(runs).toMatchObject([{ graphId: 'inner', status: 'COMPLETED' }]);
    await expect(test.engine.retryRun(runs[0]?.runId ?? '', {})).rejects.toMatchObject({ code: 'run_is_child' });
    await expect(test.engine.forkRun(runs[0]?.runId ?? '', { fromStep: 1 })).rejects.toMatchObject({
      code: 'run_is_child',
    });
    await expect(test.engine.deleteRun(runs[0]?.runId ?? '')).rejects.toMatchObject({ code: 'run_is_child' });
    await test.engine.deleteRun(runId);
    await expect(test.engine.getState(runs[0]?.runId ?? '')).rejects.toMatchObject({ code: 'run_not_found' });
  });

  it('fails the step when it fails, and stops going down at some depth', async () => {
    const test = await startEngineForTest({ definitions: tools });
    await test.engine.createGraph({
      ...inner,
      nodes: [{ name: 'work', tool_name: 'put', params: { fail: 'no luck' } }],
    } as never);
    const { state } = await runGraph(test, outer({}) as never);
    expect(flatten(state)).toMatchObject({ status: 'FAILED', error: { code: 'child_failed' } });
    expect(flatten(state).error?.message).toMatch(/of graph "inner" failed: no luck/);

    const doll = {
      graph_id: 'russian-doll',
      name: 'doll',
      entry_point: 'gate',
      nodes: [
        { name: 'gate', tool_name: 'noop' },
        { name: 'call', tool_name: 'run_graph', params: { graph_id: 'russian-doll' } },
      ],
      edges: [],
      conditional_edges: [
        { from_node: 'gate', cases: [{ when: 'input_data != null', to_node: 'END' }], otherwise: 'call' },
      ],
    };
    const deep = await runGraph(test, doll as never);
    expect(flatten(deep.state).status).toBe('FAILED');
    expect(flatten(deep.state).error?.message).toMatch(/8 levels deep/);
  });
});

describe('a branch that is cancelled before it has begun', () => {
  it('fails its edge, after a retry of the parent too', async () => {
    let isLucky = false;
    const hold = gate();
    const list = defineTool({
      name: 'list',
      run: () => ({ items: Array.from({ length: 1100 }, (_, index) => index) }),
    });
    const work = defineTool({
      name: 'work',
      run: async () => {
        if (!isLucky) throw new Error('no');
        await hold.promise;
      },
    });
    const { engine, store } = await startEngineForTest({ definitions: [list, work, noop] });
    await engine.createGraph({
      graph_id: 'each',
      name: 'each',
      entry_point: 'list',
      nodes: ['list', 'work', 'noop'].map((name) => ({ name, tool_name: name })),
      edges: [],
      for_each_edges: [
        {
          from_node: 'list',
          items: '${ data.items }',
          to_node: 'work',
          join_node: 'noop',
          collect_as: 'results',
          max_parallel: 1,
        },
      ],
    });
    const { runId } = await engine.startRun({ graphId: 'each', inputData: null });
    await engine.getState(runId, { waitSeconds: 30 });
    const childrenOf = async (...statuses: RunStatus[]) =>
      store.listRuns({ parentRunId: runId, limit: 2000, ...(statuses.length > 0 && { statuses }) });
    // It failed before all were made, so that the retry makes some.
    expect((await childrenOf()).length).toBeLessThan(1100);
    isLucky = true;
    await engine.retryRun(runId, {});
    await until(async () => (await childrenOf()).length === 1100);
    const [last] = await childrenOf('SUBMITTED');
    await engine.cancelRun(last!.runId);
    await until(async () => (await childrenOf('SUBMITTED')).length === 0);
    hold.open();
    const { state } = await engine.getState(runId, { waitSeconds: 30 });
    expect(flatten(state)).toMatchObject({ status: 'FAILED', error: { code: 'branch_failed' } });
  });
});

describe('a run with too many runs inside it', () => {
  /** Three branches of three branches each. */
  const nested = {
    graph_id: 'nested',
    name: 'nested',
    entry_point: 'outer',
    nodes: ['outer', 'inner', 'leaf', 'inner join'].map((name) => ({ name, tool_name: 'noop' })),
    edges: [{ from_node: 'leaf', to_node: 'inner join' }],
    for_each_edges: [
      { from_node: 'outer', items: '${ [1, 2, 3] }', to_node: 'inner', join_node: 'END', collect_as: 'all' },
      { from_node: 'inner', items: '${ [1, 2, 3] }', to_node: 'leaf', join_node: 'inner join', collect_as: 'each' },
    ],
  } as never;

  async function statusesBelow({ engine }: TestEngine, parentRunId: string): Promise<RunStatus[]> {
    const { runs } = await engine.listRuns({ parentRunId, limit: 100 });
    const below = await Promise.all(runs.map(({ runId }) => statusesBelow({ engine } as TestEngine, runId)));
    return [...runs.map(({ status }) => status), ...below.flat()];
  }

  it('fails, with all that was made ended, and goes on after a retry when it can have more', async () => {
    const test = await startEngine({ definitions: tools, maxDescendants: 8 });
    const { runId, state } = await runGraph(test, nested);
    const { status, error } = flatten(state);
    expect(status).toBe('FAILED');
    expect(error).toMatchObject({ code: 'branch_failed', message: expect.stringContaining('more than 8 runs') });
    expect(error?.message).toContain('MAX_DESCENDANTS');
    const statuses = await statusesBelow(test, runId);
    expect(statuses.length).toBeLessThanOrEqual(8);
    expect(statuses).toEqual(statuses.map(() => expect.stringMatching(/^(COMPLETED|CANCELLED|FAILED)$/)));
    await test.stop();

    const more = await startEngineForTest({ definitions: tools, maxDescendants: 12, path: test.path });
    await more.engine.retryRun(runId, {});
    const again = flatten((await more.engine.getState(runId, { waitSeconds: 20 })).state);
    expect(again).toMatchObject({ status: 'COMPLETED', error: null });
    expect(again.data.all).toHaveLength(3);
    expect(await statusesBelow(more, runId)).toHaveLength(12);
  });

  it('fails before it makes any, if those of one edge are too many', async () => {
    const test = await startEngineForTest({ definitions: tools, maxDescendants: 2 });
    const { runId, state } = await runGraph(test, nested);
    expect(flatten(state)).toMatchObject({ status: 'FAILED', error: { code: 'too_many_descendants', node: 'outer' } });
    expect(await statusesBelow(test, runId)).toEqual([]);
  });

  it('has the branches beside it stopped', async () => {
    const held = heldTool('noop', { heedsSignal: true });
    const call = defineTool({ name: 'call', run: () => ({}) });
    const test = await startEngineForTest({ definitions: [held.tool, call], maxDescendants: 3 });
    // Two branches: one at work, and one that would make three more.
    const { graphId } = await test.engine.createGraph({
      graph_id: 'two',
      name: 'two',
      entry_point: 'begin',
      nodes: [
        { name: 'begin', tool_name: 'call' },
        { name: 'works', tool_name: 'noop' },
        { name: 'makes', tool_name: 'call' },
        { name: 'leaf', tool_name: 'call' },
      ],
      edges: [],
      parallel_edges: [{ from_node: 'begin', to_nodes: ['works', 'makes'], join_node: 'END' }],
      for_each_edges: [
        { from_node: 'makes', items: '${ [1, 2, 3] }', to_node: 'leaf', join_node: 'END', collect_as: 'all' },
      ],
    } as never);
    const { runId } = await test.engine.startRun({ graphId, inputData: null });
    const { state } = await test.engine.getState(runId, { waitSeconds: 20 });
    expect(flatten(state)).toMatchObject({ status: 'FAILED', error: { code: 'branch_failed' } });
    expect((await statusesBelow(test, runId)).sort()).toEqual(['CANCELLED', 'FAILED']);
  });
});
