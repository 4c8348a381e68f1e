import { linkSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { bindMount } from '../helpers/bind-mount.js';
import { runServer, type ServerProcess, startServer } from '../helpers/server-process.js';
import { temporaryFolder } from '../helpers/temporary-folder.js';
import { until } from '../helpers/until.js';
import { ask, waitForExit, waitForLog } from './client.js';

const RUN = { graph_id: 'demo-review', input_data: 'if x: pass' };

/** What a second server says, on the same file by another way. */
async function refusal(cwd: string, databaseUrl: string): Promise<string> {
  const { code, stderr } = await runServer(cwd, { DATABASE_URL: databaseUrl });
  expect(code).toBe(1);
  expect(stderr).not.toMatch(/^ +at /m);
  return stderr;
}

async function expectIntact(folder: string, runs: number): Promise<void> {
  const database = new Database(join(folder, 'workflow.db'), { readonly: true });
  expect(database.pragma('integrity_check', { simple: true })).toBe('ok');
  expect(database.prepare('SELECT count(*) FROM workflow_runs').pluck().get()).toBe(runs);
  database.close();
}

/** Starts runs, one after the other, until that fails; resolves with the ids of those that were acknowledged. */
async function startRuns(server: ServerProcess, acknowledged: string[]): Promise<void> {
  for (;;) {
    const answer = await ask(server, 'POST /graph/run', RUN).catch(() => undefined);
    if (answer?.status !== 202) return;
    acknowledged.push(answer.body.run_id);
  }
}

describe('a second server does not get at the database of one that runs', () => {
  it('by a hard link', async () => {
    const folder = temporaryFolder();
    const server = await startServer(folder);
    const elsewhere = temporaryFolder();
    linkSync(join(folder, 'workflow.db'), join(elsewhere, 'link.db'));
    expect(await refusal(elsewhere, 'link.db')).toContain('has more than one name (hard links)');
    expect((await ask(server, 'POST /graph/run?wait=30', RUN)).body.status).toBe('COMPLETED');
    expect(await server.end('SIGTERM')).toBe(0);
    await expectIntact(folder, 1);
  });

  it('by a mount of the file, or of its folder', async ({ skip }) => {
    const folder = temporaryFolder();
    const server = await startServer(folder);
    const elsewhere = temporaryFolder();
    writeFileSync(join(elsewhere, 'mounted.db'), '');
    mkdirSync(join(elsewhere, 'mounted'));
    for (const [from, to] of [
      [join(folder, 'workflow.db'), join(elsewhere, 'mounted.db')],
      [folder, join(elsewhere, 'mounted')],
    ] as const) {
      const obstacle = bindMount(from, to);
      skip(obstacle !== undefined, `nothing can be mounted here, so nothing can be said about mounts: ${obstacle}`);
    }
    expect(await refusal(elsewhere, 'mounted.db')).toContain('is mounted by itself');
    expect(await refusal(elsewhere, 'mounted/workflow.db')).toContain('Another server uses the database');
    expect((await ask(server, 'POST /graph/run?wait=30', RUN)).body.status).toBe('COMPLETED');
    expect(await server.end('SIGTERM')).toBe(0);
    await expectIntact(folder, 1);
  });
});

describe('a server ends with code 1 when somebody', () => {
  it.each<[string, (folder: string) => void]>([
    ['deletes the lock file', (folder) => rmSync(join(folder, 'workflow.db.lock'))],
    ['deletes the database', (folder) => rmSync(join(folder, 'workflow.db'))],
    ['moves the database away', (folder) => renameSync(join(folder, 'workflow.db'), join(folder, 'moved.db'))],
    ['deletes the write-ahead log', (folder) => rmSync(join(folder, 'workflow.db-wal'))],
  ])('%s', async (_, change) => {
    const folder = temporaryFolder();
    const server = await startServer(folder);
    const changedAt = performance.now();
    change(folder);
    expect(await waitForExit(server)).toBe(1);
    expect(performance.now() - changedAt).toBeLessThan(10_000);
    expect(
      await waitForLog(server, 'the database has failed; stopping, so that nothing unsaved counts as saved'),
    ).toMatchObject({
      err: { message: expect.stringContaining('was deleted or replaced while the server used it') },
    });
  });

  it('replaces the database, and acknowledges nothing that is then not there', async () => {
    const folder = temporaryFolder();
    const server = await startServer(folder);
    const acknowledged: string[] = [];
    const clients = Array.from({ length: 4 }, () => startRuns(server, acknowledged));
    await until(() => acknowledged.length >= 20);
    // Not under a commit: of what is under way, the answer can be on its way already.
    server.child.kill('SIGSTOP');
    await sleep(200);
    const answered = acknowledged.length;
    for (const file of ['workflow.db', 'workflow.db-wal']) renameSync(join(folder, file), join(folder, `old-${file}`));
    writeFileSync(join(folder, 'workflow.db'), '');
    server.child.kill('SIGCONT');
    await Promise.all(clients);
    expect(await waitForExit(server)).toBe(1);
    // One turn at most was cut in two: its answers were on their way.
    expect(acknowledged.length - answered).toBeLessThanOrEqual(clients.length);
    renameSync(join(folder, 'old-workflow.db'), join(folder, 'workflow.db'));
    renameSync(join(folder, 'old-workflow.db-wal'), join(folder, 'workflow.db-wal'));
    rmSync(join(folder, 'workflow.db-shm'), { force: true });
    const again = await startServer(folder);
    for (const id of acknowledged) {
      expect((await ask(again, `GET /graph/state/${id}?wait=60`)).body.status, id).toBe('COMPLETED');
    }
    expect(await again.end('SIGTERM')).toBe(0);
  });
});

it('while a SQL shell holds the lock for writing, health and reads are answered at once, and runs go on after it', async () => {
  const folder = temporaryFolder();
  const server = await startServer(folder);
  const { body: first } = await ask(server, 'POST /graph/run?wait=30', RUN);
  const shell = new Database(join(folder, 'workflow.db'));
  shell.exec('BEGIN IMMEDIATE');
  const heldUntil = performance.now() + 3000;
  const waits: number[] = [];
  const statuses = new Set<number>();
  const write = async () => {
    while (performance.now() < heldUntil) {
      statuses.add((await ask(server, 'POST /graph/run', RUN)).status);
      await sleep(20);
    }
  };
  const read = async () => {
    while (performance.now() < heldUntil) {
      for (const request of ['GET /health/live', `GET /graph/state/${first.run_id}`]) {
        const askedAt = performance.now();
        expect((await ask(server, request)).status).toBe(200);
        waits.push(performance.now() - askedAt);
      }
      await sleep(10);
    }
  };
  await Promise.all([write(), write(), read()]);
  shell.exec('COMMIT');
  shell.close();
  waits.sort((one, other) => one - other);
  const longest = waits.at(-1)!;
  process.stdout.write(`reads under a foreign write lock: ${waits.length}, longest ${longest.toFixed(0)} ms\n`);
  expect([...statuses]).toEqual([503]);
  expect(longest).toBeLessThan(1000);
  await until(async () => (await ask(server, 'GET /health/ready')).status === 200);
  expect((await ask(server, 'POST /graph/run?wait=30', RUN)).body.status).toBe('COMPLETED');
  expect(await server.end('SIGTERM')).toBe(0);
  await expectIntact(folder, 2);
});
