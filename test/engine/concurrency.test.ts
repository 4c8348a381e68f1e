import { describe, expect, it, onTestFinished } from 'vitest';
import { callsById } from '../helpers/calls-by-id.js';
import { damage } from '../helpers/damage.js';
import { startEngine, type TestEngine, type TestEngineOptions } from '../helpers/engine.js';
import { startEngineForTest } from '../helpers/engine-for-test.js';
import { flatten } from '../helpers/flat-run.js';
import { chain } from '../helpers/tools.js';
import { until } from '../helpers/until.js';

const PER_TENANT = { limit: 1, key: '${ input_data.tenant }' };
const after = { name: 'after', run: () => ({ after: true }) };

function limited(concurrency: object | undefined, more: object = {}) {
  return { ...chain('limited', 'work'), ...(concurrency && { concurrency }), ...more };
}

async function start(concurrency: object | undefined, options: TestEngineOptions = {}) {
  const calls = callsById();
  const { definitions = [] } = options;
  const test = await startEngineForTest({ ...options, definitions: [calls.tool, after, ...definitions] });
  await test.engine.createGraph(limited(concurrency) as never);
  return { ...test, ...calls, ...uses(test) };
}

function uses({ engine, store }: Pick<TestEngine, 'engine' | 'store'>) {
  const submit = async (id: string, more: object = {}, graphId = 'limited') => {
    const { deadlineSeconds, ...input } = more as { deadlineSeconds?: number };
    const limits = deadlineSeconds === undefined ? {} : { limits: { deadline_seconds: deadlineSeconds } };
    return (await engine.startRun({ graphId, inputData: { id, ...input }, ...limits })).runId;
  };
  const view = async (runId: string) => {
    const { state, queued } = await engine.getState(runId);
    return { ...flatten(state), queued };
  };
  const ended = async (runId: string) => flatten((await engine.getState(runId, { waitSeconds: 20 })).state);
  const types = async (runId: string) => (await store.readEvents(runId, 0, 1000)).map(({ event }) => event.type);
  const is = (runId: string, status: string) => until(async () => (await view(runId)).status === status);
  return { submit, view, ended, types, is };
}

describe('a graph with concurrency', () => {
  it('has so many runs of a key under way; the others wait in order, and say why', async () => {
    const test = await start(PER_TENANT);
    const runs = [];
    for (const id of ['a1', 'a2', 'a3']) runs.push(await test.submit(id, { tenant: 'a' }));
    const other = await test.submit('b1', { tenant: 'b' });
    await test.called(2);
    expect(test.begun).toEqual(['a1', 'b1']);
    const since = expect.any(Number);
    expect(await test.view(runs[1]!)).toMatchObject({ status: 'SUBMITTED', queued: { key: 'a', limit: 1, since } });
    expect(await test.view(runs[0]!)).toMatchObject({ status: 'RUNNING', queued: null });
    test.end('a1');
    await test.called(3);
    test.end('a2');
    await test.called(4);
    test.endAll();
    expect(test.begun).toEqual(['a1', 'b1', 'a2', 'a3']);
    for (const runId of [...runs, other]) expect(await test.ended(runId)).toMatchObject({ status: 'COMPLETED' });
  });

  it('has so many of all its runs under way if it has no key', async () => {
    const test = await start({ limit: 2 });
    const runs = await Promise.all(['1', '2', '3', '4', '5', '6'].map((id) => test.submit(id)));
    await test.called(2);
    expect(await test.view(runs[5]!)).toMatchObject({ queued: { key: null, limit: 2 } });
    test.endAll();
    for (const runId of runs) expect(await test.ended(runId)).toMatchObject({ status: 'COMPLETED' });
    expect(test.most()).toBe(2);
  });

  it('takes numbers and truth values as keys, and refuses what is none', async () => {
    const test = await start(PER_TENANT);
    const long = 'x'.repeat(200);
    for (const tenant of [7, true, long]) await test.submit('x', { tenant });
    await test.called(3);
    for (const tenant of [undefined, null, [], {}, '', `${long}x`, 'a\nb', '\ud800']) {
      const started = test.submit('x', tenant === undefined ? {} : { tenant });
      await expect(started).rejects.toMatchObject({ code: 'invalid_input', errors: [{ pointer: '/input_data' }] });
    }
    test.endAll();
  });

  it('lets runs of other graphs begin while a long line waits', async () => {
    const test = await start({ limit: 2 }, { maxConcurrentRuns: 3 });
    await test.engine.createGraph(chain('free', 'after'));
    for (let run = 0; run < 50; run++) await test.submit(String(run));
    await test.called(2);
    const { runId } = await test.engine.startRun({ graphId: 'free', inputData: null });
    expect(await test.ended(runId)).toMatchObject({ status: 'COMPLETED' });
    expect(test.begun).toHaveLength(2);
    test.endAll();
  });

  it('begins the runs of its keys in turns, however long the line of one is', async () => {
    const test = await start({ limit: 100, key: '${ input_data.tenant }' }, { maxConcurrentRuns: 1 });
    for (let run = 0; run < 40; run++) await test.submit(`a${run}`, { tenant: 'a' });
    const last = await test.submit('b', { tenant: 'b' });
    test.endAll();
    await test.ended(last);
    // On SQLite the second one; servers that share a database hand out some at a time.
    expect(test.begun.indexOf('b')).toBeLessThanOrEqual(21);
  });

  it('counts the runs that wait for a slot among those that wait to begin', async () => {
    const test = await start({ limit: 1 }, { maxQueuedRuns: 2 });
    await test.submit('1');
    await test.called(1);
    await test.submit('2');
    await test.submit('3');
    await expect(test.submit('4')).rejects.toMatchObject({ code: 'queue_full' });
    test.endAll();
  });

  it('keeps the slot of a run that waits, or is paused, and gives that of one paused before it began to the next', async () => {
    const wait = {
      ...limited({ limit: 1 }),
      nodes: [{ name: 'work', tool_name: 'wait_for_input', params: { message: '?' } }],
    };
    const test = await start(undefined);
    await test.engine.updateGraph('limited', wait as never);
    const [first, second, third] = [await test.submit('1'), await test.submit('2'), await test.submit('3')];
    await test.is(first, 'WAITING');
    expect(await test.view(second)).toMatchObject({ status: 'SUBMITTED', queued: { key: null } });
    await test.engine.pauseRun(first);
    expect(await test.engine.pauseRun(second)).toMatchObject({ status: 'SUBMITTED' });
    expect(await test.view(third)).toMatchObject({ status: 'SUBMITTED' });
    await test.engine.cancelRun(first);
    await test.is(third, 'WAITING');
    expect(await test.view(second)).toMatchObject({ status: 'WAITING', waiting: { kind: 'paused' } });
    expect(await test.engine.unpauseRun(second)).toMatchObject({ status: 'SUBMITTED' });
    expect(await test.view(second)).toMatchObject({ status: 'SUBMITTED', queued: { key: null } });
    await test.engine.resumeRun(third, { payload: 1 });
    await until(async () => (await test.types(second)).includes('wait.started'));
    await test.engine.resumeRun(second, { payload: 2 });
    expect(await test.ended(second)).toMatchObject({ status: 'COMPLETED' });
  });

  it('fails a run whose deadline comes while it waits for a slot', async () => {
    const test = await start({ limit: 1 });
    await test.submit('1');
    await test.called(1);
    const late = await test.submit('2', { deadlineSeconds: 0.2 });
    expect(await test.ended(late)).toMatchObject({ status: 'FAILED', error: { code: 'deadline_exceeded' } });
    expect(test.begun).toEqual(['1']);
    const next = await test.submit('3', { deadlineSeconds: 3600 });
    test.endAll();
    expect(await test.ended(next)).toMatchObject({ status: 'COMPLETED' });
  });

  it('cancels a run that waits for a slot at once', async () => {
    const test = await start({ limit: 1 });
    const first = await test.submit('1');
    await test.called(1);
    const [second, third] = [await test.submit('2'), await test.submit('3')];
    expect(await test.engine.cancelRun(second)).toMatchObject({ status: 'CANCELLED' });
    test.end('1');
    await test.called(2);
    expect(test.begun).toEqual(['1', '3']);
    test.endAll();
    for (const runId of [first, third]) expect(await test.ended(runId)).toMatchObject({ status: 'COMPLETED' });
  });

  it('has the limit of its latest version, for runs that wait as well', async () => {
    const test = await start({ limit: 1 });
    const runs = [];
    for (const id of ['1', '2', '3', '4', '5', '6']) runs.push(await test.submit(id));
    await test.called(1);
    await test.engine.updateGraph('limited', limited({ limit: 3 }) as never);
    await test.called(3);
    expect(await test.view(runs[3]!)).toMatchObject({ queued: { limit: 3 } });
    await test.engine.updateGraph('limited', limited(undefined) as never);
    await test.called(6);
    test.endAll();
    for (const runId of runs) await test.ended(runId);
    expect(await test.submit('7')).toBeDefined();
  });

  it('counts a run with all that is inside it once', async () => {
    const test = await start({ limit: 1 });
    const params = { graph_id: 'limited', input: '${ input_data }' };
    const parent = { ...chain('parent', 'call'), nodes: [{ name: 'call', tool_name: 'run_graph', params }] };
    await test.engine.createGraph({ ...parent, concurrency: { limit: 1 } } as never);
    await test.submit('1');
    await test.called(1);
    // The graph runs as a step of a run of another graph, whose slot counts.
    const runId = await test.submit('2', {}, 'parent');
    await test.called(2);
    test.endAll();
    expect(await test.ended(runId)).toMatchObject({ status: 'COMPLETED' });
  });

  it('puts a run that is retried into line again, and has it go on from where it stopped', async () => {
    const test = await start({ limit: 1 });
    const [first, second] = [await test.submit('1'), await test.submit('2')];
    await test.called(1);
    await test.engine.cancelRun(first);
    await test.called(2);
    expect(await test.engine.retryRun(first, {})).toEqual({ runId: first, status: 'SUBMITTED' });
    expect(await test.view(first)).toMatchObject({ status: 'SUBMITTED', queued: { key: null, limit: 1 } });
    test.endAll();
    expect(await test.ended(first)).toMatchObject({ status: 'COMPLETED', stepCount: 1 });
    await test.ended(second);
    expect((await test.types(first)).slice(-4)).toEqual([
      'run.retried',
      'slot.taken',
      'step.completed',
      'run.completed',
    ]);
    expect(test.most()).toBe(1);
  });

  it('keeps to a limit after the process has died, in the order of the line', async () => {
    const test = await start({ limit: 2 });
    if (process.env.TEST_DATABASE === 'postgres') return;
    const runs = [];
    for (const id of ['1', '2', '3', '4', '5']) runs.push(await test.submit(id));
    await test.called(2);
    await test.engine.cancelRun(runs[0]!);
    await test.called(3);
    await test.engine.retryRun(runs[0]!, {});
    await test.stop(0);
    const calls = callsById();
    const again = await startEngine({ path: test.path, definitions: [calls.tool, after] });
    onTestFinished(() => again.stop(0));
    await calls.called(2);
    expect([...calls.begun].sort()).toEqual(['2', '3']);
    for (const [index, id] of ['2', '3', '4'].entries()) {
      calls.end(id);
      await calls.called(3 + index);
    }
    calls.endAll();
    const { ended } = uses(again);
    for (const runId of runs) expect(await ended(runId)).toMatchObject({ status: 'COMPLETED' });
    expect(calls.begun.slice(2)).toEqual(['4', '5', '1']);
    expect(calls.most()).toBe(2);
  });
});

it('a run in line that cannot be read fails, and the next one begins', async () => {
  const calls = callsById();
  const options = { definitions: [calls.tool, after] };
  if (process.env.TEST_DATABASE === 'postgres') return;
  const first = await startEngine(options);
  await first.engine.createGraph(limited({ limit: 1 }) as never);
  const { submit } = uses(first);
  const [begun, damaged, next] = [await submit('1'), await submit('2'), await submit('3')];
  await calls.called(1);
  await first.stop(0);
  damage(first.path, damaged, "UPDATE run_events SET payload = '{' WHERE run_id = @run");
  const test = await startEngineForTest({ ...options, path: first.path });
  calls.endAll();
  const { ended } = uses(test);
  for (const runId of [begun, next]) expect(await ended(runId)).toMatchObject({ status: 'COMPLETED' });
  const { runs } = await test.engine.listRuns({ statuses: ['FAILED'], limit: 10 });
  expect(runs).toMatchObject([{ runId: damaged, error: { code: 'run_unreadable' } }]);
});

describe('on_full: refuse', () => {
  it('refuses what would be one too many: a start, a retry, a fork, and a run of a step', async () => {
    const test = await start({ ...PER_TENANT, on_full: 'refuse' });
    const first = await test.submit('1', { tenant: 'a' });
    await test.called(1);
    const full = { code: 'concurrency_full', message: expect.stringContaining('"a"') };
    await expect(test.submit('2', { tenant: 'a' })).rejects.toMatchObject(full);
    await expect(test.engine.forkRun(first, { fromStep: 1 })).rejects.toMatchObject(full);
    const params = { graph_id: 'limited', wait: false, input: { id: '3', tenant: 'a' } };
    await test.engine.createGraph({
      ...chain('caller', 'call'),
      nodes: [{ name: 'call', tool_name: 'run_graph', params }],
    } as never);
    const caller = await test.submit('x', {}, 'caller');
    expect(await test.ended(caller)).toMatchObject({ status: 'FAILED', error: { code: 'concurrency_full' } });
    await test.submit('b', { tenant: 'b' });
    await test.called(2);
    await test.engine.cancelRun(first);
    await test.ended(first);
    const second = await test.submit('4', { tenant: 'a' });
    await test.called(3);
    await expect(test.engine.retryRun(first, {})).rejects.toMatchObject(full);
    test.endAll();
    await test.ended(second);
    await test.engine.retryRun(first, {});
    expect(await test.ended(first)).toMatchObject({ status: 'COMPLETED' });
  });

  it('never starts more, however many come at the same time', async () => {
    const test = await start({ limit: 3, on_full: 'refuse' });
    const started = await Promise.allSettled(Array.from({ length: 20 }, (_, id) => test.submit(String(id))));
    const runs = started.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    expect(runs).toHaveLength(3);
    test.endAll();
    for (const runId of runs) expect(await test.ended(runId)).toMatchObject({ status: 'COMPLETED' });
  });
});

describe('on_full: cancel_oldest', () => {
  const newest = { limit: 1, on_full: 'cancel_oldest' };

  it('cancels the oldest run, says which one takes its place, and begins that when it has ended', async () => {
    const test = await start({ ...PER_TENANT, on_full: 'cancel_oldest' });
    const first = await test.submit('1', { tenant: 'a' });
    await test.submit('b', { tenant: 'b' });
    await test.called(2);
    const second = await test.submit('2', { tenant: 'a' });
    expect(await test.ended(first)).toMatchObject({ status: 'CANCELLED', actors: { cancelled: `run:${second}` } });
    await test.called(3);
    expect(test.begun).toEqual(['1', 'b', '2']);
    test.endAll();
    expect(await test.ended(second)).toMatchObject({ status: 'COMPLETED' });
    expect(test.most()).toBe(2);
  });

  it('has only the newest of many go on', async () => {
    const test = await start(newest);
    const runs = await Promise.all(Array.from({ length: 12 }, (_, id) => test.submit(String(id))));
    const last = await test.submit('last');
    for (const runId of runs) expect(await test.ended(runId)).toMatchObject({ status: 'CANCELLED' });
    test.endAll();
    expect(await test.ended(last)).toMatchObject({ status: 'COMPLETED' });
    expect(test.most()).toBe(1);
  });

  it('takes a run that is retried for the newest', async () => {
    const test = await start(newest);
    const first = await test.submit('1');
    await test.called(1);
    const second = await test.submit('2');
    await test.ended(first);
    await test.called(2);
    await test.engine.retryRun(first, {});
    expect(await test.ended(second)).toMatchObject({ status: 'CANCELLED' });
    test.endAll();
    expect(await test.ended(first)).toMatchObject({ status: 'COMPLETED' });
  });

  it('has as many go on as it says, whoever made room for whom', async () => {
    const test = await start(undefined);
    const concurrency = { limit: 2, on_full: 'cancel_oldest' };
    const nodes = [
      { name: 'work', tool_name: 'work' },
      { name: 'ask', tool_name: 'wait_for_input', params: { message: '?' } },
    ];
    await test.engine.createGraph({ ...chain('asking', 'work', 'ask'), nodes, concurrency } as never);
    const submit = (id: string) => test.submit(id, {}, 'asking');
    const older = [await submit('1'), await submit('2')];
    for (const id of ['1', '2']) test.end(id);
    for (const runId of older) await test.is(runId, 'WAITING');
    // What waits is cancelled at once, so each has its slot while it still makes room.
    const newer = [await submit('3')];
    await test.called(3);
    newer.push(await submit('4'));
    await test.called(4);
    for (const runId of newer) expect(await test.view(runId)).toMatchObject({ status: 'RUNNING', queued: null });
    for (const runId of older) expect(await test.view(runId)).toMatchObject({ status: 'CANCELLED' });
  });

  /** A run that starts the next one of its own graph, until there were three. */
  const relay = (...more: string[]) => {
    const params = { graph_id: 'relay', wait: false, input: '${ input_data + 1 }' };
    const names = ['call', ...more];
    return {
      ...chain('relay', ...names),
      nodes: [{ name: 'call', tool_name: 'run_graph', params }, ...more.map((name) => ({ name, tool_name: name }))],
      input_schema: { type: 'integer', maximum: 3 },
      concurrency: newest,
    };
  };

  it('lets a run complete that starts the next one as its last step', async () => {
    const test = await start(undefined);
    await test.engine.createGraph(relay() as never);
    await test.engine.startRun({ graphId: 'relay', inputData: 1 });
    const statuses = () =>
      test.engine.listRuns({ graphId: 'relay', limit: 10 }).then(({ runs }) => runs.map(({ status }) => status));
    await until(async () => (await statuses())[0] === 'FAILED');
    // The last one gives an input that does not fit.
    expect(await statuses()).toEqual(['FAILED', 'COMPLETED', 'COMPLETED']);
  });

  it('cancels a run that starts the next one and has more to do', async () => {
    const test = await start(undefined);
    await test.engine.createGraph(relay('work') as never);
    await test.engine.startRun({ graphId: 'relay', inputData: 3 - 1 });
    const list = () => test.engine.listRuns({ graphId: 'relay', limit: 10 });
    await until(async () => (await list()).runs[0]?.status === 'FAILED');
    const { runs } = await list();
    expect(runs.map(({ status }) => status)).toEqual(['FAILED', 'CANCELLED']);
  });
});
