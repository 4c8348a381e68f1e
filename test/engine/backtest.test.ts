import { afterEach, describe, expect, it } from 'vitest';
import { type Condition, defineTool } from '../../src/core/tool/tool.js';
import type { WorkerThread } from '../../src/engine/backtest/worker.js';
import { builtInTools } from '../../src/tools/built-in-tools.js';
import { type ChannelWorker, startChannelWorker } from '../helpers/channel-worker.js';
import { startEngine, type TestEngine } from '../helpers/engine.js';

/** Says a score, one more at each visit; the first is the input. */
const rate = defineTool({
  name: 'rate',
  run: ({ input_data, data }) => ({ score: typeof data.score === 'number' ? data.score + 1 : input_data }),
});
const isDone: Condition = {
  name: 'is_done',
  choose: ({ data }) => ((data.score as number) >= 5 ? 'done' : 'improve'),
};
const BUILT_IN = builtInTools({ now: Date.now, httpAllow: [], llmBaseUrl: 'http://127.0.0.1:9/v1' });

/** Rates and improves until the score is large enough. */
function rating(enough: number, more: object = {}) {
  return {
    name: 'Rating',
    graph_id: 'rating',
    entry_point: 'rate',
    nodes: [
      { name: 'rate', tool_name: 'rate' },
      { name: 'improve', tool_name: 'set_data', params: { values: { improved: true } } },
      { name: 'done', tool_name: 'set_data', params: { values: { done: true } } },
    ],
    edges: [{ from_node: 'improve', to_node: 'rate' }],
    conditional_edges: [
      { from_node: 'rate', cases: [{ when: `data.score >= ${enough}`, to_node: 'done' }], otherwise: 'improve' },
    ],
    ...more,
  };
}

let engine: TestEngine;
const workers: ChannelWorker[] = [];
afterEach(async () => {
  workers.length = 0;
  await engine.stop(0);
});

async function start(startWorker?: () => WorkerThread): Promise<void> {
  engine = await startEngine({ definitions: [rate, isDone], ...(startWorker && { startWorker }) });
}

/** Starts an engine with workers that know the built-in tools and these. */
const startWithWorkers = (definitions: readonly (typeof rate | Condition)[]) =>
  start(() => {
    const worker = startChannelWorker([...BUILT_IN, ...definitions]);
    workers.push(worker);
    return worker;
  });

/** Runs a graph once for each input; resolves with the ids when all runs have ended. */
async function runAll(graphId: string, inputs: readonly number[]): Promise<string[]> {
  const ids: string[] = [];
  for (const inputData of inputs) ids.push((await engine.engine.startRun({ graphId, inputData })).runId);
  for (const runId of ids) await engine.engine.getState(runId, { waitSeconds: 30 });
  return ids;
}

const through = (graph: unknown, more: object = {}) => ({ through: { graph }, limit: 1000, ...more });

/** Thirty runs whose first scores are 0 to 9, and what a graph that asks for a score of 7 does with them. */
async function expectGroups(): Promise<void> {
  await engine.engine.saveGraph(rating(5));
  const ids = await runAll(
    'rating',
    Array.from({ length: 30 }, (_, index) => index % 10),
  );
  const report = await engine.engine.backtestGraph('rating', through(rating(7)));
  // Scores of 5 and 6 are enough at the first visit, and one of 4 or less comes to 5 later: nobody knows what comes next.
  expect(report).toMatchObject({ runs: 30, same: 9, diverged: 21, unknown: 0 });
  const groups = report.groups.map(({ at, count, was, wouldBe }) => [
    at.node,
    at.visit,
    count,
    was.toNode,
    wouldBe.toNode,
  ]);
  expect(groups).toEqual([
    ['rate', 1, 6, 'done', 'improve'],
    ...[2, 3, 4, 5, 6].map((visit) => ['rate', visit, 3, 'done', 'improve']),
  ]);
  expect(report.groups[0]?.read).toEqual([
    { path: 'data.score', value: 6 },
    { path: 'data.score', value: 5 },
  ]);
  // The newest first.
  expect(report.groups[0]?.examples).toEqual([26, 25, 16, 15, 6].map((index) => ids[index]));
  expect(report).toMatchObject({ complete: 9, steps: { was: 18, wouldBe: 18 } });
}

describe('a backtest', () => {
  it('groups the runs of a loop by where they first go another way, without workers', async () => {
    await start();
    await expectGroups();
    const own = await engine.engine.backtestGraph('rating', { through: { version: 1 }, limit: 1000 });
    expect(own).toMatchObject({ runs: 30, same: 30, diverged: 0, groups: [] });
    expect(own.steps.was).toBe(own.steps.wouldBe);
  });

  it('comes to the same with workers, which ask for graphs once', async () => {
    await startWithWorkers([rate, isDone]);
    await expectGroups();
    const own = await engine.engine.backtestGraph('rating', { through: { version: 1 }, limit: 1000 });
    expect(own).toMatchObject({ runs: 30, same: 30 });
    const asked = workers.flatMap(({ received }) => received.filter(({ kind }) => kind === 'need'));
    expect(asked).toEqual([
      {
        kind: 'need',
        keys: [
          { graphId: 'rating', version: 0, draft: 1 },
          { graphId: 'rating', version: 1 },
        ],
      },
    ]);
  });

  it('is done here if a graph uses a condition that only this process has', async () => {
    await startWithWorkers([rate]);
    const here = rating(5, { conditional_edges: [{ from_node: 'rate', condition_function: 'is_done' }] });
    await engine.engine.saveGraph(here);
    await runAll('rating', [3, 5, 7]);
    expect(await engine.engine.backtestGraph('rating', through(rating(5)))).toMatchObject({ runs: 3, same: 3 });
    expect(await engine.engine.backtestGraph('rating', through(here))).toMatchObject({ runs: 3, same: 3 });
    expect(workers.flatMap(({ received }) => received).some(({ kind }) => kind === 'results')).toBe(false);
  });

  it('looks at the latest finished runs that fit the filter, and no more than the limit', async () => {
    await start();
    await engine.engine.saveGraph(rating(5));
    await engine.engine.saveGraph({ ...rating(5), graph_id: 'other', name: 'Other' });
    await runAll('other', [5]);
    const ids = await runAll('rating', [5, 5, 5]);
    const failed = await engine.engine.startRun({ graphId: 'rating', inputData: 0, limits: { max_steps: 2 } });
    await engine.engine.getState(failed.runId, { waitSeconds: 30 });
    const count = async (more: object) => {
      const { runs, groups } = await engine.engine.backtestGraph('rating', through(rating(9), more));
      return [runs, groups.flatMap(({ examples }) => examples)];
    };
    expect(await count({})).toEqual([4, [ids[2], ids[1], ids[0]]]);
    expect(await count({ limit: 2 })).toEqual([2, [ids[2]]]);
    expect(await count({ filter: { statuses: ['FAILED'] } })).toEqual([1, []]);
    expect(await count({ filter: { errorCode: 'max_steps_exceeded' } })).toEqual([1, []]);
  });

  it('says why runs are unknown: what nobody recorded, and what cannot be read', async () => {
    await start();
    await engine.engine.saveGraph(rating(5));
    const [damaged] = await runAll('rating', [5, 5]);
    const readJournals = engine.store.readJournals.bind(engine.store);
    Object.assign(engine.store, {
      readJournals: async (...given: Parameters<typeof readJournals>) =>
        (await readJournals(...given)).map(({ runId, rows }) => ({
          runId,
          rows: runId === damaged ? rows.map((row) => ({ ...row, payload: '{' })) : rows,
        })),
    });
    const report = await engine.engine.backtestGraph('rating', { through: { version: 1 }, limit: 10 });
    expect(report).toMatchObject({ runs: 2, same: 1, unknown: 1 });
    expect(report.unknownGroups).toEqual([
      { what: 'run', node: null, message: expect.stringContaining('is not JSON'), count: 1, examples: [damaged] },
    ]);
  });

  it('counts the runs of a batch as unknown if its worker fails, and goes on with another', async () => {
    await start(() => {
      const worker = startChannelWorker([...BUILT_IN, rate]);
      workers.push(worker);
      const isFirst = workers.length === 1;
      return isFirst ? { ...worker, postMessage: () => worker.fail(new Error('out of memory')) } : worker;
    });
    await engine.engine.saveGraph(rating(5));
    await runAll('rating', [5]);
    const first = await engine.engine.backtestGraph('rating', through(rating(5)));
    expect(first).toMatchObject({ runs: 1, unknown: 1 });
    expect(first.unknownGroups[0]?.message).toContain('out of memory');
    expect(await engine.engine.backtestGraph('rating', through(rating(5)))).toMatchObject({ runs: 1, same: 1 });
    expect(workers).toHaveLength(2);
  });

  it('is done here if no worker can be started', async () => {
    await start(() => {
      const worker = startChannelWorker([]);
      queueMicrotask(() => worker.fail(new Error('no such module')));
      return worker;
    });
    await engine.engine.saveGraph(rating(5));
    await runAll('rating', [5]);
    expect(await engine.engine.backtestGraph('rating', through(rating(5)))).toMatchObject({ same: 1 });
    expect(engine.logged).toContainEqual(
      expect.objectContaining({ level: 'warn', details: { reason: 'no such module' } }),
    );
  });

  it('is refused if two are under way, for a graph that is not there, and for one with errors', async () => {
    await start();
    await engine.engine.saveGraph(rating(5));
    const three = [1, 2, 3].map(() => engine.engine.backtestGraph('rating', through(rating(5))));
    const settled = await Promise.allSettled(three);
    expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected']);
    expect(settled[2]).toMatchObject({ reason: { code: 'server_busy', retryAfterSeconds: 5 } });
    await expect(engine.engine.backtestGraph('none', through(rating(5)))).rejects.toMatchObject({
      code: 'graph_not_found',
    });
    const version = { through: { version: 7 }, limit: 10 };
    await expect(engine.engine.backtestGraph('rating', version)).rejects.toMatchObject({ code: 'graph_not_found' });
    const broken = { ...rating(5), entry_point: 'nowhere' };
    await expect(engine.engine.backtestGraph('rating', through(broken))).rejects.toMatchObject({
      code: 'invalid_request',
      errors: [expect.objectContaining({ pointer: '/graph/entry_point' })],
    });
  });

  it('ends when nobody waits for it any more, and when the server stops', async () => {
    await startWithWorkers([rate, isDone]);
    await engine.engine.saveGraph(rating(5));
    await runAll('rating', [5]);
    const controller = new AbortController();
    controller.abort();
    const request = through(rating(5), { signal: controller.signal });
    expect((await engine.engine.backtestGraph('rating', request)).runs).toBeLessThanOrEqual(1);
    const last = engine.engine.backtestGraph('rating', through(rating(6)));
    const refused = expect(last).rejects.toMatchObject({ code: 'shutting_down' });
    await engine.stop(0);
    await refused;
    expect(workers.every(({ isEnded }) => isEnded)).toBe(true);
  });

  it('can fail in a worker while more runs are read: nothing is left unhandled', async () => {
    await startWithWorkers([rate, isDone]);
    await engine.engine.saveGraph(rating(5));
    await runAll('rating', Array<number>(101).fill(5));
    let reads = 0;
    const readJournals = engine.store.readJournals.bind(engine.store);
    Object.assign(engine.store, {
      readJournals: async (...given: Parameters<typeof readJournals>) => {
        reads += 1;
        if (reads > 1) {
          engine.engine.stop();
          for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate);
        }
        return readJournals(...given);
      },
    });
    const unhandled: unknown[] = [];
    const note = (reason: unknown) => unhandled.push(reason);
    process.on('unhandledRejection', note);
    try {
      const report = engine.engine.backtestGraph('rating', through(rating(5)));
      await expect(report).rejects.toMatchObject({ code: 'shutting_down' });
    } finally {
      process.off('unhandledRejection', note);
    }
    expect(unhandled).toEqual([]);
  });
});
