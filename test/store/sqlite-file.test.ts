import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { folder, newPath, open, openWithDatabase } from './open-stores.js';
import { commit, follow, graph, NOON, newRun, STARTED, unit } from './runs.js';

describe('the database file', () => {
  it('syncs every commit, in WAL, and can give space back', () => {
    const { sqlite } = openWithDatabase();
    const pragmas = ['synchronous', 'journal_mode', 'auto_vacuum', 'wal_autocheckpoint', 'busy_timeout'];
    expect(pragmas.map((name) => sqlite.pragma(name, { simple: true }))).toEqual([2, 'wal', 2, 0, 50]);
  });

  it('keeps what was committed, and what was pending at the close', async () => {
    const path = newPath();
    const first = open(path);
    expect(first.isNew).toBe(true);
    await first.createGraph(graph('g'));
    const run = await commit(first, newRun());
    const pending = first.commit(unit(follow(run, [STARTED])));
    await first.close();
    await pending;
    expect(existsSync(`${path}-wal`)).toBe(false);
    const second = open(path);
    expect(second.isNew).toBe(false);
    const { runId } = run;
    const unfinished = { runId, status: 'RUNNING', waitingFor: null, parentRunId: null, hasSlot: false, line: null };
    expect(await second.listUnfinishedRuns()).toEqual([unfinished]);
  });

  it('is not new any more once it has had a graph', async () => {
    const path = newPath();
    const first = open(path);
    await first.createGraph(graph('g'));
    await first.deleteGraph('g', NOON);
    await first.close();
    expect(open(path).isNew).toBe(false);
  });

  it('can be named by a path or a file: URL', async () => {
    const path = join(folder, 'with space.db');
    const names = [path, relative(process.cwd(), path), pathToFileURL(path).href, `file:${path.replace(' ', '%20')}`];
    for (const name of names) {
      const store = open(name);
      await store.createGraph(graph(`g-${names.indexOf(name)}`));
      await store.close();
    }
    expect(await open(path).listGraphs(undefined, 10)).toHaveLength(names.length);
  });

  it.each([
    ['postgres://localhost/db', /PostgreSQL is not supported yet/],
    ['postgresql://localhost/db', /PostgreSQL is not supported yet/],
    ['mysql://localhost/db', /mysql:\/\/ is no database that is supported/],
    [':memory:', /in memory would lose its runs/],
    ['file::memory:?cache=shared', /in memory would lose its runs/],
    ['file:x.db?mode=ro', /has parameters/],
    ['file:%zz', /malformed/],
    ['', /has no path/],
    [join(folder, 'nowhere', 'x.db'), /cannot be reached: ENOENT/],
    [folder, /cannot be opened/],
  ])('is refused as %j', (path, message) => {
    expect(() => open(path)).toThrow(message);
    expect(() => open(path)).toThrow(expect.objectContaining({ name: 'OpenDatabaseError' }));
  });

  it('is refused when it is no database, and left as it is', () => {
    const path = newPath();
    writeFileSync(path, 'Dear diary, '.repeat(1000));
    expect(() => open(path)).toThrow(`The database ${path} cannot be opened: it is not a SQLite database.`);
    expect(readFileSync(path, 'utf8')).toBe('Dear diary, '.repeat(1000));
  });

  it.each([
    ['its own tables', 'CREATE TABLE notes (text)'],
    [
      'migrations of its own',
      'CREATE TABLE __drizzle_migrations (id, hash, created_at); INSERT INTO __drizzle_migrations VALUES (1, 2, 3)',
    ],
  ])('is refused when it belongs to another program, with %s', (_, statements) => {
    const path = newPath();
    const other = new Database(path);
    other.exec(statements);
    other.close();
    const before = readFileSync(path);
    expect(() => open(path)).toThrow(`The database ${path} belongs to another program.`);
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  it('is refused when a newer version has made it', async () => {
    const path = newPath();
    await open(path).close();
    const sqlite = new Database(path);
    sqlite.exec(`INSERT INTO __drizzle_migrations (hash, created_at) VALUES ('later', 9999999999999)`);
    sqlite.close();
    expect(() => open(path)).toThrow(`A newer version of this program has made the database ${path}.`);
  });

  it('is made anew where the first start was cut off before its tables', async () => {
    const path = newPath();
    const sqlite = new Database(path);
    sqlite.exec('CREATE TABLE __drizzle_migrations (id SERIAL PRIMARY KEY, hash text NOT NULL, created_at numeric)');
    sqlite.close();
    expect(open(path).isNew).toBe(true);
  });
});

describe('the lock', () => {
  it('lets one server use a file, by whichever of its names, until it closes', async () => {
    const path = newPath();
    const link = newPath();
    symlinkSync(path, link);
    const store = open(link);
    const refusal = `Another server uses the database ${path}.`;
    expect(() => open(path)).toThrow(refusal);
    expect(() => open(link)).toThrow(refusal);
    mkdirSync(join(folder, 'sub'), { recursive: true });
    expect(() => open(join(folder, 'sub', '..', relative(folder, path)))).toThrow(refusal);
    await store.close();
    open(path);
  });

  it('dies with its server', async () => {
    const path = newPath();
    await open(path).close();
    const driver = createRequire(import.meta.url).resolve('better-sqlite3');
    const hold = `const lock = new (require(${JSON.stringify(driver)}))(${JSON.stringify(`${path}.lock`)});
      lock.exec('BEGIN EXCLUSIVE'); console.log('held'); setInterval(() => {}, 1000);`;
    const server = spawn(process.execPath, ['-e', hold], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(server.stdout, 'data');
    expect(() => open(path)).toThrow(/Another server uses/);
    server.kill('SIGKILL');
    await once(server, 'exit');
    open(path);
  });

  it('is given back when the database cannot be opened', async () => {
    const path = newPath();
    writeFileSync(path, 'x'.repeat(1000));
    expect(() => open(path)).toThrow(/not a SQLite database/);
    rmSync(path);
    open(path);
  });
});
