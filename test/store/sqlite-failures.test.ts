import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Transactions, Writer } from '../../src/store/sqlite/writer.js';
import { StoreUnavailableError } from '../../src/store/store.js';
import { onFatal, openWithDatabase } from './open-stores.js';
import { commit, follow, graph, newRun, STARTED, unit } from './runs.js';

describe('a full disk', () => {
  // Commits still come with the next turn of the event loop; only the pauses between attempts are the test's.
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('refuses all writes as unavailable, and is noticed to be over', async () => {
    const { store, sqlite } = openWithDatabase();
    await store.createGraph(graph('g'));
    const kept = await commit(store, newRun());
    const heard = vi.fn();
    store.subscribe(kept.runId, heard);
    sqlite.pragma(`max_page_count = ${sqlite.pragma('page_count', { simple: true })}`);
    const large = newRun({ inputData: 'x'.repeat(100_000) });
    const results = await Promise.allSettled([
      store.commit(unit(follow(kept, [STARTED]))),
      store.commit(unit(large)),
      store.commit(unit(newRun({ graphId: 'nothing' }))),
    ]);
    for (const result of results) expect(result).toMatchObject({ reason: expect.any(StoreUnavailableError) });
    expect(store.isHealthy()).toBe(false);
    expect(heard).not.toHaveBeenCalled();
    const definition = { ...graph('h').definition, description: 'x'.repeat(100_000) };
    await expect(store.createGraph({ ...graph('h'), definition })).rejects.toBeInstanceOf(StoreUnavailableError);
    expect(await store.findGraph('h')).toBeUndefined();
    expect((await store.loadRun(kept.runId))?.tail).toHaveLength(1);

    vi.advanceTimersByTime(60_000);
    expect(store.isHealthy()).toBe(false);
    sqlite.pragma('max_page_count = 1000000');
    vi.advanceTimersByTime(5000);
    expect(store.isHealthy()).toBe(true);
    expect(sqlite.prepare('SELECT count(*) FROM run_snapshots').pluck().get()).toBe(0);
    await commit(store, large, follow(kept, [STARTED]));
    expect(heard).toHaveBeenCalledWith(2, 'RUNNING');
  });

  it('is over as soon as a write succeeds', async () => {
    const { store, sqlite } = openWithDatabase();
    await store.createGraph(graph('g'));
    sqlite.pragma(`max_page_count = ${sqlite.pragma('page_count', { simple: true })}`);
    const large = unit(newRun({ inputData: 'x'.repeat(100_000) }));
    await expect(store.commit(large)).rejects.toBeInstanceOf(StoreUnavailableError);
    expect(store.isHealthy()).toBe(false);
    sqlite.pragma('max_page_count = 1000000');
    await store.commit(large);
    expect(store.isHealthy()).toBe(true);
  });
});

describe('a database that somebody else is writing', () => {
  it('is unavailable until they have finished', async () => {
    const { store, sqlite, path } = openWithDatabase();
    await store.createGraph(graph('g'));
    sqlite.pragma('busy_timeout = 0');
    const other = new Database(path);
    other.exec('BEGIN IMMEDIATE');
    await expect(store.commit(unit(newRun()))).rejects.toBeInstanceOf(StoreUnavailableError);
    expect(store.isHealthy()).toBe(false);
    expect(await store.listRuns({ limit: 1 })).toEqual([]);
    other.exec('COMMIT');
    other.close();
    await vi.waitFor(() => expect(store.isHealthy()).toBe(true), { timeout: 5000 });
    await commit(store, newRun());
  });
});

describe('a failure of COMMIT', () => {
  function failing(code: string) {
    const calls: string[] = [];
    let error: Error | undefined = new Database.SqliteError('disk I/O error', code);
    const transactions: Transactions = {
      begin: () => calls.push('begin'),
      commit: () => {
        calls.push('commit');
        if (error !== undefined) throw error;
      },
      rollback: () => calls.push('rollback'),
      probe: () => calls.push('probe'),
    };
    const heal = () => {
      error = undefined;
    };
    return { transactions, calls, error, heal };
  }

  it.each(['SQLITE_IOERR_FSYNC', 'SQLITE_IOERR_DIR_FSYNC'])(
    'is fatal when it is %s: nothing is written any more',
    (code) => {
      const { transactions, calls, error, heal } = failing(code);
      const fatal = vi.fn();
      const writer = new Writer(transactions, { onFatal: fatal });
      expect(() => writer.write(() => {})).toThrow(StoreUnavailableError);
      expect(fatal).toHaveBeenCalledExactlyOnceWith(error);
      heal();
      expect(() => writer.write(() => {})).toThrow(StoreUnavailableError);
      expect(calls).toEqual(['begin', 'commit', 'rollback']);
      expect(writer.isHealthy()).toBe(false);
    },
  );

  it('is tried again, with ever longer pauses, until a write succeeds', () => {
    vi.useFakeTimers();
    try {
      const { transactions, calls, heal } = failing('SQLITE_IOERR_WRITE');
      const writer = new Writer(transactions, { onFatal });
      expect(() => writer.write(() => {})).toThrow(StoreUnavailableError);
      vi.advanceTimersByTime(60_000);
      // At 0.1, 0.3, 0.7, 1.5, 3.1 and 6.3 seconds, then every five.
      expect(calls.filter((call) => call === 'probe')).toHaveLength(16);
      heal();
      vi.advanceTimersByTime(5000);
      expect(writer.isHealthy()).toBe(true);
      const { length } = calls;
      vi.advanceTimersByTime(60_000);
      expect(calls).toHaveLength(length);
    } finally {
      vi.useRealTimers();
    }
  });

  it('does not take the mistakes of its callers for a failure', () => {
    const { transactions, calls } = failing('SQLITE_IOERR_WRITE');
    const writer = new Writer(transactions, { onFatal });
    const mistake = new TypeError('mistake');
    const work = () => {
      throw mistake;
    };
    expect(() => writer.write(work)).toThrow(mistake);
    expect(calls).toEqual(['begin', 'rollback']);
    expect(writer.isHealthy()).toBe(true);
  });
});
