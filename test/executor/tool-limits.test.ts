import { describe, expect, it } from 'vitest';
import { ToolLimits } from '../../src/executor/tool-limits.js';
import { callsById } from '../helpers/calls-by-id.js';
import type { TestEngineOptions } from '../helpers/engine.js';
import { startEngineForTest } from '../helpers/engine-for-test.js';
import { flatten } from '../helpers/flat-run.js';
import { chain } from '../helpers/tools.js';
import { until } from '../helpers/until.js';

async function start(limit: number, options: TestEngineOptions = {}) {
  const calls = callsById();
  const free = { name: 'free', run: () => ({ free: true }) };
  const toolLimits = new Map([['work', limit]]);
  const test = await startEngineForTest({ definitions: [calls.tool, free], toolLimits, ...options });
  await test.engine.createGraph(chain('limited', 'work', 'free') as never);
  const submit = async (id: string, limits: object = {}) =>
    (await test.engine.startRun({ graphId: 'limited', inputData: { id }, limits })).runId;
  const view = async (runId: string) => flatten((await test.engine.getState(runId)).state);
  const ended = async (runId: string) => flatten((await test.engine.getState(runId, { waitSeconds: 20 })).state);
  /** Resolves once a run is at the tool. */
  const arrived = (runId: string) => until(async () => (await view(runId)).status === 'RUNNING');
  return { ...test, ...calls, submit, view, ended, arrived };
}

describe('a limit of calls of a tool', () => {
  it('has so many at work, in the order in which they came', async () => {
    const test = await start(2);
    const runs = [];
    for (const id of ['1', '2', '3', '4', '5']) {
      runs.push(await test.submit(id));
      await test.arrived(runs.at(-1)!);
    }
    await test.called(2);
    expect(test.begun).toEqual(['1', '2']);
    test.end('2');
    await test.called(3);
    test.endAll();
    for (const runId of runs) expect(await test.ended(runId)).toMatchObject({ status: 'COMPLETED' });
    expect(test.begun).toEqual(['1', '2', '3', '4', '5']);
    expect(test.most()).toBe(2);
  });

  it('does not count the wait for a turn to the time-out of the step', async () => {
    const test = await start(1, { stepTimeoutMs: 300 });
    const first = await test.submit('1');
    await test.called(1);
    const second = await test.submit('2');
    await test.arrived(second);
    // The first one is at work until its own time-out.
    expect(await test.ended(first)).toMatchObject({ status: 'FAILED', error: { code: 'timeout' } });
    await test.called(2);
    test.end('2');
    expect(await test.ended(second)).toMatchObject({ status: 'COMPLETED' });
  });

  it('lets a run that waits for its turn be cancelled and paused at once, and fail at its deadline', async () => {
    const test = await start(1);
    const first = await test.submit('1');
    await test.called(1);
    const [cancelled, paused, late, last] = [
      await test.submit('2'),
      await test.submit('3'),
      await test.submit('4', { deadline_seconds: 0.3 }),
      await test.submit('5'),
    ];
    for (const runId of [cancelled, paused, late, last]) await test.arrived(runId);
    await test.engine.cancelRun(cancelled);
    expect(await test.ended(cancelled)).toMatchObject({ status: 'CANCELLED' });
    await test.engine.pauseRun(paused);
    expect(await test.ended(paused)).toMatchObject({ status: 'WAITING', waiting: { kind: 'paused' } });
    expect(await test.ended(late)).toMatchObject({ status: 'FAILED', error: { code: 'deadline_exceeded' } });
    // A signal changes nothing: its place is kept.
    await test.engine.sendSignal(last, { name: 'x', payload: 1 });
    expect(test.begun).toEqual(['1']);
    test.end('1');
    await test.called(2);
    expect(test.begun).toEqual(['1', '5']);
    test.endAll();
    for (const runId of [first, last]) expect(await test.ended(runId)).toMatchObject({ status: 'COMPLETED' });
    await test.engine.unpauseRun(paused);
    expect(await test.ended(paused)).toMatchObject({ status: 'COMPLETED' });
  });

  it('keeps no server from stopping', async () => {
    const test = await start(1);
    await test.submit('1');
    await test.called(1);
    const second = await test.submit('2');
    await test.arrived(second);
    const stopped = test.drain(20_000);
    await until(async () => (await test.store.readEvents(second, 0, 10)).at(-1)?.event.type === 'run.drained');
    test.end('1');
    await stopped;
    expect(test.begun).toEqual(['1']);
  });
});

it('a ticket that is given back is given to the next, once', () => {
  const limits = new ToolLimits(new Map([['tool', 1]]));
  expect(limits.enter('other')).toBeUndefined();
  const [one, two, three] = [limits.enter('tool')!, limits.enter('tool')!, limits.enter('tool')!];
  expect([one.isReady, two.isReady, three.isReady]).toEqual([true, false, false]);
  two.leave();
  one.leave();
  one.leave();
  expect([one.isReady, two.isReady, three.isReady]).toEqual([false, false, true]);
  expect(limits.enter('tool')!.isReady).toBe(false);
});
