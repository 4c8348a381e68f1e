import { openDatabase } from './database.js';
import { locateDatabase } from './location.js';
import { takeLock } from './lock.js';
import { SqliteStore } from './sqlite-store.js';
import type { WriterOptions } from './writer.js';

export interface SqliteStoreOptions extends WriterOptions {
  /** A path or a `file:` URL. The file is made if it is not there; its folder must be. */
  readonly path: string;
}

/**
 * Opens the store in a SQLite file, alone: a second server on the file is refused until this one has closed or died.
 * @throws OpenDatabaseError, with a message for the person who starts the server, when the file cannot be used
 */
export function openSqliteStore({ path, ...options }: SqliteStoreOptions): SqliteStore {
  const realPath = locateDatabase(path);
  const release = takeLock(realPath);
  try {
    return new SqliteStore(openDatabase(realPath), release, options);
  } catch (thrown) {
    release();
    throw thrown;
  }
}
