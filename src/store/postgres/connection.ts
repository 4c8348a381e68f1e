import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { ConnectionError } from './failures.js';

/** How long it may take to connect, or to get one of the connections of a pool, in milliseconds. */
const CONNECT_TIMEOUT_MS = 5000;
/** How long a statement may keep silent, in milliseconds. Then the connection counts as lost. */
export const QUERY_TIMEOUT_MS = 10_000;
const LIST_TIMEOUT_MS = 30_000;
/** How long a transaction may do nothing, in milliseconds: a server that stands still holds up the others no longer. */
export const IDLE_TIMEOUT_MS = 5000;
/** How long closing waits for the server, in milliseconds. */
const CLOSE_TIMEOUT_MS = 5000;
const KEEP_ALIVE_MS = 10_000;

const BIGINT_OID = pg.types.builtins.INT8;

/** Bigints are times and counts, which are exact as numbers. */
const types: pg.CustomTypesConfig = {
  getTypeParser: (oid, format) =>
    oid === BIGINT_OID && format !== 'binary' ? Number : pg.types.getTypeParser(oid, format),
};

/** What statements are sent to: a connection, or a transaction on one. */
export interface Session {
  query<Row extends pg.QueryResultRow>(query: pg.QueryConfig): Promise<pg.QueryResult<Row>>;
}

/** What every connection is made with. */
export function configOf(url: string): pg.ClientConfig {
  return {
    connectionString: url,
    fallback_application_name: 'graphrunner',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
    types,
  };
}

/** The settings of a session, which the roles of users may have otherwise. */
function settingsOf(settings: Readonly<Record<string, string>>): string {
  return Object.entries(settings)
    .map(([name, value]) => `SET ${name} = '${value}'`)
    .join('; ');
}

const SHARED = {
  client_min_messages: 'warning',
  jit: 'off',
  idle_in_transaction_session_timeout: `${IDLE_TIMEOUT_MS}ms`,
};

/**
 * For connections that commit. Plans are made once, for indexes alone: on a table without statistics, and with plans made
 * for each call, updating a row takes four times as long (182 µs, not 47).
 */
const WRITER = settingsOf({
  ...SHARED,
  plan_cache_mode: 'force_generic_plan',
  enable_hashjoin: 'off',
  enable_mergejoin: 'off',
  enable_seqscan: 'off',
  lock_timeout: '5s',
});
const READER = settingsOf({ ...SHARED, lock_timeout: '5s', statement_timeout: `${LIST_TIMEOUT_MS}ms` });
/**
 * For the queue. Without statistics of its table, which is young or changes a lot, the planner would look at all jobs for
 * each of those that are active: minutes with many of both. What takes long ends before claims count as lost.
 */
const CONTROL = settingsOf({
  ...SHARED,
  plan_cache_mode: 'force_generic_plan',
  enable_bitmapscan: 'off',
  enable_hashjoin: 'off',
  enable_mergejoin: 'off',
  enable_seqscan: 'off',
  enable_sort: 'off',
  lock_timeout: '3s',
  statement_timeout: '3s',
});

/** The connections of a server: ten, of which one is made for signals elsewhere. */
export interface Pools {
  /** For commits. Statements are sent before those ahead of them are answered. */
  readonly writers: pg.Pool;
  /** One, for claims: they are kept even if all others are busy. */
  readonly control: pg.Pool;
  /** For everything else. */
  readonly readers: pg.Pool;
  /** Makes the connections that are for commits and claims, which then are kept. */
  connect(): Promise<void>;
  /** Ends the connections, within seconds. */
  close(): Promise<void>;
}

/** Connections that commit at a time; more make the batches smaller, and gain nothing (measured: 48,000 rows/s with 2 and 4). */
export const WRITERS = 2;
const READERS = 6;

/**
 * Makes the pools. They connect when they are used.
 * @param onError called when a connection is lost that nobody uses at the moment
 */
export function openPools(url: string, onError: (error: Error) => void): Pools {
  const base = configOf(url);
  const make = (options: pg.PoolConfig, settings: string): pg.Pool => {
    const pool = new pg.Pool({ ...base, ...options, onConnect: (client) => configure(client, settings) });
    pool.on('error', onError);
    return pool;
  };
  const pools = {
    writers: make({ max: WRITERS, idleTimeoutMillis: 0, query_timeout: QUERY_TIMEOUT_MS, pipeline: true }, WRITER),
    control: make({ max: 1, idleTimeoutMillis: 0, query_timeout: QUERY_TIMEOUT_MS }, CONTROL),
    readers: make({ max: READERS, query_timeout: LIST_TIMEOUT_MS }, READER),
  };
  return {
    ...pools,
    async connect() {
      const { writers, control } = pools;
      const clients = await Promise.all([writers, writers, control].map((pool) => checkOut(pool)));
      for (const client of clients) client.release();
    },
    async close() {
      const ended = Promise.all(Object.values(pools).map((pool) => pool.end()));
      // A server that is out of reach does not answer the farewell either.
      await Promise.race([ended, sleep(CLOSE_TIMEOUT_MS, undefined, { ref: false })]);
    },
  };
}

async function configure(client: pg.ClientBase, settings: string): Promise<void> {
  // Without a listener, a connection that is lost while it is in use would end the process.
  client.on('error', () => undefined);
  await client.query(settings);
}

/** Connects for a start: without limits of time for statements, because migrations can take long. */
export async function connectForStart(url: string): Promise<pg.Client> {
  const client = new pg.Client(configOf(url));
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query(settingsOf({ client_min_messages: 'warning' }));
    return client;
  } catch (thrown) {
    await client.end().catch(() => undefined);
    throw thrown;
  }
}

/**
 * Gets one of the connections of a pool; to be released.
 * @throws ConnectionError if there is none, else the server's error
 */
export async function checkOut(pool: pg.Pool): Promise<pg.PoolClient> {
  try {
    return await pool.connect();
  } catch (thrown) {
    throw thrown instanceof pg.DatabaseError ? thrown : new ConnectionError(thrown);
  }
}

/**
 * Sends a statement.
 * @throws ConnectionError if there is no answer, else the server's error
 */
export async function send<Row extends pg.QueryResultRow>(
  session: Session,
  query: pg.QueryConfig,
): Promise<pg.QueryResult<Row>> {
  try {
    return await session.query<Row>(query);
  } catch (thrown) {
    throw thrown instanceof pg.DatabaseError ? thrown : new ConnectionError(thrown);
  }
}
