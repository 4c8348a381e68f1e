import { join } from 'node:path';
import type Database from 'better-sqlite3';
import { LocalSignals } from '../../src/store/local-signals.js';
import type { Ports } from '../../src/store/ports.js';
import { openDatabase } from '../../src/store/sqlite/database.js';
import { openSqlite } from '../../src/store/sqlite/open.js';
import { SqliteStore } from '../../src/store/sqlite/sqlite-store.js';
import type { Store } from '../../src/store/store.js';
import { temporaryFolder } from '../helpers/temporary-folder.js';

export const folder = temporaryFolder();

/** What tests have opened. */
const opened: Pick<Store, 'close'>[] = [];

/** Closes them; called after each test. */
export async function closeStores(): Promise<void> {
  for (const store of opened.splice(0)) await store.close();
}

let files = 0;

/** The path of a file that is not there yet. */
export function newPath(): string {
  files += 1;
  return join(folder, `${files}.db`);
}

/** For tests in which no sync fails. */
export function onFatal(error: Error): never {
  throw error;
}

const logger = { info: () => undefined, error: () => undefined };

/** Opens the ports on a file as a server does. */
export function openPorts(path = newPath(), maxQueuedRuns = 1000): Ports {
  const ports = openSqlite({ path, onFatal, logger, now: Date.now, maxQueuedRuns });
  // The queue too: its timer would go off while another file moves the clock.
  opened.push(ports.store, ports.queue);
  return ports;
}

/** Opens a store as a server does. */
export function open(path = newPath()): SqliteStore {
  return openPorts(path).store as SqliteStore;
}

/** A store without a lock, whose database the test can reach. */
export function openWithDatabase(path = newPath()): { sqlite: Database.Database; store: SqliteStore; path: string } {
  const sqlite = openDatabase(path);
  const store = new SqliteStore(sqlite, () => {}, { onFatal, signals: new LocalSignals() });
  opened.push(store);
  return { sqlite, store, path };
}
