import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, ask } from '../e2e/client.js';
import { openStream } from '../helpers/event-stream.js';
import { findPostgres } from '../helpers/postgres.js';
import type { ServerProcess } from '../helpers/server-process.js';
import { shiftClock } from '../helpers/shifted-clock.js';
import { until } from '../helpers/until.js';
import { type Cluster, readMetric } from './servers.js';
import { openSetting } from './setting.js';

/** How far the clocks of the servers are off, in milliseconds. */
const OFFSETS = [0, -300_000, 300_000];
/** How late something can come, in milliseconds. */
const LATE_MS = 1500;
const SECONDS = 1.5;

/** Waits for a time, and then for somebody who does not come. */
const TIMERS = {
  graph_id: 'timers',
  name: 'Timers',
  entry_point: 'delay',
  nodes: [
    { name: 'delay', tool_name: 'delay', params: { seconds: SECONDS } },
    { name: 'ask', tool_name: 'wait_for_input', params: { message: 'Who is there?', expires_in_seconds: SECONDS } },
  ],
  edges: [{ from_node: 'delay', to_node: 'ask' }],
};

const postgres = await findPostgres();

describe.skipIf(postgres === undefined)('servers whose clocks are five minutes off', () => {
  let cluster: Cluster;
  beforeAll(async () => {
    const setting = await openSetting({ onTestFinished: () => undefined, expect }, 1, await postgres!.newSchema());
    cluster = setting.cluster;
    for (const offset of OFFSETS.slice(1)) await cluster.add(shiftClock(setting.folder, offset).env);
    const read = await Promise.all(
      cluster.servers.map((server) => readMetric(server, 'graphrunner_clock_offset_seconds')),
    );
    for (const [index, offset] of OFFSETS.entries()) expect(read[index]).toBeCloseTo(-offset / 1000, 0);
    expect((await cluster.ask('POST /graph/create', TIMERS))?.status).toBe(201);
  });
  afterAll(() => cluster.stop());

  /** Starts a run at one server, and waits for its end at the next one. */
  async function runAt(index: number, body: object): Promise<Answer['body']> {
    const elsewhere = cluster.servers[(index + 1) % cluster.servers.length]!;
    const { run_id } = (await ask(cluster.servers[index]!, 'POST /graph/run', body)).body;
    return until(async () => {
      const state = (await ask(elsewhere, `GET /graph/state/${run_id}?wait=60`)).body;
      return state.finished_at !== null && state;
    }, 60_000);
  }

  /** Two runs at each server, so that each also drives runs of others. */
  const everywhere = <T>(run: (index: number) => Promise<T>): Promise<T[]> =>
    Promise.all(Array.from({ length: 2 * OFFSETS.length }, (_, number) => run(number % OFFSETS.length)));

  function expectBetween(value: number, least: number, most: number): void {
    expect(value).toBeGreaterThanOrEqual(least);
    expect(value).toBeLessThanOrEqual(most);
  }

  async function waitsOf(server: ServerProcess, runId: string): Promise<{ until: number; ended: number }[]> {
    const { ended } = await openStream(`${server.url}/graph/runs/${runId}/events`);
    const events = (await ended).map(({ data }) => data);
    const begun = events.filter(({ type }) => type === 'wait.started');
    const over = events.filter(({ type }) => type === 'wait.ended');
    return begun.map(({ wait }, index) => ({ until: wait.until, ended: Date.parse(over[index].time) }));
  }

  it('end waits when their time has come', async () => {
    const time = Date.now();
    const states = await everywhere((index) => runAt(index, { graph_id: 'timers' }));
    for (const { run_id, status, error, submitted_at } of states) {
      expect({ status, code: error.code }).toEqual({ status: 'FAILED', code: 'wait_expired' });
      expectBetween(Date.parse(submitted_at), time - LATE_MS, time + 30_000);
      const waits = await waitsOf(cluster.next(), run_id);
      expect(waits).toHaveLength(2);
      for (const { until, ended } of waits) expectBetween(ended - until, 0, LATE_MS);
    }
  });

  it('stop runs at their deadline', async () => {
    const body = { graph_id: 'held', limits: { deadline_seconds: 2 * SECONDS } };
    for (const state of await everywhere((index) => runAt(index, body))) {
      expect(state).toMatchObject({ status: 'FAILED', error: { code: 'deadline_exceeded' } });
      const tookMs = Date.parse(state.finished_at) - Date.parse(state.submitted_at);
      expectBetween(tookMs, 2000 * SECONDS, 2000 * SECONDS + LATE_MS);
    }
  });

  it('give runs ids in the order in which they were started, and list them so', async () => {
    const started: string[] = [];
    for (let run = 0; run < 15; run++) {
      started.push((await cluster.ask('POST /graph/run', { graph_id: 'held' }))!.body.run_id);
      await sleep(100);
    }
    expect(started.toSorted()).toEqual(started);
    for (const server of cluster.servers) {
      const { runs } = (await ask(server, 'GET /graph/runs')).body;
      const ids = runs.map(({ run_id }: { run_id: string }) => run_id);
      expect(ids.slice(0, started.length)).toEqual(started.toReversed());
    }
    // All that claimed some hold them, with clocks that say that they have not been heard of for minutes.
    expect(await cluster.sum('graphrunner_claims_held')).toBe(started.length);
    expect(await cluster.sum('graphrunner_takeovers_total')).toBe(0);
    for (const runId of started) await cluster.ask(`POST /graph/runs/${runId}/cancel`);
  });
});
