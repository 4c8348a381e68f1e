import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/core/base/json.js';
import type { GraphDefinition } from '../../src/core/graph/definition.js';
import { type RunState, statusOf } from '../../src/core/run/state.js';
import type { Registrable } from '../../src/core/tool/registry.js';
import type { TestEngine, TestEngineOptions } from '../helpers/engine.js';
import { startEngineForTest } from '../helpers/engine-for-test.js';
import { gate } from '../helpers/tools.js';
import { until } from '../helpers/until.js';

type Graph = Partial<Record<keyof GraphDefinition, unknown>>;

const count: Registrable = { name: 'count', run: ({ data }) => ({ n: Number(data.n ?? 0) + 1 }) };
const node = (name: string, tool_name = 'count', params: object = {}) => ({ name, tool_name, params });
const edge = (from_node: string, to_node: string) => ({ from_node, to_node });
const graphOf = (graph_id: string, more: Graph): Graph => ({ graph_id, name: graph_id, entry_point: 'a', ...more });
const two = graphOf('two', { nodes: [node('a'), node('b')], edges: [edge('a', 'b')] });
const asking = graphOf('asking', {
  nodes: [node('a'), node('ask', 'wait_for_input', { message: '?' }), node('z')],
  edges: [edge('a', 'ask'), edge('ask', 'z')],
});

async function start(options: TestEngineOptions = {}, ...graphs: readonly Graph[]): Promise<TestEngine> {
  const test = await startEngineForTest({ definitions: [count], ...options });
  for (const graph of graphs) await test.engine.createGraph(graph as never);
  return test;
}

async function runOf({ engine }: TestEngine, graphId: string, waitSeconds = 20): Promise<RunState> {
  const { runId } = await engine.startRun({ graphId, inputData: { who: 'x' } });
  return (await engine.getState(runId, { waitSeconds })).state;
}

async function exported({ engine }: TestEngine, runId: string): Promise<JsonObject> {
  return engine.useCapsule(runId, {}, async (capsule) => JSON.parse(JSON.stringify(capsule)));
}

async function stateOf({ engine }: TestEngine, runId: string, waitSeconds = 20): Promise<RunState> {
  return (await engine.getState(runId, { waitSeconds })).state;
}

/** What a state says of what the run did, whatever its ids. */
const told = ({ data, stepCount, phase, usage, visits, logCount }: RunState) => ({
  data,
  stepCount,
  usage,
  visits,
  logCount,
  status: statusOf({ phase }),
});

describe('a run that was exported and imported', () => {
  it('is the same run on another server: state, steps, events and all that can be done with it', async () => {
    const [from, to] = [await start({}, two), await start()];
    const original = await runOf(from, 'two');
    const capsule = await exported(from, original.runId);
    const copy = await to.engine.importRun({ capsule, goesOn: false });
    expect(copy).toMatchObject({
      status: 'COMPLETED',
      importedFrom: { run_id: original.runId },
      graphId: 'two',
      graphVersion: 1,
      replayed: false,
    });
    expect(copy.runId).not.toBe(original.runId);
    const state = await stateOf(to, copy.runId);
    expect(told(state)).toEqual(told(original));
    expect(state.startedBy).toEqual({ kind: 'import', id: original.runId, seq: original.seq });
    const page = { limit: 10 };
    expect(await to.engine.listSteps(copy.runId, page)).toEqual(await from.engine.listSteps(original.runId, page));
    const [mine, theirs] = [
      await to.store.readEvents(copy.runId, 0, 1000),
      await from.store.readEvents(original.runId, 0, 1000),
    ];
    expect(mine.slice(1)).toEqual(theirs.slice(1));
    expect((await to.engine.listRuns({ limit: 5, startedBy: { kind: 'import' } })).runs).toHaveLength(1);
    const fork = await to.engine.forkRun(copy.runId, { fromStep: 2, data: { n: 10 } });
    expect((await stateOf(to, fork.runId)).data).toEqual({ n: 11 });
    expect((await to.engine.diffRuns(copy.runId, fork.runId)).data).toMatchObject([{ pointer: '/n', a: 2, b: 11 }]);
    // A copy of the copy is the same once more.
    const again = await from.engine.importRun({ capsule: await exported(to, copy.runId), goesOn: false });
    expect(told(await stateOf(from, again.runId))).toEqual(told(original));
  });

  it('uses the graph that is there, if it is the same, and saves it beside another one of its id', async () => {
    const from = await start({}, two);
    const { runId } = await runOf(from, 'two');
    const capsule = await exported(from, runId);
    const same = await from.engine.importRun({ capsule, goesOn: false });
    expect(same).toMatchObject({ graphId: 'two', graphVersion: 1 });
    const other = await start({}, { ...two, nodes: [node('a')], edges: [] });
    const mark = String(capsule.digest).slice(7, 15);
    for (const _ of [1, 2]) {
      const copy = await other.engine.importRun({ capsule, goesOn: false });
      expect(copy).toMatchObject({ graphId: `two-${mark}`, graphVersion: 1 });
    }
    expect((await other.engine.getGraph(`two-${mark}`)).name).toBe(`two (${mark})`);
  });

  it('was moved from one version to another, both of one graph here', async () => {
    const from = await start({}, asking);
    const original = await runOf(from, 'asking');
    await from.engine.saveGraph({
      ...asking,
      nodes: [node('a'), node('ask', 'wait_for_input', { message: '?' }), node('z', 'fail', { message: 'no' })],
    } as never);
    await from.engine.migrateRuns('asking', { toVersion: 2, runs: { ids: [original.runId] }, dryRun: false });
    const capsule = await exported(from, original.runId);
    const mark = String(capsule.digest).slice(7, 15);
    const versions = (capsule.graphs as JsonObject[]).map(({ version }) => version);
    expect(versions).toEqual([1, 2]);
    // One has neither; one has the first and nothing else, under other numbers.
    const [empty, first] = [await start(), await start({}, { ...two, graph_id: 'asking' })];
    await first.engine.saveGraph(asking as never);
    for (const [to, id] of [
      [empty, 'asking'],
      [first, `asking-${mark}`],
      [first, `asking-${mark}`],
    ] as const) {
      const copy = await to.engine.importRun({ capsule, goesOn: true });
      expect(copy).toMatchObject({ graphId: id, graphVersion: 2 });
      expect((await stateOf(to, copy.runId, 0)).migratedFrom).toMatchObject({ version: 1 });
      await to.engine.resumeRun(copy.runId, { payload: 1 });
      expect(statusOf(await stateOf(to, copy.runId))).toBe('FAILED');
      expect((await to.engine.replayRun({ run: { id: copy.runId } })).verdict).toBe('same');
    }
  });

  it('is cancelled if it had not ended, tells nobody, and goes on once it is retried', async () => {
    const [from, to] = [await start({}, asking), await start()];
    const original = await runOf(from, 'asking');
    const { runId } = await to.engine.importRun({ capsule: await exported(from, original.runId), goesOn: false });
    expect(statusOf(await stateOf(to, runId))).toBe('CANCELLED');
    await to.engine.retryRun(runId, {});
    await to.engine.getState(runId, { waitSeconds: 20 });
    await to.engine.resumeRun(runId, { payload: { ok: true } });
    expect((await stateOf(to, runId)).data).toEqual({ n: 2, ask: { ok: true } });
    // The original has not moved.
    expect(statusOf(await stateOf(from, original.runId, 0))).toBe('WAITING');
  });

  it('can be looked at without the tools that it has called', async () => {
    const from = await start({}, two);
    const to = await startEngineForTest();
    const { runId } = await to.engine.importRun({
      capsule: await exported(from, (await runOf(from, 'two')).runId),
      goesOn: false,
    });
    expect((await stateOf(to, runId)).data).toEqual({ n: 2 });
  });
});

describe('a run that goes on where it was imported', () => {
  it('answers what it waits for', async () => {
    const [from, to] = [await start({}, asking), await start()];
    const original = await runOf(from, 'asking');
    const copy = await to.engine.importRun({ capsule: await exported(from, original.runId), goesOn: true });
    expect(copy.status).toBe('WAITING');
    await to.engine.resumeRun(copy.runId, { payload: 7 });
    expect(told(await stateOf(to, copy.runId))).toMatchObject({ data: { n: 2, ask: 7 }, status: 'COMPLETED' });
  });

  it('calls the tool that was under way once more, which is no crash', async () => {
    const opened = gate();
    const held: Registrable = { name: 'held', run: () => opened.promise.then(() => ({ held: true })) };
    const graph = graphOf('holding', { nodes: [node('a', 'held')], edges: [] });
    const from = await start({ definitions: [held] }, graph);
    const { runId } = await from.engine.startRun({ graphId: 'holding', inputData: null });
    await until(async () => statusOf(await stateOf(from, runId, 0)) === 'RUNNING');
    const to = await start({ definitions: [{ name: 'held', run: () => ({ here: true }) }] });
    const copy = await to.engine.importRun({ capsule: await exported(from, runId), goesOn: true });
    const state = await stateOf(to, copy.runId);
    expect(told(state)).toMatchObject({ status: 'COMPLETED', data: { here: true } });
    expect((await to.store.readEvents(copy.runId, 0, 1000)).map(({ event }) => event.type)).toEqual([
      'run.submitted',
      'run.started',
      'run.drained',
      'step.completed',
      'run.completed',
    ]);
    opened.open();
  });

  it('waits until its time, and has as long until its deadline as it had', async () => {
    const until_ = new Date(Date.now() + 600_000).toISOString();
    const graph = graphOf('later', {
      nodes: [node('a', 'delay', { until: until_ })],
      edges: [],
      limits: { deadline_seconds: 5000 },
    });
    const from = await start({}, graph);
    const { runId } = await from.engine.startRun({ graphId: 'later', inputData: null });
    await until(async () => statusOf(await stateOf(from, runId, 0)) === 'WAITING');
    const original = await stateOf(from, runId, 0);
    const capsule = await exported(from, runId);
    let ms = 0;
    const to = await start({ now: () => Date.now() + ms });
    ms = 1_000_000;
    const copy = await to.engine.importRun({ capsule, goesOn: true });
    const state = await stateOf(to, copy.runId);
    expect(statusOf(state)).toBe('COMPLETED');
    const later = Number(state.deadlineAt) - Number(original.deadlineAt);
    expect(later).toBeGreaterThanOrEqual(ms);
    expect(later).toBeLessThan(ms + 60_000);
  });

  it('goes on with its branches and the graph that runs inside it, each where it was', async () => {
    const inner = graphOf('inner', {
      nodes: [node('a'), node('ask', 'wait_for_input', { message: '?' })],
      edges: [edge('a', 'ask')],
    });
    const outer = graphOf('outer', {
      nodes: [
        node('a'),
        node('left', 'run_graph', { graph_id: 'inner', save_as: 'left' }),
        node('right', 'tag'),
        node('z'),
      ],
      edges: [],
      parallel_edges: [{ from_node: 'a', to_nodes: ['left', 'right'], join_node: 'z' }],
    });
    const tag: Registrable = { name: 'tag', run: () => ({ right: true }) };
    const from = await start({ definitions: [count, tag] }, inner, outer);
    const original = await runOf(from, 'outer');
    const to = await start({ definitions: [count, tag] });
    const copy = await to.engine.importRun({ capsule: await exported(from, original.runId), goesOn: true });
    expect(copy.status).toBe('WAITING');
    const waiting = await to.engine.listRuns({ limit: 5, waitingFor: 'input' });
    const [asked] = waiting.runs;
    await to.engine.resumeRun(asked?.runId ?? '', { payload: 'yes' });
    const end = await stateOf(to, copy.runId);
    expect(told(end)).toMatchObject({ status: 'COMPLETED', data: { n: 2, right: true, left: { n: 1, ask: 'yes' } } });
    expect(statusOf(await stateOf(from, original.runId, 0))).toBe('WAITING');
  });

  it('cannot if its line is full, and takes its slot if it is not', async () => {
    const graph = { ...asking, concurrency: { limit: 1, on_full: 'refuse' } };
    const from = await start({}, graph);
    const { runId } = await runOf(from, 'asking');
    const capsule = await exported(from, runId);
    const to = await start();
    await to.engine.importRun({ capsule, goesOn: true });
    await expect(to.engine.importRun({ capsule, goesOn: true })).rejects.toMatchObject({ code: 'concurrency_full' });
  });
});

describe('a capsule that cannot be taken in', () => {
  it('says what is wrong with its graph, and stores nothing', async () => {
    const [from, to] = [await start({}, two), await start()];
    const { runId } = await runOf(from, 'two');
    const capsule = await exported(from, runId);
    const broken = { ...capsule, digest: 'sha256:0' };
    await expect(to.engine.importRun({ capsule: broken, goesOn: false })).rejects.toMatchObject({
      code: 'invalid_capsule',
      errors: [{ pointer: '/capsule/digest', code: 'wrong_digest' }],
    });
    expect((await to.engine.listRuns({ limit: 5 })).runs).toEqual([]);
    expect((await to.engine.listGraphs({ limit: 5 })).graphs).toEqual([]);
  });

  it('is refused for runs inside others, and for runs that are not there', async () => {
    const outer = graphOf('outer', { nodes: [node('a', 'run_graph', { graph_id: 'asking' })], edges: [] });
    const from = await start({}, asking, outer);
    const { runId } = await runOf(from, 'outer');
    const [child] = (await from.engine.listRuns({ parentRunId: runId, limit: 5 })).runs;
    await expect(exported(from, child?.runId ?? '')).rejects.toMatchObject({ code: 'run_is_child' });
    await expect(exported(from, 'nobody')).rejects.toMatchObject({ code: 'run_not_found' });
  });
});

describe('an import that is repeated with its key', () => {
  it('is answered with the copy that it made', async () => {
    const [from, to] = [await start({}, two), await start()];
    const capsule = await exported(from, (await runOf(from, 'two')).runId);
    const idempotency = { key: 'k', fingerprint: 'f' };
    const first = await to.engine.importRun({ capsule, goesOn: false, idempotency });
    const second = await to.engine.importRun({ capsule, goesOn: false, idempotency });
    expect(second).toEqual({ ...first, replayed: true });
    const other = { key: 'k', fingerprint: 'g' };
    await expect(to.engine.importRun({ capsule, goesOn: false, idempotency: other })).rejects.toMatchObject({
      code: 'idempotency_mismatch',
    });
  });
});
