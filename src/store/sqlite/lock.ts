import { closeSync, openSync } from 'node:fs';
import Database from 'better-sqlite3';
import { messageOf } from '../../core/base/errors.js';
import { OpenDatabaseError } from '../errors.js';
import { isBusy } from './failures.js';
import { lockInode } from './inode-lock.js';

/** The empty database beside a database that its server locks. */
export function lockPathOf(realPath: string): string {
  return `${realPath}.lock`;
}

/**
 * Takes the locks that make this the only server on a database: on an empty database beside it, which holds for every
 * process that can reach the folder, and on the inode, which holds if that file is deleted. The system drops both when
 * the process ends, however that ends, so they cannot be stale; the file stays. Makes the database if there is none.
 * @param realPath the database, as `locateDatabase` returns it
 * @returns a function that gives the locks back
 * @throws OpenDatabaseError when another server holds one of them
 */
export function takeLock(realPath: string): () => void {
  const lock = lockBeside(realPath);
  try {
    makeFile(realPath);
    const releaseInode = lockInode(realPath);
    if (releaseInode === undefined) throw inUse(realPath);
    return () => {
      releaseInode();
      lock.close();
    };
  } catch (thrown) {
    lock.close();
    throw thrown;
  }
}

function lockBeside(realPath: string): Database.Database {
  const lockPath = lockPathOf(realPath);
  let lock: Database.Database | undefined;
  try {
    lock = new Database(lockPath, { timeout: 0 });
    lock.exec('BEGIN EXCLUSIVE');
    return lock;
  } catch (thrown) {
    lock?.close();
    if (isBusy(thrown)) throw inUse(realPath, thrown);
    throw new OpenDatabaseError(`The lock ${lockPath} cannot be taken: ${messageOf(thrown)}`, { cause: thrown });
  }
}

function inUse(realPath: string, cause?: unknown): OpenDatabaseError {
  const advice = 'Stop that one first, or give this one another database.';
  return new OpenDatabaseError(`Another server uses the database ${realPath}. ${advice}`, { cause });
}

/** Makes an empty file, which SQLite takes for a new database. One that is there is not opened: see `location.ts`. */
function makeFile(path: string): void {
  try {
    closeSync(openSync(path, 'wx', 0o644));
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'EEXIST') return;
    throw new OpenDatabaseError(`The database ${path} cannot be made: ${messageOf(thrown)}`, { cause: thrown });
  }
}
