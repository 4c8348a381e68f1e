import { describe, expect, it, vi } from 'vitest';
import { defineTool } from '../../src/core/tool/tool.js';
import { LinePages, MAX_LOG_BYTES, MAX_LOG_LINES } from '../../src/runs/line-pages.js';
import { Turns } from '../../src/runs/turns.js';
import { startEngineForTest } from '../helpers/engine-for-test.js';
import { chain } from '../helpers/tools.js';

/** A run of two steps that each log these lines. */
async function runThatLogs(lines: readonly string[]) {
  const talk = defineTool({
    name: 'talk',
    run: (_, { log }) => {
      for (const line of lines) log(line);
    },
  });
  const parts = await startEngineForTest({ definitions: [talk] });
  const graph = chain('talks', 'talk');
  const nodes = ['talk', 'again'].map((name) => ({ name, tool_name: 'talk' }));
  await parts.engine.createGraph({ ...graph, nodes, edges: [{ from_node: 'talk', to_node: 'again' }] });
  const { runId } = await parts.engine.startRun({ graphId: 'talks', inputData: null });
  await parts.engine.getState(runId, { waitSeconds: 20 });
  return { ...parts, runId };
}

type Run = Awaited<ReturnType<typeof runThatLogs>>;

/** Reads pages to the end. */
async function pagesOf({ engine, runId }: Run): Promise<(readonly string[])[]> {
  const pages: (readonly string[])[] = [];
  for (let after = 0, total = 1; after < total; ) {
    const { logs, state } = await engine.getState(runId, { logsAfter: after });
    pages.push(logs);
    after += logs.length;
    total = state.logCount;
  }
  return pages;
}

describe('a page of log lines', () => {
  it.each([
    ['plain', 'x'.repeat(8000)],
    ['of two bytes a character', 'é'.repeat(8000)],
    ['escaped', '"\\\u0001'.repeat(2500)],
  ])('ends before its lines are more than 4 MiB of JSON: %s', async (_, line) => {
    const run = await runThatLogs(Array.from({ length: 1000 }, () => line));
    const pages = await pagesOf(run);
    expect(pages.length).toBeGreaterThan(2);
    // Each line has a comma, or the bracket at the end.
    const bytesOf = (page: readonly string[]) => Buffer.byteLength(JSON.stringify(page)) - 1;
    for (const [index, page] of pages.entries()) {
      expect(bytesOf(page)).toBeLessThanOrEqual(MAX_LOG_BYTES);
      const next = pages[index + 1]?.[0];
      // One more line would be too much.
      if (next !== undefined) expect(bytesOf([...page, next])).toBeGreaterThan(MAX_LOG_BYTES);
    }
    const lines = Array.from({ length: 1000 }, () => line);
    expect(pages.flat()).toEqual([
      'Executing Node: talk',
      ...lines,
      'Executing Node: again',
      ...lines,
      'No outgoing edge found. Stopping.',
    ]);
  });

  it('is read once for all who read it at the same time, and kept for those who come later', async () => {
    const run = await runThatLogs(Array.from({ length: 100 }, () => 'x'.repeat(8000)));
    const reads = vi.spyOn(run.store, 'readLogEvents');
    const views = await Promise.all(Array.from({ length: 20 }, () => run.engine.getState(run.runId)));
    views.push(await run.engine.getState(run.runId));
    expect(new Set(views.map(({ logs }) => logs)).size).toBe(1);
    expect(reads.mock.calls.length).toBeLessThan(5);
    expect((await run.engine.getState(run.runId, { logsAfter: 200 })).logs).toHaveLength(3);
    expect((await run.engine.getState(run.runId, { logsAfter: 203 })).logs).toEqual([]);
  });

  it('is kept if reading it took long, though its lines are short', async () => {
    const patch = defineTool({
      name: 'patch',
      run: (_, { log }) => {
        log('a short line');
        return { text: 'x'.repeat(200_000) };
      },
    });
    const { engine, store } = await startEngineForTest({ definitions: [patch] });
    await engine.createGraph(chain('patches', 'patch'));
    const { runId } = await engine.startRun({ graphId: 'patches', inputData: null });
    const { logs } = await engine.getState(runId, { waitSeconds: 20 });
    expect(logs).toContain('a short line');
    const reads = vi.spyOn(store, 'readLogEvents');
    expect((await engine.getState(runId)).logs).toEqual(logs);
    expect(reads).not.toHaveBeenCalled();
  });

  it('goes on in the middle of an event without reading it again', async () => {
    const run = await runThatLogs(Array.from({ length: 1000 }, () => 'x'.repeat(8000)));
    const reads = vi.spyOn(run.store, 'readLogEvents');
    const pages = await pagesOf(run);
    expect(pages.flat()).toHaveLength(2003);
    expect(pages.length).toBeGreaterThanOrEqual(4);
    // The start and the first step, the second step, and the end.
    expect(reads.mock.calls.length).toBeLessThanOrEqual(3);
  });
});

/** A run that waits for an answer after 30 steps of 1,000 numbered lines each. */
async function runOfManyLines() {
  const talk = defineTool({
    name: 'talk',
    run: ({ data }, { log }) => {
      const round = Number(data.round ?? 0);
      for (let line = 0; line < 1000; line++) log(`line ${round * 1000 + line}`);
      return { round: round + 1 };
    },
  });
  const parts = await startEngineForTest({ definitions: [talk] });
  await parts.engine.createGraph({
    name: 'talks',
    graph_id: 'talks',
    entry_point: 'talk',
    nodes: [
      { name: 'talk', tool_name: 'talk' },
      { name: 'ask', tool_name: 'wait_for_input', params: { message: 'Go on?' } },
    ],
    edges: [],
    conditional_edges: [{ from_node: 'talk', cases: [{ when: 'data.round < 30', to_node: 'talk' }], otherwise: 'ask' }],
  });
  const { runId } = await parts.engine.startRun({ graphId: 'talks', inputData: null });
  const { state } = await parts.engine.getState(runId, { waitSeconds: 20 });
  return { ...parts, runId, total: state.logCount };
}

describe('the latest lines of a long run', () => {
  it('are kept as they come, so that a poll of them reads nothing', async () => {
    const { engine, store, runId, total } = await runOfManyLines();
    const reads = vi.spyOn(store, 'readLogEvents');
    const { logs } = await engine.getState(runId, { logsAfter: total - 5 });
    expect(logs.slice(0, 2)).toEqual(['line 29997', 'line 29998']);
    expect(logs).toHaveLength(5);
    expect(reads).not.toHaveBeenCalled();
    await engine.resumeRun(runId, { payload: 'yes' });
    const ended = await engine.getState(runId, { logsAfter: total, waitSeconds: 20 });
    expect(ended.logs).toEqual(['No outgoing edge found. Stopping.']);
    expect(reads).not.toHaveBeenCalled();
  });

  it('are measured before they are read, unless they are kept', async () => {
    const run = await runThatLogs(Array.from({ length: 1000 }, () => 'x'.repeat(8000)));
    const lines = new LinePages(run.store, new Turns());
    const { state } = await run.engine.getState(run.runId);
    expect(await lines.measure(run.runId, 0)).toBeGreaterThan(16_000_000);
    // From the second step on.
    const ofSecond = await lines.measure(run.runId, 1500);
    expect(ofSecond).toBeGreaterThan(8_000_000);
    expect(ofSecond).toBeLessThan(9_000_000);
    expect(lines.isAtHand(run.runId, 2000)).toBe(false);
    await lines.read(state, 2000);
    expect(lines.isAtHand(run.runId, 2000)).toBe(true);
    expect(await lines.measure(run.runId, 2000)).toBe(0);
    expect(lines.isAtHand(run.runId, 1500)).toBe(false);
    expect(await lines.measure(run.runId, 1500)).toBe(ofSecond);
  });

  it('are read to an end also if a store gives events that add none', async () => {
    const { engine, store, runId } = await runThatLogs(['a']);
    const { state } = await engine.getState(runId);
    const [first] = await store.readLogEvents(runId, 0, 1);
    vi.spyOn(store, 'readLogEvents').mockImplementation(async (_run, after) => {
      // Ends what would go on for ever.
      if (vi.mocked(store.readLogEvents).mock.calls.length > 100) throw new Error('read too often');
      return [{ ...first!, logEnd: after }];
    });
    await expect(new LinePages(store, new Turns()).read(state, 0)).resolves.toHaveLength(1);
  });

  it('are read from where a reader is, if none are kept', async () => {
    const { engine, store, runId, total } = await runOfManyLines();
    const lines = new LinePages(store, new Turns());
    const { state } = await engine.getState(runId);
    const reads = vi.spyOn(store, 'readLogEvents');
    const last = await lines.read(state, total - 3);
    expect(last).toHaveLength(3);
    const once = reads.mock.calls.length;
    expect(await lines.read(state, total - 2)).toEqual(last.slice(1));
    expect(reads).toHaveBeenCalledTimes(once);
    // Older ones are read again, and are right.
    expect((await lines.read(state, total - 2500)).at(-1)).toBe(last[2]);
    expect(await lines.read(state, total - 2)).toEqual(last.slice(1));
  });

  it('are the same in pages, whichever are kept', async () => {
    const run = await runOfManyLines();
    const pages = await pagesOf(run);
    expect(pages.map(({ length }) => length)).toEqual([
      MAX_LOG_LINES,
      MAX_LOG_LINES,
      MAX_LOG_LINES,
      run.total - 30_000,
    ]);
    expect(pages.flat().filter((line) => line.startsWith('line'))).toEqual(
      Array.from({ length: 30_000 }, (_, line) => `line ${line}`),
    );
    const { logs } = await run.engine.getState(run.runId, { logsAfter: 12_345 });
    expect(logs).toEqual(pages.flat().slice(12_345, 22_345));
  });
});

describe('the size of a page of lines that is not kept', () => {
  it('is told for every page, whichever was read before it', async () => {
    const run = await runThatLogs(Array.from({ length: 1000 }, () => 'x'.repeat(8000)));
    const { state } = await run.engine.getState(run.runId);
    // As after a restart.
    const lines = new LinePages(run.store, new Turns());
    for (let after = 0; after < state.logCount; ) {
      const measured = await lines.measure(run.runId, after);
      const reads = vi.spyOn(run.store, 'readLogEvents');
      after += (await lines.read(state, after)).length;
      const read = (await Promise.all(reads.mock.results.map(({ value }) => value))).flat();
      reads.mockRestore();
      if (read.length > 2) expect(measured).toBeGreaterThan(1_000_000);
    }
    expect(await lines.measure(run.runId, state.logCount)).toBeLessThan(1000);
  });

  it('is told again once lines that were committed meanwhile are missing', async () => {
    const { engine, store, runId, total } = await runOfManyLines();
    const { state } = await engine.getState(runId);
    const lines = new LinePages(store, new Turns());
    await lines.read(state, total - 10);
    expect(lines.isAtHand(runId, total - 5)).toBe(true);
    const event = { type: 'run.completed', reason: 'end' } as const;
    const commit = (logEnd: number): void => {
      const records = [{ seq: logEnd, time: 0, event, payload: '', logEnd }];
      lines.committed([{ appends: [{ state, records, rowChanged: false }] }]);
    };
    commit(total + 1);
    expect(lines.isAtHand(runId, total - 5)).toBe(true);
    commit(total + 50);
    expect(lines.isAtHand(runId, total - 5)).toBe(false);
    expect(await lines.measure(runId, total - 2500)).toBeGreaterThan(10_000);
  });
});
