import Database from 'better-sqlite3';
import { messageOf } from '../../core/base/errors.js';
import { OpenDatabaseError } from '../errors.js';
import { damageAdvice, isDamage, sqliteCode } from './failures.js';
import { checkHistory, migrateDatabase } from './migrations.js';

/** How long the start waits for somebody with a SQL shell who is writing, in milliseconds. */
const START_TIMEOUT_MS = 5000;
/**
 * How long a write waits for them, in milliseconds. Nothing else goes on meanwhile, because SQLite is called on the
 * thread of the event loop; enough for a short statement of theirs.
 */
export const BUSY_TIMEOUT_MS = 50;
/** The write-ahead log is cut to this after a burst; about four times what it holds between checkpoints. */
const WAL_LIMIT_BYTES = 16_777_216;

/**
 * Opens a database file, or makes it, and brings it up to date. The lock must be held.
 * @throws OpenDatabaseError when it is not a database of ours, or cannot promise that a commit is on the disk.
 */
export function openDatabase(realPath: string): Database.Database {
  let sqlite: Database.Database | undefined;
  try {
    sqlite = new Database(realPath, { timeout: START_TIMEOUT_MS });
    checkHistory(sqlite);
    configure(sqlite);
    migrateDatabase(sqlite);
    setBusyTimeout(sqlite, BUSY_TIMEOUT_MS);
    return sqlite;
  } catch (thrown) {
    sqlite?.close();
    throw explainOpening(realPath, thrown);
  }
}

/** What an empty database is, once it was made. */
let empty: Buffer | undefined;

/** Makes a database without a file, for tests. Nobody else can have it, and it needs no disk. */
export function openInMemory(): Database.Database {
  if (empty === undefined) {
    const sqlite = new Database(':memory:');
    migrateDatabase(sqlite);
    empty = sqlite.serialize();
    sqlite.close();
  }
  return new Database(empty);
}

/** Sets how long SQLite waits for another writer. */
export function setBusyTimeout(sqlite: Database.Database, timeoutMs: number): void {
  sqlite.pragma(`busy_timeout = ${timeoutMs}`);
}

/** Explains, to the person who starts the server, why the start failed with a database. */
export function explainOpening(realPath: string, thrown: unknown): Error {
  if (thrown instanceof OpenDatabaseError) return thrown;
  const message = `The database ${realPath} ${describeFailure(realPath, thrown)}`;
  return new OpenDatabaseError(message, { cause: thrown });
}

function describeFailure(realPath: string, thrown: unknown): string {
  if (sqliteCode(thrown) === 'SQLITE_NOTADB') {
    return 'cannot be opened: it is not a SQLite database. If it was one, it is damaged: restore a backup.';
  }
  if (isDamage(thrown)) return `is damaged (${messageOf(thrown)}). ${damageAdvice(realPath)}`;
  return `cannot be opened: ${messageOf(thrown)}`;
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
