import { describe, expect, it, onTestFinished } from 'vitest';
import { statusOf } from '../../src/core/run/state.js';
import { defineTool } from '../../src/core/tool/tool.js';
import { startEngine, type TestEngine } from '../helpers/engine.js';
import { startEngineForTest } from '../helpers/engine-for-test.js';
import { flatten } from '../helpers/flat-run.js';
import { findPostgres } from '../helpers/postgres.js';
import { until } from '../helpers/until.js';

const postgres = await findPostgres();

/** Uses ten tokens and a tenth of a dollar each time. */
const pays = defineTool({
  name: 'pays',
  run: (_state, { usage }) => {
    usage({ input_tokens: 6, output_tokens: 4, cost_usd: 0.1 });
    return {};
  },
});
const counts = defineTool({ name: 'counts', run: ({ data }) => ({ count: (data.count ?? 0) + 1 }) });
const definitions = [pays, counts];

const loop = (limits: object, tool_name = 'counts') => ({
  graph_id: 'loop',
  name: 'loop',
  entry_point: 'a',
  nodes: [{ name: 'a', tool_name }],
  edges: [],
  conditional_edges: [
    { from_node: 'a', cases: [{ when: 'has(data.count) && data.count >= 5', to_node: 'END' }], otherwise: 'a' },
  ],
  limits,
});

const fanOut = (limits: object, more: object = {}) => ({
  graph_id: 'fan-out',
  name: 'fan-out',
  entry_point: 'start',
  nodes: ['start', 'each', 'end'].map((name) => ({ name, tool_name: 'pays' })),
  edges: [],
  for_each_edges: [
    {
      from_node: 'start',
      items: '${ input_data }',
      to_node: 'each',
      join_node: 'end',
      collect_as: 'all',
      max_parallel: 2,
      ...more,
    },
  ],
  limits,
});

type Engine = Pick<TestEngine, 'engine'>;

async function start({ engine }: Engine, graph: object, inputData: never[] | string[] = []): Promise<string> {
  const { graphId } = await engine.createGraph(graph as never);
  return (await engine.startRun({ graphId, inputData })).runId;
}

function view({ engine }: Engine, runId: string) {
  return engine.getState(runId);
}

/** Resolves with the state of a run when it waits at a limit, or has ended. */
function atRest({ engine }: Engine, runId: string) {
  return until(async () => {
    const state = flatten((await engine.getState(runId)).state);
    return state.finishedAt !== null || state.waiting?.kind === 'limit' ? state : undefined;
  });
}

/** Resolves with the runs inside a run that wait at a limit, when there are so many. */
function waitingInside(test: Engine, runId: string, count: number) {
  return until(async () => {
    const { waitingChildren } = await view(test, runId);
    return waitingChildren.length === count ? waitingChildren : undefined;
  });
}

describe('a run at a limit', () => {
  it('waits until somebody lifts it, and is found by that', async () => {
    const test = await startEngineForTest({ definitions });
    const { engine } = test;
    const runId = await start(test, loop({ max_steps: 2, on_limit: 'wait' }));
    const state = await atRest(test, runId);
    expect(state).toMatchObject({ status: 'WAITING', stepCount: 2, waiting: { limit: 'max_steps', node: 'a' } });
    // Who waits for the run is answered.
    expect(statusOf((await engine.getState(runId, { waitSeconds: 60 })).state)).toBe('WAITING');
    const { runs } = await engine.listRuns({ limit: 10, waitingFor: 'limit' });
    expect(runs).toMatchObject([{ runId, waitingFor: 'limit' }]);
    const lift = (limits: object) =>
      engine.resumeRun(runId, { payload: { limits } as never, waitId: state.waiting!.id });
    await expect(lift({ max_steps: 2 })).rejects.toMatchObject({ code: 'limits_too_low' });
    await expect(lift({ max_steps: 'x' })).rejects.toMatchObject({
      code: 'invalid_answer',
      errors: [{ pointer: '/payload/limits/max_steps', code: 'invalid_type' }],
    });
    expect(await lift({ max_steps: 20 })).toEqual({ runId, status: 'RUNNING' });
    await expect(lift({ max_steps: 30 })).rejects.toMatchObject({ code: 'run_not_waiting' });
    expect(flatten((await engine.getState(runId, { waitSeconds: 20 })).state)).toMatchObject({
      status: 'COMPLETED',
      data: { count: 5 },
      maxSteps: 20,
    });
  });

  it('waits there after a crash, and goes on after one', async () => {
    const first = await startEngine({ definitions });
    const runId = await start(first, loop({ max_visits: 2, on_limit: 'wait' }));
    await atRest(first, runId);
    await first.store.close();
    const second = await startEngine({ definitions, path: first.path });
    expect(await atRest(second, runId)).toMatchObject({ status: 'WAITING', recoveries: 0, stepCount: 2 });
    await second.engine.resumeRun(runId, { payload: { limits: { max_visits: 9 } } });
    await second.stop();
    const test = await startEngineForTest({ definitions, path: first.path });
    expect(await atRest(test, runId)).toMatchObject({ status: 'COMPLETED', data: { count: 5 } });
  });

  it('ends at its deadline, and when it is cancelled', async () => {
    const test = await startEngineForTest({ definitions });
    const late = await start(test, loop({ max_steps: 1, deadline_seconds: 0.3, on_limit: 'wait' }));
    expect(await atRest(test, late)).toMatchObject({ status: 'WAITING' });
    await until(async () => statusOf((await view(test, late)).state) === 'FAILED');
    expect((await atRest(test, late)).error).toMatchObject({ code: 'deadline_exceeded' });
    const other = (await test.engine.startRun({ graphId: 'loop', inputData: null, limits: { deadline_seconds: 60 } }))
      .runId;
    await atRest(test, other);
    expect(await test.engine.cancelRun(other)).toEqual({ runId: other, status: 'CANCELLED' });
  });

  it('that fails is retried with a higher one', async () => {
    const test = await startEngineForTest({ definitions });
    const { engine } = test;
    const runId = await start(test, loop({ max_tokens: 20 }, 'pays'));
    expect((await atRest(test, runId)).error).toMatchObject({ code: 'max_tokens_exceeded', step: 3 });
    await expect(engine.retryRun(runId, { limits: { max_tokens: 20 } })).rejects.toMatchObject({
      code: 'limits_too_low',
    });
    await engine.retryRun(runId, { limits: { max_tokens: 40 } });
    await until(async () => (await view(test, runId)).state.stepCount === 4);
    expect((await atRest(test, runId)).usage).toEqual({ input_tokens: 24, output_tokens: 16, cost_usd: 0.4 });
  });
});

const items = ['a', 'b', 'c', 'd', 'e', 'f'];

describe('the tokens and the cost of a run', () => {
  it('are those of all runs inside it too; a limit is lifted once for all of them', async () => {
    const test = await startEngineForTest({ definitions });
    const { engine } = test;
    const runId = await start(test, fanOut({ max_tokens: 30, on_limit: 'wait' }), items);
    // One step of its own, and two branches; the next two are refused.
    const [one] = await waitingInside(test, runId, 2);
    const limited = await atRest(test, one!.runId);
    expect(limited.waiting).toMatchObject({
      limit: 'max_tokens',
      limitOf: runId,
      used: { input_tokens: 18, output_tokens: 12, cost_usd: 0.3 },
    });
    expect(one).toMatchObject({ waitingFor: 'limit' });
    expect((await view(test, runId)).usageTotal).toEqual({ input_tokens: 18, output_tokens: 12, cost_usd: 0.3 });
    const lift = (child: string, limits: object) => engine.resumeRun(child, { payload: { limits } as never });
    await expect(lift(one!.runId, { max_tokens: 30 })).rejects.toMatchObject({ code: 'limits_too_low' });
    await expect(lift(one!.runId, { max_steps: 50 })).rejects.toMatchObject({ code: 'invalid_answer' });
    await expect(lift(runId, { max_tokens: 90 })).rejects.toMatchObject({ code: 'run_not_waiting' });
    expect(await lift(one!.runId, { max_tokens: 60 })).toEqual({ runId: one!.runId, status: 'RUNNING' });
    // It is enough for three more, and then they ask again.
    await until(async () => (await view(test, runId)).usageTotal?.input_tokens === 36);
    const [again] = await waitingInside(test, runId, 1);
    expect(again!.runId).not.toBe(one!.runId);
    await lift(again!.runId, { max_tokens: 1000 });
    expect(await atRest(test, runId)).toMatchObject({ status: 'COMPLETED', guards: { max_tokens: 1000 } });
    expect((await view(test, runId)).usageTotal).toEqual({ input_tokens: 48, output_tokens: 32, cost_usd: 0.8 });
  });

  /** Many branches at once, of two steps each: most of them come to the limit before the second. */
  const crowd = (count: number) => {
    const graph = fanOut({ max_tokens: 10 * count, on_limit: 'wait' }, { max_parallel: count });
    const nodes = [...graph.nodes, { name: 'again', tool_name: 'pays' }];
    return { ...graph, nodes, edges: [{ from_node: 'each', to_node: 'again' }] };
  };
  const names = (count: number) => Array.from({ length: count }, (_, index) => String(index));

  it('are lifted for those too that come to the limit meanwhile', async () => {
    const test = await startEngineForTest({ definitions });
    const runId = await start(test, crowd(150), names(150));
    const one = await until(async () => (await view(test, runId)).waitingChildren[0]);
    await test.engine.resumeRun(one.runId, { payload: { limits: { max_tokens: 1_000_000 } } });
    await until(async () => statusOf((await view(test, runId)).state) === 'COMPLETED');
  });

  it('are lifted for all over a crash', async () => {
    const first = await startEngine({ definitions });
    const runId = await start(first, crowd(60), names(60));
    const one = await until(async () => {
      const { children, waitingChildren } = await view(first, runId);
      return children !== null && children.waiting + children.completed === 60 ? waitingChildren[0] : undefined;
    });
    await first.engine.resumeRun(one.runId, { payload: { limits: { max_tokens: 1_000_000 } } });
    await first.store.close();
    const test = await startEngineForTest({ definitions, path: first.path });
    await until(async () => statusOf((await view(test, runId)).state) === 'COMPLETED');
  });

  it('cannot be given a limit that is used up already', async () => {
    const test = await startEngineForTest({ definitions });
    const runId = await start(test, fanOut({ max_steps: 1, on_limit: 'wait' }), items);
    expect(await atRest(test, runId)).toMatchObject({ waiting: { limit: 'max_steps', node: 'end' } });
    const lift = (limits: object) => test.engine.resumeRun(runId, { payload: { limits } as never });
    await expect(lift({ max_steps: 9, max_tokens: 70 })).rejects.toMatchObject({ code: 'limits_too_low' });
    await lift({ max_steps: 9, max_tokens: 71 });
    expect(await atRest(test, runId)).toMatchObject({ status: 'COMPLETED' });
  });

  it('end it at the limit, whichever run comes to it', async () => {
    const test = await startEngineForTest({ definitions });
    const runId = await start(test, fanOut({ max_cost_usd: 0.3 }), items);
    expect(await atRest(test, runId)).toMatchObject({
      status: 'FAILED',
      error: { code: 'branch_failed', details: { error: { code: 'max_cost_exceeded' } } },
    });
    // At most the steps that were in progress are over it.
    expect((await view(test, runId)).usageTotal?.cost_usd).toBeLessThanOrEqual(0.4);
    // Children get the limit that a retry gives.
    await test.engine.retryRun(runId, { limits: { max_cost_usd: 0.8 } });
    await until(async () => statusOf((await view(test, runId)).state) === 'COMPLETED');
  });

  it('are looked at by the children of a run that gets the limit with a retry', async () => {
    let isIll = true;
    const ill = defineTool({
      name: 'ill',
      run: () => {
        if (isIll) throw new Error('boom');
        return {};
      },
    });
    const test = await startEngineForTest({ definitions: [...definitions, ill] });
    const nodes = ['start', 'each', 'more', 'end'].map((name) => ({
      name,
      tool_name: name === 'each' ? 'ill' : 'pays',
    }));
    const graph = { ...fanOut({}), nodes, edges: [{ from_node: 'each', to_node: 'more' }] };
    const runId = await start(test, graph, ['a']);
    expect((await atRest(test, runId)).error?.code).toBe('branch_failed');
    isIll = false;
    await test.engine.retryRun(runId, { limits: { max_tokens: 11, on_limit: 'wait' } });
    await until(async () => (await view(test, runId)).state.phase.kind === 'limited');
    expect((await atRest(test, runId)).waiting).toMatchObject({ limit: 'max_tokens', node: 'end' });
    const [child] = (await test.engine.listRuns({ parentRunId: runId, limit: 5 })).runs;
    expect((await view(test, child!.runId)).state.budgetsOf).toEqual([runId]);
  });

  it('have each branch fail that comes to a limit, and a way for errors is taken', async () => {
    const test = await startEngineForTest({ definitions });
    const runId = await start(test, fanOut({ max_tokens: 30, max_steps: 4 }, { on_error: 'end' }), items);
    // The run itself is over its limit by then.
    expect((await atRest(test, runId)).error).toMatchObject({ code: 'max_tokens_exceeded' });
  });

  it('of a graph that runs as a step have two limits: its own, and that of the run above', async () => {
    const test = await startEngineForTest({ definitions });
    const { engine } = test;
    await engine.createGraph(loop({ max_tokens: 20, on_limit: 'wait' }, 'pays') as never);
    const runId = await start(test, {
      graph_id: 'outer',
      name: 'outer',
      entry_point: 'inside',
      nodes: [{ name: 'inside', tool_name: 'run_graph', params: { graph_id: 'loop' } }],
      edges: [],
      limits: { max_tokens: 40, on_limit: 'wait' },
    });
    const [child] = await waitingInside(test, runId, 1);
    const waits = async () => (await atRest(test, child!.runId)).waiting;
    expect(await waits()).toMatchObject({ limit: 'max_tokens', used: { input_tokens: 12, output_tokens: 8 } });
    expect(await waits()).not.toHaveProperty('limitOf');
    await engine.resumeRun(child!.runId, { payload: { limits: { max_tokens: 1000 } } });
    await until(async () => (await waits())?.limitOf === runId);
    expect(await waits()).toMatchObject({ used: { input_tokens: 24, output_tokens: 16 } });
    await engine.cancelRun(runId);
    await until(async () => statusOf((await view(test, runId)).state) === 'CANCELLED');
  });
});

it.skipIf(postgres === undefined)(
  'a limit is lifted at a server that does not drive the run',
  async () => {
    const path = await postgres!.newSchema();
    const one = await startEngine({ definitions, path });
    const other = await startEngine({ definitions, path, maxConcurrentRuns: 0 });
    onTestFinished(async () => {
      await Promise.all([one.stop(0), other.stop(0)]);
    });
    const runId = await start(one, fanOut({ max_tokens: 30, on_limit: 'wait' }), items);
    const [child] = await waitingInside(other, runId, 2);
    await other.engine.resumeRun(child!.runId, { payload: { limits: { max_tokens: 1000 } } });
    expect(await atRest(other, runId)).toMatchObject({ status: 'COMPLETED', recoveries: 0 });
  },
  60_000,
);
