import type Database from 'better-sqlite3';
import { LocalSignals } from '../local-signals.js';
import { NO_PEERS, type Ports, type PortsOptions } from '../ports.js';
import { publishCommit } from '../publish-commit.js';
import type { CommitObserver } from '../store.js';
import { explainOpening, openDatabase, openInMemory } from './database.js';
import { DatabaseFiles } from './database-files.js';
import { checkFileNames } from './file-names.js';
import type { ConcurrencyLimit } from './lines.js';
import { LocalQueue } from './local-queue.js';
import { locateDatabase } from './location.js';
import { takeLock } from './lock.js';
import { SqliteStore, type SqliteStoreOptions } from './sqlite-store.js';

/** Stands for a database without a file, which is gone when it is closed. A symbol, so that no setting can name it. */
export const IN_MEMORY: unique symbol = Symbol('in memory');

export interface SqliteOptions extends PortsOptions {
  /** A path or a `file:` URL. The file is made if it is not there; its folder must be. */
  readonly path: string | typeof IN_MEMORY;
}

/**
 * Opens a SQLite file, alone: a second server on the file is refused until this one has closed or died. The queue and the
 * signals are in the memory of the one process that has it.
 * @throws OpenDatabaseError, with a message for the person who starts the server, when the file cannot be used
 */
export function openSqlite({ path, now, maxQueuedRuns, timers, ...options }: SqliteOptions): Ports {
  const signals = new LocalSignals();
  const onError = (error: unknown): void => {
    options.logger.error({ err: error }, 'timers or limits could not be read; trying again');
  };
  const onCommit: CommitObserver = (units, tookMs) => {
    queue.committed(units);
    // Before those who are told of it look.
    options.onCommit?.(units, tookMs);
    publishCommit(signals, units);
  };
  const store = openStore(path, { ...options, signals, onCommit });
  const explain = (thrown: unknown): Error => explainOpening(String(path), thrown);
  const limitOf = (graphId: string): ConcurrencyLimit | undefined => {
    try {
      return store.findLimit(graphId);
    } catch (error) {
      onError(error);
      // One at a time, which any limit allows.
      return { maxRuns: 1, onFull: 'queue' };
    }
  };
  const queue = new LocalQueue({ store, now, maxQueuedRuns, onError, explain, limitOf, timers });
  signals.subscribe('graphs', (signal) => {
    if (signal !== 'resync' && signal.kind === 'graph_changed') queue.limitChanged(signal.graphId);
  });
  const close = (): Promise<void> => store.close();
  const { isNew, newestRunId } = store;
  return { store, queue, signals, peers: NO_PEERS, sharingFigures: undefined, now, isNew, newestRunId, close };
}

function openStore(path: SqliteOptions['path'], options: SqliteStoreOptions): SqliteStore {
  if (path === IN_MEMORY) return new SqliteStore(openInMemory(), () => undefined, options);
  const realPath = locateDatabase(path);
  checkFileNames(realPath);
  const release = takeLock(realPath);
  let sqlite: Database.Database | undefined;
  try {
    sqlite = openDatabase(realPath);
    return new SqliteStore(sqlite, release, { ...options, files: new DatabaseFiles(realPath) });
  } catch (thrown) {
    sqlite?.close();
    release();
    throw explainOpening(realPath, thrown);
  }
}
