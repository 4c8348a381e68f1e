import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Composition } from '../../src/compose.js';
import type { RunState } from '../../src/core/run/state.js';
import { defineTool } from '../../src/core/tool/tool.js';
import { StoreUnavailableError } from '../../src/store/errors.js';
import { startEngine } from '../helpers/engine.js';
import { startEngineForTest } from '../helpers/engine-for-test.js';
import { flatten } from '../helpers/flat-run.js';
import { chain, heldTool } from '../helpers/tools.js';
import { until } from '../helpers/until.js';
import { branches, follow, newRun, STARTED, step } from '../store/runs.js';

afterEach(() => void vi.useRealTimers());

/** The first read of each run fails: a moment without the disk, just when it is taken over. */
function failFirstReads({ store }: Composition): void {
  const loadRun = store.loadRun.bind(store);
  const read = new Set<string>();
  vi.spyOn(store, 'loadRun').mockImplementation(async (runId, atSeq) => {
    if (read.has(runId)) return loadRun(runId, atSeq);
    read.add(runId);
    throw new StoreUnavailableError(new Error('ENOSPC'));
  });
}

/** A file of runs whose server died while their first step was under way. */
async function crashWith(runs: number): Promise<{ path: string; runIds: string[] }> {
  const held = heldTool('held');
  const { engine, store, path } = await startEngine({ definitions: [held.tool] });
  await engine.createGraph(chain('work', 'held'));
  const runIds: string[] = [];
  for (let run = 0; run < runs; run++) {
    runIds.push((await engine.startRun({ graphId: 'work', inputData: null })).runId);
  }
  await held.called(runs);
  await store.close();
  return { path, runIds };
}

/** Takes runs over while the disk is away for a moment. */
async function takeOver(path: string, start: typeof startEngine) {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
  const held = heldTool('held');
  const test = await start({ definitions: [held.tool], path, beforeStart: failFirstReads });
  const putBack = (runs: number) =>
    until(() => test.logged.filter(({ level }) => level === 'error').length === runs || undefined);
  return { ...test, held, putBack };
}

describe('a run whose first read fails after it was taken over', () => {
  it('has its crash counted all the same, once', async () => {
    const { path, runIds } = await crashWith(1);
    const { engine, store, held, putBack } = await takeOver(path, startEngineForTest);
    await putBack(1);
    await vi.advanceTimersByTimeAsync(1000);
    await held.called(1);
    expect(flatten((await engine.getState(runIds[0]!)).state)).toMatchObject({ status: 'RUNNING', recoveries: 1 });
    held.release({});
    expect(flatten((await engine.getState(runIds[0]!, { waitSeconds: 10 })).state).status).toBe('COMPLETED');
    const types = (await store.readEvents(runIds[0]!, 0, 100)).map(({ event }) => event.type);
    expect(types.filter((type) => type === 'run.recovered')).toHaveLength(1);
  });

  it('is tried alone from the second crash on, and is given up after ten', async () => {
    const { path } = await crashWith(2);
    for (let crash = 1; crash <= 9; crash++) {
      const test = await takeOver(path, startEngine);
      await test.putBack(2);
      await vi.advanceTimersByTimeAsync(1000);
      const tried = crash === 1 ? 2 : 1;
      await test.held.called(tried);
      await until(async () => (await test.queue.depth()) === 2 - tried);
      expect(test.held.calls).toHaveLength(tried);
      await test.store.close();
      vi.useRealTimers();
    }
    const { engine, putBack, held } = await takeOver(path, startEngineForTest);
    await putBack(2);
    await vi.advanceTimersByTimeAsync(1000);
    // The tenth ends the one, and the other has its turn.
    await held.called(1);
    const { runs } = await engine.listRuns({ limit: 2 });
    expect(runs.map(({ status }) => status).sort()).toEqual(['FAILED', 'RUNNING']);
    expect(runs.find(({ status }) => status === 'FAILED')?.error).toMatchObject({ code: 'recovery_exhausted' });
    held.release({});
  });
});

describe('a stop with 2,000 parents that are due', () => {
  it('notes it for each while a step under way has its grace, and loads none of them', async () => {
    const idle = defineTool({ name: 'noop', run: () => ({}) });
    // Nobody takes runs before the stop: all slots are in use.
    const busy = heldTool('busy');
    const test = await startEngine({ definitions: [idle, busy.tool], maxConcurrentRuns: 1 });
    const { engine, store } = test;
    onTestFinished(() => store.close());
    await engine.createGraph(chain('busy', 'busy'));
    await engine.createGraph(chain('g', 'noop'));
    await engine.startRun({ graphId: 'busy', inputData: null });
    await busy.called(1);
    const parents = await Promise.all(
      Array.from({ length: 2000 }, async () => {
        const made = newRun();
        await store.commit({ appends: [made] });
        const parent = follow(made.state, [STARTED, step(1), branches(3)]);
        await store.commit({ appends: [parent], wakes: [{ runId: made.state.runId, at: 0 }] });
        return parent;
      }),
    );
    const loadRun = vi.spyOn(store, 'loadRun');
    const drained = test.drain(60_000);
    const typeOfLast = async (run: RunState) => (await store.readEvents(run.runId, run.seq, 10))[0]?.event.type;
    await until(async () => (await typeOfLast(parents.at(-1)!.state)) === 'run.drained');
    busy.release({});
    await drained;
    expect(loadRun).not.toHaveBeenCalled();
    for (const { state } of parents) expect(await typeOfLast(state)).toBe('run.drained');
  }, 60_000);
});
