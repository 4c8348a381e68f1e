import { beforeEach, describe, expect, it, type Mock, vi } from 'vitest';
import { createRegistry } from '../../src/core/tool/registry.js';
import { GraphCache } from '../../src/runs/graph-cache.js';
import { Turns } from '../../src/runs/turns.js';
import type { SignalListener, Signals } from '../../src/store/signals.js';
import type { Store } from '../../src/store/store.js';
import { newPath, open } from '../store/open-stores.js';
import { graph, NOON } from '../store/runs.js';

describe('the graph cache', () => {
  let store: Store;
  let reads: Mock<Store['findGraph']>;
  let hear: SignalListener;
  let graphs: GraphCache;
  beforeEach(async () => {
    store = open(newPath());
    await store.createGraph(graph('g'));
    reads = vi.spyOn(store, 'findGraph');
    const signals: Pick<Signals, 'subscribe'> = {
      subscribe: (topic, listener) => {
        expect(topic).toBe('graphs');
        hear = listener;
        return () => undefined;
      },
    };
    graphs = new GraphCache(store, createRegistry([]), signals, new Turns());
  });

  const latest = async () => (await graphs.find('g'))?.version;

  it('reads a version once', async () => {
    const first = await graphs.find('g');
    expect(await graphs.find('g')).toBe(first);
    expect(await graphs.find('g', 1)).toBe(first);
    expect(await graphs.pinned('g', 1)).toBe(first);
    expect(reads).toHaveBeenCalledOnce();
    expect(await graphs.find('g', 2)).toBeUndefined();
    expect(await graphs.find('nothing')).toBeUndefined();
  });

  it('compiles a version once for all who ask for it at the same time', async () => {
    const [first, ...others] = await Promise.all([graphs.find('g'), graphs.find('g'), graphs.pinned('g', 1)]);
    expect(first).toBeDefined();
    for (const other of others) expect(other).toBe(first);
  });

  it('looks for the latest version again when it is told that it is another', async () => {
    expect(await latest()).toBe(1);
    await store.updateGraph(graph('g', 'Newer'));
    expect(await latest()).toBe(1);
    hear({ kind: 'graph_changed', graphId: 'another' });
    expect(await latest()).toBe(1);
    hear({ kind: 'graph_changed', graphId: 'g' });
    expect(await latest()).toBe(2);
  });

  it('looks again when signals may have been lost, and when a commit has shown that it is old', async () => {
    expect(await latest()).toBe(1);
    await store.updateGraph(graph('g', 'Newer'));
    hear('resync');
    expect(await latest()).toBe(2);
    await store.updateGraph(graph('g', 'Newest'));
    graphs.forgetLatest('g');
    expect(await latest()).toBe(3);
  });

  it('finds a version that was deleted only for runs that are pinned to it', async () => {
    expect(await latest()).toBe(1);
    await store.deleteGraph('g', NOON);
    hear({ kind: 'graph_changed', graphId: 'g' });
    expect(await graphs.find('g')).toBeUndefined();
    expect(await graphs.find('g', 1)).toBeUndefined();
    expect((await graphs.pinned('g', 1))?.version).toBe(1);
  });
});
