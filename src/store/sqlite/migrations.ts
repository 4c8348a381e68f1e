import type Database from 'better-sqlite3';
import { drizzle } from 'drizzle-orm/better-sqlite3';
import { migrate } from 'drizzle-orm/better-sqlite3/migrator';
import { readMigrationFiles } from 'drizzle-orm/migrator';
import { assertNever } from '../../core/base/assert-never.js';
import { OpenDatabaseError } from '../errors.js';
import { originOf } from '../migration-history.js';
import { findMigrations } from '../migrations-folder.js';

/** Where Drizzle notes which migrations were applied, by the time at which they were made. */
const HISTORY_TABLE = '__drizzle_migrations';

/** `src/store/sqlite` and `dist/store/sqlite` are equally deep in the package. */
const MIGRATIONS_FOLDER = findMigrations('drizzle', import.meta.dirname);

/**
 * Brings a database up to this version of the program.
 * @throws OpenDatabaseError for a database of a newer version, and for one that is not ours; it is left as it was.
 */
export function migrateDatabase(sqlite: Database.Database): void {
  migrate(drizzle(sqlite), { migrationsFolder: MIGRATIONS_FOLDER });
}

/**
 * Checks that a database is empty, or one that this version of the program, or an older one, has made.
 * @throws OpenDatabaseError where it is not
 */
export function checkHistory(sqlite: Database.Database): void {
  const known = readMigrationFiles({ migrationsFolder: MIGRATIONS_FOLDER }).map((migration) => migration.folderMillis);
  const applied = appliedMigrations(sqlite);
  const origin = originOf(known, applied, applied.length === 0 && hasTables(sqlite));
  switch (origin) {
    case 'ours':
      return;
    case 'foreign':
      throw new OpenDatabaseError(
        `The database ${sqlite.name} belongs to another program. Give the path of a new file.`,
      );
    case 'newer': {
      const advice = 'Start that version again, or give this one another database.';
      throw new OpenDatabaseError(`A newer version of this program has made the database ${sqlite.name}. ${advice}`);
    }
    default:
      assertNever(origin);
  }
}

/** What the history says. None for a new database, and for one whose first start was cut off. */
function appliedMigrations(sqlite: Database.Database): number[] {
  const table = sqlite.prepare(`SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?`).get(HISTORY_TABLE);
  if (table === undefined) return [];
  return sqlite.prepare<[], number>(`SELECT created_at FROM ${HISTORY_TABLE} ORDER BY created_at`).pluck().all();
}

function hasTables(sqlite: Database.Database): boolean {
  const others = `SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite~_%' ESCAPE '~' AND name <> ?`;
  return sqlite.prepare(others).get(HISTORY_TABLE) !== undefined;
}
