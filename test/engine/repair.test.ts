import { describe, expect, it } from 'vitest';
import { defineCondition, defineTool } from '../../src/core/tool/tool.js';
import { startEngineForTest } from '../helpers/engine-for-test.js';
import { flatten } from '../helpers/flat-run.js';
import { chain, heldTool } from '../helpers/tools.js';
import { until } from '../helpers/until.js';

const keys: string[] = [];
let broken = true;
const first = defineTool({ name: 'first', run: () => ({ first: true }) });
const second = defineTool({
  name: 'second',
  run: (_state, { idempotencyKey }) => {
    keys.push(idempotencyKey);
    if (broken) throw new Error('broken');
    return { second: true };
  },
});

describe('retry', () => {
  it('takes a place in the queue only for a run that is retried', async () => {
    broken = true;
    const held = heldTool('held');
    const definitions = [first, second, held.tool];
    const { engine } = await startEngineForTest({ definitions, maxConcurrentRuns: 1, maxQueuedRuns: 1 });
    await engine.createGraph(chain('work', 'first', 'second'));
    await engine.createGraph(chain('waits', 'held'));
    const { runId: failed } = await engine.startRun({ graphId: 'work', inputData: null });
    await engine.getState(failed, { waitSeconds: 10 });
    const { runId: running } = await engine.startRun({ graphId: 'waits', inputData: null });
    await held.called(1);
    await engine.startRun({ graphId: 'waits', inputData: null });
    await expect(engine.retryRun('made-up', {})).rejects.toMatchObject({ code: 'run_not_found' });
    await expect(engine.retryRun(running, {})).rejects.toMatchObject({ code: 'run_not_retryable' });
    await expect(engine.retryRun(failed, {})).rejects.toMatchObject({ code: 'queue_full' });
  });

  it('goes on from the failed step with its key; the journal keeps the failure', async () => {
    broken = true;
    keys.length = 0;
    const { engine } = await startEngineForTest({ definitions: [first, second] });
    await engine.createGraph(chain('work', 'first', 'second'));
    const { runId } = await engine.startRun({ graphId: 'work', inputData: null });
    expect(flatten((await engine.getState(runId, { waitSeconds: 10 })).state).status).toBe('FAILED');
    broken = false;
    expect(await engine.retryRun(runId, {})).toEqual({ runId, status: 'RUNNING' });
    const { state, logs } = await engine.getState(runId, { waitSeconds: 10 });
    expect(flatten(state)).toMatchObject({
      status: 'COMPLETED',
      error: null,
      data: { first: true, second: true },
      stepCount: 2,
    });
    expect(keys).toEqual([`${runId}/2`, `${runId}/2`]);
    expect(logs).toEqual([
      'Executing Node: first',
      'Executing Node: second',
      'Error in node second: broken',
      'Run failed: broken',
      'No outgoing edge found. Stopping.',
    ]);
    const { steps } = await engine.listSteps(runId, { limit: 10 });
    expect(steps.map(({ step, node, status }) => [step, node, status])).toEqual([
      [1, 'first', 'COMPLETED'],
      [2, 'second', 'COMPLETED'],
    ]);
    await expect(engine.retryRun(runId, {})).rejects.toMatchObject({ code: 'run_not_retryable' });
  });

  it('decides again without calling the tool again when only the condition failed', async () => {
    let calls = 0;
    let bad = true;
    const tool = defineTool({ name: 'tool', run: () => ({ calls: ++calls }) });
    const gate = defineCondition({ name: 'gate', choose: () => (bad ? 'nowhere' : 'END') });
    const { engine } = await startEngineForTest({ definitions: [tool, gate] });
    const graph = { ...chain('gated', 'tool'), conditional_edges: [{ from_node: 'tool', condition_function: 'gate' }] };
    await engine.createGraph(graph);
    const { runId } = await engine.startRun({ graphId: 'gated', inputData: null });
    const failed = await engine.getState(runId, { waitSeconds: 10 });
    expect(flatten(failed.state)).toMatchObject({
      status: 'FAILED',
      data: { calls: 1 },
      error: { code: 'condition_failed' },
    });
    bad = false;
    await engine.retryRun(runId, {});
    const { state } = await engine.getState(runId, { waitSeconds: 10 });
    expect(flatten(state)).toMatchObject({ status: 'COMPLETED', data: { calls: 1 }, stepCount: 1 });
    expect(calls).toBe(1);
  });

  it('needs a higher limit after max_steps, and says what it executes then', async () => {
    const { engine } = await startEngineForTest({ definitions: [first] });
    await engine.createGraph({ ...chain('loop', 'first'), edges: [{ from_node: 'first', to_node: 'first' }] });
    const { runId } = await engine.startRun({ graphId: 'loop', inputData: null, limits: { max_steps: 2 } });
    await engine.getState(runId, { waitSeconds: 10 });
    await expect(engine.retryRun(runId, {})).rejects.toMatchObject({ code: 'limits_too_low' });
    await engine.retryRun(runId, { limits: { max_steps: 3 } });
    const { state, logs } = await engine.getState(runId, { waitSeconds: 10 });
    expect(flatten(state)).toMatchObject({ status: 'FAILED', stepCount: 3, maxSteps: 3 });
    expect(logs.filter((line) => line === 'Executing Node: first')).toHaveLength(3);
  });

  it('restarts a cancelled run, and one that never started', async () => {
    const held = heldTool('held', { heedsSignal: true });
    const { engine } = await startEngineForTest({ definitions: [held.tool], maxConcurrentRuns: 1 });
    await engine.createGraph(chain('hold', 'held'));
    const one = await engine.startRun({ graphId: 'hold', inputData: null });
    await held.called(1);
    const two = await engine.startRun({ graphId: 'hold', inputData: null });
    await engine.cancelRun(two.runId);
    await engine.cancelRun(one.runId);
    await engine.getState(one.runId, { waitSeconds: 10 });
    held.release({ done: true });
    for (const { runId } of [one, two]) {
      await engine.retryRun(runId, {});
      const { state, logs } = await engine.getState(runId, { waitSeconds: 10 });
      expect(flatten(state)).toMatchObject({ status: 'COMPLETED', data: { done: true } });
      expect(logs.filter((line) => line === 'Executing Node: held')).toHaveLength(1);
    }
  });

  it('retries the branches that did not complete, in place, and joins again', async () => {
    let fail = true;
    const calls: number[] = [];
    const work = defineTool({
      name: 'work',
      run: (_state, { index = -1 }) => {
        calls.push(index);
        if (fail && index === 1) throw new Error('broken');
        return { at: index };
      },
    });
    const { engine } = await startEngineForTest({ definitions: [first, work] });
    await engine.createGraph({
      ...chain('each', 'first', 'work'),
      edges: [],
      for_each_edges: [
        {
          from_node: 'first',
          items: '${ input_data }',
          to_node: 'work',
          join_node: 'END',
          collect_as: 'all',
          max_parallel: 1,
        },
      ],
    });
    const { runId } = await engine.startRun({ graphId: 'each', inputData: [0, 1, 2] });
    const failed = await engine.getState(runId, { waitSeconds: 10 });
    expect(flatten(failed.state)).toMatchObject({ status: 'FAILED', error: { code: 'branch_failed' } });
    expect(calls).toEqual([0, 1]);
    fail = false;
    await engine.retryRun(runId, {});
    const { state } = await engine.getState(runId, { waitSeconds: 10 });
    expect(flatten(state)).toMatchObject({ status: 'COMPLETED', data: { all: [{ at: 0 }, { at: 1 }, { at: 2 }] } });
    expect(calls).toEqual([0, 1, 1, 2]);
    expect((await engine.listRuns({ limit: 10, parentRunId: runId })).runs).toHaveLength(3);
  });

  it('retries the graph that ran as a step, in place', async () => {
    broken = true;
    keys.length = 0;
    const { engine } = await startEngineForTest({ definitions: [first, second] });
    await engine.createGraph(chain('inner', 'first', 'second'));
    const nodes = [{ name: 'call', tool_name: 'run_graph', params: { graph_id: 'inner' } }];
    await engine.createGraph({ graph_id: 'outer', name: 'outer', entry_point: 'call', nodes, edges: [] });
    const { runId } = await engine.startRun({ graphId: 'outer', inputData: null });
    expect(flatten((await engine.getState(runId, { waitSeconds: 10 })).state).status).toBe('FAILED');
    broken = false;
    await engine.retryRun(runId, {});
    const { state } = await engine.getState(runId, { waitSeconds: 10 });
    expect(flatten(state)).toMatchObject({ status: 'COMPLETED', data: { call: { first: true, second: true } } });
    expect(new Set(keys).size).toBe(1);
    expect((await engine.listRuns({ limit: 10, parentRunId: runId })).runs).toHaveLength(1);
  });
});

describe('fork', () => {
  const tick = defineTool({
    name: 'tick',
    run: ({ data }, { idempotencyKey }) => ({
      count: (data.count ?? 0) + 1,
      keys: [...(data.keys ?? []), idempotencyKey],
    }),
  });
  const enough = defineCondition({
    name: 'enough',
    outcomes: ['tick', 'END'],
    choose: ({ data }) => (data.count < 4 ? 'tick' : 'END'),
  });
  const loop = { ...chain('loop', 'tick'), conditional_edges: [{ from_node: 'tick', condition_function: 'enough' }] };

  it('from the first step keeps a journal without gaps, and what an earlier fork has set', async () => {
    const { engine, store } = await startEngineForTest({ definitions: [tick, enough] });
    await engine.createGraph(loop);
    const { runId } = await engine.startRun({ graphId: 'loop', inputData: 1 });
    await engine.getState(runId, { waitSeconds: 10 });
    const first = await engine.forkRun(runId, { fromStep: 1, data: { given: 'one', count: 3 } });
    await engine.getState(first.runId, { waitSeconds: 10 });
    const second = await engine.forkRun(first.runId, { fromStep: 1, data: { more: 'two' } });
    const { state, logs } = await engine.getState(second.runId, { waitSeconds: 10 });
    expect(state.data).toMatchObject({ given: 'one', more: 'two', count: 4 });
    expect(state.logCount).toBe(logs.length);
    const seqs = (await store.readEvents(second.runId, 0, 100)).map(({ seq }) => seq);
    expect(seqs).toEqual(seqs.map((_, index) => index + 1));
  });

  it('of a fork has what that one has set, from whatever step', async () => {
    const { engine } = await startEngineForTest({ definitions: [tick, enough] });
    await engine.createGraph(loop);
    const { runId } = await engine.startRun({ graphId: 'loop', inputData: 1 });
    await engine.getState(runId, { waitSeconds: 10 });
    for (const fromStep of [1, 2, 3]) {
      const first = await engine.forkRun(runId, { fromStep, data: { given: fromStep } });
      await engine.getState(first.runId, { waitSeconds: 10 });
      const second = await engine.forkRun(first.runId, { fromStep });
      const third = await engine.forkRun(second.runId, { fromStep });
      const { state } = await engine.getState(third.runId, { waitSeconds: 10 });
      expect(state.data).toMatchObject({ given: fromStep, count: 4 });
    }
  });

  it('copies the steps before, also within a loop, and runs the rest anew with keys of its own', async () => {
    const { engine } = await startEngineForTest({ definitions: [tick, enough] });
    await engine.createGraph(loop);
    const { runId } = await engine.startRun({ graphId: 'loop', inputData: 1, metadata: { by: 'me' } });
    const original = await engine.getState(runId, { waitSeconds: 10 });
    const fork = await engine.forkRun(runId, { fromStep: 3, data: { count: 0 } });
    expect(fork).toMatchObject({ status: 'SUBMITTED', forkedFrom: { run_id: runId, step: 3 } });
    const { state, logs } = await engine.getState(fork.runId, { waitSeconds: 10 });
    expect(flatten(state)).toMatchObject({ status: 'COMPLETED', stepCount: 6, inputData: 1, metadata: { by: 'me' } });
    expect(state.data.count).toBe(4);
    expect(state.data.keys).toEqual([
      `${runId}/1`,
      `${runId}/2`,
      ...[3, 4, 5, 6].map((step) => `${fork.runId}/${step}`),
    ]);
    expect(state.forkedFrom).toEqual({ run_id: runId, step: 3 });
    expect(logs.filter((line) => line === 'Executing Node: tick')).toHaveLength(6);
    expect(await engine.getState(runId)).toEqual(original);
    const { steps } = await engine.listSteps(fork.runId, { limit: 10 });
    expect(steps.map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 6]);
    const diff = await engine.diffRuns(runId, fork.runId);
    expect(diff.firstDivergence).toMatchObject({ step: 4, a: { toNode: 'END' }, b: { toNode: 'tick' } });
    expect(diff.pathA).toEqual(['tick']);
    expect(diff.pathB).toEqual(['tick', 'tick', 'tick']);
    expect(diff.data).toEqual([
      { pointer: '/keys/2', a: `${runId}/3`, b: `${fork.runId}/3` },
      { pointer: '/keys/3', a: `${runId}/4`, b: `${fork.runId}/4` },
      { pointer: '/keys/4', b: `${fork.runId}/5` },
      { pointer: '/keys/5', b: `${fork.runId}/6` },
    ]);
  });

  it('of a live run says that a step after branches under way is not there yet', async () => {
    const { engine } = await startEngineForTest();
    await engine.createGraph({
      ...chain('open', 'split', 'after'),
      nodes: [
        { name: 'split', tool_name: 'delay', params: { seconds: 0 } },
        { name: 'ask', tool_name: 'wait_for_input', params: { message: 'Well?' } },
        { name: 'after', tool_name: 'delay', params: { seconds: 0 } },
      ],
      edges: [],
      parallel_edges: [{ from_node: 'split', to_nodes: ['ask'], join_node: 'after' }],
    });
    const { runId } = await engine.startRun({ graphId: 'open', inputData: null });
    await engine.getState(runId, { waitSeconds: 10 });
    await expect(engine.forkRun(runId, { fromStep: 2 })).rejects.toThrow('no step 2: it has not got there yet.');
    await engine.cancelRun(runId);
    await until(async () => flatten((await engine.getState(runId)).state).status === 'CANCELLED');
    await expect(engine.forkRun(runId, { fromStep: 2 })).rejects.toThrow('no step 2: it ended before.');
  });

  it('from the first step, with another version, and refuses what cannot be', async () => {
    const { engine } = await startEngineForTest({ definitions: [tick, enough, first] });
    await engine.createGraph(loop);
    const { runId } = await engine.startRun({ graphId: 'loop', inputData: 1 });
    await engine.getState(runId, { waitSeconds: 10 });
    await engine.updateGraph('loop', { ...chain('loop', 'tick'), edges: [] });
    const whole = await engine.forkRun(runId, { fromStep: 1, version: 2 });
    expect(flatten((await engine.getState(whole.runId, { waitSeconds: 10 })).state)).toMatchObject({
      status: 'COMPLETED',
      graphVersion: 2,
      stepCount: 1,
    });
    await engine.updateGraph('loop', { ...chain('loop', 'first'), edges: [] });
    for (const request of [
      { fromStep: 1, version: 3 },
      { fromStep: 6 },
      { fromStep: 5 },
      { fromStep: 1, version: 9 },
    ]) {
      await expect(engine.forkRun(runId, request)).rejects.toMatchObject({ code: 'fork_impossible' });
    }
    const idempotency = { key: 'k', fingerprint: 'f' };
    const once = await engine.forkRun(runId, { fromStep: 2, idempotency });
    expect(await engine.forkRun(runId, { fromStep: 2, idempotency })).toEqual({ ...once, replayed: true });
    await engine.getState(once.runId, { waitSeconds: 10 });
    await engine.deleteGraph('loop');
    await expect(engine.forkRun(runId, { fromStep: 1 })).rejects.toMatchObject({ code: 'graph_deleted' });
  });
});

describe('input_schema', () => {
  it('is checked at the start', async () => {
    const { engine } = await startEngineForTest({ definitions: [first] });
    const input_schema = { type: 'object', properties: { n: { type: 'integer' } }, required: ['n'] };
    await engine.createGraph({ ...chain('typed', 'first'), input_schema });
    await expect(engine.startRun({ graphId: 'typed', inputData: { n: 'x' } })).rejects.toMatchObject({
      code: 'invalid_input',
      errors: [{ pointer: '/input_data/n' }],
    });
    const { runId } = await engine.startRun({ graphId: 'typed', inputData: { n: 1 } });
    expect(flatten((await engine.getState(runId, { waitSeconds: 10 })).state).status).toBe('COMPLETED');
  });
});
