import { withPostgresPackages } from './optional-packages.js';
import { exportSqlite } from './store/sqlite/export.js';

/**
 * Moves all graphs and runs of a SQLite file to a Postgres database, where unfinished runs go on. The file stays as it
 * was. Can be repeated after an interruption.
 * @param from a path or a `file:` URL; no server may use it
 * @param to a `postgres://` URL, whose database is empty, or has what an earlier try has brought
 * @param say called with a line of text for whoever watches
 * @throws OpenDatabaseError, with a message for that person
 */
export async function migrate(from: string, to: string, say: (line: string) => void): Promise<void> {
  const source = await exportSqlite(from);
  try {
    const { graphs, runs, events } = source.counts();
    say(`${graphs} versions of graphs, ${runs} runs with ${events} events`);
    const { importInto } = await withPostgresPackages(() => import('./store/postgres/import.js'));
    await importInto(to, source, (done) => say(`${done} of ${runs} runs`));
    say('All of it is there. The file is as it was.');
  } finally {
    source.close();
  }
}
