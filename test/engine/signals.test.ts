import { describe, expect, it, onTestFinished } from 'vitest';
import { MAX_KEPT_SIGNALS } from '../../src/core/run/inbox.js';
import { startEngine, type TestEngine } from '../helpers/engine.js';
import { startEngineForTest } from '../helpers/engine-for-test.js';
import { flatten } from '../helpers/flat-run.js';
import { findPostgres } from '../helpers/postgres.js';
import { heldTool } from '../helpers/tools.js';
import { until } from '../helpers/until.js';

const postgres = await findPostgres();

const waitFor = (name: string, more: object = {}) => ({
  name,
  tool_name: 'wait_for_signal',
  params: { name: 'go', ...more },
});

/** Waits for the signal `go` twice. */
const twice = {
  graph_id: 'twice',
  name: 'twice',
  entry_point: 'first',
  nodes: [waitFor('first'), waitFor('second')],
  edges: [{ from_node: 'first', to_node: 'second' }],
};

/** The same, after a tool. */
const held = {
  ...twice,
  entry_point: 'held',
  nodes: [{ name: 'held', tool_name: 'held' }, ...twice.nodes],
  edges: [{ from_node: 'held', to_node: 'first' }, ...twice.edges],
};

/** Resolves with the state of a run when it waits at a node, or has ended. */
function atRest({ engine }: Pick<TestEngine, 'engine'>, runId: string, node: string | null = null) {
  return until(async () => {
    const state = flatten((await engine.getState(runId)).state);
    return state.finishedAt !== null || state.waiting?.node === node ? state : undefined;
  });
}

async function typesOf({ store }: Pick<TestEngine, 'store'>, runId: string): Promise<string[]> {
  return (await store.readEvents(runId, 0, 10_000)).map(({ event }) => event.type);
}

async function start(
  { engine }: Pick<TestEngine, 'engine'>,
  graph: typeof twice | typeof held = twice,
): Promise<string> {
  await engine.createGraph(graph);
  return (await engine.startRun({ graphId: graph.graph_id, inputData: null })).runId;
}

describe('a signal', () => {
  it('reaches a run while its tool is at work, and is taken when the run comes to its wait', async () => {
    const tool = heldTool('held');
    const test = await startEngineForTest({ definitions: [tool.tool] });
    const { engine } = test;
    const runId = await start(test, held);
    await tool.called(1);
    const sent = await engine.sendSignal(runId, { name: 'go', payload: { n: 1 } });
    expect(sent).toEqual({ runId, status: 'RUNNING', replayed: false });
    tool.release({});
    expect(await atRest(test, runId, 'second')).toMatchObject({ data: { first: { n: 1 } }, recoveries: 0 });
    expect(await engine.sendSignal(runId, { name: 'go', payload: 2 })).toMatchObject({ status: 'RUNNING' });
    expect((await atRest(test, runId)).data).toMatchObject({ second: 2 });
  });

  it('goes to one wait each, in order, however many are sent at once', async () => {
    const test = await startEngineForTest();
    const { engine } = test;
    const nodes = [
      waitFor('next', { save_as: 'n' }),
      {
        name: 'keep',
        tool_name: 'transform',
        params: {
          values: { seen: '${ (has(data.seen) ? data.seen : []) + [data.n] }' },
        },
      },
    ];
    const cases = [{ when: 'size(data.seen) < 40', to_node: 'next' }];
    const edges = [{ from_node: 'next', to_node: 'keep' }];
    const conditional_edges = [{ from_node: 'keep', cases, otherwise: 'END' }];
    await engine.createGraph({ graph_id: 'loop', name: 'loop', entry_point: 'next', nodes, edges, conditional_edges });
    const { runId } = await engine.startRun({ graphId: 'loop', inputData: null });
    await Promise.all(Array.from({ length: 40 }, (_, n) => engine.sendSignal(runId, { name: 'go', payload: n })));
    const { status, data } = await atRest(test, runId);
    const stored = (await test.store.readEvents(runId, 0, 1000)).flatMap(({ event }) =>
      event.type === 'signal.received' ? [event.payload] : [],
    );
    expect([status, data.seen]).toEqual(['COMPLETED', stored]);
    expect([...stored].sort((a, b) => Number(a) - Number(b))).toEqual(Array.from({ length: 40 }, (_, n) => n));
  });

  it('is there after a crash, whether a wait had taken it or not', async () => {
    const tool = heldTool('held');
    const first = await startEngine({ definitions: [tool.tool] });
    const runId = await start(first, held);
    await tool.called(1);
    for (const payload of [1, 2, 3]) await first.engine.sendSignal(runId, { name: 'go', payload });
    await first.store.close();
    const again = heldTool('held');
    const test = await startEngineForTest({ definitions: [again.tool], path: first.path });
    again.release({});
    expect(await atRest(test, runId)).toMatchObject({
      status: 'COMPLETED',
      data: { first: 1, second: 2 },
      inbox: { count: 1 },
    });
  });

  it('does not have a run that a stop has interrupted counted as crashed', async () => {
    const tool = heldTool('held');
    const first = await startEngine({ definitions: [tool.tool] });
    const runId = await start(first, held);
    await tool.called(1);
    const { engine } = first;
    const drained = first.drain(0);
    await until(async () => ((await typesOf(first, runId)).includes('run.drained') ? true : undefined));
    await engine.sendSignal(runId, { name: 'go', payload: 1 });
    await drained;
    await first.close();
    const again = heldTool('held');
    const test = await startEngineForTest({ definitions: [again.tool], path: first.path });
    again.release({});
    expect(await atRest(test, runId, 'second')).toMatchObject({ data: { first: 1 } });
    expect(await typesOf(test, runId)).not.toContain('run.recovered');
  });

  it('expires through on_error, and can still be taken by a later wait', async () => {
    let now = 1_800_000_000_000;
    const first = await startEngine({ now: () => now });
    const nodes = [{ ...waitFor('first', { expires_in_seconds: 60 }), on_error: 'second' }, waitFor('second')];
    const runId = await start(first, { ...twice, nodes });
    await atRest(first, runId, 'first');
    await first.stop();
    now += 61_000;
    const test = await startEngineForTest({ now: () => now, path: first.path });
    await test.engine.sendSignal(runId, { name: 'go', payload: 'late' });
    expect(await atRest(test, runId)).toMatchObject({
      status: 'COMPLETED',
      data: { error: { node: 'first', code: 'wait_expired' }, second: 'late' },
    });
  });

  it('is for the run that it is sent to, and not for the runs inside it', async () => {
    const test = await startEngineForTest();
    const { engine } = test;
    await engine.createGraph({
      graph_id: 'each',
      name: 'each',
      entry_point: 'begin',
      nodes: [{ name: 'begin', tool_name: 'set_data', params: { values: {} } }, waitFor('branch'), waitFor('after')],
      edges: [],
      for_each_edges: [
        { from_node: 'begin', items: "${ ['a', 'b'] }", to_node: 'branch', join_node: 'after', collect_as: 'got' },
      ],
    });
    const { runId } = await engine.startRun({ graphId: 'each', inputData: null });
    const children = await until(async () => {
      const { runs } = await engine.listRuns({ limit: 10, waitingFor: 'signal' });
      return runs.length === 2 ? runs : undefined;
    });
    await engine.sendSignal(runId, { name: 'go', payload: 'top' });
    for (const { runId: child, branch } of children) {
      await engine.sendSignal(child, { name: 'go', payload: `for ${branch}` });
    }
    expect((await atRest(test, runId)).data).toEqual({
      got: [{ branch: 'for a' }, { branch: 'for b' }],
      after: 'top',
    });
    const gone = engine.sendSignal(children[0]!.runId, { name: 'go', payload: 1 });
    await expect(gone).rejects.toMatchObject({ code: 'run_finished' });
  });

  it('stays with a run through a retry and a fork if no step has taken it', async () => {
    const tool = heldTool('held');
    const test = await startEngineForTest({ definitions: [tool.tool] });
    const { engine } = test;
    const fails = { name: 'second', tool_name: 'fail', params: { message: 'no' } };
    const nodes = [{ name: 'held', tool_name: 'held' }, waitFor('first'), fails];
    const runId = await start(test, { ...held, nodes });
    await tool.called(1);
    for (const payload of [1, 2]) {
      const idempotency = { key: `k${payload}`, fingerprint: '' };
      await engine.sendSignal(runId, { name: 'go', payload, idempotency });
    }
    tool.release({});
    expect((await atRest(test, runId)).status).toBe('FAILED');
    await engine.retryRun(runId, {});
    expect(await atRest(test, runId)).toMatchObject({ data: { first: 1 }, inbox: { count: 1 } });
    // They came while step 1 was under way. Its fork has none, and waits.
    const none = await engine.forkRun(runId, { fromStep: 1 });
    expect(await atRest(test, none.runId, 'first')).toMatchObject({ status: 'WAITING', inbox: null });
    const both = await engine.forkRun(runId, { fromStep: 2 });
    expect(await atRest(test, both.runId)).toMatchObject({ data: { first: 1 }, inbox: { count: 1, requests: [] } });
    const other = await engine.forkRun(runId, { fromStep: 3 });
    expect(await atRest(test, other.runId)).toMatchObject({ data: { first: 1 }, inbox: { count: 1 } });
  });
});

describe('what cannot be sent', () => {
  it.each(['', 'Go', 'a b', '.', '..', '-x', '_x', '__proto__', 'a/b', 'é', 'x'.repeat(101)])(
    'a signal named "%s"',
    async (name) => {
      const { engine } = await startEngineForTest();
      await expect(engine.sendSignal('any', { name, payload: 1 })).rejects.toMatchObject({ code: 'invalid_request' });
    },
  );

  it('is a payload that is not JSON, and anything to a run that is not there', async () => {
    const { engine } = await startEngineForTest();
    const sent = engine.sendSignal('any', { name: 'go', payload: Number.NaN });
    await expect(sent).rejects.toMatchObject({ code: 'invalid_request', errors: [{ pointer: '/payload' }] });
    await expect(engine.sendSignal('any', { name: 'go', payload: 1 })).rejects.toMatchObject({ code: 'run_not_found' });
  });

  it('is more than a run keeps', async () => {
    const test = await startEngineForTest();
    const { engine } = test;
    const runId = await start(test);
    await atRest(test, runId, 'first');
    const send = () => engine.sendSignal(runId, { name: 'other', payload: null });
    for (let sent = 0; sent < MAX_KEPT_SIGNALS; sent += 50) await Promise.all(Array.from({ length: 50 }, send));
    await expect(send()).rejects.toMatchObject({ code: 'too_many_signals' });
    await engine.sendSignal(runId, { name: 'go', payload: 1 });
    expect((await atRest(test, runId, 'second')).inbox).toMatchObject({ count: MAX_KEPT_SIGNALS });
  }, 60_000);
});

describe('an Idempotency-Key', () => {
  it('sends one signal for many requests at once, and after a restart', async () => {
    const first = await startEngine();
    const runId = await start(first);
    await atRest(first, runId, 'first');
    const request = { name: 'go', payload: 1, idempotency: { key: 'a card number?', fingerprint: 'f' } };
    const sent = await Promise.all(Array.from({ length: 8 }, () => first.engine.sendSignal(runId, request)));
    expect(sent.filter(({ replayed }) => !replayed)).toHaveLength(1);
    expect(new Set(sent.map(({ status }) => status))).toEqual(new Set(['RUNNING']));
    await atRest(first, runId, 'second');
    await first.stop();
    const test = await startEngineForTest({ path: first.path });
    expect(await test.engine.sendSignal(runId, request)).toEqual({ runId, status: 'RUNNING', replayed: true });
    const other = { ...request, idempotency: { ...request.idempotency, fingerprint: 'g' } };
    await expect(test.engine.sendSignal(runId, other)).rejects.toMatchObject({ code: 'idempotency_mismatch' });
    const types = await typesOf(test, runId);
    expect(types.filter((type) => type === 'signal.received')).toHaveLength(1);
    expect(JSON.stringify(await test.store.readEvents(runId, 0, 100))).not.toContain('card');
    await test.engine.cancelRun(runId);
    expect(await test.engine.sendSignal(runId, request)).toMatchObject({ replayed: true });
  });
});

describe.skipIf(postgres === undefined)('a server that does not drive the run', () => {
  it('sends it signals: those that come early, and one that ends its wait', async () => {
    const path = await postgres!.newSchema();
    const tool = heldTool('held');
    const options = { definitions: [tool.tool], path };
    const one = await startEngine(options);
    const other = await startEngine({ ...options, maxConcurrentRuns: 0 });
    onTestFinished(async () => {
      await Promise.all([one.stop(0), other.stop(0)]);
    });
    const runId = await start(one, held);
    await tool.called(1);
    const sends = Array.from({ length: 10 }, (_, n) =>
      (n % 2 === 0 ? one : other).engine.sendSignal(runId, { name: 'spare', payload: n }),
    );
    await Promise.all(sends);
    await other.engine.sendSignal(runId, { name: 'go', payload: 'early' });
    tool.release({});
    expect(await atRest(other, runId, 'second')).toMatchObject({ data: { first: 'early' }, inbox: { count: 10 } });
    await other.engine.sendSignal(runId, { name: 'go', payload: 'now' });
    expect(await atRest(other, runId)).toMatchObject({ status: 'COMPLETED', data: { second: 'now' }, recoveries: 0 });
  }, 60_000);
});
