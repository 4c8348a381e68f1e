import { describe, expect, it, vi } from 'vitest';
import { statusOf } from '../../src/core/run/state.js';
import { defineTool } from '../../src/core/tool/tool.js';
import type { TestEngineOptions } from '../helpers/engine.js';
import { startEngineForTest } from '../helpers/engine-for-test.js';
import { flatten } from '../helpers/flat-run.js';
import { gate } from '../helpers/tools.js';

/** What `run_graph` takes besides the graph and its input. */

const loop = {
  graph_id: 'loop',
  name: 'loop',
  entry_point: 'work',
  nodes: [{ name: 'work', tool_name: 'work' }],
  edges: [{ from_node: 'work', to_node: 'work' }],
};
const once = { ...loop, graph_id: 'once', name: 'once', edges: [] };
const caller = (params: object, more: object = {}) => ({
  graph_id: 'caller',
  name: 'caller',
  entry_point: 'call',
  nodes: [{ name: 'call', tool_name: 'run_graph', params, ...more }],
  edges: [],
});

async function start(graph: object, options: TestEngineOptions = {}, run: object = {}) {
  const work = { name: 'work', run: () => ({ worked: true }) };
  const test = await startEngineForTest({ definitions: [work], ...options });
  for (const each of [loop, once, graph]) await test.engine.createGraph(each as never);
  const { runId } = await test.engine.startRun({ graphId: 'caller', inputData: 3, ...run });
  const endOf = async (id: string) => (await test.engine.getState(id, { waitSeconds: 20 })).state;
  return { ...test, runId, endOf };
}

describe('the limits of a graph that runs as a step', () => {
  it('bound that run alone', async () => {
    const test = await start(caller({ graph_id: 'loop', limits: { max_steps: '${ input_data }' } }));
    const state = await test.endOf(test.runId);
    expect(flatten(state)).toMatchObject({
      status: 'FAILED',
      maxSteps: 1000,
      error: { code: 'child_failed', details: { error: { code: 'max_steps_exceeded' } } },
    });
    const { runs } = await test.engine.listRuns({ parentRunId: test.runId, limit: 10 });
    expect((await test.endOf(runs[0]!.runId)).stepCount).toBe(3);
  });

  it('can be a deadline, which restarts with a retry', async () => {
    const opened = gate();
    const work = defineTool({
      name: 'work',
      run: (_state, { signal }) =>
        Promise.race([opened.promise, new Promise((_, reject) => signal.addEventListener('abort', reject))]),
    });
    const graph = caller({ graph_id: 'once', limits: { deadline_seconds: 0.2 } });
    const test = await start(graph, { definitions: [work] });
    const error = { code: 'child_failed', details: { error: { code: 'deadline_exceeded' } } };
    expect(flatten(await test.endOf(test.runId))).toMatchObject({ status: 'FAILED', error });
    await test.engine.retryRun(test.runId, {});
    expect(flatten(await test.endOf(test.runId))).toMatchObject({ status: 'FAILED', error });
    await test.engine.retryRun(test.runId, {});
    opened.open();
    expect(statusOf(await test.endOf(test.runId))).toBe('COMPLETED');
  }, 30_000);
});

describe('metadata', () => {
  it('is that of the parent, with what the step adds, and finds children', async () => {
    const params = { graph_id: 'once', metadata: { item: '${ string(input_data) }', team: 'print' } };
    const test = await start(caller(params), {}, { metadata: { team: 'press', case: '1' } });
    await test.endOf(test.runId);
    const filter = { parentRunId: test.runId, metadata: { case: '1', item: '3', team: 'print' }, limit: 10 };
    expect((await test.engine.listRuns(filter)).runs).toMatchObject([{ graphId: 'once', metadata: filter.metadata }]);
    const branching = {
      ...caller({}),
      graph_id: 'branching',
      name: 'branching',
      entry_point: 'work',
      nodes: ['work', 'left', 'right'].map((name) => ({ name, tool_name: 'work' })),
      parallel_edges: [{ from_node: 'work', to_nodes: ['left', 'right'], join_node: 'END' }],
    };
    await test.engine.createGraph(branching as never);
    const metadata = { team: 'press' };
    const { runId } = await test.engine.startRun({ graphId: 'branching', inputData: null, metadata });
    await test.endOf(runId);
    expect((await test.engine.listRuns({ parentRunId: runId, metadata, limit: 10 })).runs).toHaveLength(2);
  });

  it('has no more entries than that of any run', async () => {
    const many = (prefix: string, count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, index) => [`${prefix}${index}`, 'x']));
    for (const wait of [true, false]) {
      const graph = caller({ graph_id: 'once', metadata: many('a', 30), wait });
      const test = await start(graph, {}, { metadata: many('b', 21) });
      expect(flatten(await test.endOf(test.runId)).error).toMatchObject({
        code: 'invalid_params',
        message: 'With the metadata of this run, the other one would have more than 50 entries.',
      });
    }
  });
});

describe('a run that a step only starts', () => {
  const params = { graph_id: 'once', wait: false, save_as: 'aside', metadata: { order: '17' } };

  it('is a top-level run of its own, that nothing of its starter reaches', async () => {
    const opened = gate();
    const work = { name: 'work', run: async () => ({ worked: await opened.promise.then(() => true) }) };
    const ask = { name: 'ask', tool_name: 'wait_for_input', params: { message: '?' } };
    const graph = caller({ ...params, input: '${ input_data }' });
    const asking = { ...graph, nodes: [...graph.nodes, ask], edges: [{ from_node: 'call', to_node: 'ask' }] };
    const test = await start(asking, { definitions: [work] }, { limits: { deadline_seconds: 60 } });
    const { run_id: aside } = (await test.endOf(test.runId)).data.aside as { run_id: string };
    expect((await test.engine.listRuns({ metadata: { order: '17' }, limit: 10 })).runs).toMatchObject([
      { runId: aside, parentRunId: null, graphId: 'once' },
    ]);
    expect((await test.engine.getState(test.runId)).state.data).toEqual({ aside: { run_id: aside } });
    await test.engine.cancelRun(test.runId);
    expect(statusOf(await test.endOf(test.runId))).toBe('CANCELLED');
    await test.engine.deleteRun(test.runId);
    expect(flatten((await test.engine.getState(aside)).state)).toMatchObject({
      status: 'RUNNING',
      deadlineAt: null,
      inputData: 3,
    });
    opened.open();
    expect(flatten(await test.endOf(aside))).toMatchObject({ status: 'COMPLETED', data: { worked: true } });
    const [submitted] = await test.store.readEvents(aside, 0, 1);
    expect(submitted?.event).toMatchObject({ started_by: { kind: 'run', id: test.runId } });
  });

  it('has limits, and its input is checked', async () => {
    const limited = caller({ ...params, graph_id: 'loop', limits: { max_steps: 2 } });
    const test = await start(limited);
    const { run_id: aside } = (await test.endOf(test.runId)).data.aside as { run_id: string };
    expect(flatten(await test.endOf(aside))).toMatchObject({ error: { code: 'max_steps_exceeded' }, stepCount: 2 });
    await test.engine.updateGraph('once', { ...once, input_schema: { type: 'string' } } as never);
    await test.engine.updateGraph('caller', caller({ ...params, input: 5 }) as never);
    const { runId } = await test.engine.startRun({ graphId: 'caller', inputData: null });
    expect(flatten(await test.endOf(runId)).error).toMatchObject({ code: 'invalid_params' });
  });

  it('goes as deep as it likes: one after the other', async () => {
    const next = { graph_id: 'caller', wait: false, input: '${ input_data - 1 }' };
    const last = { from_node: 'work', cases: [{ when: 'input_data <= 0', to_node: 'END' }], otherwise: 'call' };
    const graph = caller(next);
    const chain = { ...graph, entry_point: 'work', nodes: [...graph.nodes, ...once.nodes], conditional_edges: [last] };
    const test = await start(chain, {}, { inputData: 12 });
    let runId: string | undefined = test.runId;
    let count = 0;
    for (; runId !== undefined; count++) {
      const { data, phase } = await test.endOf(runId);
      expect(phase.kind).toBe('completed');
      runId = (data.call as { run_id: string } | undefined)?.run_id;
    }
    expect(count).toBe(13);
  });

  it('is one too many when the queue is full, which can be tried again', async () => {
    const opened = gate();
    const hold = { name: 'hold', run: () => opened.promise };
    const retried = caller(params, { retry: { max_attempts: 50, interval_seconds: 0.1, backoff_rate: 1 } });
    const holds = { name: 'hold', tool_name: 'hold' };
    const graph = { ...retried, nodes: [holds, ...retried.nodes], entry_point: 'hold' };
    const edges = [{ from_node: 'hold', to_node: 'call' }];
    const work = { name: 'work', run: () => ({ worked: true }) };
    const options = { definitions: [work, hold], maxQueuedRuns: 1, maxConcurrentRuns: 1 };
    const test = await start({ ...graph, edges }, options);
    await vi.waitFor(async () => expect(statusOf((await test.engine.getState(test.runId)).state)).toBe('RUNNING'));
    // It waits for the only slot, and takes the only place of those that wait.
    const other = await test.engine.startRun({ graphId: 'once', inputData: null });
    opened.open();
    const state = await test.endOf(test.runId);
    expect(statusOf(state)).toBe('COMPLETED');
    expect(statusOf(await test.endOf(other.runId))).toBe('COMPLETED');
    const events = await test.store.readEvents(test.runId, 0, 100);
    expect(events.map(({ event }) => event)).toContainEqual(
      expect.objectContaining({ type: 'step.failed', error: expect.objectContaining({ code: 'queue_full' }) }),
    );
    expect((await test.engine.listRuns({ metadata: { order: '17' }, limit: 10 })).runs).toHaveLength(1);
  });

  it('is not started of a graph that is deleted meanwhile', async () => {
    let deleting: (() => Promise<unknown>) | undefined;
    const graph = caller(params, { on_error: 'work' });
    const test = await start(
      { ...graph, nodes: [...graph.nodes, ...once.nodes] },
      {
        beforeStart: ({ store }) => {
          const commit = store.commit.bind(store);
          store.commit = async (unit) => {
            if (unit.appends.length > 1) await deleting?.();
            return commit(unit);
          };
        },
      },
    );
    await test.endOf(test.runId);
    deleting = () => test.store.deleteGraph('once', 1);
    const { runId } = await test.engine.startRun({ graphId: 'caller', inputData: null });
    expect((await test.endOf(runId)).data).toMatchObject({
      error: { code: 'invalid_params', message: 'No graph has the id "once".' },
      worked: true,
    });
    expect((await test.engine.listRuns({ graphId: 'once', limit: 10 })).runs).toHaveLength(1);
  });
});
