import { readMigrationFiles } from 'drizzle-orm/migrator';
import { drizzle } from 'drizzle-orm/node-postgres';
import { migrate } from 'drizzle-orm/node-postgres/migrator';
import type pg from 'pg';
import { assertNever } from '../../core/base/assert-never.js';
import { OpenDatabaseError } from '../errors.js';
import { originOf } from '../migration-history.js';
import { findMigrations } from '../migrations-folder.js';
import { type Session, send } from './connection.js';
import type { ServerFacts } from './server-check.js';

/** Where Drizzle notes which migrations were applied, by the time at which they were made. */
const HISTORY_TABLE = '__drizzle_migrations';

/** Beside those for SQLite. */
const MIGRATIONS_FOLDER = findMigrations('drizzle/postgres', import.meta.dirname);

/**
 * Brings the current schema up to this version of the program. The lock of starts must be held: Drizzle has none, and of
 * several processes that migrate at once, most fail.
 * @param database how messages call it
 * @returns true if it has made the tables
 * @throws OpenDatabaseError for a schema of a newer version, for one that is not ours, and without the right to make
 * tables; nothing is changed then
 */
export async function migrateDatabase(
  database: string,
  client: pg.Client,
  { schema, mayCreate, user }: ServerFacts & { schema: string },
): Promise<boolean> {
  const known = readMigrationFiles({ migrationsFolder: MIGRATIONS_FOLDER }).map((migration) => migration.folderMillis);
  const applied = await appliedMigrations(client, schema);
  const hasTables = applied.length === 0 && (await hasOtherTables(client, schema));
  const origin = originOf(known, applied, hasTables);
  switch (origin) {
    case 'foreign':
      throw new OpenDatabaseError(
        `${database} belongs to another program: its schema "${schema}" has tables. Give a database of its own.`,
      );
    case 'newer':
      throw new OpenDatabaseError(
        `A newer version of this program has made the tables of ${database}. Start that version again, or give this one another database.`,
      );
    case 'ours':
      break;
    default:
      assertNever(origin);
  }
  if (applied.length === known.length) return false;
  if (!mayCreate) {
    throw new OpenDatabaseError(
      `${database} cannot be brought up to date: the user "${user}" has no right to create. Make it the owner of the database, or: GRANT CREATE ON DATABASE … TO "${user}"; GRANT CREATE ON SCHEMA "${schema}" TO "${user}".`,
    );
  }
  const options = { migrationsFolder: MIGRATIONS_FOLDER, migrationsSchema: schema, migrationsTable: HISTORY_TABLE };
  await migrate(drizzle(client), options);
  return applied.length === 0;
}

/** What the history says. None for a new database. */
async function appliedMigrations(session: Session, schema: string): Promise<number[]> {
  const history = await send(session, {
    text: 'SELECT 1 FROM pg_tables WHERE schemaname = $1 AND tablename = $2',
    values: [schema, HISTORY_TABLE],
  });
  if (history.rows.length === 0) return [];
  const { rows } = await send<{ time: number }>(session, {
    text: `SELECT created_at AS time FROM ${HISTORY_TABLE} ORDER BY created_at`,
  });
  return rows.map(({ time }) => time);
}

/** True if there are tables beside the history and those of extensions. */
async function hasOtherTables(session: Session, schema: string): Promise<boolean> {
  const { rows } = await send(session, {
    text: `SELECT 1 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname = $1 AND c.relkind IN ('r', 'p') AND c.relname <> $2
        AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
      LIMIT 1`,
    values: [schema, HISTORY_TABLE],
  });
  return rows.length > 0;
}
