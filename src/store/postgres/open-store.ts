import type { CommitObserver } from '../store.js';
import { openPools, type Pools } from './connection.js';
import type { StartContext } from './participant.js';
import { PostgresStore, type PostgresStoreOptions } from './postgres-store.js';
import { type StartedDatabase, startDatabase } from './start.js';

export interface OpenStoreOptions extends Omit<PostgresStoreOptions, 'onCommit'> {
  /** A `postgres://` URL. */
  readonly url: string;
  /** From 0 up to 1. */
  readonly random: () => number;
  /** Called under the lock of starts, once the tables are there. */
  readonly onStart?: (context: StartContext) => Promise<void>;
  /** Called after each commit, and after those who take part in it. */
  readonly onCommit: CommitObserver;
}

export interface OpenedStore {
  readonly store: PostgresStore;
  readonly pools: Pools;
  /** True if this start has made the tables; true for one process alone, however many begin at the same time. */
  readonly isNew: boolean;
  /** The greatest id of a run that is stored. */
  readonly newestRunId: string | undefined;
}

/**
 * Opens the store on a Postgres database, which other processes use at the same time. The tables are made, or brought up
 * to date, by one process at a time.
 * @throws OpenDatabaseError, with a message for the person who starts the server, when the database cannot be used
 */
export function openStore({ url, random, onStart, onCommit, ...options }: OpenStoreOptions): Promise<OpenedStore> {
  const { participants } = options;
  const committed: CommitObserver = (units, tookMs) => {
    for (const participant of participants) participant.committed(units);
    // Before those who are told of it look.
    onCommit(units, tookMs);
  };
  const onWait = (): void =>
    options.logger.info({}, 'waiting for another server, or a migration, that starts on the database');
  const work = async ({ client, schema, isNew }: StartedDatabase): Promise<OpenedStore> => {
    // Another is made when it is needed. An outage is noted once, by the write that fails, and not by each connection.
    const pools = openPools(url, () => undefined);
    try {
      // Those of readers can be taken by others; what is stored must not have to wait for them.
      await pools.connect();
      const context = { client, pools, schema };
      await onStart?.(context);
      for (const participant of participants) await participant.prepare(context);
      const store = new PostgresStore(pools, { ...options, onCommit: committed });
      return { store, pools, isNew, newestRunId: await store.findNewestRunId() };
    } catch (thrown) {
      await pools.close();
      throw thrown;
    }
  };
  return startDatabase(url, random, work, onWait);
}
