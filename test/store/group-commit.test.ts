import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { SqliteStore } from '../../src/store/sqlite/sqlite-store.js';
import { openWithDatabase } from './open-stores.js';
import { commit, graph, newRun, unit } from './runs.js';

/** Turns of the event loop until a promise has settled. */
async function turnsUntil(settled: Promise<unknown>, inEach: () => void = () => undefined): Promise<number> {
  let isSettled = false;
  const note = (): void => {
    isSettled = true;
  };
  settled.then(note, note);
  for (let turns = 1; ; turns++) {
    await new Promise((resolve) => setImmediate(resolve));
    if (isSettled) return turns;
    inEach();
  }
}

describe('the rest between two commits', () => {
  let store: SqliteStore;
  beforeEach(async () => {
    // The rest is bounded in time, which passes only when a test says so.
    vi.useFakeTimers({ toFake: ['performance'] });
    store = openWithDatabase().store;
    await store.createGraph(graph('g'));
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  const next = (): Promise<void> => store.commit(unit(newRun()));
  const manyAtOnce = (): Promise<unknown> => Promise.all(Array.from({ length: 50 }, () => commit(store, newRun())));

  it('leaves turns for new connections after a commit of many units', async () => {
    await manyAtOnce();
    expect(await turnsUntil(next())).toBeGreaterThanOrEqual(16);
    // Those are over as soon as the server is not busy any more.
    expect(await turnsUntil(next())).toBeLessThanOrEqual(3);
  });

  it('is short for runs that go on one at a time', async () => {
    await commit(store, newRun());
    expect(await turnsUntil(next())).toBeLessThanOrEqual(3);
  });

  it('ends when its turns are full of work', async () => {
    await manyAtOnce();
    expect(await turnsUntil(next(), () => vi.advanceTimersByTime(1))).toBeLessThanOrEqual(5);
  });
});
