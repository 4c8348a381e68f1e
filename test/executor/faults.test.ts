import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { statusOf, waitOf } from '../../src/core/run/state.js';
import { defineTool } from '../../src/core/tool/tool.js';
import { StoreUnavailableError } from '../../src/store/errors.js';
import type { Store } from '../../src/store/store.js';
import { startEngine, type TestEngine } from '../helpers/engine.js';
import { until } from '../helpers/until.js';

/** What the executor and the queue read and write. The test itself reads through a store without faults. */
const FAULTY = [
  'commit',
  'loadRun',
  'lastSeq',
  'readEvents',
  'viewChildren',
  'listUnfinishedChildren',
  'readChildResults',
  'listDueRuns',
  'nextWakeAt',
  'findGraph',
] as const satisfies readonly (keyof Store)[];

const nodes = (...names: string[]) => names.map((name) => ({ name, tool_name: name.replace(/\d$/, '') }));
const wait = { name: 'ask', tool_name: 'wait_for_input', params: { message: 'Go on?' } };
const GRAPHS = [
  {
    graph_id: 'child',
    name: 'child',
    entry_point: 'work1',
    nodes: nodes('work1', 'work2'),
    edges: [{ from_node: 'work1', to_node: 'work2' }],
  },
  {
    graph_id: 'all',
    name: 'all',
    entry_point: 'list',
    nodes: [
      ...nodes('list', 'work1', 'work2', 'work3', 'work4', 'work5', 'flaky'),
      wait,
      { name: 'sleep', tool_name: 'delay', params: { seconds: 0.01 } },
      { name: 'call', tool_name: 'run_graph', params: { graph_id: 'child' } },
      { name: 'aside', tool_name: 'run_graph', params: { graph_id: 'child', wait: false } },
    ].map((node) => (node.name === 'flaky' ? { ...node, retry: { max_attempts: 2, interval_seconds: 0.01 } } : node)),
    edges: [
      { from_node: 'work2', to_node: 'sleep' },
      { from_node: 'sleep', to_node: 'call' },
      { from_node: 'call', to_node: 'aside' },
      { from_node: 'aside', to_node: 'flaky' },
      { from_node: 'flaky', to_node: 'ask' },
      { from_node: 'ask', to_node: 'work5' },
    ],
    for_each_edges: [
      {
        from_node: 'list',
        items: '${ data.items }',
        to_node: 'work1',
        join_node: 'work2',
        collect_as: 'results',
        max_parallel: 2,
      },
    ],
  },
  {
    graph_id: 'stuck',
    name: 'stuck',
    entry_point: 'work1',
    nodes: nodes('work1', 'hang1', 'hang2', 'work2'),
    edges: [],
    parallel_edges: [{ from_node: 'work1', to_nodes: ['hang1', 'hang2'], join_node: 'work2' }],
  },
];

/** An engine, whose store fails at the calls that are told. Counts the calls of each step. */
async function startFaulty() {
  const steps = new Map<string, number>();
  const count = (key: string) => steps.set(key, (steps.get(key) ?? 0) + 1);
  const tool = (name: string, run: (attempt: number, signal: AbortSignal) => unknown) =>
    defineTool({
      name,
      run: (_state, { idempotencyKey, attempt, signal }) => {
        count(`${idempotencyKey}#${attempt}`);
        return run(attempt, signal);
      },
    });
  const ill = (attempt: number) => {
    if (attempt === 1) throw new Error('ill');
    return { well: true };
  };
  const hang = (signal: AbortSignal) =>
    new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
  const test = await startEngine({
    definitions: [
      tool('list', () => ({ items: ['a', 'b', 'c'] })),
      tool('work', () => ({ worked: true })),
      tool('flaky', ill),
      tool('hang', (_attempt, signal) => hang(signal)),
    ],
  });
  for (const graph of GRAPHS) await test.engine.createGraph(graph as never);
  const faults = { at: (_call: number): boolean => false, calls: 0 };
  for (const name of FAULTY) {
    const real = (test.store[name] as (...given: unknown[]) => Promise<unknown>).bind(test.store);
    Object.assign(test.store, {
      [name]: async (...given: unknown[]) => {
        faults.calls += 1;
        if (faults.at(faults.calls)) throw new StoreUnavailableError(new Error('ENOSPC'));
        return real(...given);
      },
    });
  }
  return { ...test, steps, faults };
}

/** Does a request as a client does: again while the answer is that the store is down. */
async function insist<T>(request: () => Promise<T>): Promise<T> {
  let answer: { value: T } | undefined;
  await until(async () => {
    try {
      answer = { value: await request() };
      return true;
    } catch (error) {
      if ((error as { code?: string }).code !== 'store_unavailable') throw error;
      return false;
    }
  });
  return answer!.value;
}

const rest = (engine: TestEngine['engine'], runId: string) => insist(() => engine.getState(runId, { waitSeconds: 20 }));

/** Waits until a run waits for a person. */
const asks = (engine: TestEngine['engine'], runId: string) =>
  until(async () => waitOf((await rest(engine, runId)).state)?.kind === 'input');

/** Runs of every kind, from their start to their end, whatever happens to the store. */
async function runAll({ engine, steps }: Awaited<ReturnType<typeof startFaulty>>): Promise<void> {
  const metadata = { case: randomUUID() };
  const all = await insist(() => engine.startRun({ graphId: 'all', inputData: null, metadata }));
  const stuck = await insist(() => engine.startRun({ graphId: 'stuck', inputData: null }));
  await until(() => [...steps.keys()].filter((key) => key.endsWith('/1#1')).length >= 2);
  await asks(engine, all.runId);
  await insist(() => engine.resumeRun(all.runId, { payload: 'yes' }));
  const { state } = await rest(engine, all.runId);
  expect(statusOf(state)).toBe('COMPLETED');
  const worked = { worked: true };
  expect(state.data).toMatchObject({
    ...worked,
    results: [worked, worked, worked],
    call: worked,
    well: true,
    ask: 'yes',
  });
  // The run that was only started is there once, and it is the one that the step knows of.
  const { runs: aside } = await engine.listRuns({ graphId: 'child', metadata, limit: 10 });
  expect(aside.map(({ runId }) => ({ run_id: runId }))).toEqual([state.data.aside]);
  expect(statusOf((await rest(engine, aside[0]!.runId)).state)).toBe('COMPLETED');

  const fork = await insist(() => engine.forkRun(all.runId, { fromStep: 2 }));
  await asks(engine, fork.runId);
  await insist(() => engine.cancelRun(fork.runId));
  await insist(() => engine.retryRun(fork.runId, {}));
  await asks(engine, fork.runId);
  await insist(() => engine.cancelRun(fork.runId));
  expect(statusOf((await rest(engine, fork.runId)).state)).toBe('CANCELLED');

  await insist(() => engine.cancelRun(stuck.runId)).catch((error: { code: string }) => {
    // Said again after an answer that was lost.
    expect(error.code).toBe('run_finished');
  });
  expect(statusOf((await rest(engine, stuck.runId)).state)).toBe('CANCELLED');
  // What was retried in place is called again as a new attempt or with a new try; nothing else twice.
  const twice = [...steps].filter(([key, calls]) => calls > 1 && !key.startsWith(fork.runId));
  expect(twice).toEqual([]);
}

describe('a moment without the disk', () => {
  it('at any single read or commit keeps no run from its end, and has no finished step called again', async () => {
    const whole = await startFaulty();
    await runAll(whole);
    const { calls } = whole.faults;
    await whole.stop(0);
    expect(calls).toBeGreaterThan(60);
    const places = Array.from({ length: calls }, (_, index) => index + 1);
    const worker = async (): Promise<void> => {
      for (let place = places.shift(); place !== undefined; place = places.shift()) {
        const test = await startFaulty();
        test.faults.at = (call) => call === place;
        await runAll(test).catch((error: unknown) => {
          throw new Error(`with a fault at call ${place}`, { cause: error });
        });
        await test.stop(0);
      }
    };
    await Promise.all(Array.from({ length: 24 }, worker));
  }, 120_000);

  it('now and then, for 60 ms, keeps no run from its end', async () => {
    const test = await startFaulty();
    const begun = performance.now();
    test.faults.at = () => (performance.now() - begun) % 300 < 60;
    await Promise.all(Array.from({ length: 5 }, () => runAll(test)));
    await test.stop(0);
  }, 120_000);
});
