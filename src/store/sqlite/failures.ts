import Database from 'better-sqlite3';

/** The code of what SQLite threw, such as `SQLITE_FULL`; `undefined` for anything else. */
export function sqliteCode(thrown: unknown): string | undefined {
  return thrown instanceof Database.SqliteError ? thrown.code : undefined;
}

/** A file of the database was deleted or replaced while it was open: what is written goes where nobody finds it. */
export class DatabaseLostError extends Error {
  constructor(readonly path: string) {
    super(`The file ${path} was deleted or replaced while the server used it.`);
    this.name = 'DatabaseLostError';
  }
}

const DATABASE_FAILURE =
  /^SQLITE_(BUSY|CANTOPEN|CORRUPT|FULL|IOERR|LOCKED|NOLFS|NOMEM|NOTADB|PERM|PROTOCOL|READONLY)(_|$)/;

/** True when it is the database or its disk that failed, and not the statement. */
export function isDatabaseFailure(thrown: unknown): boolean {
  return DATABASE_FAILURE.test(sqliteCode(thrown) ?? '');
}

/**
 * True if only a new process can go on, one that opens the files and reads them from the disk:
 * - The disk did not confirm a write. The system may then have dropped it and report success next time
 *   (https://wiki.postgresql.org/wiki/Fsync_Errors).
 * - A file was deleted or replaced.
 */
export function isFatalFailure(thrown: unknown): thrown is Error {
  return thrown instanceof DatabaseLostError || /^SQLITE_IOERR_(DIR_)?FSYNC$/.test(sqliteCode(thrown) ?? '');
}

/** True if somebody else holds the lock for writing. */
export function isBusy(thrown: unknown): boolean {
  return sqliteCode(thrown)?.startsWith('SQLITE_BUSY') === true;
}

/** True if what the file holds is not what SQLite has written. */
export function isDamage(thrown: unknown): boolean {
  return /^SQLITE_(CORRUPT|NOTADB)(_|$)/.test(sqliteCode(thrown) ?? '');
}

/** What to do about a damaged file, in words for the person who runs the server. */
export function damageAdvice(path: string): string {
  return `Stop the server, keep a copy of ${path} with its -wal file, and restore a backup. \`sqlite3 ${path} "PRAGMA integrity_check"\` says what is damaged.`;
}
