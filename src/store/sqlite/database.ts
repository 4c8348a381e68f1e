import Database from 'better-sqlite3';
import { messageOf } from '../../core/base/errors.js';
import { sqliteCode } from './failures.js';
import { OpenDatabaseError } from './location.js';
import { checkHistory, migrateDatabase } from './migrations.js';

/** How long a write waits for somebody with a SQL shell, in milliseconds. */
const BUSY_TIMEOUT_MS = 5000;
/** The write-ahead log is cut to this after a burst; about four times what it holds between checkpoints. */
const WAL_LIMIT_BYTES = 16_777_216;

/**
 * Opens a database file, or makes it, and brings it up to date. The lock must be held.
 * @throws OpenDatabaseError when it is not a database of ours, or cannot promise that a commit is on the disk.
 */
export function openDatabase(realPath: string): Database.Database {
  let sqlite: Database.Database | undefined;
  try {
    sqlite = new Database(realPath, { timeout: BUSY_TIMEOUT_MS });
    checkHistory(sqlite);
    configure(sqlite);
    migrateDatabase(sqlite);
    return sqlite;
  } catch (thrown) {
    sqlite?.close();
    if (thrown instanceof OpenDatabaseError) throw thrown;
    const reason = sqliteCode(thrown) === 'SQLITE_NOTADB' ? 'it is not a SQLite database.' : messageOf(thrown);
    throw new OpenDatabaseError(`The database ${realPath} cannot be opened: ${reason}`, { cause: thrown });
  }
}

function configure(sqlite: Database.Database): void {
  // Only takes before the first table is made. Pages that retention frees can then be given back bit by bit.
  sqlite.pragma('auto_vacuum = INCREMENTAL');
  demand(sqlite, 'journal_mode', 'wal');
  // better-sqlite3 is compiled so that WAL means NORMAL, which a power cut can take commits from.
  demand(sqlite, 'synchronous', 2);
  // The store runs checkpoints itself, after callers have heard: see checkpoint.ts.
  sqlite.pragma('wal_autocheckpoint = 0');
  sqlite.pragma(`journal_size_limit = ${WAL_LIMIT_BYTES}`);
}

/** Sets a pragma and reads it back, because SQLite keeps quiet when it does not take one. */
function demand(sqlite: Database.Database, name: string, value: string | number): void {
  sqlite.pragma(`${name} = ${value}`);
  const actual = sqlite.pragma(name, { simple: true });
  if (actual !== value) throw new OpenDatabaseError(`The database ${sqlite.name} refuses ${name}: it stays ${actual}.`);
}
