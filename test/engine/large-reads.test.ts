import { describe, expect, it, vi } from 'vitest';
import { defineTool } from '../../src/core/tool/tool.js';
import { LargeReads } from '../../src/engine/large-reads.js';
import { startEngineForTest } from '../helpers/engine-for-test.js';
import { chain } from '../helpers/tools.js';

const MB = 1_048_576;
const busy = expect.objectContaining({ code: 'server_busy', retryAfterSeconds: 5 });

/** Reads that have begun, each of which ends when it is told to. */
class Begun {
  readonly keys: string[] = [];
  readonly #ends = new Map<string, () => void>();

  read(reads: LargeReads, key: string, bytes: number, options?: { always: boolean }): Promise<string> {
    const read = () =>
      new Promise<string>((resolve) => {
        this.keys.push(key);
        this.#ends.set(`${key} ${this.keys.length}`, () => resolve(key));
      });
    return reads.inTurn(key, bytes, read, options);
  }

  /** Ends all that have begun, and resolves when those that follow have begun. */
  async endAll(): Promise<void> {
    for (const end of this.#ends.values()) end();
    this.#ends.clear();
    await settled();
  }
}

function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

describe('large reads', () => {
  it('begin one after the other, in the order in which they came, as far as they do not fit together', async () => {
    const [reads, begun] = [new LargeReads(), new Begun()];
    const all = ['a', 'b', 'c', 'd'].map((key, index) => begun.read(reads, key, index === 0 ? 20 * MB : 8 * MB));
    await settled();
    expect(begun.keys).toEqual(['a']);
    await begun.endAll();
    expect(begun.keys).toEqual(['a', 'b', 'c']);
    await begun.endAll();
    expect(begun.keys).toEqual(['a', 'b', 'c', 'd']);
    await begun.endAll();
    expect(await Promise.all(all)).toEqual(['a', 'b', 'c', 'd']);
  });

  it('do not keep small ones waiting', async () => {
    const [reads, begun] = [new LargeReads(), new Begun()];
    void begun.read(reads, 'a', 16 * MB);
    void begun.read(reads, 'b', 16 * MB);
    expect(await reads.inTurn('small', 100_000, async () => 'read')).toBe('read');
    expect(begun.keys).toEqual(['a']);
  });

  it('of the same share a turn, in which those take part too that come during it while nobody else waits', async () => {
    const [reads, begun] = [new LargeReads(), new Begun()];
    for (const key of ['a', 'b', 'b']) void begun.read(reads, key, 16 * MB);
    await settled();
    await begun.endAll();
    expect(begun.keys).toEqual(['a', 'b', 'b']);
    void begun.read(reads, 'b', 16 * MB);
    await settled();
    expect(begun.keys).toEqual(['a', 'b', 'b', 'b']);
    // From now on somebody waits, and whoever comes after him reads after him.
    for (const key of ['c', 'b', 'b']) void begun.read(reads, key, 16 * MB);
    await settled();
    expect(begun.keys).toHaveLength(4);
    await begun.endAll();
    expect(begun.keys.slice(4)).toEqual(['c']);
    await begun.endAll();
    expect(begun.keys.slice(5)).toEqual(['b', 'b']);
  });

  it('that are shared are done once for all who ask before they begin, and again for those who come later', async () => {
    const reads = new LargeReads();
    let count = 0;
    const ends: (() => void)[] = [];
    const share = (bytes = 16 * MB): Promise<number> =>
      reads.share('a', bytes, () => {
        count += 1;
        const answer = count;
        return new Promise((resolve) => ends.push(() => resolve(answer)));
      });
    const first = share();
    await settled();
    const later = [share(), share(), share()];
    await settled();
    expect(count).toBe(1);
    ends[0]?.();
    expect(await first).toBe(1);
    await settled();
    ends[1]?.();
    expect(await Promise.all(later)).toEqual([2, 2, 2]);
    // Small ones are not worth sharing.
    const small = [share(1000), share(1000)];
    for (const end of ends) end();
    expect(await Promise.all(small)).toEqual([3, 4]);
  });

  it('that are shared and refused are tried again', async () => {
    const [reads, begun] = [new LargeReads(20 * MB), new Begun()];
    for (const key of ['a', 'b']) void begun.read(reads, key, 16 * MB);
    await expect(reads.share('c', 16 * MB, async () => 'c')).rejects.toEqual(busy);
    for (const _ of ['a', 'b']) {
      await settled();
      await begun.endAll();
    }
    expect(await reads.share('c', 16 * MB, async () => 'c')).toBe('c');
  });

  it('are refused if too much waits, unless they must not be', async () => {
    const [reads, begun] = [new LargeReads(20 * MB), new Begun()];
    for (const key of ['a', 'b']) void begun.read(reads, key, 16 * MB);
    await expect(begun.read(reads, 'c', 16 * MB)).rejects.toEqual(busy);
    // What shares a turn takes no more room.
    void begun.read(reads, 'b', 16 * MB);
    void begun.read(reads, 'd', 16 * MB, { always: true });
    await settled();
    for (const _ of ['a', 'b', 'd']) await begun.endAll();
    expect(begun.keys).toEqual(['a', 'b', 'b', 'd']);
    void begun.read(reads, 'c', 16 * MB);
    await settled();
    expect(begun.keys.at(-1)).toBe('c');
  });

  it('leave their turn to the next when they fail', async () => {
    const [reads, begun] = [new LargeReads(), new Begun()];
    const failed = reads.inTurn('a', 16 * MB, () => Promise.reject(new Error('no')));
    void begun.read(reads, 'b', 16 * MB);
    await expect(failed).rejects.toThrow('no');
    await settled();
    expect(begun.keys).toEqual(['b']);
  });
});

/** A server that has just begun, on a file with three finished runs of 9 MB and a small one. */
async function startWithLargeRuns() {
  const text = defineTool({ name: 'text', run: (_, { node }) => ({ [node]: node.padEnd(1_000_000, 'x') }) });
  const fails = defineTool({
    name: 'fails',
    run: () => {
      throw new Error('no');
    },
  });
  const first = await startEngineForTest({ definitions: [text, fails] });
  const nodes = Array.from({ length: 9 }, (_, index) => ({ name: `n${index}`, tool_name: 'text' }));
  const edges = nodes.map(({ name }, index) => ({ from_node: name, to_node: `n${index + 1}` }));
  const last = { name: 'n9', tool_name: 'fails' };
  await first.engine.createGraph({ ...chain('large', 'text'), entry_point: 'n0', nodes: [...nodes, last], edges });
  await first.engine.createGraph(chain('small', 'fails'));
  const ids: string[] = [];
  for (const graphId of ['large', 'large', 'large', 'small']) {
    const { runId } = await first.engine.startRun({ graphId, inputData: null });
    await first.engine.getState(runId, { waitSeconds: 20 });
    ids.push(runId);
  }
  await first.stop();
  const second = await startEngineForTest({ definitions: [text, fails], path: first.path });
  const [one, two, three, small] = ids as [string, string, string, string];
  return { ...second, one, two, three, small };
}

type LargeRuns = Awaited<ReturnType<typeof startWithLargeRuns>>;

describe('while a large state is read and used, nobody else loads another large run', () => {
  it.each<[string, (runs: LargeRuns, runId: string) => Promise<unknown>]>([
    ['to read its state', ({ engine }, runId) => engine.getState(runId)],
    ['to wait for it', ({ engine }, runId) => engine.getState(runId, { waitSeconds: 10 })],
    ['to list its steps', ({ engine }, runId) => engine.listSteps(runId, { limit: 100 })],
    ['to compare it', ({ engine, one, small }, runId) => engine.diffRuns(runId, runId === one ? small : runId)],
    ['to retry it', ({ engine }, runId) => engine.retryRun(runId, {})],
    ['to fork it', ({ engine }, runId) => engine.forkRun(runId, { fromStep: 1 })],
    ['to cancel it', ({ engine }, runId) => engine.cancelRun(runId).catch((error: unknown) => String(error))],
    [
      'to answer it',
      ({ engine }, runId) => engine.resumeRun(runId, { payload: 1 }).catch((error: unknown) => String(error)),
    ],
  ])('%s', async (_, ask) => {
    const runs = await startWithLargeRuns();
    const { engine, store, one, two, small } = runs;
    const loads = vi.spyOn(store, 'loadRun');
    const reads = vi.spyOn(store, 'readEvents');
    const touched = (): Set<string> => new Set([...loads.mock.calls, ...reads.mock.calls].map(([runId]) => runId));
    let end = (): void => {};
    const admitted: number[] = [];
    const admit = (bytes: number): void => void admitted.push(bytes);
    const used = new Promise<void>((begun) => {
      void engine.useState(one, { admit }, () => {
        begun();
        return new Promise<void>((resolve) => {
          end = resolve;
        });
      });
    });
    await used;
    expect(admitted).toEqual([expect.toSatisfy((bytes: number) => bytes > 9_000_000 && bytes < 20_000_000)]);
    const asked = ask(runs, two);
    // A small one is not kept waiting.
    await ask(runs, small);
    for (let turn = 0; turn < 10; turn += 1) await settled();
    expect(touched()).not.toContain(two);
    end();
    await asked;
    expect(touched()).toContain(two);
  });

  it('what is refused before it is read is not read, and others that read the same are not asked', async () => {
    const { engine, store, one, two } = await startWithLargeRuns();
    const loads = vi.spyOn(store, 'loadRun');
    const admit = vi.fn(() => {
      throw new Error('no room');
    });
    await expect(engine.useState(one, { admit }, async () => 'used')).rejects.toThrow('no room');
    expect(loads).not.toHaveBeenCalled();
    admit.mockImplementation((() => undefined) as never);
    const read = () => engine.useState(two, { admit }, async ({ state }) => state);
    const states = await Promise.all([read(), read(), read()]);
    expect(new Set(states).size).toBe(1);
    expect(loads).toHaveBeenCalledOnce();
    admit.mockClear();
    // It is at hand.
    expect(await read()).toBe(states[0]);
    expect(admit).not.toHaveBeenCalled();
  });
});

describe('what many ask for at once is read a few times', () => {
  it.each<[string, (runs: LargeRuns) => Promise<unknown>]>([
    ['steps', ({ engine, one }) => engine.listSteps(one, { limit: 100 })],
    ['a comparison', ({ engine, one, two }) => engine.diffRuns(one, two)],
  ])('%s', async (_, ask) => {
    const runs = await startWithLargeRuns();
    const reads = vi.spyOn(runs.store, 'readEvents');
    await ask(runs);
    const once = reads.mock.calls.length;
    reads.mockClear();
    await Promise.all(Array.from({ length: 20 }, () => ask(runs)));
    // Those that fit beside each other when they came, and one for all who waited.
    expect(reads.mock.calls.length).toBeLessThanOrEqual(6 * once);
  });

  it('a graph', async () => {
    const { engine } = await startWithLargeRuns();
    const values = Object.fromEntries(Array.from({ length: 20_000 }, (_, index) => [`k${index}`, [index, {}]]));
    const nodes = [{ name: 'a', tool_name: 'set_data', params: { values } }];
    await engine.createGraph({
      graph_id: 'wide',
      name: 'Wide',
      entry_point: 'a',
      nodes,
      edges: [],
      conditional_edges: [],
    });
    const graphs = await Promise.all(Array.from({ length: 20 }, () => engine.getGraph('wide')));
    expect(new Set(graphs.map(({ definition }) => definition)).size).toBeLessThanOrEqual(6);
  });
});
