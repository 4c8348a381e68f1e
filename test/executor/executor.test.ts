import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { RunEvent } from '../../src/core/run/events.js';
import { append } from '../../src/core/run/journal.js';
import { type RunState, statusOf } from '../../src/core/run/state.js';
import { defineTool, type ToolState } from '../../src/core/tool/tool.js';
import { Executor, type ExecutorOptions } from '../../src/executor/executor.js';
import { ConflictError, StoreUnavailableError } from '../../src/store/errors.js';
import type { Claim, RunQueue, Unsubscribe } from '../../src/store/queue.js';
import { LocalQueue } from '../../src/store/sqlite/local-queue.js';
import { startEngine } from '../helpers/engine.js';
import { startEngineForTest } from '../helpers/engine-for-test.js';
import { flatten } from '../helpers/flat-run.js';
import { chain, gate, heldTool } from '../helpers/tools.js';
import { until } from '../helpers/until.js';
import { newRun } from '../store/runs.js';

const quick = defineTool({ name: 'quick', run: () => ({ done: true }) });

describe('queue', () => {
  it('runs at most maxConcurrentRuns at once and the others in the order of their submission', async () => {
    const order: string[] = [];
    const held = heldTool('held');
    const noting = defineTool({ name: 'noting', run: ({ input_data }) => void order.push(input_data) });
    const { engine } = await startEngineForTest({ definitions: [held.tool, noting], maxConcurrentRuns: 1 });
    await engine.createGraph(chain('hold', 'held'));
    await engine.createGraph(chain('note', 'noting'));
    await engine.startRun({ graphId: 'hold', inputData: null });
    await held.called(1);
    const runs = [];
    for (const name of ['a', 'b', 'c']) runs.push(await engine.startRun({ graphId: 'note', inputData: name }));
    expect(flatten((await engine.getState(runs[0]?.runId ?? '')).state).status).toBe('SUBMITTED');
    held.release({});
    for (const { runId } of runs) {
      expect(flatten((await engine.getState(runId, { waitSeconds: 10 })).state).status).toBe('COMPLETED');
    }
    expect(order).toEqual(['a', 'b', 'c']);
  });

  it('refuses new runs when the queue is full, and takes them again when there is room', async () => {
    const held = heldTool('held');
    const { engine } = await startEngineForTest({ definitions: [held.tool], maxConcurrentRuns: 1, maxQueuedRuns: 2 });
    await engine.createGraph(chain('hold', 'held'));
    const run = () => engine.startRun({ graphId: 'hold', inputData: null });
    await run();
    await held.called(1);
    await run();
    const { runId } = await run();
    await expect(run()).rejects.toMatchObject({ code: 'queue_full', retryAfterSeconds: expect.any(Number) });
    await engine.cancelRun(runId);
    await run();
    await expect(run()).rejects.toMatchObject({ code: 'queue_full' });
  });

  it('gives the place back of a run that was not committed', async () => {
    const held = heldTool('held');
    const { engine } = await startEngineForTest({ definitions: [held.tool], maxQueuedRuns: 1 });
    await engine.createGraph(chain('hold', 'held'));
    const idempotency = { key: 'k', fingerprint: 'f' };
    const first = await engine.startRun({ graphId: 'hold', inputData: null, idempotency });
    for (let index = 0; index < 5; index++) {
      expect(await engine.startRun({ graphId: 'hold', inputData: null, idempotency })).toEqual({
        runId: first.runId,
        replayed: true,
      });
    }
  });
});

describe('cancel', () => {
  it('ends a run that has not started at once, and never starts it', async () => {
    const held = heldTool('held');
    const { engine } = await startEngineForTest({ definitions: [held.tool], maxConcurrentRuns: 1 });
    await engine.createGraph(chain('hold', 'held'));
    await engine.startRun({ graphId: 'hold', inputData: null });
    await held.called(1);
    const { runId } = await engine.startRun({ graphId: 'hold', inputData: null });
    expect(await engine.cancelRun(runId)).toEqual({ runId, status: 'CANCELLED' });
    const { state, logs } = await engine.getState(runId);
    expect(flatten(state)).toMatchObject({ status: 'CANCELLED', stepCount: 0, startedAt: null });
    expect(logs).toEqual(['Run cancelled.']);
    await expect(engine.cancelRun(runId)).rejects.toMatchObject({ code: 'run_finished' });
  });

  it('fires the signal of the running tool and is done when the tool lets go', async () => {
    const held = heldTool('held', { heedsSignal: true });
    const { engine } = await startEngineForTest({ definitions: [held.tool, quick] });
    await engine.createGraph(chain('hold', 'held', 'quick'));
    const { runId } = await engine.startRun({ graphId: 'hold', inputData: null });
    await held.called(1);
    expect(await engine.cancelRun(runId)).toEqual({ runId, status: 'RUNNING' });
    expect(held.calls[0]?.signal.aborted).toBe(true);
    const { state, logs } = await engine.getState(runId, { waitSeconds: 10 });
    expect(flatten(state)).toMatchObject({ status: 'CANCELLED', stepCount: 0, error: null, cancelRequested: false });
    expect(logs).toEqual(['Executing Node: held', 'Run cancelled.']);
  });

  it('is shown while the tool has not let go, answers again, and keeps the patch that the tool returned', async () => {
    const held = heldTool('held');
    const { engine } = await startEngineForTest({ definitions: [held.tool, quick] });
    await engine.createGraph(chain('hold', 'held', 'quick'));
    const { runId } = await engine.startRun({ graphId: 'hold', inputData: null });
    await held.called(1);
    await engine.cancelRun(runId);
    expect(flatten((await engine.getState(runId)).state)).toMatchObject({ status: 'RUNNING', cancelRequested: true });
    expect(await engine.cancelRun(runId)).toEqual({ runId, status: 'RUNNING' });
    held.release({ kept: 1 });
    const { state } = await engine.getState(runId, { waitSeconds: 10 });
    expect(flatten(state)).toMatchObject({ status: 'CANCELLED', data: { kept: 1 }, stepCount: 1 });
  });
});

describe('recovery', () => {
  it('goes on from the last committed step with the same key, and counts a crash', async () => {
    const first = heldTool('held');
    const crashed = await startEngine({ definitions: [quick, first.tool] });
    await crashed.engine.createGraph(chain('work', 'quick', 'held'));
    const { runId } = await crashed.engine.startRun({ graphId: 'work', inputData: null });
    await first.called(1);
    await crashed.store.close();

    const second = heldTool('held');
    const noQuick = defineTool({ name: 'quick', run: () => Promise.reject(new Error('a finished step was repeated')) });
    const { engine } = await startEngineForTest({ definitions: [noQuick, second.tool], path: crashed.path });
    await second.called(1);
    expect(flatten((await engine.getState(runId)).state)).toMatchObject({
      status: 'RUNNING',
      recoveries: 1,
      stepCount: 1,
    });
    expect(second.calls[0]).toMatchObject({ idempotencyKey: first.calls[0]?.idempotencyKey, attempt: 1 });
    second.release({ fine: true });
    const { state } = await engine.getState(runId, { waitSeconds: 10 });
    expect(flatten(state)).toMatchObject({ status: 'COMPLETED', data: { done: true, fine: true }, recoveries: 0 });
  });

  it('does not count a stop in good order, and starts what was only submitted', async () => {
    const first = heldTool('held');
    const stopped = await startEngine({ definitions: [first.tool], maxConcurrentRuns: 1 });
    await stopped.engine.createGraph(chain('work', 'held'));
    const running = await stopped.engine.startRun({ graphId: 'work', inputData: null });
    const queued = await stopped.engine.startRun({ graphId: 'work', inputData: null });
    await first.called(1);
    await stopped.stop(0);
    expect(first.calls[0]?.signal.aborted).toBe(true);

    const second = heldTool('held');
    const { engine, store } = await startEngineForTest({ definitions: [second.tool], path: stopped.path });
    await second.called(2);
    expect(second.calls[0]).toMatchObject({ idempotencyKey: `${running.runId}/1`, attempt: 1 });
    const types = (await store.readEvents(running.runId, 0, 100)).map(({ event }) => event.type);
    expect(types).toEqual(['run.submitted', 'run.started', 'run.drained']);
    second.release({});
    for (const { runId } of [running, queued]) {
      expect(flatten((await engine.getState(runId, { waitSeconds: 10 })).state).status).toBe('COMPLETED');
    }
  });

  it('tries suspects one at a time and gives a run up after ten crashes', async () => {
    const first = heldTool('held');
    const { engine: begun, store, path } = await startEngine({ definitions: [first.tool] });
    await begun.createGraph(chain('work', 'held'));
    const started = [];
    for (let run = 0; run < 2; run++) {
      started.push((await begun.startRun({ graphId: 'work', inputData: null })).runId);
    }
    await first.called(2);
    await store.close();
    for (let crash = 1; crash <= 10; crash++) {
      const held = heldTool('held');
      const test = await startEngine({ definitions: [held.tool], path });
      // From the second crash on only one of the two is tried.
      const tried = crash === 1 ? 2 : 1;
      await held.called(tried);
      expect(held.calls).toHaveLength(tried);
      await test.store.close();
    }
    const held = heldTool('held');
    const { engine } = await startEngineForTest({ definitions: [held.tool], path });
    const { state, logs } = await engine.getState(started[0] ?? '', { waitSeconds: 10 });
    expect(flatten(state)).toMatchObject({
      status: 'FAILED',
      error: { code: 'recovery_exhausted', node: 'held', step: 1 },
    });
    expect(logs.at(-1)).toMatch(/^Run failed: Given up after 10 crashes/);
    await held.called(1);
    expect(held.calls[0]?.idempotencyKey).toBe(`${started[1]}/1`);
    held.release({});
    expect(flatten((await engine.getState(started[1] ?? '', { waitSeconds: 10 })).state).status).toBe('COMPLETED');
  });
});

describe('a suspect', () => {
  it('that is cancelled while it waits for its turn ends at once, and is driven once after a retry', async () => {
    const first = heldTool('held');
    const { engine: begun, store, path } = await startEngine({ definitions: [first.tool] });
    await begun.createGraph(chain('work', 'held'));
    for (let run = 0; run < 2; run++) await begun.startRun({ graphId: 'work', inputData: null });
    await first.called(2);
    await store.close();
    const second = heldTool('held');
    const crashed = await startEngine({ definitions: [second.tool], path });
    await second.called(2);
    await crashed.store.close();

    const held = heldTool('held');
    const { engine } = await startEngineForTest({ definitions: [held.tool], path });
    await held.called(1);
    const ids = (await engine.listRuns({ limit: 2 })).runs.map(({ runId }) => runId);
    const waiting = ids.find((runId) => !held.calls[0]?.idempotencyKey.startsWith(runId))!;
    await engine.cancelRun(waiting);
    expect(statusOf((await engine.getState(waiting, { waitSeconds: 10 })).state)).toBe('CANCELLED');
    await engine.retryRun(waiting, {});
    await held.called(2);
    held.release({});
    for (const runId of ids) {
      expect(statusOf((await engine.getState(runId, { waitSeconds: 10 })).state)).toBe('COMPLETED');
    }
    expect(held.calls).toHaveLength(2);
  });
});

describe('a stop', () => {
  it('waits for claims that are being taken, and gives them back', async () => {
    const taken = gate<readonly Claim[]>();
    const givenBack = gate<Claim>();
    const claim: Claim = { runId: 'r', id: '1', isFirst: true, isTakeover: false, isSuspect: false };
    const queue: Partial<RunQueue> = {
      take: () => taken.promise,
      giveBack: async (one) => givenBack.open(one),
      onWork: () => () => undefined,
      onLost: () => () => undefined,
    };
    const logger = { error: () => undefined };
    const executor = new Executor({ queue, logger, now: Date.now, maxConcurrentRuns: 5 } as unknown as ExecutorOptions);
    executor.start();
    const drained = executor.drain(1000);
    taken.open([claim]);
    await drained;
    expect(await givenBack.promise).toBe(claim);
  });

  it.each([
    ['due for others', true, expect.any(Number)],
    ['at rest, because nobody can take it before the next start', false, null],
  ])('gives a run back that it cannot write of, because the database is gone, as %s', async (_, isShared, at) => {
    const held = heldTool('held');
    const { engine, store, queue, stop } = await startEngineForTest({ definitions: [held.tool] });
    Object.assign(queue, { isShared });
    await engine.createGraph(chain('work', 'held'));
    await engine.startRun({ graphId: 'work', inputData: null });
    await held.called(1);
    vi.spyOn(store, 'commit').mockRejectedValue(new StoreUnavailableError(new Error('gone')));
    const giveBack = vi.spyOn(queue, 'giveBack');
    held.release({});
    await stop();
    expect(giveBack).toHaveBeenCalledWith(expect.anything(), at);
  });
});

describe('a claim that is lost while its run is loaded', () => {
  it('is let go, and nothing of the run is begun', async () => {
    const loading = gate<RunState>();
    const givenBack = gate<Claim>();
    const claim: Claim = { runId: 'r', id: '1', isFirst: true, isTakeover: false, isSuspect: false };
    let lose = (_: Claim): void => undefined;
    const taken = [[claim]];
    const queue: Partial<RunQueue> = {
      take: async () => taken.pop() ?? [],
      giveBack: async (one) => givenBack.open(one),
      onWork: () => () => undefined,
      onLost: (listener) => {
        lose = listener;
        return () => undefined;
      },
    };
    const subscribe = vi.fn();
    const load = vi.fn(() => loading.promise);
    const options: unknown = {
      queue,
      signals: { subscribe },
      runs: { findSubmitted: () => undefined, load },
      graphs: { pinned: async () => ({}) },
      logger: { error: () => undefined },
      now: Date.now,
      maxConcurrentRuns: 5,
    };
    new Executor(options as ExecutorOptions).start();
    await vi.waitFor(() => expect(load).toHaveBeenCalledOnce());
    lose(claim);
    loading.open(newRun().state);
    expect(await givenBack.promise).toBe(claim);
    expect(subscribe).not.toHaveBeenCalled();
  });
});

describe('a claim that is lost during a call', () => {
  it('ends the session: the call is cut off, and nothing more is stored, not even that it has stopped', async () => {
    const signals: AbortSignal[] = [];
    const called = gate<void>();
    const endless = defineTool({
      name: 'endless',
      run: (_state, { signal }) => {
        signals.push(signal);
        called.open();
        return new Promise<void>(() => undefined);
      },
    });
    let lose = (_: Claim): void => undefined;
    const onLost = vi.spyOn(LocalQueue.prototype, 'onLost').mockImplementation(((listener: typeof lose) => {
      lose = listener;
      return () => undefined;
    }) as () => Unsubscribe);
    const { engine, queue, store } = await startEngineForTest({ definitions: [endless] });
    onLost.mockRestore();
    await engine.createGraph(chain('work', 'endless'));
    let claim: Claim | undefined;
    const isSure = queue.isSure.bind(queue);
    vi.spyOn(queue, 'isSure').mockImplementation((one) => {
      claim = one;
      return isSure(one);
    });
    const { runId } = await engine.startRun({ graphId: 'work', inputData: null });
    await called.promise;
    const givenBack = gate<unknown>();
    vi.spyOn(queue, 'giveBack').mockImplementation(async (...given) => givenBack.open(given));
    lose(claim as Claim);
    expect(await givenBack.promise).toEqual([claim, expect.any(Number)]);
    expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
    expect((await store.readEvents(runId, 0, 10)).map(({ event }) => event.type)).toEqual([
      'run.submitted',
      'run.started',
    ]);
  });
});

describe('another driver of the run', () => {
  /** A run whose first tool is at work when somebody else appends to its journal. */
  async function twoDrivers() {
    const held = heldTool('held');
    const later: string[] = [];
    const counting = defineTool({ name: 'counting', run: (_state, { runId }) => void later.push(runId) });
    const test = await startEngineForTest({ definitions: [held.tool, counting] });
    const { engine, store } = test;
    await engine.createGraph(chain('work', 'held', 'counting'));
    const { runId } = await engine.startRun({ graphId: 'work', inputData: null });
    await held.called(1);
    const appendEvents = async (...events: RunEvent[]) => {
      const { state } = await engine.getState(runId);
      await store.commit({ appends: [{ ...append(state, events, Date.now()), rowChanged: false }] });
    };
    const typesOf = async () => (await store.readEvents(runId, 0, 100)).map(({ event }) => event.type);
    return { ...test, held, later, runId, appendEvents, typesOf };
  }

  it('makes a session that has lost its claim stop: no later tool is called, and the late result is dropped', async () => {
    const { engine, queue, held, later, runId, appendEvents, typesOf } = await twoDrivers();
    await appendEvents({ type: 'run.recovered' });
    const touch = vi.spyOn(queue, 'touch').mockResolvedValue([]);
    held.release({ late: true });
    await vi.waitFor(() => expect(touch).toHaveBeenCalledOnce());
    // Another run, start to end, comes after anything that the lost session would still do.
    await engine.createGraph(chain('other', 'counting'));
    const other = await engine.startRun({ graphId: 'other', inputData: null });
    await engine.getState(other.runId, { waitSeconds: 10 });
    expect(await typesOf()).toEqual(['run.submitted', 'run.started', 'run.recovered']);
    expect(later).toEqual([other.runId]);
    expect((await engine.getState(runId)).state.data).toEqual({});
  });

  it('is taken in by a session that still has its claim, which goes on', async () => {
    const { engine, held, later, runId, appendEvents } = await twoDrivers();
    await appendEvents({ type: 'run.recovered' });
    held.release({ kept: true });
    const { state } = await engine.getState(runId, { waitSeconds: 10 });
    expect(statusOf(state)).toBe('COMPLETED');
    expect(state.data).toEqual({ kept: true });
    expect(later).toEqual([runId]);
  });

  it('is looked at again from what is stored, if what it stood on is not stored any more', async () => {
    const { engine, store, held, runId, later } = await twoDrivers();
    vi.spyOn(store, 'commit').mockRejectedValueOnce(new ConflictError(runId));
    held.release({});
    expect(statusOf((await engine.getState(runId, { waitSeconds: 10 })).state)).toBe('COMPLETED');
    expect(held.calls).toHaveLength(2);
    expect(later).toEqual([runId]);
  });

  it('has its steps kept: the late result of a step that somebody else has completed is dropped', async () => {
    const { engine, held, later, runId, appendEvents } = await twoDrivers();
    await appendEvents({
      type: 'step.completed',
      step: 1,
      node: 'held',
      attempt: 1,
      patch: { by: 'somebody else' },
      logs: [],
      decision: { kind: 'edge', to_node: 'counting' },
      next: 'counting',
    });
    held.release({ by: 'the late one' });
    const { state } = await engine.getState(runId, { waitSeconds: 10 });
    expect(state.data).toEqual({ by: 'somebody else' });
    expect(state.stepCount).toBe(2);
    expect(later).toEqual([runId]);
  });
});

describe('an error of the server itself', () => {
  it('stops a run for a while only: it is taken up again, with ever longer pauses', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
    try {
      const { engine, store, logged } = await startEngineForTest({ definitions: [quick] });
      await engine.createGraph(chain('work', 'quick'));
      const commit = store.commit.bind(store);
      let failures = 2;
      vi.spyOn(store, 'commit').mockImplementation(async (unit) => {
        const isStep = unit.appends.some(({ records }) => records.some(({ event }) => event.type === 'step.completed'));
        if (isStep && failures-- > 0) throw new Error('a bug');
        return commit(unit);
      });
      const { runId } = await engine.startRun({ graphId: 'work', inputData: null });
      const errors = () => logged.filter(({ level }) => level === 'error');
      await until(() => errors().length === 1);
      await vi.advanceTimersByTimeAsync(1000);
      await until(() => errors().length === 2);
      await vi.advanceTimersByTimeAsync(1999);
      expect((await engine.getState(runId)).state.stepCount).toBe(0);
      await vi.advanceTimersByTimeAsync(1);
      await until(async () => statusOf((await engine.getState(runId)).state) === 'COMPLETED');
      expect(errors().map(({ details }) => (details as { pause_ms: number }).pause_ms)).toEqual([1000, 2000]);
    } finally {
      vi.useRealTimers();
    }
  });
});

describe('limits', () => {
  it('aborts a step that takes too long and fails the run', async () => {
    const held = heldTool('held', { heedsSignal: true });
    const { engine } = await startEngineForTest({ definitions: [held.tool], stepTimeoutMs: 20 });
    await engine.createGraph(chain('work', 'held'));
    const { runId } = await engine.startRun({ graphId: 'work', inputData: null });
    const { state, logs } = await engine.getState(runId, { waitSeconds: 10 });
    expect(flatten(state)).toMatchObject({ status: 'FAILED', error: { code: 'timeout', node: 'held', step: 1 } });
    expect(logs).toEqual([
      'Executing Node: held',
      'Error in node held: The step took longer than its timeout of 0.02 s.',
      'Run failed: The step took longer than its timeout of 0.02 s.',
    ]);
  });

  it('aborts the tool at the deadline of the run', async () => {
    const held = heldTool('held', { heedsSignal: true });
    const { engine } = await startEngineForTest({ definitions: [held.tool], now: () => Date.now() });
    await engine.createGraph(chain('work', 'held'));
    vi.useFakeTimers({ toFake: ['Date', 'setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const limits = { deadline_seconds: 60 };
    const { runId } = await engine.startRun({ graphId: 'work', inputData: null, limits });
    await held.called(1);
    vi.advanceTimersByTime(59_999);
    expect(held.calls[0]?.signal.aborted).toBe(false);
    vi.advanceTimersByTime(1);
    const { state } = await engine.getState(runId, { waitSeconds: 10 });
    expect(flatten(state)).toMatchObject({ status: 'FAILED', error: { code: 'deadline_exceeded' } });
    expect(held.calls[0]?.signal.aborted).toBe(true);
  });

  it('ends a loop after exactly max_steps steps', async () => {
    const { engine } = await startEngineForTest({ definitions: [quick] });
    const loop = { ...chain('loop', 'quick'), edges: [{ from_node: 'quick', to_node: 'quick' }] };
    await engine.createGraph(loop);
    const { runId } = await engine.startRun({ graphId: 'loop', inputData: null, limits: { max_steps: 7 } });
    const { state, logs } = await engine.getState(runId, { waitSeconds: 10 });
    expect(flatten(state)).toMatchObject({ status: 'FAILED', stepCount: 7, error: { code: 'max_steps_exceeded' } });
    expect(logs.filter((line) => line === 'Executing Node: quick')).toHaveLength(7);
  });
});

describe('a tool that misbehaves harms only its own run', () => {
  const nasty: Record<string, (state: ToolState) => unknown> = {
    throwsNull: () => {
      throw null;
    },
    throwsString: () => {
      throw 'plain words';
    },
    rejects: () => Promise.reject(undefined),
    returnsList: () => [1],
    returnsFunction: () => ({ f: () => 1 }),
    returnsNaN: () => ({ n: Number.NaN }),
    returnsCycle: () => {
      const loop: Record<string, unknown> = {};
      loop.self = loop;
      return loop;
    },
    throwingGetter: () => ({
      get bad() {
        throw new Error('gotcha');
      },
    }),
    throwingThen: () => ({
      // biome-ignore lint/suspicious/noThenProperty: a hostile thenable is what is tested.
      get then() {
        throw new Error('gotcha');
      },
    }),
    mutatesState: ({ data }) => void Object.assign(data, { x: 1 }),
  };

  it.each(Object.entries(nasty))('%s', async (name, run) => {
    const bad = defineTool({ name, run });
    const { engine } = await startEngineForTest({ definitions: [bad, quick] });
    await engine.createGraph(chain('bad', 'quick', name));
    await engine.createGraph(chain('good', 'quick'));
    const { runId } = await engine.startRun({ graphId: 'bad', inputData: null });
    const good = await engine.startRun({ graphId: 'good', inputData: null });
    const { state } = await engine.getState(runId, { waitSeconds: 10 });
    expect(flatten(state)).toMatchObject({ status: 'FAILED', data: { done: true }, error: { node: name, step: 2 } });
    expect(flatten(state).error?.message).not.toBe('');
    expect(flatten((await engine.getState(good.runId, { waitSeconds: 10 })).state).status).toBe('COMPLETED');
  });
});
