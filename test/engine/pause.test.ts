import { describe, expect, it, onTestFinished } from 'vitest';
import { startEngine, type TestEngine } from '../helpers/engine.js';
import { startEngineForTest } from '../helpers/engine-for-test.js';
import { flatten } from '../helpers/flat-run.js';
import { findPostgres } from '../helpers/postgres.js';
import { chain, heldTool } from '../helpers/tools.js';
import { until } from '../helpers/until.js';

const postgres = await findPostgres();
const after = { name: 'after', run: () => ({ after: true }) };
const graph = chain('held-then', 'held', 'after');

/** Resolves with the state of a run when it rests because it is paused, waits for this, or has ended. */
function atRest({ engine }: Pick<TestEngine, 'engine'>, runId: string, kind = 'paused') {
  return until(async () => {
    const state = flatten((await engine.getState(runId)).state);
    return state.finishedAt !== null || state.waiting?.kind === kind ? state : undefined;
  });
}

async function typesOf({ store }: Pick<TestEngine, 'store'>, runId: string): Promise<string[]> {
  return (await store.readEvents(runId, 0, 10_000)).map(({ event }) => event.type);
}

async function start({ engine }: Pick<TestEngine, 'engine'>, definition: object = graph): Promise<string> {
  const { graphId } = await engine.createGraph(definition as typeof graph);
  return (await engine.startRun({ graphId, inputData: null })).runId;
}

describe('a pause', () => {
  it('has the tool at work end, and nothing begin after it', async () => {
    const tool = heldTool('held');
    const test = await startEngineForTest({ definitions: [tool.tool, after] });
    const { engine } = test;
    const runId = await start(test);
    await tool.called(1);
    expect(await engine.pauseRun(runId)).toEqual({ runId, status: 'RUNNING' });
    expect(await engine.pauseRun(runId)).toEqual({ runId, status: 'RUNNING' });
    expect(tool.calls[0]?.signal.aborted).toBe(false);
    tool.release({ held: true });
    expect(await atRest(test, runId)).toMatchObject({ status: 'WAITING', data: { held: true }, recoveries: 0 });
    const { runs } = await engine.listRuns({ limit: 10, waitingFor: 'paused' });
    expect(runs).toMatchObject([{ runId, status: 'WAITING', waitingFor: 'paused' }]);
    // Who waits for the run is answered: it goes on only when somebody says so.
    expect((await engine.getState(runId, { waitSeconds: 60 })).state.paused).toBe(true);
    expect(await engine.unpauseRun(runId)).toEqual({ runId, status: 'RUNNING' });
    expect(await atRest(test, runId)).toMatchObject({ status: 'COMPLETED', data: { after: true } });
    for (const request of [engine.pauseRun(runId), engine.unpauseRun(runId)]) {
      await expect(request).rejects.toMatchObject({ code: 'run_finished' });
    }
    await expect(engine.pauseRun('none')).rejects.toMatchObject({ code: 'run_not_found' });
  });

  it('is there after a crash, whether the run had come to rest or not', async () => {
    const tool = heldTool('held');
    const first = await startEngine({ definitions: [tool.tool, after] });
    const runId = await start(first);
    await tool.called(1);
    await first.engine.pauseRun(runId);
    await first.store.close();
    const never = heldTool('held');
    const second = await startEngine({ definitions: [never.tool, after], path: first.path });
    expect(await atRest(second, runId)).toMatchObject({ waiting: { kind: 'paused', node: 'held' } });
    expect(never.calls).toEqual([]);
    await second.stop();
    const again = heldTool('held');
    const test = await startEngineForTest({ definitions: [again.tool, after], path: first.path });
    again.release({});
    expect(await atRest(test, runId)).toMatchObject({ status: 'WAITING' });
    await test.engine.unpauseRun(runId);
    expect(await atRest(test, runId)).toMatchObject({ status: 'COMPLETED' });
    expect(await typesOf(test, runId)).toEqual([
      ...['run.submitted', 'run.started', 'pause.requested', 'run.recovered', 'run.paused', 'run.unpaused'],
      ...['step.completed', 'step.completed', 'run.completed'],
    ]);
  });

  it('has a timer looked at when the run is unpaused, after a restart too', async () => {
    let now = 1_800_000_000_000;
    const sleeps = { name: 'sleeps', tool_name: 'delay', params: { seconds: 60 } };
    const definition = { graph_id: 'sleeps', name: 'sleeps', entry_point: 'sleeps', nodes: [sleeps], edges: [] };
    const first = await startEngine({ now: () => now });
    const runId = await start(first, definition);
    await atRest(first, runId, 'timer');
    await first.engine.pauseRun(runId);
    await first.stop();
    now += 61_000;
    const second = await startEngine({ now: () => now, path: first.path });
    expect(await second.store.listDueRuns(now, 10)).toEqual([]);
    const { state } = await second.engine.getState(runId);
    expect(flatten(state)).toMatchObject({ paused: true, waiting: { kind: 'timer' } });
    await second.engine.unpauseRun(runId);
    expect(await atRest(second, runId)).toMatchObject({ status: 'COMPLETED' });
    await second.stop();
  });

  it('leaves the runs inside a run alone, and each of those can be paused', async () => {
    const tool = heldTool('held');
    const test = await startEngineForTest({ definitions: [tool.tool, after] });
    const { engine } = test;
    const nodes = ['begin', 'held', 'end'].map((name) => ({ name, tool_name: name === 'held' ? name : 'after' }));
    const parallel_edges = [{ from_node: 'begin', to_nodes: ['held'], join_node: 'end' }];
    const runId = await start(test, {
      ...graph,
      graph_id: 'p',
      name: 'p',
      entry_point: 'begin',
      nodes,
      edges: [],
      parallel_edges,
    });
    await tool.called(1);
    await engine.pauseRun(runId);
    const { runs } = await engine.listRuns({ limit: 10, parentRunId: runId });
    const child = runs[0]?.runId ?? '';
    await engine.pauseRun(child);
    tool.release({ held: 1 });
    // Its only step was under way, and nothing is left that could be paused.
    expect(await atRest(test, child)).toMatchObject({ status: 'COMPLETED' });
    expect(await atRest(test, runId)).toMatchObject({ waiting: { node: 'end' }, data: { held: 1 } });
    await engine.unpauseRun(runId);
    expect(await atRest(test, runId)).toMatchObject({ status: 'COMPLETED' });
  });

  it('ends with a cancel, and is in no fork', async () => {
    const tool = heldTool('held');
    const test = await startEngineForTest({ definitions: [tool.tool, after] });
    const { engine } = test;
    const runId = await start(test);
    await tool.called(1);
    await engine.pauseRun(runId);
    tool.release({});
    await atRest(test, runId);
    const fork = await engine.forkRun(runId, { fromStep: 2 });
    expect(await atRest(test, fork.runId)).toMatchObject({ status: 'COMPLETED', paused: false });
    expect(await engine.cancelRun(runId)).toMatchObject({ status: 'CANCELLED' });
    await engine.retryRun(runId, {});
    expect(await atRest(test, runId)).toMatchObject({ status: 'COMPLETED', data: { after: true } });
  });
});

describe.skipIf(postgres === undefined)('a server that does not drive the run', () => {
  it('pauses it, and has it go on', async () => {
    const path = await postgres!.newSchema();
    const tool = heldTool('held');
    const options = { definitions: [tool.tool, after], path };
    const one = await startEngine(options);
    const other = await startEngine({ ...options, maxConcurrentRuns: 0 });
    onTestFinished(async () => {
      await Promise.all([one.stop(0), other.stop(0)]);
    });
    const runId = await start(one);
    await tool.called(1);
    await other.engine.pauseRun(runId);
    tool.release({});
    expect(await atRest(other, runId)).toMatchObject({ waiting: { kind: 'paused', node: 'after' } });
    await other.engine.unpauseRun(runId);
    expect(await atRest(other, runId)).toMatchObject({ status: 'COMPLETED', recoveries: 0 });
  }, 60_000);
});
