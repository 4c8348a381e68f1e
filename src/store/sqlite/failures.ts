import Database from 'better-sqlite3';

/** The code of what SQLite threw, such as `SQLITE_FULL`; `undefined` for anything else. */
export function sqliteCode(thrown: unknown): string | undefined {
  return thrown instanceof Database.SqliteError ? thrown.code : undefined;
}

const DATABASE_FAILURE =
  /^SQLITE_(BUSY|CANTOPEN|CORRUPT|FULL|IOERR|LOCKED|NOLFS|NOMEM|NOTADB|PERM|PROTOCOL|READONLY)(_|$)/;

/** True when it is the database or its disk that failed, and not the statement. */
export function isDatabaseFailure(thrown: unknown): boolean {
  return DATABASE_FAILURE.test(sqliteCode(thrown) ?? '');
}

/**
 * True when the disk did not confirm a write. The system may then have dropped it and report success next time
 * (https://wiki.postgresql.org/wiki/Fsync_Errors), so only a new process, which reads from the disk, can go on.
 */
export function isSyncFailure(thrown: unknown): boolean {
  return /^SQLITE_IOERR_(DIR_)?FSYNC$/.test(sqliteCode(thrown) ?? '');
}
