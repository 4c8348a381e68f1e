import { readFileSync } from 'node:fs';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { defineTool } from '../../src/core/tool/tool.js';
import type { ListedStep } from '../../src/engine/engine.js';
import { startEngineForTest } from '../helpers/engine-for-test.js';
import { until } from '../helpers/until.js';

type TestEngine = Awaited<ReturnType<typeof startEngineForTest>>;

/** Keeps what it is called with. */
function keeper() {
  const called: unknown[] = [];
  const keep = defineTool({
    name: 'keep',
    secrets: true,
    run: ({ data }, { params }) => {
      called.push(params);
      return { n: ((data.n as number | undefined) ?? 0) + 1 };
    },
  });
  return { called, keep };
}

const LOOP = {
  graph_id: 'loop',
  name: 'loop',
  entry_point: 'a',
  nodes: [{ name: 'a', tool_name: 'keep', params: { n: '${ has(data.n) ? data.n : 0 }', at: '${ run.now }' } }],
  edges: [],
  conditional_edges: [{ from_node: 'a', cases: [{ when: 'data.n < 30', to_node: 'a' }], otherwise: 'END' }],
};

async function finish({ engine }: TestEngine, graphId: string, inputData: unknown = null): Promise<string> {
  const { runId } = await engine.startRun({ graphId, inputData: inputData as never });
  await engine.getState(runId, { waitSeconds: 10 });
  return runId;
}

async function stepsInPages({ engine }: TestEngine, runId: string, limit: number): Promise<ListedStep[]> {
  const steps: ListedStep[] = [];
  for (let cursor: string | undefined; ; ) {
    const page = await engine.listSteps(runId, { limit, ...(cursor !== undefined && { cursor }) });
    steps.push(...page.steps);
    if (page.nextCursor === null) return steps;
    cursor = page.nextCursor;
  }
}

const valuesOf = (steps: readonly ListedStep[]) => steps.map(({ params }) => params?.map(({ value }) => value));

describe('the params of steps', () => {
  it('are what the tool was called with, however they are paged, and after a restart', async () => {
    const { called, keep } = keeper();
    const first = await startEngineForTest({ definitions: [keep] });
    await first.engine.createGraph(LOOP);
    const runId = await finish(first, 'loop');
    expect(called).toHaveLength(30);
    const expected = called.map((params) => [params]);
    for (const limit of [1, 7, 100]) expect(valuesOf(await stepsInPages(first, runId, limit))).toEqual(expected);
    await first.stop();
    const again = await startEngineForTest({ definitions: [keep], path: first.path });
    const whole = await again.engine.listSteps(runId, { limit: 10 });
    const { path } = again;
    // The second page alone, without the state that reading the first has left.
    await again.stop();
    const fresh = await startEngineForTest({ definitions: [keep], path });
    const page = await fresh.engine.listSteps(runId, { limit: 10, cursor: whole.nextCursor! });
    expect(valuesOf(page.steps)).toEqual(expected.slice(10, 20));
  });

  it('have the item of a branch, and what its parent has set before', async () => {
    const { called, keep } = keeper();
    const test = await startEngineForTest({ definitions: [keep], maxConcurrentRuns: 1 });
    const params = { item: '${ run.item }', before: '${ data.n }' };
    await test.engine.createGraph({
      graph_id: 'each',
      name: 'each',
      entry_point: 'a',
      nodes: [
        { name: 'a', tool_name: 'keep' },
        { name: 'b', tool_name: 'keep', params },
        { name: 'c', tool_name: 'keep', params: { all: '${ size(data.all) }' } },
      ],
      edges: [],
      for_each_edges: [
        { from_node: 'a', items: '${ input_data }', to_node: 'b', join_node: 'c', collect_as: 'all', max_parallel: 1 },
      ],
    });
    const runId = await finish(test, 'each', ['x', 'y']);
    expect(called).toEqual([{}, { item: 'x', before: 1 }, { item: 'y', before: 1 }, { all: 2 }]);
    expect(valuesOf(await stepsInPages(test, runId, 1))).toEqual([[{}], [{ all: 2 }]]);
    const { runs } = await test.engine.listRuns({ limit: 10, parentRunId: runId });
    const branches = runs.toSorted((one, other) => one.childIndex! - other.childIndex!);
    const read = await Promise.all(branches.map((branch) => stepsInPages(test, branch.runId, 10)));
    expect(read.map(valuesOf)).toEqual([[[called[1]]], [[called[2]]]]);
  });

  it('show no secret, and are not stored', async () => {
    const { keep } = keeper();
    const value = 'sk-very secret';
    const secrets = { TOKEN: value };
    const first = await startEngineForTest({ definitions: [keep], secrets });
    const params = { auth: 'Bearer ${ secrets.TOKEN }', text: '${ input_data }' };
    await first.engine.createGraph({ ...LOOP, nodes: [{ name: 'a', tool_name: 'keep', params }] });
    const runId = await finish(first, 'loop', 'sk-very%20secret, resolved');
    const masked = { auth: 'Bearer [secret TOKEN]', text: '[secret TOKEN], resolved' };
    expect((await first.engine.listSteps(runId, { limit: 1 })).steps[0]!.params).toEqual([
      { attempt: 1, value: masked },
    ]);
    await first.stop();
    expect(readFileSync(first.path, 'latin1')).not.toMatch(/Bearer \[secret|sk-very secret/);
    // The secret is not set any more.
    const again = await startEngineForTest({ definitions: [keep], path: first.path });
    const { steps } = await again.engine.listSteps(runId, { limit: 1 });
    expect(steps[0]!.params).toMatchObject([{ value: { auth: 'Bearer [secret TOKEN]' } }]);
  });

  it('of the attempt under way are there', async () => {
    let isCalled = false;
    const slow = defineTool({
      name: 'slow',
      run: (_state, { attempt }) => {
        if (attempt === 1) throw new Error('again');
        isCalled = true;
        return new Promise(() => undefined);
      },
    });
    const { engine } = await startEngineForTest({ definitions: [slow] });
    const retry = { max_attempts: 3, interval_seconds: 0, backoff_rate: 1, jitter: 'none' as const };
    const node = { name: 'a', tool_name: 'slow', params: { try: '${ run.attempt }' }, retry };
    await engine.createGraph({ graph_id: 'slow', name: 'slow', entry_point: 'a', nodes: [node], edges: [] });
    const { runId } = await engine.startRun({ graphId: 'slow', inputData: null });
    await until(() => isCalled);
    const { steps } = await engine.listSteps(runId, { limit: 1 });
    expect(valuesOf(steps)).toEqual([[{ try: 1 }, { try: 2 }]]);
  });

  it('are unknown if the graph cannot be read; the steps are listed all the same', async () => {
    const { keep } = keeper();
    const first = await startEngineForTest({ definitions: [keep] });
    await first.engine.createGraph(LOOP);
    const runId = await finish(first, 'loop');
    await first.stop();
    const db = new Database(first.path);
    db.exec("UPDATE graph_definitions SET definition = '{' WHERE graph_id = 'loop'");
    db.close();
    const again = await startEngineForTest({ definitions: [keep], path: first.path });
    const { steps } = await again.engine.listSteps(runId, { limit: 2 });
    expect(steps).toMatchObject([
      { node: 'a', params: null },
      { node: 'a', params: null },
    ]);
  });

  it('are unknown after a damaged place of the journal; the steps after it are listed all the same', async () => {
    const { keep } = keeper();
    const first = await startEngineForTest({ definitions: [keep] });
    await first.engine.createGraph(LOOP);
    const runId = await finish(first, 'loop');
    const { nextCursor } = await first.engine.listSteps(runId, { limit: 10 });
    await first.stop();
    const db = new Database(first.path);
    db.prepare("UPDATE run_events SET payload = '{' WHERE run_id = ? AND seq = 4").run(runId);
    db.close();
    const again = await startEngineForTest({ definitions: [keep], path: first.path });
    const { steps } = await again.engine.listSteps(runId, { limit: 1, cursor: nextCursor! });
    expect(steps).toMatchObject([{ step: 11, params: null }]);
  });

  it('count for the size of a page', async () => {
    const text = 'x'.repeat(15_000);
    const { keep } = keeper();
    const test = await startEngineForTest({ definitions: [keep] });
    const params = { text: '${ input_data }' };
    const cases = [{ when: 'data.n < 320', to_node: 'a' }];
    const nodes = [{ name: 'a', tool_name: 'keep', params }];
    await test.engine.createGraph({
      ...LOOP,
      nodes,
      conditional_edges: [{ from_node: 'a', cases, otherwise: 'END' }],
    });
    const runId = await finish(test, 'loop', text);
    const { steps, nextCursor } = await test.engine.listSteps(runId, { limit: 1000 });
    expect(steps.length).toBeGreaterThan(200);
    expect(steps.length).toBeLessThan(290);
    expect(nextCursor).not.toBeNull();
  });
});
