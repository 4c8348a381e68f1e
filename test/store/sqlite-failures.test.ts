import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  ConflictError,
  OutcomeUnknownError,
  StoreUnavailableError,
  UnreadableRunError,
} from '../../src/store/errors.js';
import { LocalSignals } from '../../src/store/local-signals.js';
import { openDatabase } from '../../src/store/sqlite/database.js';
import { JournalReader } from '../../src/store/sqlite/journal-reader.js';
import { SqliteStore } from '../../src/store/sqlite/sqlite-store.js';
import { type Transactions, Writer } from '../../src/store/sqlite/writer.js';
import { until } from '../helpers/until.js';
import { newPath, onFatal, openWithDatabase } from './open-stores.js';
import { CANCELLED, COMPLETED, commit, follow, graph, newChild, newRun, STARTED, unit } from './runs.js';

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
    sqlite.pragma(`max_page_count = ${sqlite.pragma('page_count', { simple: true })}`);
    const large = newRun({ inputData: 'x'.repeat(100_000) });
    const results = await Promise.allSettled([
      store.commit(unit(follow(kept, [STARTED]))),
      store.commit(unit(large)),
      store.commit(unit(newRun({ graphId: 'nothing' }))),
    ]);
    for (const result of results) expect(result).toMatchObject({ reason: expect.any(StoreUnavailableError) });
    expect(store.isHealthy()).toBe(false);
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
    expect((await store.loadRun(kept.runId))?.tail).toHaveLength(2);
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
    await until(() => store.isHealthy());
    await commit(store, newRun());
  });
});

describe('a COMMIT that reports a failure', () => {
  afterEach(() => {
    vi.restoreAllMocks();
  });

  /** A store whose next COMMIT fails, before or after it has done its work; and whose reads fail while they are told to. */
  function failingStore() {
    const sqlite = openDatabase(newPath());
    const next = {
      commit: 'works' as 'works' | 'fails' | 'is stored, and fails',
      reads: 'work' as 'work' | 'fail',
      rollbacks: 'work' as 'work' | 'fail',
    };
    const prepare = sqlite.prepare.bind(sqlite);
    const failure = (code = 'SQLITE_IOERR_WRITE') => new Database.SqliteError('disk I/O error', code);
    const { readEvents, hasRecord } = JournalReader.prototype;
    vi.spyOn(JournalReader.prototype, 'readEvents').mockImplementation(function (this: JournalReader, ...given) {
      if (next.reads === 'fail') throw failure('SQLITE_IOERR_READ');
      return readEvents.apply(this, given);
    });
    vi.spyOn(JournalReader.prototype, 'hasRecord').mockImplementation(function (this: JournalReader, ...given) {
      if (next.reads === 'fail') throw failure('SQLITE_IOERR_READ');
      return hasRecord.apply(this, given);
    });
    vi.spyOn(sqlite, 'prepare').mockImplementation(((source: string) => {
      const statement = prepare(source);
      if (source === 'ROLLBACK') {
        const rollback = () => {
          const how = next.rollbacks;
          next.rollbacks = 'work';
          if (how === 'fail') throw failure();
          statement.run();
        };
        return { run: rollback };
      }
      if (source !== 'COMMIT') return statement;
      const run = () => {
        const how = next.commit;
        next.commit = 'works';
        if (how === 'fails') throw failure();
        statement.run();
        if (how !== 'works') throw failure();
      };
      return { run };
    }) as typeof sqlite.prepare);
    const store = new SqliteStore(sqlite, () => {}, { onFatal, signals: new LocalSignals() });
    return { sqlite, store, next };
  }

  it('is a success for its callers when the journal shows that it is stored', async () => {
    const { store, next } = failingStore();
    await store.createGraph(graph('g'));
    const run = await commit(store, newRun());
    next.commit = 'is stored, and fails';
    const [started, late, other] = [follow(run, [STARTED]), follow(run, [CANCELLED]), newRun()];
    const results = await Promise.allSettled([started, late, other].map((one) => store.commit(unit(one))));
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(results[1]).toMatchObject({ reason: expect.any(ConflictError) });
    expect((await store.loadRun(run.runId))?.tail).toHaveLength(2);
    await commit(store, follow(started.state, [COMPLETED]));
    await store.close();
  });

  it('is a success for units that only give slots, or only wake runs, too', async () => {
    const { store, next } = failingStore();
    await store.createGraph(graph('g'));
    const parent = await commit(store, newRun());
    const child = newChild(parent, 3, 0);
    await store.commit(unit(child));
    const slots = [{ runId: child.state.runId, slotSeq: 3 }];
    next.commit = 'fails';
    await expect(store.commit({ appends: [], slots })).rejects.toBeInstanceOf(StoreUnavailableError);
    next.commit = 'is stored, and fails';
    await store.commit({ appends: [], slots });
    expect(await store.viewChildren(parent.runId, 3, 3, 5)).toMatchObject({ active: 1 });
    next.commit = 'fails';
    await store.commit({ appends: [], wakes: [{ runId: parent.runId, at: 0 }] });
    await store.close();
  });

  it('is not taken for a success while the transaction is open still, because it could not be undone', async () => {
    const { store, next } = failingStore();
    await store.createGraph(graph('g'));
    const run = newRun();
    Object.assign(next, { commit: 'fails', rollbacks: 'fail' });
    await expect(store.commit(unit(run))).rejects.toBeInstanceOf(StoreUnavailableError);
    expect(await store.loadRun(run.state.runId)).toBeUndefined();
    await commit(store, run);
    await store.close();
  });

  it('is a failure for its callers when the journal shows that nothing was stored', async () => {
    const { store, next } = failingStore();
    await store.createGraph(graph('g'));
    const run = await commit(store, newRun());
    next.commit = 'fails';
    const started = unit(follow(run, [STARTED]));
    await expect(store.commit(started)).rejects.toMatchObject({ name: 'StoreUnavailableError' });
    expect((await store.loadRun(run.runId))?.tail).toHaveLength(1);
    await store.commit(started);
    await store.close();
  });

  it('keeps its callers waiting until the journal can be read, and tells them when the store is closed first', async () => {
    const { store, next } = failingStore();
    await store.createGraph(graph('g'));
    const run = await commit(store, newRun());
    Object.assign(next, { commit: 'is stored, and fails', reads: 'fail' });
    let isAnswered = false;
    const started = follow(run, [STARTED]);
    const committed = store.commit(unit(started)).then(() => {
      isAnswered = true;
    });
    await until(() => !store.isHealthy());
    await until(() => store.isHealthy());
    expect(isAnswered).toBe(false);
    next.reads = 'work';
    await committed;
    Object.assign(next, { commit: 'is stored, and fails', reads: 'fail' });
    const ended = store.commit(unit(follow(started.state, [COMPLETED])));
    await until(() => !store.isHealthy());
    await store.close();
    await expect(ended).rejects.toBeInstanceOf(OutcomeUnknownError);
  });

  it.each(['fails', 'is stored, and fails'] as const)(
    'is looked into for a journal that cannot be read: %s',
    async (how) => {
      const { sqlite, store, next } = failingStore();
      await store.createGraph(graph('g'));
      const run = await commit(store, newRun());
      sqlite.exec('DELETE FROM run_events');
      next.commit = how;
      const cancelled = store.commit(unit(follow({ ...run, seq: 0 }, [CANCELLED])));
      if (how === 'fails') await expect(cancelled).rejects.toBeInstanceOf(StoreUnavailableError);
      else await cancelled;
      await expect(store.readEvents(run.runId, 0, 1)).rejects.toBeInstanceOf(UnreadableRunError);
      await store.close();
    },
  );

  it('is not needed for reads to fail: they say that the store is unavailable, and work again afterwards', async () => {
    const { store, next } = failingStore();
    await store.createGraph(graph('g'));
    const run = await commit(store, newRun());
    next.reads = 'fail';
    await expect(store.readEvents(run.runId, 0, 1)).rejects.toBeInstanceOf(StoreUnavailableError);
    next.reads = 'work';
    expect(await store.readEvents(run.runId, 0, 1)).toHaveLength(1);
    await store.close();
  });

  it('says so when it was the writing of a graph, which is not read back', async () => {
    const { store, next } = failingStore();
    next.commit = 'is stored, and fails';
    await expect(store.createGraph(graph('g'))).rejects.toBeInstanceOf(OutcomeUnknownError);
    expect(await store.findGraph('g')).toBeDefined();
    await store.close();
  });
});

describe('a failure of COMMIT', () => {
  function failing(code: string) {
    const calls: string[] = [];
    let error: Error | undefined = new Database.SqliteError('disk I/O error', code);
    const transactions: Transactions = {
      path: 'workflow.db',
      begin: () => calls.push('begin'),
      commit: () => {
        calls.push('commit');
        if (error !== undefined) throw error;
      },
      rollback: () => calls.push('rollback'),
      isOpen: () => false,
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
