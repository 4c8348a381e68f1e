import { join } from 'node:path';
import Database from 'better-sqlite3';
import pg from 'pg';
import { findPostgres } from '../helpers/postgres.js';

/** The servers of the test have a Postgres database, which a process that was killed has still claims in for a while. */
export const isPostgres = process.env.TEST_DATABASE === 'postgres';

/** The databases of folders whose servers do not have a file. */
const urls = new Map<string, string>();

/** What servers in a folder need in their environment, so that they have one database: by default, nothing. */
export async function databaseOf(folder: string): Promise<Record<string, string>> {
  if (!isPostgres) return {};
  const postgres = await findPostgres();
  if (postgres === undefined) throw new Error('There is no Postgres to test with.');
  const url = urls.get(folder) ?? (await postgres.newSchema());
  urls.set(folder, url);
  return { DATABASE_URL: url };
}

/** The types of the events of a run, as the servers in a folder have stored them. */
export async function journalOf(folder: string, runId: string): Promise<string[]> {
  const url = urls.get(folder);
  return url === undefined ? readFile(join(folder, 'workflow.db'), runId) : readServer(url, runId);
}

function readFile(path: string, runId: string): string[] {
  const database = new Database(path, { readonly: true });
  const types = database.prepare('SELECT type FROM run_events WHERE run_id = ? ORDER BY seq').pluck().all(runId);
  database.close();
  return types as string[];
}

async function readServer(url: string, runId: string): Promise<string[]> {
  const client = new pg.Client(url);
  await client.connect();
  const { rows } = await client.query('SELECT type FROM run_events WHERE run_id = $1 ORDER BY seq', [runId]);
  await client.end();
  return rows.map(({ type }) => type);
}
