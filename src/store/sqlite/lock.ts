import Database from 'better-sqlite3';
import { messageOf } from '../../core/base/errors.js';
import { sqliteCode } from './failures.js';
import { OpenDatabaseError } from './location.js';

/**
 * Takes the lock that makes this the only server on a database: an exclusive transaction on an empty database beside
 * it. The system drops it when the process ends, however that ends, so it cannot be stale; the file stays.
 * @param realPath the database, as `locateDatabase` says it
 * @returns what gives the lock back
 * @throws OpenDatabaseError when another server holds it
 */
export function takeLock(realPath: string): () => void {
  const lockPath = `${realPath}.lock`;
  let lock: Database.Database | undefined;
  try {
    lock = new Database(lockPath, { timeout: 0 });
    lock.exec('BEGIN EXCLUSIVE');
    const held = lock;
    return () => held.close();
  } catch (thrown) {
    lock?.close();
    if (sqliteCode(thrown)?.startsWith('SQLITE_BUSY') === true) {
      const advice = 'Stop that one first, or give this one another database.';
      throw new OpenDatabaseError(`Another server uses the database ${realPath}. ${advice}`, { cause: thrown });
    }
    throw new OpenDatabaseError(`The lock ${lockPath} cannot be taken: ${messageOf(thrown)}`, { cause: thrown });
  }
}
