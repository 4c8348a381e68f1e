import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { describe, it, type TestContext } from 'vitest';
import { ask } from '../e2e/client.js';
import { findPostgres } from '../helpers/postgres.js';
import { type RunningPostgres, startPostgres } from '../helpers/run-postgres.js';
import { TcpProxy } from '../helpers/tcp-proxy.js';
import { temporaryFolder } from '../helpers/temporary-folder.js';
import { until } from '../helpers/until.js';
import { Cluster } from './servers.js';
import { finalState, openSetting, type Setting } from './setting.js';
import { type Call, judge } from './trace.js';

const LEFT = "export const left = { name: 'left', run: () => ({ left: true }) };";
const RIGHT = "export const right = { name: 'right', run: () => ({ right: true }) };";

/** Long enough to be cut off. */
const LONG = `export const long = { name: 'long', async run() {
  await new Promise((resolve) => setTimeout(resolve, 4000));
  return { long: true };
} };`;

const postgres = await findPostgres();

async function query(url: string, text: string): Promise<void> {
  const client = new pg.Client(url);
  await client.connect();
  await client.query(text);
  await client.end();
}

// All at once: they mostly wait for heartbeats that do not come.
describe.skipIf(postgres === undefined)('servers on one Postgres go on', { concurrent: true }, () => {
  async function setUp(test: TestContext, servers: number, database?: string): Promise<Setting> {
    return openSetting(test, servers, database ?? (await postgres!.newSchema()));
  }

  /** A server of the test's own. */
  async function ownPostgres({ onTestFinished }: TestContext): Promise<RunningPostgres> {
    const own = await startPostgres();
    onTestFinished(() => own.stop());
    return own;
  }

  it('when one is suspended and wakes up again: it writes nothing that is not its own any more', async (test) => {
    const { cluster, trace, start, finish } = await setUp(test, 2);
    const runIds = await start(20, 40);
    const suspended = cluster.servers[0]!;
    await until(() => trace.read().some(({ pid }) => pid === suspended.child.pid));
    const pid = suspended.child.pid!;
    const time = Date.now();
    suspended.child.kill('SIGSTOP');
    await sleep(20_000);
    suspended.child.kill('SIGCONT');
    const awakeAt = Date.now();
    await finish(runIds, 40);
    // A call that it was just about to make when it was stopped cannot be called back. Nothing of it is stored.
    const isBelated = (call: Call): boolean => call.pid === pid && call.time >= awakeAt && call.time < awakeAt + 1000;
    const calls = trace.read().filter((call) => !isBelated(call));
    const { wrong, repeated } = judge(calls, [{ pid, time }]);
    test.expect(wrong).toEqual([]);
    test.expect(repeated).toBeLessThanOrEqual(20);
    test.expect(await cluster.sum('graphrunner_takeovers_total')).toBeGreaterThan(0);
  });

  it('when the way of one to the database is dead: it says so, and comes back', async (test) => {
    const url = new URL(await postgres!.newSchema());
    const { start, finish, cluster, folder, trace, env } = await setUp(test, 1, url.href);
    const proxy = new TcpProxy({ host: '127.0.0.1', port: Number(url.port) });
    await proxy.open();
    test.onTestFinished(() => proxy.close());
    url.port = String(proxy.port);
    const cutOff = await Cluster.start(1, folder, { ...env, DATABASE_URL: url.href });
    test.onTestFinished(async () => {
      await cutOff.stop();
    });
    // More than the other one has room for.
    const runIds = await start(60, 40);
    const [server] = cutOff.servers;
    await until(() => trace.read().some(({ pid }) => pid === server!.child.pid));
    const ready = async () => (await ask(server!, 'GET /health/ready')).status;
    test.expect(await ready()).toBe(200);
    proxy.freeze(true);
    const time = Date.now();
    await until(async () => (await ready()) === 503, 30_000);
    await sleep(15_000);
    proxy.freeze(false);
    proxy.cut();
    await until(async () => (await ready()) === 200, 30_000);
    await finish(runIds, 40);
    test.expect(judge(trace.read(), [{ pid: server!.child.pid!, time }]).wrong).toEqual([]);
    test.expect(await cluster.sum('graphrunner_reconciled_total')).toBe(0);
  });

  it('when a failover loses the last commits: every run that is still there ends', async (test) => {
    const own = await ownPostgres(test);
    const { cluster, start } = await setUp(test, 2, own.url);
    const runIds = await start(20, 100);
    await sleep(1000);
    await own.end('SIGINT');
    const standby = mkdtempSync(join(tmpdir(), 'standby-'));
    execFileSync('cp', ['-a', `${own.folder}/.`, standby]);
    await own.start();
    await sleep(3000);
    await own.end('SIGQUIT');
    rmSync(own.folder, { recursive: true });
    execFileSync('cp', ['-a', standby, own.folder]);
    rmSync(standby, { recursive: true });
    await own.start();
    for (const runId of runIds) {
      const state = await finalState(cluster, runId);
      test.expect(state).toMatchObject({ status: 'COMPLETED', step_count: 101, data: { rounds: 100 } });
    }
  });

  it('when a tool blocks the thread of one: the run is taken over', async (test) => {
    const { cluster } = await setUp(test, 2);
    const { body } = (await cluster.ask('POST /graph/run', { graph_id: 'spin' }))!;
    test.expect(await finalState(cluster, body.run_id)).toMatchObject({ status: 'COMPLETED', data: { spun: true } });
    test.expect(await cluster.sum('graphrunner_takeovers_total')).toBe(1);
  });

  it('while a step takes longer than the heartbeat: it is not taken over', async (test) => {
    const { cluster } = await setUp(test, 2);
    const { body } = (await cluster.ask('POST /graph/run', { graph_id: 'slow' }))!;
    test.expect(await finalState(cluster, body.run_id)).toMatchObject({ status: 'COMPLETED', data: { slow: true } });
    test.expect(await cluster.sum('graphrunner_takeovers_total')).toBe(0);
  });

  it('with tools that only some of them have: each run goes where its next tool is', async (test) => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'left.mjs'), LEFT);
    writeFileSync(join(folder, 'right.mjs'), RIGHT);
    const DATABASE_URL = await postgres!.newSchema();
    const both = await Cluster.start(1, folder, { DATABASE_URL, TOOLS: './left.mjs,./right.mjs', ROLE: 'api' });
    const left = await Cluster.start(1, folder, { DATABASE_URL, TOOLS: './left.mjs' });
    const right = await Cluster.start(1, folder, { DATABASE_URL, TOOLS: './right.mjs', ROLE: 'worker' });
    test.onTestFinished(async () => {
      await Promise.all([both, left, right].map((each) => each.stop()));
    });
    const graph = {
      graph_id: 'ways',
      name: 'ways',
      entry_point: 'a',
      nodes: ['left', 'right', 'left', 'right'].map((tool, index) => ({ name: 'abcd'[index], tool_name: tool })),
      edges: ['ab', 'bc', 'cd'].map(([from, to]) => ({ from_node: from, to_node: to })),
    };
    test.expect((await both.ask('POST /graph/create', graph))!.status).toBe(201);
    const { body } = (await both.ask('POST /graph/run?wait=60', { graph_id: 'ways' }))!;
    test.expect(body).toMatchObject({ status: 'COMPLETED', data: { left: true, right: true }, step_count: 4 });
    test.expect((await right.ask('GET /graph'))!.status).toBe(404);
    await left.stop();
    await right.stop();
    // As if they had been gone for some minutes: till then they are waited for.
    await query(DATABASE_URL, 'UPDATE processes SET seen_at = 0');
    await Cluster.start(1, folder, { DATABASE_URL, TOOLS: './left.mjs' }).then((again) => {
      test.onTestFinished(async () => {
        await again.stop();
      });
    });
    const failed = (await both.ask('POST /graph/run?wait=60', { graph_id: 'ways' }))!;
    test.expect(failed.body).toMatchObject({ status: 'FAILED', error: { code: 'tool_missing', node: 'b' } });
  });

  it('while the only one with a tool is replaced: its runs wait for it', async (test) => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'long.mjs'), LONG);
    const env = { DATABASE_URL: await postgres!.newSchema(), SHUTDOWN_GRACE_SECONDS: '1' };
    const without = await Cluster.start(2, folder, env);
    const having = await Cluster.start(1, folder, { ...env, TOOLS: './long.mjs' });
    test.onTestFinished(async () => {
      await Promise.all([without, having].map((each) => each.stop()));
    });
    const graph = {
      graph_id: 'long',
      name: 'long',
      entry_point: 'a',
      nodes: [{ name: 'a', tool_name: 'long' }],
      edges: [],
    };
    test.expect((await having.ask('POST /graph/create', graph))!.status).toBe(201);
    const begun = await Promise.all([1, 2, 3].map(() => having.ask('POST /graph/run', { graph_id: 'long' })));
    await until(async () => (await having.sum('graphrunner_claims_held')) === 3 || undefined);
    await having.stop();
    await having.add();
    for (const started of begun) {
      const state = await finalState(without, started!.body.run_id);
      test.expect(state).toMatchObject({ status: 'COMPLETED', data: { long: true } });
    }
  });

  // After the others: beside them, its servers need longer than a claim lasts to come back, and then steps are called again.
  it.sequential('when Postgres crashes again and again, once together with a server', async (test) => {
    const own = await ownPostgres(test);
    const { cluster, trace, start, finish } = await setUp(test, 2, own.url);
    const runIds = await start(20, 60);
    for (let crash = 1; crash <= 3; crash++) {
      await sleep(1500);
      await own.end('SIGQUIT');
      if (crash === 2) await cluster.killOne({ replace: false });
      await sleep(500);
      await own.start();
    }
    await finish(runIds, 60);
    test.expect(judge(trace.read(), cluster.kills).wrong).toEqual([]);
    // An outage is a few lines of the log, not thousands.
    for (const { lines } of cluster.servers) test.expect(lines.length).toBeLessThan(100);
  });
});
