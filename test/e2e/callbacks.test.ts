import { expect, it } from 'vitest';
import { startReceiver } from '../helpers/receiver.js';
import { type ServerProcess, startServer } from '../helpers/server-process.js';
import { temporaryFolder } from '../helpers/temporary-folder.js';
import { checkTold, isAllTold, startMoodyReceiver, TOLD, TOLD_ENV } from '../helpers/told-runs.js';
import { until } from '../helpers/until.js';
import { ask } from './client.js';
import { databaseOf } from './database.js';

const KILLS = 3;

/** Starts runs and answers what they ask, until the server is gone. Only acknowledged runs count. */
async function load(server: ServerProcess, notify: readonly object[], acknowledged: Set<string>): Promise<void> {
  try {
    for (;;) {
      const { status, body } = await ask(server, 'POST /graph/run', { graph_id: 'told', notify });
      if (status === 202) acknowledged.add(body.run_id);
      await answerAll(server);
    }
  } catch {
    // The server was killed.
  }
}

async function answerAll(server: ServerProcess): Promise<number> {
  const { body } = await ask(server, 'GET /graph/runs?waiting_for=input&limit=200');
  for (const { run_id } of body.runs) await ask(server, `POST /graph/runs/${run_id}/resume`, { payload: 1 });
  return body.runs.length;
}

it('survives SIGKILL at random moments: every end is told, signed, in order, and with one id', async () => {
  const cwd = temporaryFolder();
  const env = { ...(await databaseOf(cwd)), ...TOLD_ENV };
  const receiver = await startMoodyReceiver();
  const acknowledged = new Set<string>();
  for (let kill = 0; kill < KILLS; kill++) {
    const server = await startServer(cwd, env);
    if (kill === 0) expect((await ask(server, 'POST /graph/create', TOLD)).status).toBe(201);
    const loaded = load(server, receiver.notify, acknowledged);
    // Counted in callbacks and not in time, so that a slow machine gets as far as a fast one.
    const enough = receiver.callbacks.length + 10 + Math.floor(Math.random() * 30);
    await until(() => receiver.callbacks.length >= enough);
    await server.end('SIGKILL');
    await loaded;
  }
  const server = await startServer(cwd, env);
  expect(acknowledged.size).toBeGreaterThan(KILLS);
  while ((await answerAll(server)) > 0);
  await until(async () => (await answerAll(server)) === 0 && isAllTold(receiver, acknowledged), 40_000);
  await until(async () => (await ask(server, 'GET /deliveries?status=pending')).body.deliveries.length === 0);
  checkTold(receiver, acknowledged);
  for (const status of ['dead', 'gone'])
    expect((await ask(server, `GET /deliveries?status=${status}`)).body.deliveries).toEqual([]);
  // The test would prove nothing if nothing had ever been tried twice.
  const ids = receiver.callbacks.map(({ id }) => id);
  expect(new Set(ids).size).toBeLessThan(ids.length);
  expect(await server.end('SIGTERM')).toBe(0);
});

it('stops soon though a receiver hangs, and goes on with it afterwards', async () => {
  const cwd = temporaryFolder();
  const env = { ...(await databaseOf(cwd)), ...TOLD_ENV, SHUTDOWN_GRACE_SECONDS: '60' };
  let hangs = true;
  const receiver = await startReceiver(() => (hangs ? () => undefined : 204));
  const first = await startServer(cwd, env);
  const notify = [{ url: receiver.url, on: ['completed'], secret: 'HOOK' }];
  const { body } = await ask(first, 'POST /graph/run', { graph_id: 'demo-review', input_data: 'pass', notify });
  await receiver.arrived(1);
  const begun = Date.now();
  expect(await first.end('SIGTERM')).toBe(0);
  expect(Date.now() - begun).toBeLessThan(30_000);
  hangs = false;
  const second = await startServer(cwd, env);
  await receiver.arrived(2);
  const [delivery] = await until(async () => {
    const { body: list } = await ask(second, `GET /deliveries?run_id=${body.run_id}&status=delivered`);
    return list.deliveries.length > 0 ? list.deliveries : undefined;
  });
  // What was cut off counts as not made.
  expect(delivery.tries).toBe(1);
  expect(new Set(receiver.callbacks.map(({ id }) => id))).toEqual(new Set([delivery.delivery_id]));
  expect(await second.end('SIGTERM')).toBe(0);
});
