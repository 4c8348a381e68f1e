import { LocalSignals } from '../../src/store/local-signals.js';
import { type OpenedStore, type OpenStoreOptions, openStore } from '../../src/store/postgres/open-store.js';

/** Stores opened by a test. */
const opened: OpenedStore[] = [];

/** Closes them; called after each test. */
export async function closePostgresStores(): Promise<void> {
  for (const { store } of opened.splice(0)) await store.close();
}

const quiet = { info: () => undefined, error: () => undefined };

/** Opens a store as a server does. */
export async function openPostgres(url: string, options: Partial<OpenStoreOptions> = {}): Promise<OpenedStore> {
  const signals = new LocalSignals();
  const fixed = { url, logger: quiet, signals, participants: [], random: Math.random, onCommit: () => undefined };
  const store = await openStore({ ...fixed, ...options });
  opened.push(store);
  return store;
}
