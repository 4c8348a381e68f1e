import { describe, expect, it } from 'vitest';
import { defineTool } from '../../src/core/tool/tool.js';
import { startEngineForTest } from '../helpers/engine-for-test.js';
import { flatten } from '../helpers/flat-run.js';
import { chain, heldTool } from '../helpers/tools.js';

const quick = defineTool({ name: 'quick', run: () => ({ done: true }) });
const loop = (name: string) => ({ ...chain(name, 'tick'), edges: [{ from_node: 'tick', to_node: 'tick' }] });

describe('idempotency', () => {
  it('replays even when the graph has gone, the queue is full, or the server is stopping', async () => {
    const held = heldTool('held');
    const { engine } = await startEngineForTest({
      definitions: [held.tool, quick],
      maxConcurrentRuns: 1,
      maxQueuedRuns: 1,
    });
    await engine.createGraph(chain('gone', 'quick'));
    await engine.createGraph(chain('hold', 'held'));
    const request = { graphId: 'gone', inputData: 1, idempotency: { key: 'k', fingerprint: 'f' } };
    const { runId } = await engine.startRun(request);
    await engine.getState(runId, { waitSeconds: 10 });
    await engine.deleteGraph('gone');
    expect(await engine.startRun(request)).toEqual({ runId, replayed: true });
    await engine.startRun({ graphId: 'hold', inputData: null });
    await held.called(1);
    await engine.startRun({ graphId: 'hold', inputData: null });
    expect(await engine.startRun(request)).toEqual({ runId, replayed: true });
    engine.stop();
    expect(await engine.startRun(request)).toEqual({ runId, replayed: true });
    await expect(
      engine.startRun({ ...request, idempotency: { key: 'k', fingerprint: 'other' } }),
    ).rejects.toMatchObject({ code: 'idempotency_mismatch' });
  });

  it('settles twins in flight inside the commit: one run, every caller gets it', async () => {
    const { engine } = await startEngineForTest({ definitions: [quick] });
    await engine.createGraph(chain('twin', 'quick'));
    const request = { graphId: 'twin', inputData: 1, idempotency: { key: 'k', fingerprint: 'f' } };
    const answers = await Promise.all(Array.from({ length: 10 }, () => engine.startRun(request)));
    expect(new Set(answers.map(({ runId }) => runId)).size).toBe(1);
    expect(answers.filter(({ replayed }) => !replayed)).toHaveLength(1);
    expect((await engine.listRuns({ limit: 10 })).runs).toHaveLength(1);
  });
});

describe('waiting', () => {
  it('answers when the run ends, when the time is up, and at once when the engine stops', async () => {
    const held = heldTool('held');
    const { engine } = await startEngineForTest({ definitions: [held.tool] });
    await engine.createGraph(chain('hold', 'held'));
    const { runId } = await engine.startRun({ graphId: 'hold', inputData: null });
    await held.called(1);
    expect(flatten((await engine.getState(runId, { waitSeconds: 0.01 })).state).status).toBe('RUNNING');
    const waiting = engine.getState(runId, { waitSeconds: 60 });
    held.release({});
    expect(flatten((await waiting).state).status).toBe('COMPLETED');

    const other = heldTool('other');
    const stopping = await startEngineForTest({ definitions: [other.tool] });
    await stopping.engine.createGraph(chain('hold', 'other'));
    const run = await stopping.engine.startRun({ graphId: 'hold', inputData: null });
    await other.called(1);
    const stopped = stopping.engine.getState(run.runId, { waitSeconds: 60 });
    stopping.engine.stop();
    expect(flatten((await stopped).state).status).toBe('RUNNING');
    expect(flatten((await stopping.engine.getState(run.runId, { waitSeconds: 60 })).state).status).toBe('RUNNING');
    expect(stopping.engine.isReady()).toBe(false);
  });
});

describe('logs', () => {
  it('go on after any line, and come at most ten thousand at a time', async () => {
    const tick = defineTool({
      name: 'tick',
      run: (_state, { log }) => {
        for (let line = 0; line < 1000; line++) log(`line ${line}`);
      },
    });
    const { engine } = await startEngineForTest({ definitions: [tick] });
    await engine.createGraph(loop('noisy'));
    const { runId } = await engine.startRun({ graphId: 'noisy', inputData: null, limits: { max_steps: 15 } });
    const { state, logs } = await engine.getState(runId, { waitSeconds: 10 });
    expect(state.logCount).toBe(15 * 1001 + 1);
    expect(logs).toHaveLength(10_000);
    const rest = (await engine.getState(runId, { logsAfter: 10_000 })).logs;
    expect([...logs, ...rest]).toHaveLength(state.logCount);
    for (const after of [0, 1, 1000, 1001, 1002, 9_999, state.logCount - 1, state.logCount, state.logCount + 5]) {
      const lines = (await engine.getState(runId, { logsAfter: after })).logs;
      expect(lines).toEqual([...logs, ...rest].slice(after, after + 10_000));
    }
  });
});

describe('steps', () => {
  it('come in pages that join without gaps, whatever the size, with the step under way last', async () => {
    const held = heldTool('held');
    let ticks = 0;
    const tick = defineTool({
      name: 'tick',
      run: () =>
        ++ticks < 12
          ? { ticks }
          : held.tool.run({ input_data: 0, data: {} }, { signal: new AbortController().signal } as never),
    });
    const { engine } = await startEngineForTest({ definitions: [tick] });
    await engine.createGraph(loop('paged'));
    const { runId } = await engine.startRun({ graphId: 'paged', inputData: null });
    await held.called(1);
    for (const limit of [1, 2, 3, 5, 11, 12, 100]) {
      const steps = [];
      let cursor: string | undefined;
      do {
        const page = await engine.listSteps(runId, { limit, ...(cursor === undefined ? {} : { cursor }) });
        steps.push(...page.steps);
        cursor = page.nextCursor ?? undefined;
      } while (cursor !== undefined);
      expect(steps.map(({ step }) => step)).toEqual(Array.from({ length: 12 }, (_, index) => index + 1));
      expect(steps.map(({ status }) => status)).toEqual([...Array(11).fill('COMPLETED'), 'RUNNING']);
      expect(steps.map(({ patch }) => patch?.ticks)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, undefined]);
    }
    await expect(engine.listSteps(runId, { limit: 5, cursor: 'x' })).rejects.toMatchObject({ code: 'invalid_request' });
    await expect(engine.listSteps('nobody', { limit: 5 })).rejects.toMatchObject({ code: 'run_not_found' });
    held.release({});
  });
});

describe('deleting', () => {
  it('takes finished runs only', async () => {
    const held = heldTool('held');
    const { engine } = await startEngineForTest({ definitions: [held.tool] });
    await engine.createGraph(chain('hold', 'held'));
    const { runId } = await engine.startRun({ graphId: 'hold', inputData: null });
    await expect(engine.deleteRun(runId)).rejects.toMatchObject({ code: 'run_active' });
    held.release({});
    await engine.getState(runId, { waitSeconds: 10 });
    await engine.deleteRun(runId);
    await expect(engine.deleteRun(runId)).rejects.toMatchObject({ code: 'run_not_found' });
    await expect(engine.getState(runId)).rejects.toMatchObject({ code: 'run_not_found' });
  });
});
