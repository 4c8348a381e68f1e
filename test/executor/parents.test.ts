import { describe, expect, it, vi } from 'vitest';
import type { Composition } from '../../src/compose.js';
import { append } from '../../src/core/run/journal.js';
import { defineTool } from '../../src/core/tool/tool.js';
import type { Unit } from '../../src/store/store.js';
import { startEngine, type TestEngine, type TestEngineOptions } from '../helpers/engine.js';
import { startEngineForTest } from '../helpers/engine-for-test.js';
import { flatten } from '../helpers/flat-run.js';
import { gate, heldTool } from '../helpers/tools.js';
import { until } from '../helpers/until.js';

const noop = defineTool({ name: 'noop', run: () => ({}) });

/** A branch for each item of the input; each waits for a person, unless its leaf is another tool. */
function fanOut(leaf = 'wait_for_input', edge: object = {}) {
  return {
    graph_id: 'fan',
    name: 'fan',
    entry_point: 'begin',
    nodes: [
      { name: 'begin', tool_name: 'noop' },
      { name: 'leaf', tool_name: leaf, ...(leaf === 'wait_for_input' && { params: { message: 'Go on?' } }) },
    ],
    edges: [],
    for_each_edges: [
      {
        from_node: 'begin',
        items: '${ input_data }',
        to_node: 'leaf',
        join_node: 'END',
        collect_as: 'all',
        ...edge,
      },
    ],
  } as never;
}

/** True for a unit that makes children, or gives them their slot. */
function isForChildren({ appends, slots = [] }: Unit): boolean {
  return slots.length > 0 || appends.some(({ create, state }) => create !== undefined && state.parent !== null);
}

/**
 * Lives until it commits such a unit, at the number of which it dies as by a `kill -9`: nothing more is stored.
 * @param spared how many such units it commits before
 */
async function dieAt(
  which: (unit: Unit) => boolean,
  options: TestEngineOptions & { readonly begin?: (test: TestEngine) => Promise<unknown>; readonly spared?: number },
): Promise<string> {
  const { begin, spared = 0, ...rest } = options;
  const dead = gate();
  const beforeStart = ({ store }: Composition) => {
    const commit = store.commit.bind(store);
    let count = 0;
    let isDead = false;
    vi.spyOn(store, 'commit').mockImplementation((unit) => {
      if (which(unit)) count += 1;
      isDead ||= count > spared;
      if (!isDead) return commit(unit);
      dead.open();
      return new Promise(() => {});
    });
  };
  const test = await startEngine({ ...rest, definitions: [noop, ...(rest.definitions ?? [])], beforeStart });
  await begin?.(test);
  await dead.promise;
  await test.store.close();
  return test.path;
}

/** Makes the graph and starts a run of it; its id is in the array after that. */
function startFan(graph: never, items: number, runIds: string[]) {
  return async ({ engine }: TestEngine): Promise<void> => {
    await engine.createGraph(graph);
    runIds.push(
      (await engine.startRun({ graphId: 'fan', inputData: Array.from({ length: items }, (_, index) => index) })).runId,
    );
  };
}

async function typesOf({ store }: Pick<TestEngine, 'store'>, runId: string): Promise<string[]> {
  return (await store.readEvents(runId, 0, 1000)).map(({ event }) => event.type);
}

describe('a parent that was at work for its children at a crash', () => {
  it.each([
    ['none is made', 0],
    ['some are made', 1],
  ])('is given up after ten in a row, when %s, and those that are there end', async (_, spared) => {
    const runIds: string[] = [];
    let path = await dieAt(isForChildren, { begin: startFan(fanOut(), 300, runIds), spared });
    const [runId] = runIds as [string];
    for (let crash = 1; crash < 10; crash++) path = await dieAt(isForChildren, { path });
    const test = await startEngineForTest({ definitions: [noop], path });
    // Not by a wait of the engine, which ends while one of them asks a person.
    const state = await until(async () => {
      const run = flatten((await test.engine.getState(runId)).state);
      return run.status === 'WAITING' ? undefined : run;
    });
    expect(state).toMatchObject({ status: 'FAILED', error: { code: 'recovery_exhausted' } });
    expect((await typesOf(test, runId)).filter((type) => type === 'run.recovered')).toHaveLength(10);
    const { runs } = await test.engine.listRuns({ parentRunId: runId, limit: 1000 });
    expect(runs).toHaveLength(spared * 100);
    expect(runs.every(({ status }) => status === 'CANCELLED')).toBe(true);
  });

  it('counts a crash after it was given up too: what is left to do is to cancel them', async () => {
    const test = await startEngine({ definitions: [noop] });
    const runIds: string[] = [];
    await startFan(fanOut(), 2, runIds)(test);
    const [runId] = runIds as [string];
    await until(async () => (await test.store.listWaitingDescendants(runId, ['input'], 20)).length === 2);
    const crashes = Array.from({ length: 10 }, () => ({ type: 'run.recovered', children_ended: 0 }) as const);
    const { state } = await test.engine.getState(runId);
    await test.store.commit({ appends: [{ ...append(state, crashes, Date.now()), rowChanged: false }] });
    await test.store.close();
    const again = await startEngineForTest({ definitions: [noop], path: test.path });
    await until(async () => flatten((await again.engine.getState(runId)).state).status === 'FAILED');
    expect((await typesOf(again, runId)).slice(-12)).toEqual([
      ...Array.from({ length: 11 }, () => 'run.recovered'),
      'run.failed',
    ]);
  });

  it('gets on when one of them has ended since, and its crashes count anew', async () => {
    const runIds: string[] = [];
    // Each life ends when the parent gives the next child the slot of one that has ended.
    const definitions = [defineTool({ name: 'leaf', run: () => ({}) })];
    const graph = fanOut('leaf', { max_parallel: 1 });
    let path = await dieAt(({ slots = [] }) => slots.length > 0, { definitions, begin: startFan(graph, 14, runIds) });
    for (let crash = 1; crash <= 12; crash++) {
      path = await dieAt(({ slots = [] }) => slots.length > 0, { definitions, path, spared: 1 });
    }
    const test = await startEngineForTest({ definitions: [noop, ...definitions], path });
    const { state } = await test.engine.getState(runIds[0]!, { waitSeconds: 20 });
    expect(flatten(state).status).toBe('COMPLETED');
    expect((await typesOf(test, runIds[0]!)).filter((type) => type === 'run.recovered')).toHaveLength(13);
  });
});

describe('a parent that only waited', () => {
  it('stays WAITING, and counts nothing, however often the server dies while people are asked', async () => {
    const test = await startEngine({ definitions: [noop] });
    const runIds: string[] = [];
    await startFan(fanOut(), 12, runIds)(test);
    const [runId] = runIds as [string];
    await until(async () => (await test.store.listWaitingDescendants(runId, ['input'], 20)).length === 10);
    await test.store.close();
    for (let crash = 0; crash < 10; crash++) {
      const again = await startEngine({ definitions: [noop], path: test.path });
      await until(async () => (await again.queue.depth()) === 0);
      await again.store.close();
    }
    const last = await startEngineForTest({ definitions: [noop], path: test.path });
    const { state } = await last.engine.getState(runId);
    expect(flatten(state)).toMatchObject({ status: 'WAITING', recoveries: 0 });
    expect(await typesOf(last, runId)).not.toContain('run.recovered');
  });
});

describe('a stop in good order', () => {
  it('while children are made is no crash, however often', async () => {
    const runIds: string[] = [];
    let path: string | undefined;
    for (let stop = 0; stop < 11; stop++) {
      const making = gate();
      const stopping = gate();
      const beforeStart = ({ store }: Composition) => {
        const commit = store.commit.bind(store);
        vi.spyOn(store, 'commit').mockImplementation(async (unit) => {
          if (isForChildren(unit)) {
            making.open();
            await stopping.promise;
          }
          return commit(unit);
        });
      };
      const test = await startEngine({ definitions: [noop], ...(path !== undefined && { path }), beforeStart });
      if (path === undefined) await startFan(fanOut(), 2000, runIds)(test);
      path = test.path;
      await making.promise;
      const stopped = test.stop();
      stopping.open();
      await stopped;
    }
    const last = await startEngineForTest({ definitions: [noop], ...(path !== undefined && { path }) });
    const [runId] = runIds as [string];
    await until(async () => (await last.store.countChildren(runId, 4)).made === 2000);
    const types = await typesOf(last, runId);
    expect(types.filter((type) => type === 'run.drained')).toHaveLength(11);
    const { state } = await last.engine.getState(runId);
    expect(flatten(state)).toMatchObject({ status: 'WAITING', recoveries: 0, drained: false });
  });

  it('after which a parent is due because a child has ended meanwhile is no crash', async () => {
    const held = heldTool('leaf');
    const test = await startEngine({ definitions: [noop, held.tool] });
    const runIds: string[] = [];
    await startFan(fanOut('leaf', { max_parallel: 1 }), 2, runIds)(test);
    const [runId] = runIds as [string];
    await held.called(1);
    const stopped = test.stop();
    held.release({});
    await stopped;
    const again = await startEngineForTest({ definitions: [noop, held.tool], path: test.path });
    const { state } = await again.engine.getState(runId, { waitSeconds: 20 });
    expect(flatten(state).status).toBe('COMPLETED');
    const types = await typesOf(again, runId);
    expect(types.slice(types.indexOf('branches.started') + 1)).toEqual([
      'run.drained',
      'run.recovered',
      'branches.joined',
      'run.completed',
    ]);
  });
});
