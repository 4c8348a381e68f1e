import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { describe, it } from 'vitest';
import { ask } from '../e2e/client.js';
import { openStream } from '../helpers/event-stream.js';
import { findPostgres } from '../helpers/postgres.js';
import { until } from '../helpers/until.js';
import { readMetric } from './servers.js';
import { openSetting } from './setting.js';
import { percentile } from './trace.js';

const HELD_RUNS = 20;
const WAITERS = 500;
const STREAMS = 200;
const READERS = 20;
const CROWD_MS = 15_000;
/** Claims are touched every three seconds; a timer looks twice a second whether it is time. */
const TOUCH_MS = 3500;
const LATE_MS = 1000;

const postgres = await findPostgres();

/** Looks again and again for how long ago the claim was touched that was touched least recently, in milliseconds. */
async function watchTouches(database: string): Promise<() => Promise<number[]>> {
  const client = new pg.Client(postgres!.url);
  await client.connect();
  const schema = new URL(database).searchParams.get('options')!.split('=')[1];
  const text = `SELECT 1000 * max(extract(epoch FROM clock_timestamp() - heartbeat_on))::float8 AS ago
    FROM "${schema}_pgboss".job WHERE state = 'active'`;
  const seen: number[] = [];
  let isOver = false;
  const look = async (): Promise<void> => {
    while (!isOver) {
      const { rows } = await client.query<{ ago: number | null }>(text);
      if (rows[0]!.ago !== null) seen.push(rows[0]!.ago);
      await sleep(100);
    }
    await client.end();
  };
  const looking = look();
  return async () => {
    isOver = true;
    await looking;
    return seen;
  };
}

describe.skipIf(postgres === undefined)('a server whose connections are all in use', () => {
  it('keeps its claims, and answers nothing worse than 503', async (test) => {
    const { expect } = test;
    const database = await postgres!.newSchema();
    const { cluster, start, finish } = await openSetting(test, 2, database);
    const [server] = cluster.servers;
    const runIds: string[] = [];
    for (let run = 0; run < HELD_RUNS; run++) {
      runIds.push((await ask(server!, 'POST /graph/run', { graph_id: 'held' })).body.run_id);
    }
    await until(async () => (await cluster.sum('graphrunner_claims_held')) === HELD_RUNS);
    expect(await readMetric(server!, 'graphrunner_claims_held')).toBeGreaterThan(0);
    const runOf = (index: number): string => runIds[index % HELD_RUNS]!;
    const stopWatching = await watchTouches(database);

    const statuses = new Map<number, number>();
    const count = (status: number): void => void statuses.set(status, (statuses.get(status) ?? 0) + 1);
    const deadline = performance.now() + CROWD_MS;
    const again = async (request: string): Promise<void> => {
      while (performance.now() < deadline) count((await ask(server!, request)).status);
    };
    const streams = await Promise.all(
      Array.from({ length: STREAMS }, (_, index) => openStream(`${server!.url}/graph/runs/${runOf(index)}/events`)),
    );
    for (const { status } of streams) count(status);
    const crowd = [
      ...Array.from({ length: WAITERS }, (_, index) => again(`GET /graph/state/${runOf(index)}?wait=5`)),
      ...Array.from({ length: READERS }, () => again('GET /graph/runs?limit=200')),
    ];
    // Others get on meanwhile.
    const begun = await start(10, 20);
    await Promise.all(crowd);
    const touches = await stopWatching();
    await finish(begun, 20);

    for (const runId of runIds) await ask(server!, `POST /graph/runs/${runId}/cancel`);
    for (const stream of streams.filter(({ status }) => status === 200)) {
      expect((await stream.ended).at(-1)?.event).toBe('run.cancelled');
    }
    touches.sort((a, b) => a - b);
    console.log(`${JSON.stringify([...statuses])}, touched at most ${Math.round(touches.at(-1)!)} ms ago`);
    expect([...statuses.keys()].filter((status) => ![200, 503].includes(status))).toEqual([]);
    expect(statuses.get(200)).toBeGreaterThan(WAITERS + STREAMS);
    expect(touches.length).toBeGreaterThan(CROWD_MS / 1000);
    expect(percentile(touches, 1)).toBeLessThanOrEqual(TOUCH_MS + LATE_MS);
    expect(await cluster.sum('graphrunner_takeovers_total')).toBe(0);
    expect(await cluster.sum('graphrunner_claims_lost_total')).toBe(0);
  });
});
