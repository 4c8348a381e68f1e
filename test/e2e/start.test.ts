import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it, onTestFinished } from 'vitest';
import { runServer, startServer } from '../helpers/server-process.js';
import { temporaryFolder } from '../helpers/temporary-folder.js';

/** What the server says when it is started in vain. */
async function refusal(folder: string, env: Record<string, string>, args: readonly string[] = []): Promise<string> {
  const { code, stderr } = await runServer(folder, env, args);
  expect(code).toBe(1);
  expect(stderr).toMatch(/^graphrunner cannot start: /);
  // Words for a person, not a stack of calls.
  expect(stderr).not.toMatch(/^ +at /m);
  return stderr;
}

/** A folder with a database that a server has made, as `workflow.db`. */
async function folderWithDatabase(): Promise<string> {
  const folder = temporaryFolder();
  expect(await (await startServer(folder)).end('SIGTERM')).toBe(0);
  return folder;
}

function change(folder: string, sql: string): void {
  const database = new Database(join(folder, 'workflow.db'));
  database.exec(sql);
  database.close();
}

describe('a server does not start, says why on standard error, and ends with code 1', () => {
  it('with settings that cannot be used: it names all of them', async () => {
    const message = await refusal(temporaryFolder(), { PORT: 'eighty', LOG_LEVEL: 'silent', RETENTION_DAYS: '-1' });
    expect(message).toContain('PORT is "eighty"; it must be a whole number from 0 to 65535');
    expect(message).toContain('RETENTION_DAYS is "-1"');
  });

  it('with settings in .env that cannot be used', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, '.env'), 'LOG_LEVEL=loud\n');
    expect(await refusal(folder, {})).toContain('LOG_LEVEL is "loud"');
  });

  it('on an address that others can reach without keys', async () => {
    const message = await refusal(temporaryFolder(), { HOST: '0.0.0.0' });
    expect(message).toContain('HOST is "0.0.0.0"');
    expect(message).toContain('API_KEYS');
    // A misspelt name is why the keys are not there.
    const misnamed = await refusal(temporaryFolder(), { HOST: '0.0.0.0', API_KEY: 'hush' });
    expect(misnamed).toContain('API_KEY is no setting, and does nothing; API_KEYS is one');
    expect(misnamed).not.toContain('hush');
  });

  it('with tool modules that cannot be used: it names module and reason', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'broken.mjs'), 'export const = ;');
    writeFileSync(join(folder, 'throws.mjs'), 'throw new Error("no token");');
    writeFileSync(join(folder, 'number.mjs'), 'export const answer = 42;');
    writeFileSync(join(folder, 'taken.mjs'), "export const mine = { name: 'extract_code', run: () => ({}) };");
    const names = ['./broken.mjs', './throws.mjs', './number.mjs', './taken.mjs', './missing.mjs'];
    const message = await refusal(folder, { TOOLS: names.join(',') });
    expect(message).toMatch(/broken\.mjs: it cannot be imported: /);
    expect(message).toMatch(/throws\.mjs: it cannot be imported: no token/);
    expect(message).toMatch(/number\.mjs: its export answer: is not an object/);
    expect(message).toMatch(/taken\.mjs: the tool "extract_code" is defined already/);
    expect(message).toMatch(/missing\.mjs: there is no file /);
  });

  it('with a limit for a tool that there is not: it names the nearest', async () => {
    const message = await refusal(temporaryFolder(), { TOOL_LIMITS: 'http_requests:20' });
    expect(message).toContain('TOOL_LIMITS names the tool "http_requests", which is not registered.');
    expect(message).toContain('Did you mean "http_request"?');
  });

  it('on a port that is in use', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    onTestFinished(() => void other.close());
    const { port } = other.address() as AddressInfo;
    const folder = temporaryFolder();
    const message = await refusal(folder, { PORT: String(port) });
    expect(message).toMatch(`EADDRINUSE: address already in use 127.0.0.1:${port}. Set PORT to another port`);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('on a database that another server uses, by whatever name', async () => {
    const folder = temporaryFolder();
    const server = await startServer(folder);
    const elsewhere = temporaryFolder();
    mkdirSync(join(folder, 'inner'));
    symlinkSync(join(folder, 'workflow.db'), join(elsewhere, 'link.db'));
    symlinkSync(folder, join(elsewhere, 'folder'));
    for (const [cwd, name] of [
      [folder, 'workflow.db'],
      [folder, 'inner/../workflow.db'],
      [join(folder, 'inner'), '../workflow.db'],
      [elsewhere, 'link.db'],
      [elsewhere, 'folder/workflow.db'],
      [elsewhere, `file://${join(folder, 'workflow.db')}`],
    ] as const) {
      expect(await refusal(cwd, { DATABASE_URL: name }), name).toContain('Another server uses the database');
    }
    expect((await fetch(`${server.url}/health/ready`)).status).toBe(200);
    expect(await server.end('SIGTERM')).toBe(0);
  });

  it('on a database of a newer version, which it leaves as it was', async () => {
    const folder = await folderWithDatabase();
    change(folder, "INSERT INTO __drizzle_migrations (hash, created_at) VALUES ('of the future', 99999999999999)");
    const before = readFileSync(join(folder, 'workflow.db'));
    expect(await refusal(folder, {})).toContain('A newer version of this program has made the database');
    expect(readFileSync(join(folder, 'workflow.db')).equals(before)).toBe(true);
  });

  it('on a database of another program, which it leaves as it was', async () => {
    const folder = temporaryFolder();
    change(folder, 'CREATE TABLE notes (text TEXT)');
    const before = readFileSync(join(folder, 'workflow.db'));
    expect(await refusal(folder, {})).toContain('belongs to another program');
    expect(readFileSync(join(folder, 'workflow.db')).equals(before)).toBe(true);
  });

  it('on a file that is no database, which it leaves as it was', async () => {
    const folder = temporaryFolder();
    const text = 'Dear diary, '.repeat(1000);
    writeFileSync(join(folder, 'workflow.db'), text);
    expect(await refusal(folder, {})).toContain('it is not a SQLite database');
    expect(readFileSync(join(folder, 'workflow.db'), 'utf8')).toBe(text);
  });

  it('on a Postgres that is not there, without telling its password', async () => {
    const message = await refusal(temporaryFolder(), { DATABASE_URL: 'postgres://me:secret@127.0.0.1:9/db' });
    expect(message).toContain('The database postgres://127.0.0.1:9/db cannot be reached');
    expect(message).not.toContain('secret');
  });

  it('on a database in a folder that is not there', async () => {
    expect(await refusal(temporaryFolder(), { DATABASE_URL: 'nowhere/workflow.db' })).toMatch(/nowhere/);
  });
});

describe('a command line', () => {
  it.each([
    ['--help', /^Usage: graphrunner \[command\]\n[\s\S]*\n {2}serve /],
    ['-h', /^Usage: graphrunner/],
    ['--version', /^\d+\.\d+\.\d+$/],
    ['-v', /^\d+\.\d+\.\d+$/],
  ])('with %s prints and ends, and makes no database', async (option, printed) => {
    const folder = temporaryFolder();
    expect(await runServer(folder, { PORT: 'wrong' }, [option])).toEqual({
      code: 0,
      stdout: expect.stringMatching(printed),
      stderr: '',
    });
    expect(readdirSync(folder)).toEqual([]);
  });
});

it('arguments that it does not know start no server: settings are variables', async () => {
  const folder = temporaryFolder();
  expect(await runServer(folder, {}, ['--port', '9000'])).toEqual({
    code: 2,
    stdout: '',
    stderr: expect.stringContaining(
      'There is no option --port. PORT is a setting: an environment variable, as in PORT=... graphrunner.',
    ),
  });
  expect(readdirSync(folder)).toEqual([]);
});

describe('the log of a server', () => {
  it('names variables that are nearly settings, and not their values', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, '.env'), 'GRAPHRUNNER_LOG_LEVEL=debug\n');
    const server = await startServer(folder, { MAX_CONCURENT_RUNS: '5', HOSTNAME: 'box', TOOLS_DIR: '/opt' });
    expect(await server.end('SIGTERM')).toBe(0);
    const warnings = server.lines.map((line) => JSON.parse(line)).filter(({ level }) => level === 40);
    expect(warnings.map(({ msg }) => msg)).toEqual([
      'MAX_CONCURENT_RUNS is no setting, and does nothing; MAX_CONCURRENT_RUNS is one',
      'GRAPHRUNNER_LOG_LEVEL is no setting, and does nothing; LOG_LEVEL is one',
    ]);
  });
});

it('a server that was killed leaves no lock behind', async () => {
  const folder = temporaryFolder();
  await (await startServer(folder)).end('SIGKILL');
  expect(await (await startServer(folder)).end('SIGTERM')).toBe(0);
});
