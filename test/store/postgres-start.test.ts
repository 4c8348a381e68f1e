import { inspect } from 'node:util';
import pg from 'pg';
import { describe, expect, it, onTestFinished } from 'vitest';
import { checkServer, checkSessions, type ServerFacts } from '../../src/store/postgres/server-check.js';
import { startDatabase } from '../../src/store/postgres/start.js';
import { findPostgres } from '../helpers/postgres.js';
import { openPostgres } from './postgres-stores.js';
import { commit, graph, newRun } from './runs.js';

/** Rounds of five servers that start together on an empty database. */
const ROUNDS = 3;

const postgres = await findPostgres();

/** Starts on a database, and says whether it was new. */
function start(url: string): Promise<boolean> {
  return startDatabase(url, Math.random, async ({ isNew }) => isNew);
}

/** Does something on a database as somebody who can do everything. */
async function withClient(url: string, work: (client: pg.Client) => Promise<unknown>): Promise<void> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}

/** The URL with other parts. */
function changed(url: string, change: (location: URL) => void): string {
  const location = new URL(url);
  change(location);
  return location.href;
}

describe.skipIf(postgres === undefined)('starting on Postgres', () => {
  const newSchema = () => postgres!.newSchema();

  it('makes the tables once, however many servers start together', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const url = await newSchema();
      const opened = await Promise.all(Array.from({ length: 5 }, () => openPostgres(url)));
      expect(opened.filter(({ isNew }) => isNew)).toHaveLength(1);
      const [first, second] = opened as [(typeof opened)[0], (typeof opened)[0]];
      await first.store.createGraph(graph('g'));
      const run = await commit(second.store, newRun());
      expect(await first.store.lastSeq(run.runId)).toBe(1);
      await Promise.all(opened.map(({ store }) => store.close()));
    }
  });

  it('finds what was stored before, and the newest run', async () => {
    const url = await newSchema();
    const first = await openPostgres(url);
    expect([first.isNew, first.newestRunId]).toEqual([true, undefined]);
    await first.store.createGraph(graph('g'));
    const [older, newer] = [newRun({ at: 1000 }), newRun({ at: 2000 })];
    await commit(first.store, newer, older);
    await first.store.close();
    const second = await openPostgres(url);
    expect([second.isNew, second.newestRunId]).toEqual([false, newer.state.runId]);
  });

  it('keeps others waiting while one of them does what belongs to the start', async () => {
    const url = await newSchema();
    const order: string[] = [];
    let letGo: () => void = () => undefined;
    const first = startDatabase(url, Math.random, async () => {
      order.push('first');
      await new Promise<void>((resolve) => {
        letGo = resolve;
      });
      order.push('first is done');
    });
    await expect.poll(() => order).toEqual(['first']);
    const second = startDatabase(url, Math.random, async () => void order.push('second'));
    await withClient(url, async (client) => {
      const blocked = `SELECT count(*)::integer AS count FROM pg_locks WHERE locktype = 'advisory' AND NOT granted`;
      await expect.poll(async () => (await client.query(blocked)).rows[0].count).toBeGreaterThan(0);
    });
    letGo();
    await Promise.all([first, second]);
    expect(order).toEqual(['first', 'first is done', 'second']);
  });

  it('says that a URL is malformed, without what is in it', async () => {
    const refused = await start('postgres://user:secret@host:port:1/x').catch((thrown: unknown) => thrown);
    expect(refused).toMatchObject({
      name: 'OpenDatabaseError',
      message: 'DATABASE_URL is malformed. It has to be like postgres://USER:PASSWORD@HOST:PORT/DATABASE',
    });
    expect(inspect(refused)).not.toContain('secret');
  });

  it.each<[string, (location: URL) => void, RegExp]>([
    ['a server that is not there', (url) => (url.port = '1'), /cannot be reached: .*ECONNREFUSED.*Check that it runs/],
    ['a wrong password', (url) => (url.password = 'wrong-secret'), /refuses the user: .*the password in DATABASE_URL/],
    ['a database that is not there', (url) => (url.pathname = '/none'), /is not there: .*CREATE DATABASE/],
    [
      'a schema that is not there',
      (url) => url.searchParams.set('options', '-c search_path=nowhere'),
      /its search path names no schema .*CREATE SCHEMA/,
    ],
    [
      'commits that can be lost',
      (url) => url.searchParams.set('options', `${url.searchParams.get('options')} -c synchronous_commit=off`),
      /synchronous_commit is off, .*Set it to on/,
    ],
  ])('refuses %s, and says what to do', async (_, change, message) => {
    const url = changed(await newSchema(), change);
    const refused = await start(url).catch((thrown: unknown) => thrown);
    expect(refused).toMatchObject({ name: 'OpenDatabaseError', message: expect.stringMatching(message) });
    expect((refused as Error).message).toMatch(/^The database postgres:\/\/127\.0\.0\.1:\d+\/\w+ /);
    expect((refused as Error).message).not.toContain('secret');
  });

  it('refuses the tables of a newer version, and leaves them as they are', async () => {
    const url = await newSchema();
    await start(url);
    await withClient(url, (client) =>
      client.query(`INSERT INTO __drizzle_migrations (hash, created_at) VALUES ('x', 9999999999999)`),
    );
    await expect(start(url)).rejects.toThrow(/A newer version of this program has made the tables.*another database/);
  });

  it('refuses tables of another program', async () => {
    const url = await newSchema();
    await withClient(url, (client) => client.query('CREATE TABLE theirs (id integer)'));
    await expect(start(url)).rejects.toThrow(/belongs to another program: its schema "test_\w+" has tables/);
  });

  /** Makes a user who can do little, and gives the URL with which they connect. */
  async function newUser(url: string, { connections = -1 } = {}): Promise<{ role: string; theirs: string }> {
    const role = `role_${crypto.randomUUID().replaceAll('-', '')}`;
    await withClient(url, async (client) => {
      await client.query(`CREATE ROLE ${role} LOGIN PASSWORD 'secret' CONNECTION LIMIT ${connections}`);
      await client.query(`GRANT USAGE ON SCHEMA ${schemaOf(url)} TO ${role}`);
    });
    onTestFinished(() => withClient(url, (client) => client.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`)));
    const theirs = changed(url, (location) => {
      location.username = role;
      location.password = 'secret';
    });
    return { role, theirs };
  }

  const schemaOf = (url: string) => /search_path=(\w+)/.exec(decodeURIComponent(url))![1]!;

  it('refuses a user who cannot make tables, only while there are some to make', async () => {
    const url = await newSchema();
    const { role, theirs } = await newUser(url);
    await expect(start(theirs)).rejects.toThrow(new RegExp(`"${role}" has no right to create.*GRANT CREATE`));
    expect(await start(url)).toBe(true);
    await withClient(url, (client) => client.query(`GRANT SELECT ON __drizzle_migrations TO ${role}`));
    expect(await start(theirs)).toBe(false);
  });

  it('waits for connections that others have taken for a moment, and not for ever', async () => {
    const url = await newSchema();
    await start(url);
    const { role, theirs } = await newUser(url, { connections: 2 });
    await withClient(url, (client) => client.query(`GRANT SELECT ON __drizzle_migrations TO ${role}`));
    const quickly = () => 0.01;
    const begin = () => startDatabase(theirs, quickly, async ({ isNew }) => isNew);
    await withClient(theirs, async () => {
      await expect(begin()).rejects.toThrow(/takes no more connections: .*Raise max_connections/);
    });
    const other = new pg.Client(theirs);
    await other.connect();
    let attempts = 0;
    const countingPauses = () => {
      attempts += 1;
      if (attempts === 2) void other.end();
      return 0.05;
    };
    expect(await startDatabase(theirs, countingPauses, async ({ isNew }) => isNew)).toBe(false);
    expect(attempts).toBeGreaterThan(1);
  });
});

describe('the check of a server', () => {
  const GOOD: ServerFacts = {
    version: 140_000,
    encoding: 'UTF8',
    fsync: 'on',
    fullPageWrites: 'on',
    synchronousCommit: 'remote_write',
    isStandby: false,
    schema: 'public',
    mayCreate: true,
    user: 'me',
  };

  it('lets a server pass that keeps what it commits', () => {
    expect(() => checkServer('It', GOOD)).not.toThrow();
  });

  it.each<[Partial<ServerFacts>, RegExp]>([
    [{ version: 130_012 }, /PostgreSQL 13, and 14 is the oldest that works\. Upgrade it/],
    [{ isStandby: true }, /standby.*address of the primary/],
    [{ encoding: 'SQL_ASCII' }, /SQL_ASCII.*ENCODING 'UTF8'/],
    [{ fsync: 'off' }, /fsync is off.*Set it to on/],
    [{ fullPageWrites: 'off' }, /full_page_writes is off.*Set it to on/],
    [{ synchronousCommit: 'off' }, /synchronous_commit is off.*Set it to on/],
    [{ schema: null }, /CREATE SCHEMA/],
  ])('refuses one that is %j, and says what to do', (facts, message) => {
    expect(() => checkServer('It', { ...GOOD, ...facts })).toThrow(message);
  });

  it('refuses sessions that a pooler moves from one connection to another', async () => {
    const session = (...pids: number[]) => ({
      query: async () => ({ rows: [{ pid: pids.length > 1 ? pids.shift() : pids[0] }] }) as never,
    });
    const refusal = /pooler in transaction mode.*session mode/;
    await expect(checkSessions('It', [session(1), session(2)])).resolves.toBeUndefined();
    await expect(checkSessions('It', [session(1), session(1)])).rejects.toThrow(refusal);
    await expect(checkSessions('It', [session(1), session(2, 2, 2, 1)])).rejects.toThrow(refusal);
    await expect(checkSessions('It', [session(1, 1, 3), session(2)])).rejects.toThrow(refusal);
  });
});
