import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { OutcomeUnknownError, StoreUnavailableError } from '../../src/store/errors.js';
import { openSqlite } from '../../src/store/sqlite/open.js';
import type { SqliteStore } from '../../src/store/sqlite/sqlite-store.js';
import { Writer } from '../../src/store/sqlite/writer.js';
import { bindMount } from '../helpers/bind-mount.js';
import { folder, newPath, open, openWithDatabase } from './open-stores.js';
import { commit, graph, newRun, unit } from './runs.js';

describe('a database file with several names', () => {
  it('is refused if it has hard links, by each of them, until there is one name', async () => {
    const path = newPath();
    const link = newPath();
    await open(path).close();
    linkSync(path, link);
    for (const name of [path, link]) {
      expect(() => open(name)).toThrow(`The file ${name} has more than one name (hard links).`);
    }
    rmSync(path);
    open(link);
  });

  it('is refused if its write-ahead log has hard links', async () => {
    const path = newPath();
    await open(path).close();
    writeFileSync(`${path}-wal`, '');
    linkSync(`${path}-wal`, newPath());
    expect(() => open(path)).toThrow(`The file ${path}-wal has more than one name (hard links).`);
  });

  it.for(['the server has stopped', 'the server runs'])(
    'is refused if it is mounted by itself, and %s',
    async (when, { skip }) => {
      const path = newPath();
      const store = open(path);
      if (when === 'the server has stopped') await store.close();
      // With a blank, which the list of mounts escapes.
      const target = join(folder, `mounted \\ ${basename(path)}`);
      writeFileSync(target, '');
      const obstacle = bindMount(path, target);
      skip(obstacle !== undefined, `nothing can be mounted here, so nothing can be said about mounts: ${obstacle}`);
      expect(() => open(target)).toThrow(`The file ${target} is mounted by itself. Mount its folder instead`);
    },
  );
});

describe('the lock of an inode', () => {
  it('holds when the lock file is deleted, and when the database is moved', async () => {
    const path = newPath();
    const moved = newPath();
    const store = open(path);
    rmSync(`${path}.lock`);
    expect(() => open(path)).toThrow(`Another server uses the database ${path}.`);
    renameSync(path, moved);
    expect(() => open(moved)).toThrow(`Another server uses the database ${moved}.`);
    renameSync(moved, path);
    await store.close();
    await open(path).close();
  });
});

describe('a file of the database that is deleted or replaced while the server runs', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  /** A server's store, what its process would be ended with, and the folder that all its files are in. */
  function openWatched() {
    const path = newPath();
    const onFatal = vi.fn<(error: Error) => void>();
    const logger = { info: vi.fn(), error: vi.fn() };
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const { store } = openSqlite({ path, onFatal, logger, now: Date.now, maxQueuedRuns: 10 });
    return { path, onFatal, logger, store: store as SqliteStore };
  }

  const replace = (path: string) => {
    rmSync(path);
    writeFileSync(path, '');
  };
  const makeFolder = (path: string) => {
    rmSync(path);
    mkdirSync(path);
  };
  const ways: [string, (path: string) => void][] = [
    ['deleted', (path) => rmSync(path)],
    ['replaced', replace],
    ['made a folder', makeFolder],
  ];
  const files = ['', '-wal', '-shm', '.lock'];

  it.each(files.flatMap((file) => ways.map(([way, change]) => ({ file, way, change }))))(
    'ends the process within a second: workflow.db$file, $way',
    async ({ file, change }) => {
      const { path, onFatal, store } = openWatched();
      vi.advanceTimersByTime(60_000);
      expect(onFatal).not.toHaveBeenCalled();
      change(`${path}${file}`);
      vi.advanceTimersByTime(1000);
      expect(onFatal).toHaveBeenCalledExactlyOnceWith(
        expect.objectContaining({
          name: 'DatabaseLostError',
          message: `The file ${path}${file} was deleted or replaced while the server used it.`,
        }),
      );
      vi.advanceTimersByTime(60_000);
      expect(onFatal).toHaveBeenCalledTimes(1);
      expect(store.isHealthy()).toBe(false);
      await expect(store.commit(unit(newRun()))).rejects.toBeInstanceOf(StoreUnavailableError);
      await store.close();
    },
  );

  it.each(['', '-wal'])('takes the next commit for lost, before the watch has noticed: workflow.db%s', async (file) => {
    const { path, onFatal, store } = openWatched();
    await store.createGraph(graph('g'));
    await commit(store, newRun());
    rmSync(`${path}${file}`);
    await expect(store.commit(unit(newRun()))).rejects.toBeInstanceOf(OutcomeUnknownError);
    expect(onFatal).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ name: 'DatabaseLostError' }));
    await store.close();
  });

  it('is watched no more once the database is closed', async () => {
    const { path, onFatal, store } = openWatched();
    await store.close();
    rmSync(path);
    vi.advanceTimersByTime(60_000);
    expect(onFatal).not.toHaveBeenCalled();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('leaves alone what has come in the place of the files', async () => {
    const { path, store } = openWatched();
    await store.createGraph(graph('old'));
    for (const file of ['', '-wal', '-shm']) rmSync(`${path}${file}`);
    const other = openWithDatabase(path);
    await other.store.createGraph(graph('new'));
    await store.close();
    expect(await other.store.findGraph('new')).toBeDefined();
    expect(other.sqlite.pragma('integrity_check', { simple: true })).toBe('ok');
    await other.store.close();
    expect(await openWithDatabase(path).store.findGraph('new')).toBeDefined();
  });
});

describe('a damaged file', () => {
  /** A database of many pages, of which all but the first few are overwritten. */
  async function damagedFile(from: number): Promise<string> {
    const path = newPath();
    await open(path).close();
    const bytes = readFileSync(path);
    bytes.fill(0xff, from);
    writeFileSync(path, bytes);
    return path;
  }

  it.each([0, 100, 4096])('is named at the start, with advice, if it is overwritten from byte %s on', async (from) => {
    const path = await damagedFile(from);
    expect(() => open(path)).toThrow(new RegExp(`^The database ${path} .*restore a backup`));
    expect(() => open(path)).toThrow(expect.objectContaining({ name: 'OpenDatabaseError' }));
  });

  it('is named at the start if it is cut off', async () => {
    const path = await damagedFile(1_000_000);
    writeFileSync(path, readFileSync(path).subarray(0, 8192));
    expect(() => open(path)).toThrow(
      `The database ${path} is damaged (database disk image is malformed). Stop the server`,
    );
  });

  it.each([
    ['SQLITE_CORRUPT', 'The database workflow.db is damaged. Stop the server, keep a copy of workflow.db'],
    ['SQLITE_CORRUPT_INDEX', 'The database workflow.db is damaged.'],
    ['SQLITE_NOTADB', 'The database workflow.db is damaged.'],
    ['SQLITE_FULL', 'The database cannot be written.'],
  ])('is named in the log when a write meets %s', (code, words) => {
    const error = vi.fn();
    const fails = () => {
      throw new Database.SqliteError('no', code);
    };
    const nothing = () => undefined;
    const transactions = {
      path: 'workflow.db',
      begin: fails,
      commit: nothing,
      rollback: nothing,
      isOpen: () => false,
      probe: nothing,
    };
    const writer = new Writer(transactions, { onFatal: nothing, logger: { info: nothing, error } });
    expect(() => writer.write(nothing)).toThrow(StoreUnavailableError);
    expect(error).toHaveBeenCalledExactlyOnceWith(expect.anything(), expect.stringContaining(words));
    writer.close();
  });
});
