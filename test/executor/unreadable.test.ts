import { expect, it, onTestFinished, vi } from 'vitest';
import { defineTool } from '../../src/core/tool/tool.js';
import { DAMAGES, damage } from '../helpers/damage.js';
import { startEngine, type TestEngine } from '../helpers/engine.js';
import { until } from '../helpers/until.js';

const RECORD_3 = DAMAGES['a record that is not JSON'] ?? '';
/** The wait ends long ago, so the run is due as soon as the server begins. */
const DUE = [
  `UPDATE workflow_runs SET wake_at = 1 WHERE run_id = @run`,
  `UPDATE run_events SET payload = json_set(payload, '$.wait.until', 1) WHERE run_id = @run AND seq = 4`,
];

const sleep = { name: 'sleep', tool_name: 'delay', params: { seconds: 3600 } };
const work = (name: string) => ({ name, tool_name: 'work' });
const GRAPHS = [
  {
    graph_id: 'sleeps',
    name: 'sleeps',
    entry_point: 'work',
    nodes: [work('work'), sleep],
    edges: [{ from_node: 'work', to_node: 'sleep' }],
  },
  {
    graph_id: 'branches',
    name: 'branches',
    entry_point: 'start',
    nodes: [work('start'), work('one'), work('two'), sleep, { ...sleep, name: 'doze' }, work('join')],
    edges: [
      { from_node: 'one', to_node: 'sleep' },
      { from_node: 'two', to_node: 'doze' },
      { from_node: 'sleep', to_node: 'join' },
      { from_node: 'doze', to_node: 'join' },
    ],
    parallel_edges: [{ from_node: 'start', to_nodes: ['one', 'two'], join_node: 'join' }],
  },
  {
    graph_id: 'calls',
    name: 'calls',
    entry_point: 'call',
    nodes: [{ name: 'call', tool_name: 'run_graph', params: { graph_id: 'sleeps' } }],
  },
];

const tool = defineTool({ name: 'work', run: () => ({}) });

async function start(path?: string): Promise<TestEngine> {
  const test = await startEngine({ definitions: [tool], ...(path !== undefined && { path }) });
  onTestFinished(() => test.stop(0));
  return test;
}

/** Starts a run, waits until it and what is inside it sleep, and stops the server. Resolves with the ids of its children. */
async function startSleeping(graphId: string): Promise<{ path: string; runId: string; children: string[] }> {
  const test = await start();
  for (const graph of GRAPHS) await test.engine.createGraph({ edges: [], ...graph });
  const { runId } = await test.engine.startRun({ graphId, inputData: null });
  const count = { sleeps: 0, branches: 2, calls: 1 }[graphId];
  const list = async () => (await test.engine.listRuns({ parentRunId: runId, limit: 10 })).runs;
  await until(async () => {
    const runs = count === 0 ? (await test.engine.listRuns({ limit: 10 })).runs : await list();
    return runs.filter(({ waitingFor }) => waitingFor === 'timer').length === Math.max(1, count ?? 0);
  });
  const children = [...(await list())]
    .sort((a, b) => (a.childIndex ?? 0) - (b.childIndex ?? 0))
    .map((child) => child.runId);
  await test.stop();
  return { path: test.path, runId, children };
}

const errorsOf = ({ logged }: TestEngine, runId: string) =>
  logged.filter(({ level, details }) => level === 'error' && (details as { run_id?: string }).run_id === runId);
const statusIn = async ({ engine }: TestEngine, runId: string) =>
  (await engine.listRuns({ limit: 10 })).runs.find((run) => run.runId === runId)?.status;

it('a run that cannot be read is put aside, told of once, and goes on at the start after its repair', async () => {
  const { path, runId } = await startSleeping('sleeps');
  damage(path, runId, RECORD_3, ...DUE);
  const second = await start(path);
  await until(() => errorsOf(second, runId).length > 0);
  expect(errorsOf(second, runId)[0]?.message).toContain('put aside until the next start');
  // Another timer has the alarm go off again; nobody looks at the run for that.
  const load = vi.spyOn(second.store, 'loadRun');
  const short = { ...sleep, params: { seconds: 0.02 } };
  await second.engine.createGraph({
    name: 'short',
    graph_id: 'short',
    entry_point: 'sleep',
    nodes: [short],
    edges: [],
  });
  for (let round = 0; round < 2; round++) {
    const { runId: other } = await second.engine.startRun({ graphId: 'short', inputData: null });
    const { state } = await second.engine.getState(other, { waitSeconds: 10 });
    expect(state.phase.kind).toBe('completed');
  }
  expect(load.mock.calls.filter(([id]) => id === runId)).toEqual([]);
  expect(errorsOf(second, runId)).toHaveLength(1);
  expect([await statusIn(second, runId), await second.queue.depth()]).toEqual(['WAITING', 0]);
  // Something that is stored for it has it looked at again, without a word.
  await second.store.commit({ appends: [], wakes: [{ runId, at: 0 }] });
  await until(() => load.mock.calls.some(([id]) => id === runId));
  await second.stop();
  expect(errorsOf(second, runId)).toHaveLength(1);
  damage(
    path,
    runId,
    `UPDATE run_events SET payload = '{"step":1,"node":"work","attempt":1,"patch":{},"logs":[],"decision":{"kind":"edge","to_node":"sleep"},"next":"sleep"}' WHERE run_id = @run AND seq = 3`,
  );
  const third = await start(path);
  expect((await third.engine.getState(runId, { waitSeconds: 10 })).state.phase.kind).toBe('completed');
});

it('a run at work that cannot be read, or whose graph cannot, is put aside at the start', async () => {
  const { path, runId } = await startSleeping('sleeps');
  const atWork = `UPDATE workflow_runs SET status = 'RUNNING', waiting_for = NULL, wake_at = NULL WHERE run_id = @run`;
  damage(path, runId, atWork, RECORD_3);
  const second = await start(path);
  await until(() => errorsOf(second, runId).length > 0);
  expect(await statusIn(second, runId)).toBe('RUNNING');
  await second.stop();
  damage(
    path,
    runId,
    `DELETE FROM run_events WHERE run_id = @run AND seq > 2`,
    `DELETE FROM graph_definitions WHERE graph_id = 'sleeps'`,
  );
  const third = await start(path);
  await until(() => errorsOf(third, runId).length > 0);
  expect(errorsOf(third, runId)[0]?.details).toMatchObject({ err: { reason: 'it is not stored' } });
  expect(await third.engine.cancelRun(runId)).toEqual({ runId, status: 'CANCELLED' });
  expect((await third.engine.getState(runId)).state.phase.kind).toBe('cancelled');
});

it.each([
  ['branches', 'branch_failed', RECORD_3, 'cannot be read: record 3 of its journal'],
  ['branches', 'branch_failed', DAMAGES['no journal'] ?? '', 'its journal is missing'],
  ['calls', 'child_failed', RECORD_3, 'cannot be read: record 3 of its journal'],
  [
    'calls',
    'child_failed',
    `UPDATE graph_definitions SET definition = '{' WHERE graph_id = 'sleeps'`,
    'Version 1 of graph "sleeps" cannot be read',
  ],
])(
  'a child of %s that cannot be read fails its parent with %s, at each retry too',
  async (graphId, code, statement, why) => {
    const { path, runId, children } = await startSleeping(graphId);
    const child = children.at(-1) ?? '';
    damage(path, child, ...DUE, statement);
    const second = await start(path);
    const { state } = await second.engine.getState(runId, { waitSeconds: 10 });
    expect(state.phase).toMatchObject({ kind: 'failed', error: { code, message: expect.stringContaining(why) } });
    const { runs } = await second.engine.listRuns({ parentRunId: runId, limit: 10 });
    const ends = Object.fromEntries(runs.map((run) => [run.runId, [run.status, run.error?.code ?? null]]));
    expect(ends[child]).toEqual(['FAILED', 'run_unreadable']);
    for (const sibling of children.slice(0, -1)) expect(ends[sibling]).toEqual(['CANCELLED', null]);
    await second.engine.retryRun(runId, {});
    const { state: again } = await second.engine.getState(runId, { waitSeconds: 10 });
    expect(again.phase).toMatchObject({ kind: 'failed', error: { code } });
    await second.engine.deleteRun(runId);
    expect((await second.engine.listRuns({ parentRunId: runId, limit: 10 })).runs).toEqual([]);
  },
);

it('a graph that cannot be read fails the step that asks for it', async () => {
  const { path, runId } = await startSleeping('calls');
  damage(path, runId, `UPDATE graph_definitions SET definition = '{' WHERE graph_id = 'sleeps'`);
  const second = await start(path);
  const { runId: other } = await second.engine.startRun({ graphId: 'calls', inputData: null });
  const { state } = await second.engine.getState(other, { waitSeconds: 10 });
  const message = expect.stringContaining('Version 1 of graph "sleeps" cannot be read');
  expect(state.phase).toMatchObject({ kind: 'failed', error: { code: 'invalid_params', message } });
});

it('a branch whose parent cannot be read is put aside with it, and cancelled and deleted with it', async () => {
  const { path, runId, children } = await startSleeping('branches');
  damage(path, runId, RECORD_3);
  for (const child of children) damage(path, child, ...DUE);
  const second = await start(path);
  await until(() => [runId, ...children].every((id) => errorsOf(second, id).length === 1));
  for (const child of children) {
    await expect(second.engine.getState(child)).rejects.toMatchObject({
      code: 'run_unreadable',
      message: expect.stringContaining(`Run ${child} cannot be read: it is a branch, and Run ${runId} cannot be read`),
    });
  }
  await expect(second.engine.deleteRun(children[0] ?? '')).rejects.toMatchObject({ code: 'run_is_child' });
  expect(await second.engine.cancelRun(runId)).toEqual({ runId, status: 'CANCELLED' });
  const { runs } = await second.engine.listRuns({ parentRunId: runId, limit: 10 });
  expect(runs.map(({ status }) => status)).toEqual(['CANCELLED', 'CANCELLED']);
  await second.engine.deleteRun(runId);
  expect(await second.store.outlineRun(children[0] ?? '')).toBeUndefined();
});

it('a parent is cancelled over a child that cannot be read', async () => {
  const { path, runId, children } = await startSleeping('branches');
  damage(path, children[0] ?? '', RECORD_3);
  const second = await start(path);
  await second.engine.cancelRun(runId);
  expect((await second.engine.getState(runId, { waitSeconds: 10 })).state.phase.kind).toBe('cancelled');
  expect(await second.engine.drawRun(runId, 'mermaid')).toContain('flowchart');
});

it('final data of a child that cannot be read fails the join', async () => {
  const { path, runId, children } = await startSleeping('branches');
  damage(
    path,
    children[0] ?? '',
    `UPDATE workflow_runs SET status = 'COMPLETED', finished_at = 1, wake_at = NULL, data = '{' WHERE run_id = @run`,
  );
  damage(path, children[1] ?? '', ...DUE);
  const second = await start(path);
  const { state } = await second.engine.getState(runId, { waitSeconds: 10 });
  expect(state.phase).toMatchObject({
    kind: 'failed',
    error: { code: 'branch_failed', message: expect.stringContaining('its data cannot be read') },
  });
});

it.each([
  '{',
  '[]',
  '{}',
  '{"runId":"r","phase":{"kind":"lost"}}',
  '{"runId":"r","phase":{"kind":"calling","cursor":null}}',
])('the journal is read if the snapshot is %s, which is told once', async (snapshot) => {
  const { path, runId } = await startSleeping('sleeps');
  damage(path, runId, `INSERT INTO run_snapshots (run_id, seq, state) VALUES (@run, 3, '${snapshot}')`, ...DUE);
  const second = await start(path);
  const { state, logs } = await second.engine.getState(runId, { waitSeconds: 10 });
  expect([state.phase.kind, logs.length]).toEqual(['completed', 3]);
  await second.engine.getState(runId);
  expect(second.logged.filter(({ level }) => level === 'warn')).toHaveLength(1);
  expect(second.logged.some(({ level }) => level === 'error')).toBe(false);
});
