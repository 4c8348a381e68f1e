import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Composition } from '../../src/compose.js';
import type { Json, JsonObject } from '../../src/core/base/json.js';
import { startEngine, type TestEngine } from '../helpers/engine.js';
import { startEngineForTest } from '../helpers/engine-for-test.js';
import { heldTool } from '../helpers/tools.js';
import { until } from '../helpers/until.js';

/** A graph in its first version, and in the one that a test moves its run to. */
type Node = { name: string; tool_name: string; params?: JsonObject; [more: string]: Json | undefined };

const set = (name: string, values: JsonObject): Node => ({ name, tool_name: 'set_data', params: { values } });
const ask = (name: string, params: JsonObject = {}): Node => {
  return { name, tool_name: 'wait_for_input', params: { message: '?', ...params } };
};
const fail = (name: string): Node => ({ name, tool_name: 'fail', params: { message: 'no' } });

let engine: TestEngine;
let graphs = 0;

beforeAll(async () => {
  engine = await startEngine({ secrets: { KEY: 'a-secret-value' } });
});
afterAll(() => engine.stop(0));

function line(nodes: readonly Node[], more: object = {}) {
  const edges = nodes.slice(1).map(({ name }, index) => ({ from_node: nodes[index]?.name ?? '', to_node: name }));
  return { entry_point: nodes[0]?.name ?? '', nodes, edges, ...more };
}

async function save(graphId: string, definition: object, { engine: api }: Pick<Composition, 'engine'> = engine) {
  const whole = { graph_id: graphId, name: graphId, ...definition };
  await api.saveGraph(whole);
}

/** Starts a run of a graph of its own, waits until it rests, and saves the second version. */
async function started(first: object, second: object, input: Json = null): Promise<{ graphId: string; runId: string }> {
  graphs += 1;
  const graphId = `graph-${graphs}`;
  await save(graphId, first);
  const { runId } = await engine.engine.startRun({ graphId, inputData: input });
  await rested(runId);
  await save(graphId, second);
  return { graphId, runId };
}

const RESTING = ['waiting', 'joining', 'completed', 'failed', 'cancelled', 'paused'];

/** Resolves with a run that has nothing to do, whatever it waits for. */
const rested = (runId: string, { engine: api }: Pick<Composition, 'engine'> = engine) =>
  until(async () => {
    const view = await api.getState(runId);
    return RESTING.includes(view.state.phase.kind) ? view : undefined;
  });

async function move(graphId: string, runId: string, dryRun = false) {
  const { results } = await engine.engine.migrateRuns(graphId, {
    toVersion: 2,
    runs: { ids: [runId] },
    dryRun,
    by: 'alice',
  });
  return results[0];
}

/** What a dry run says, and then the move: the same. */
async function moved(graphId: string, runId: string) {
  const dry = await move(graphId, runId, true);
  expect((await engine.engine.getState(runId)).state.graphVersion).toBe(1);
  const result = await move(graphId, runId);
  expect(result).toEqual(dry);
  const { state } = await engine.engine.getState(runId);
  expect(state.graphVersion).toBe(result?.error === undefined ? 2 : 1);
  return result;
}

describe('a run that waits for an answer', () => {
  it('goes on with the version that it was moved to, and says so', async () => {
    const { graphId, runId } = await started(
      line([set('a', { x: 1 }), ask('who'), set('end', { by: 'v1' })]),
      line([set('a', { x: 1 }), ask('who', { message: 'Who, please?' }), set('end', { by: 'v2' })]),
    );
    expect(await moved(graphId, runId)).toEqual({ runId, fromVersion: 1 });
    await engine.engine.resumeRun(runId, { payload: 'Ada' });
    const { state } = await rested(runId);
    expect(state).toMatchObject({ graphVersion: 2, data: { x: 1, who: 'Ada', by: 'v2' } });
    expect(state.migratedFrom).toMatchObject({ version: 1, by: 'alice' });
    const events = await engine.store.readEvents(runId, 0, 100);
    const told = events.filter(({ event: { type } }) => type === 'run.migrated').map(({ event }) => event);
    expect(told).toEqual([{ type: 'run.migrated', from_version: 1, to_version: 2, by: 'alice' }]);
    const { summary } = await engine.engine.explainRun(runId);
    expect(summary).toMatch(/moved from version 1 of its graph to 2 by alice, at \d{4}-/);
    expect((await engine.engine.listRuns({ graphId, limit: 1 })).runs[0]).toMatchObject({ graphVersion: 2 });
  });

  it.each<[string, object, string, string]>([
    ['went another way', line([set('a', { x: 2 }), ask('who')]), 'move_diverged', '/nodes/0'],
    ['the node is gone', line([set('a', { x: 1 }), ask('whom')]), 'move_impossible', '/nodes'],
    ['the node comes later', line([set('a', { x: 1 }), set('b', {}), ask('who')]), 'move_diverged', '/nodes/0'],
    [
      'the answer has another schema',
      line([set('a', { x: 1 }), ask('who', { schema: { type: 'string' } })]),
      'move_impossible',
      '/nodes/1/params/schema',
    ],
    [
      'another tool is called',
      line([set('a', { x: 1 }), { name: 'who', tool_name: 'wait_for_signal', params: { name: 's' } }]),
      'move_impossible',
      '/nodes/1/tool_name',
    ],
    [
      'the input does not fit',
      line([set('a', { x: 1 }), ask('who')], { input_schema: { type: 'object' } }),
      'move_impossible',
      '/input_schema',
    ],
    [
      'params have no value any more',
      line([set('a', { x: 1 }), ask('who', { message: '${ data.y }' })]),
      'move_impossible',
      '/nodes/1/params',
    ],
  ])('stays if %s', async (_, second, code, pointer) => {
    const { graphId, runId } = await started(line([set('a', { x: 1 }), ask('who')]), second);
    expect(await moved(graphId, runId)).toMatchObject({ fromVersion: 1, error: { code, pointer } });
    expect((await engine.store.readEvents(runId, 0, 100)).at(-1)?.event.type).toBe('wait.started');
  });
});

describe('a run that has stopped', () => {
  it('after a failure goes on with the corrected node', async () => {
    const { graphId, runId } = await started(
      line([set('a', { x: 1 }), fail('b'), set('c', { done: true })]),
      line([set('a', { x: 1 }), set('b', { mended: true }), set('c', { done: true })]),
    );
    expect(await moved(graphId, runId)).toEqual({ runId, fromVersion: 1 });
    const { state: before } = await engine.engine.getState(runId);
    expect([before.phase.kind, before.graphVersion]).toEqual(['failed', 2]);
    await engine.engine.retryRun(runId, {});
    expect((await rested(runId)).state).toMatchObject({ data: { x: 1, mended: true, done: true } });
  });

  it('at a choice that had no value goes on by the corrected choice', async () => {
    const nodes = [set('a', { score: 3 }), set('low', {}), set('high', {})];
    const choice = (when: string) => ({
      entry_point: 'a',
      nodes,
      conditional_edges: [{ from_node: 'a', cases: [{ when, to_node: 'high' }], otherwise: 'low' }],
    });
    const { graphId, runId } = await started(choice('data.points > 2'), choice('data.score > 2'));
    expect(await moved(graphId, runId)).toEqual({ runId, fromVersion: 1 });
    await engine.engine.retryRun(runId, {});
    expect((await rested(runId)).state).toMatchObject({ phase: { kind: 'completed', cursor: { node: 'high' } } });
  });

  it('keeps to the result that the choice is about', async () => {
    const choice = (score: number, when: string) => ({
      entry_point: 'a',
      nodes: [set('a', { score }), set('high', {})],
      conditional_edges: [{ from_node: 'a', cases: [{ when, to_node: 'high' }], otherwise: 'END' }],
    });
    const { graphId, runId } = await started(choice(3, 'data.points > 2'), choice(4, 'data.score > 2'));
    const error = { code: 'move_impossible', pointer: '/nodes/0/params/values' };
    expect(await moved(graphId, runId)).toMatchObject({ error });
  });

  it('by a cancel goes on as well, with a stream that ends', async () => {
    const { graphId, runId } = await started(line([ask('who')]), line([ask('who', { schema: { type: 'string' } })]));
    await engine.engine.cancelRun(runId);
    expect(await moved(graphId, runId)).toEqual({ runId, fromVersion: 1 });
    const last = (await engine.store.lastSeq(runId)) as number;
    for (const after of [0, last - 1, last]) {
      const types: string[] = [];
      const { pages, isOver } = await engine.engine.watchRun(runId, { after, idleMs: 60_000 });
      for await (const page of pages) types.push(...page.map(({ event }) => event.type));
      expect([isOver, types.at(-1)]).toEqual(after === last ? [true, undefined] : [false, 'run.migrated']);
    }
  });

  it('by its end stays', async () => {
    const { graphId, runId } = await started(line([set('a', {})]), line([set('a', {}), set('b', {})]));
    expect(await moved(graphId, runId)).toMatchObject({ error: { code: 'run_finished' } });
  });
});

describe('other runs', () => {
  it('wait for a time, a signal or a graph, and go on with the new version', async () => {
    graphs += 1;
    const child = `graph-${graphs}`;
    await save(child, line([ask('inner')]));
    const waits: Node[] = [
      { name: 'w', tool_name: 'delay', params: { seconds: 3600 } },
      { name: 'w', tool_name: 'wait_for_signal', params: { name: 'go' } },
      { name: 'w', tool_name: 'run_graph', params: { graph_id: child } },
    ];
    for (const wait of waits) {
      const { graphId, runId } = await started(line([wait]), line([wait, set('then', { v: 2 })]));
      expect(await moved(graphId, runId)).toEqual({ runId, fromVersion: 1 });
    }
  });

  it('with branches under way stay, and branches are moved with no run', async () => {
    const branches = (more: object) => ({
      entry_point: 'a',
      nodes: [set('a', {}), ask('b'), ask('c'), set('d', {})],
      parallel_edges: [{ from_node: 'a', to_nodes: ['b', 'c'], join_node: 'd' }],
      ...more,
    });
    const { graphId, runId } = await started(branches({}), branches({ description: 'other' }));
    const { error } = (await moved(graphId, runId)) ?? {};
    expect(error).toMatchObject({
      code: 'move_impossible',
      message: expect.stringMatching(/^Branches that "a" started/),
    });
    const [branch] = (await engine.engine.listRuns({ parentRunId: runId, limit: 1 })).runs;
    const result = await move(graphId, branch?.runId ?? '');
    expect(result?.error).toMatchObject({ code: 'run_is_child', message: expect.stringContaining(runId) });
  });

  it('that are unknown, of another graph or moved before say so', async () => {
    const { graphId, runId } = await started(line([ask('who')]), line([ask('who')], { description: 'two' }));
    const other = await started(line([ask('who')]), line([ask('who')], { description: 'two' }));
    expect(await move(graphId, 'none')).toMatchObject({ fromVersion: null, error: { code: 'run_not_found' } });
    expect(await move(graphId, other.runId)).toMatchObject({ error: { code: 'move_impossible' } });
    expect([await move(graphId, runId), await move(graphId, runId)]).toEqual([
      { runId, fromVersion: 1 },
      { runId, fromVersion: 2 },
    ]);
    const missing = engine.engine.migrateRuns(graphId, { toVersion: 9, runs: { filter: {} } });
    await expect(missing).rejects.toMatchObject({ code: 'graph_not_found' });
  });

  it('are found by a filter, those of the graph alone', async () => {
    const { graphId, runId } = await started(line([ask('who')]), line([ask('who')], { description: 'two' }));
    const outcome = await engine.engine.migrateRuns(graphId, { toVersion: 2, runs: { filter: {} } });
    expect(outcome).toEqual({ results: [{ runId, fromVersion: 1 }], nextCursor: null, dryRun: true });
  });

  it('are paused in the middle of a step first', async () => {
    const held = heldTool('held');
    const { engine: api } = await startEngineForTest({ definitions: [held.tool] });
    await save('g', line([{ name: 'h', tool_name: 'held' }, set('end', { v: 1 })]), { engine: api });
    const { runId } = await api.startRun({ graphId: 'g', inputData: null });
    await held.called(1);
    await save('g', line([{ name: 'h', tool_name: 'held' }, set('end', { v: 2 })]), { engine: api });
    const request = { toVersion: 2, runs: { ids: [runId] }, dryRun: false };
    expect((await api.migrateRuns('g', request)).results[0]?.error?.code).toBe('run_active');
    await api.pauseRun(runId);
    held.release({ held: true });
    await rested(runId, { engine: api });
    expect((await api.migrateRuns('g', request)).results).toEqual([{ runId, fromVersion: 1 }]);
    await api.unpauseRun(runId);
    expect((await api.getState(runId, { waitSeconds: 30 })).state).toMatchObject({ data: { v: 2 } });
  });
});

it('a session that has loaded the run before the move goes on with the new version', async () => {
  let isRaced = false;
  const { engine: api, store } = await startEngineForTest({
    beforeStart: ({ store: parts }) => {
      const commit = parts.commit.bind(parts);
      parts.commit = async (unit) => {
        const types = unit.appends.flatMap(({ records }) => records.map(({ event }) => event.type));
        // The session is about to say that the run begins: the run is moved before it can.
        if (types[0] === 'run.started' && !isRaced) {
          isRaced = true;
          const { runId } = unit.appends[0]?.state ?? { runId: '' };
          const { results } = await api.migrateRuns('g', { toVersion: 2, runs: { ids: [runId] }, dryRun: false });
          expect(results[0]?.error).toBeUndefined();
        }
        return commit(unit);
      };
    },
  });
  await save('g', line([set('a', { v: 1 })]), { engine: api });
  await save('g', line([set('b', { v: 2 })]), { engine: api });
  const { runId } = await api.startRun({ graphId: 'g', version: 1, inputData: null });
  const { state } = await api.getState(runId, { waitSeconds: 30 });
  expect(state).toMatchObject({ data: { v: 2 }, graphVersion: 2, phase: { kind: 'completed' } });
  const types = (await store.readEvents(runId, 0, 100)).map(({ event }) => event.type);
  expect(types).toEqual(['run.submitted', 'run.migrated', 'run.started', 'step.completed', 'run.completed']);
});

it('a move that somebody is ahead of is decided again', async () => {
  let answer: (() => Promise<void>) | undefined;
  const { engine: api } = await startEngineForTest({
    beforeStart: ({ store }) => {
      const commit = store.commit.bind(store);
      store.commit = async (unit) => {
        if (unit.appends[0]?.records[0]?.event.type === 'run.migrated') {
          const first = answer;
          answer = undefined;
          await first?.();
        }
        return commit(unit);
      };
    },
  });
  await save('g', line([ask('who'), ask('next')]), { engine: api });
  const { runId } = await api.startRun({ graphId: 'g', inputData: null });
  await api.getState(runId, { waitSeconds: 30 });
  await save('g', line([ask('who'), ask('next', { schema: { type: 'string' } })]), { engine: api });
  answer = async () => {
    await api.pauseRun(runId);
  };
  const { results } = await api.migrateRuns('g', { toVersion: 2, runs: { ids: [runId] }, dryRun: false });
  expect(results).toEqual([{ runId, fromVersion: 1 }]);
  expect((await api.getState(runId)).state).toMatchObject({ graphVersion: 2, paused: true });
});
