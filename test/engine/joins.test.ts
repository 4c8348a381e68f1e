import { describe, expect, it, onTestFinished } from 'vitest';
import { defineTool } from '../../src/core/tool/tool.js';
import { startEngine, type TestEngine } from '../helpers/engine.js';
import { startEngineForTest } from '../helpers/engine-for-test.js';
import { flatten } from '../helpers/flat-run.js';
import { findPostgres } from '../helpers/postgres.js';
import { type HeldTool, heldTool } from '../helpers/tools.js';
import { until } from '../helpers/until.js';

const postgres = await findPostgres();
const noop = defineTool({ name: 'noop', run: () => ({}) });
const wins = defineTool({ name: 'wins', run: (_state, { node }) => ({ [node]: 'done' }) });

type Branch = { readonly tool_name: string; readonly params?: object };

/** A node `begin`, and branches with one node each that meet at `join`. */
function fork(
  branches: Record<string, Branch>,
  edge: object,
  more: { nodes?: object[]; parallel_edges?: object[] } = {},
) {
  const names = Object.keys(branches);
  return {
    graph_id: 'race',
    name: 'race',
    entry_point: 'begin',
    nodes: [
      { name: 'begin', tool_name: 'noop' },
      ...names.map((name) => ({ name, ...branches[name] })),
      { name: 'join', tool_name: 'noop' },
      ...(more.nodes ?? []),
    ],
    edges: names
      .filter((name) => !more.parallel_edges?.some((each) => 'from_node' in each && each.from_node === name))
      .map((name) => ({ from_node: name, to_node: 'join' })),
    parallel_edges: [
      { from_node: 'begin', to_nodes: names, join_node: 'join', ...edge },
      ...(more.parallel_edges ?? []),
    ],
  };
}

function each(edge: object, tool_name = 'work') {
  const every = { from_node: 'begin', items: '${ input_data }', to_node: 'work', join_node: 'END', collect_as: 'all' };
  return {
    graph_id: 'each',
    name: 'each',
    entry_point: 'begin',
    nodes: [
      { name: 'begin', tool_name: 'noop' },
      { name: 'work', tool_name },
    ],
    edges: [],
    for_each_edges: [{ ...every, ...edge }],
  };
}

async function start(
  { engine }: Pick<TestEngine, 'engine'>,
  graph: object,
  inputData: unknown = null,
): Promise<string> {
  const { graphId } = await engine.createGraph(graph as never);
  return (await engine.startRun({ graphId, inputData: inputData as never })).runId;
}

function endOf({ engine }: Pick<TestEngine, 'engine'>, runId: string) {
  return until(async () => {
    const { state, logs } = await engine.getState(runId, { waitSeconds: 30 });
    const run = flatten(state);
    return run.finishedAt === null ? undefined : { ...run, logs };
  });
}

/** The runs inside a run, at every depth, by name. */
async function insideOf({ engine }: Pick<TestEngine, 'engine'>, parentRunId: string): Promise<Record<string, string>> {
  const { runs } = await engine.listRuns({ limit: 100, parentRunId });
  const deeper = await Promise.all(runs.map(({ runId }) => insideOf({ engine }, runId)));
  const own = runs.map(({ branch, graphId, status }) => [branch ?? graphId, status]);
  return Object.assign(Object.fromEntries(own), ...deeper);
}

/** Holds until its signal fires or it is released, after which it does as it is told. */
const lateOf = (held: HeldTool) =>
  defineTool({
    name: 'wins',
    run: async (state, context) => {
      await held.called(1);
      return wins.run(state, context);
    },
  });

describe('the first branch to complete', () => {
  it('wins: its data is joined, and the others have let go before the run goes on', async () => {
    const held = heldTool('held');
    const order: string[] = [];
    const after = defineTool({ name: 'after', run: () => void order.push('after') });
    const test = await startEngineForTest({ definitions: [noop, lateOf(held), held.tool, after] });
    const graph = fork({ slow: { tool_name: 'held' }, fast: { tool_name: 'wins' } }, { join: 'any' });
    graph.nodes[3] = { name: 'join', tool_name: 'after' };
    const runId = await start(test, graph);
    await held.called(1);
    await until(() => held.calls[0]?.signal.aborted);
    // It is within its grace: nothing goes on before it has let go, and what it still sets is dropped.
    expect(order).toEqual([]);
    order.push('let go');
    held.release({ slow: 'too late' });
    const run = await endOf(test, runId);
    expect(run).toMatchObject({ status: 'COMPLETED', data: { fast: 'done' } });
    expect(run.data).not.toHaveProperty('slow');
    expect(order).toEqual(['let go', 'after']);
    expect(run.logs).toContain('Joined 1 of 2 branches; 1 was cancelled.');
    expect(await insideOf(test, runId)).toEqual({ slow: 'CANCELLED', fast: 'COMPLETED' });
    const { steps } = await test.engine.listSteps(runId, { limit: 10 });
    const branches = { count: 2, joined: 1, failed: 0, cancelled: 1, winners: [1] };
    expect(steps[0]?.decision).toMatchObject({ kind: 'parallel', to_node: 'join', branches });
  });

  it('has everything cancelled that others are at: waits, pauses, runs inside them', async () => {
    const held = heldTool('held', { heedsSignal: true });
    const test = await startEngineForTest({ definitions: [noop, wins, held.tool] });
    const { engine } = test;
    const inner = {
      graph_id: 'inner',
      name: 'inner',
      entry_point: 'x',
      nodes: [{ name: 'x', tool_name: 'held' }],
      edges: [],
    };
    await engine.createGraph(inner as never);
    const ask = { tool_name: 'wait_for_input', params: { message: 'Well?' } };
    const graph = fork(
      {
        asks: ask,
        signalled: { tool_name: 'wait_for_signal', params: { name: 's' } },
        rests: { tool_name: 'delay', params: { seconds: 3600 } },
        calls: { tool_name: 'run_graph', params: { graph_id: 'inner' } },
        splits: { tool_name: 'noop' },
        paused: ask,
        winner: ask,
      },
      { join: 1 },
      {
        nodes: [
          { name: 'deep', tool_name: 'held' },
          { name: 'deeper', ...ask },
        ],
        parallel_edges: [{ from_node: 'splits', to_nodes: ['deep', 'deeper'], join_node: 'join' }],
      },
    );
    const runId = await start(test, graph);
    await held.called(2);
    const waiting = await until(async () => {
      const { waitingChildren } = await engine.getState(runId);
      return waitingChildren.length === 4 ? waitingChildren : undefined;
    });
    const find = (branch: string) => waiting.find((run) => run.branch === branch)?.runId ?? '';
    await engine.pauseRun(find('paused'));
    await engine.resumeRun(find('winner'), { payload: 'me' });
    expect(await endOf(test, runId)).toMatchObject({ status: 'COMPLETED', data: { winner: 'me' } });
    const { winner, ...losers } = await insideOf(test, runId);
    expect(winner).toBe('COMPLETED');
    expect(Object.keys(losers).sort()).toEqual(
      ['asks', 'calls', 'deep', 'deeper', 'inner', 'paused', 'rests', 'signalled', 'splits'].sort(),
    );
    expect(new Set(Object.values(losers))).toEqual(new Set(['CANCELLED']));
    await expect(engine.resumeRun(find('asks'), { payload: 'late' })).rejects.toMatchObject({
      code: 'run_not_waiting',
    });
  });

  it('keeps those from beginning that had no turn yet', async () => {
    const seen: unknown[] = [];
    const work = defineTool({
      name: 'work',
      run: (_state, { item }) => {
        seen.push(item);
        if (item !== 'c') throw new Error(`no ${item}`);
        return { item };
      },
    });
    const test = await startEngineForTest({ definitions: [noop, work] });
    const edge = { join: 'any', max_parallel: 1, collect_errors_as: 'errors' };
    const runId = await start(test, each(edge), ['a', 'b', 'c', 'd', 'e']);
    const run = await endOf(test, runId);
    expect(run).toMatchObject({
      status: 'COMPLETED',
      data: {
        all: [null, null, { item: 'c' }, null, null],
        errors: [
          { index: 0, node: 'work', code: 'tool_failed', message: 'no a' },
          { index: 1, node: 'work', code: 'tool_failed', message: 'no b' },
        ],
      },
    });
    expect(run.logs).toContain('Joined 1 of 5 branches; 2 failed, 2 were cancelled.');
    expect(seen).toEqual(['a', 'b', 'c']);
  });

  it('does not win over a cancel: the run ends with those that it waits for', async () => {
    const held = heldTool('held');
    const test = await startEngineForTest({ definitions: [noop, lateOf(held), held.tool] });
    const { engine } = test;
    const graph = fork({ slow: { tool_name: 'held' }, fast: { tool_name: 'wins' } }, { join: 'any' });
    const runId = await start(test, graph);
    await held.called(1);
    await until(() => held.calls[0]?.signal.aborted);
    await engine.cancelRun(runId);
    held.release({});
    expect(await endOf(test, runId)).toMatchObject({ status: 'CANCELLED' });
    // The race is over, and nobody runs again.
    await engine.retryRun(runId, {});
    expect(await endOf(test, runId)).toMatchObject({ status: 'COMPLETED', data: { fast: 'done' } });
    expect(held.calls).toHaveLength(1);
    expect(await insideOf(test, runId)).toEqual({ slow: 'CANCELLED', fast: 'COMPLETED' });
  });
});

describe('a quorum', () => {
  const failing = (allowed: { now: boolean }) =>
    defineTool({
      name: 'fails',
      run: (_state, { node }) => {
        if (!allowed.now) throw new Error('no');
        return { [node]: 'done' };
      },
    });

  it('that cannot be reached any more fails at once, and a retry goes on with who did not complete', async () => {
    const held = heldTool('held', { heedsSignal: true });
    const allowed = { now: false };
    const test = await startEngineForTest({ definitions: [noop, wins, failing(allowed), held.tool] });
    const branches = { a: 'wins', b: 'fails', c: 'fails', d: 'held' };
    const graph = fork(Object.fromEntries(Object.entries(branches).map(([name, tool_name]) => [name, { tool_name }])), {
      join: 3,
    });
    const runId = await start(test, graph);
    const failed = await endOf(test, runId);
    expect(failed).toMatchObject({
      status: 'FAILED',
      error: { code: 'branch_failed', message: 'Fewer than 3 branches completed. Branch 1 (b) failed: no.' },
    });
    expect(await insideOf(test, runId)).toMatchObject({ a: 'COMPLETED', b: 'FAILED', c: 'FAILED' });
    allowed.now = true;
    await test.engine.retryRun(runId, {});
    const run = await endOf(test, runId);
    expect(run).toMatchObject({ status: 'COMPLETED', data: { a: 'done', b: 'done', c: 'done' } });
    expect(run.data).not.toHaveProperty('d');
    expect(await insideOf(test, runId)).toEqual({ a: 'COMPLETED', b: 'COMPLETED', c: 'COMPLETED', d: 'CANCELLED' });
  });

  it('is in forks from after it, and made anew in those from before', async () => {
    const test = await startEngineForTest({ definitions: [noop, wins] });
    const { engine } = test;
    const graph = fork({ a: { tool_name: 'wins' }, b: { tool_name: 'wins' }, c: { tool_name: 'wins' } }, { join: 2 });
    const runId = await start(test, graph);
    const { data, logs } = await endOf(test, runId);
    expect(Object.keys(data)).toHaveLength(2);
    const after = await engine.forkRun(runId, { fromStep: 2 });
    expect(await endOf(test, after.runId)).toMatchObject({ status: 'COMPLETED', data, logs });
    expect(await insideOf(test, after.runId)).toEqual({});
    const before = await engine.forkRun(runId, { fromStep: 1 });
    const again = await endOf(test, before.runId);
    expect(again.status).toBe('COMPLETED');
    expect(Object.keys(again.data)).toHaveLength(2);
    expect(Object.keys(await insideOf(test, before.runId))).toHaveLength(3);
  });

  it('survives a crash while others let go: who won is what is stored', async () => {
    const held = heldTool('held');
    const definitions = [noop, lateOf(held), held.tool];
    const crashed = await startEngine({ definitions });
    const graph = fork({ slow: { tool_name: 'held' }, fast: { tool_name: 'wins' } }, { join: 'any' });
    const runId = await start(crashed, graph);
    await held.called(1);
    await until(() => held.calls[0]?.signal.aborted);
    await crashed.store.close();
    const calls: string[] = [];
    const again = (name: string) => defineTool({ name, run: () => void calls.push(name) });
    const test = await startEngineForTest({ definitions: [noop, again('wins'), again('held')], path: crashed.path });
    const run = await endOf(test, runId);
    expect(run).toMatchObject({ status: 'COMPLETED', data: { fast: 'done' } });
    expect(calls).toEqual([]);
    held.release({});
  });
});

describe('a batch that tolerates failures', () => {
  const work = defineTool({
    name: 'work',
    run: (_state, { item }) => {
      if (Number(item) % 10 === 0) throw new Error(`no ${item}`);
      return { n: item };
    },
  });
  const items = Array.from({ length: 50 }, (_, index) => index);

  it('is joined with null for those that failed, and the list of their errors', async () => {
    const test = await startEngineForTest({ definitions: [noop, work] });
    const runId = await start(test, each({ max_failures: 5, collect_errors_as: 'errors' }), items);
    const run = await endOf(test, runId);
    expect(run.status).toBe('COMPLETED');
    expect(run.data.all).toEqual(items.map((n) => (n % 10 === 0 ? null : { n })));
    expect(run.data.errors).toMatchObject([0, 10, 20, 30, 40].map((index) => ({ index, message: `no ${index}` })));
    expect(run.logs).toContain('Joined 45 of 50 branches; 5 failed.');
  });

  it('fails with one more, and keeps what the finished ones set for the way of errors', async () => {
    const test = await startEngineForTest({ definitions: [noop, work] });
    const graph = each({ max_failures: 4, max_parallel: 1, on_error: 'report' });
    graph.nodes.push({ name: 'report', tool_name: 'noop' });
    const run = await endOf(test, await start(test, graph, items));
    const message = 'More than 4 of the branches did not complete. Branch 0 (work) failed: no 0.';
    const completed = items.map((n) => (n % 10 === 0 || n > 40 ? null : { n }));
    expect(run).toMatchObject({ status: 'COMPLETED', data: { error: { message, details: { index: 0, completed } } } });
  });
});

describe.skipIf(postgres === undefined)('several servers', () => {
  it('agree on who won, and cancel what others drive', async () => {
    const path = await postgres!.newSchema();
    const held = heldTool('held', { heedsSignal: true });
    const only = (definitions: readonly unknown[]) => ({ definitions: definitions as never, path });
    const one = await startEngine(only([noop, wins]));
    const other = await startEngine(only([noop, held.tool]));
    onTestFinished(async () => {
      await Promise.all([one.stop(0), other.stop(0)]);
    });
    const ask = { tool_name: 'wait_for_input', params: { message: 'Well?' } };
    const graph = fork({ slow: { tool_name: 'noop' }, asked: ask }, { join: 'any' });
    graph.nodes[1] = { name: 'slow', tool_name: 'noop' };
    graph.nodes.push({ name: 'holds', tool_name: 'held' });
    graph.edges = [
      { from_node: 'slow', to_node: 'holds' },
      { from_node: 'holds', to_node: 'join' },
      { from_node: 'asked', to_node: 'join' },
    ];
    // The graph names a tool that only the other server has.
    await other.engine.createGraph(graph as never);
    const { runId } = await one.engine.startRun({ graphId: 'race', inputData: null });
    await held.called(1);
    const child = await until(async () => (await one.engine.getState(runId)).waitingChildren[0]);
    await one.engine.resumeRun(child.runId, { payload: 'me' });
    await until(() => held.calls[0]?.signal.aborted);
    expect(await endOf(one, runId)).toMatchObject({ status: 'COMPLETED', data: { asked: 'me' }, recoveries: 0 });
    expect(await insideOf(one, runId)).toEqual({ slow: 'CANCELLED', asked: 'COMPLETED' });
  }, 60_000);
});
