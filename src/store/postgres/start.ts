import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { OpenDatabaseError } from '../errors.js';
import { connectForStart, send } from './connection.js';
import { isBusy, isCollision } from './failures.js';
import { describeLocation, explainOpening } from './location.js';
import { START_LOCK } from './locks.js';
import { migrateDatabase } from './migrations.js';
import { checkServer, checkSessions, readFacts } from './server-check.js';

/** How often a start tries to connect to a server that takes no more connections, and the longest pause between, in milliseconds. */
const CONNECT_ATTEMPTS = 20;
const MAX_CONNECT_PAUSE_MS = 1000;
/** How long a start waits for another one before it says so, in milliseconds. */
const PATIENCE_MS = 5000;

const MALFORMED = 'DATABASE_URL is malformed. It has to be like postgres://USER:PASSWORD@HOST:PORT/DATABASE';

/** A database that is up to date, while no other process can start on it. */
export interface StartedDatabase {
  readonly client: pg.Client;
  readonly schema: string;
  /** True if this start has made the tables; true for one process alone, however many begin at the same time. */
  readonly isNew: boolean;
}

/**
 * Checks a database, brings it up to date, and does more work on it before another process can start on it.
 * @param random from 0 up to 1
 * @param onWait called if another start has kept this one waiting for some seconds
 * @throws OpenDatabaseError, with a message for the person who starts the server, when it cannot be used
 */
export async function startDatabase<T>(
  url: string,
  random: () => number,
  work: (database: StartedDatabase) => Promise<T>,
  onWait: () => void = () => undefined,
): Promise<T> {
  // The URL stays out of the message, because it can hold a password.
  if (!URL.canParse(url)) throw new OpenDatabaseError(MALFORMED);
  const database = describeLocation(url);
  const clients: pg.Client[] = [];
  const connect = async (): Promise<pg.Client> => {
    const client = await connectPatiently(url, random);
    clients.push(client);
    return client;
  };
  try {
    const client = await connect();
    const facts = await readFacts(client);
    checkServer(database, facts);
    await checkSessions(database, [client, await connect()]);
    await takeTurn(client, facts.schema, onWait);
    const isNew = await migrateDatabase(database, client, facts);
    return await work({ client, schema: facts.schema, isNew });
  } catch (thrown) {
    throw explainOpening(database, thrown);
  } finally {
    // The lock goes with its connection.
    await Promise.all(clients.map((client) => client.end().catch(() => undefined)));
  }
}

/** Waits until no other process starts on the tables. */
async function takeTurn(client: pg.Client, schema: string, onWait: () => void): Promise<void> {
  await send(client, { text: `SET lock_timeout = ${PATIENCE_MS}` });
  const lock = { text: 'SELECT pg_advisory_lock($1, hashtext($2))', values: [START_LOCK, schema] };
  for (let attempt = 1; ; attempt++) {
    try {
      await send(client, lock);
      break;
    } catch (thrown) {
      if (!isCollision(thrown)) throw thrown;
      if (attempt === 1) onWait();
    }
  }
  await send(client, { text: 'RESET lock_timeout' });
}

/** Servers that start together can take all connections for a moment. */
async function connectPatiently(url: string, random: () => number): Promise<pg.Client> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await connectForStart(url);
    } catch (thrown) {
      if (attempt === CONNECT_ATTEMPTS || !isBusy(thrown)) throw thrown;
      await sleep(MAX_CONNECT_PAUSE_MS * random());
    }
  }
}
