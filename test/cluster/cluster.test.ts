import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openStream, type StreamEvent } from '../helpers/event-stream.js';
import { findPostgres } from '../helpers/postgres.js';
import { temporaryFolder } from '../helpers/temporary-folder.js';
import { GRAPHS, MIXED_DATA, winnersIn } from '../helpers/traced-graphs.js';
import { until } from '../helpers/until.js';
import { Cluster } from './servers.js';
import { judge, openTrace, percentile, type Trace } from './trace.js';

const SERVERS = 3;
const KILLS = 6;
const KILL_EVERY_MS = 4000;
/** Steps that a server has in flight at a time. */
const SLOTS = 30;
/** How many clients start runs, each one after the other, and how long each rests between. */
const CLIENTS = 3;
const REST_MS = 200;

const postgres = await findPostgres();

describe.skipIf(postgres === undefined)('three servers on one Postgres', () => {
  let cluster: Cluster;
  let trace: Trace;
  beforeEach(async () => {
    const folder = temporaryFolder();
    trace = openTrace(folder);
    const env = { ...trace.env, DATABASE_URL: await postgres!.newSchema(), MAX_CONCURRENT_RUNS: String(SLOTS) };
    cluster = await Cluster.start(SERVERS, folder, env);
    for (const graph of GRAPHS) expect((await cluster.ask('POST /graph/create', graph))?.status).toBe(201);
  });
  afterEach(async () => {
    await cluster.stop();
  });

  /** The runs that were acknowledged: how many rounds each has to make; 0 for one of the graph `mixed`. */
  const acknowledged = new Map<string, number>();

  async function startRun(): Promise<string | undefined> {
    const rounds = Math.random() < 0.4 ? 0 : 1 + Math.floor(Math.random() * 10);
    const id = crypto.randomUUID();
    const body = { graph_id: rounds === 0 ? 'mixed' : 'traced', input_data: { rounds, id } };
    // The key makes it safe to ask again if the server was killed before it answered.
    const answer = await cluster.ask('POST /graph/run', body, { 'idempotency-key': id });
    if (answer?.status !== 202) return undefined;
    acknowledged.set(answer.body.run_id, rounds);
    return answer.body.run_id;
  }

  async function answerAll(): Promise<void> {
    const list = await cluster.ask('GET /graph/runs?waiting_for=input&limit=200');
    for (const { run_id } of list?.body?.runs ?? []) {
      await cluster.ask(`POST /graph/runs/${run_id}/resume`, { payload: 7 });
    }
  }

  /** Asks for things at a time, until it is told to stop. */
  function load(isOver: () => boolean): Promise<unknown> {
    const again = async (request: () => Promise<unknown>, restMs: number) => {
      while (!isOver()) {
        await request();
        await sleep(restMs);
      }
    };
    return Promise.all([...Array.from({ length: CLIENTS }, () => again(startRun, REST_MS)), again(answerAll, 200)]);
  }

  async function finalState(runId: string) {
    return until(async () => {
      const answer = await cluster.ask(`GET /graph/state/${runId}?wait=5`);
      const { status } = answer?.body ?? {};
      if (['COMPLETED', 'FAILED', 'CANCELLED'].includes(status)) return answer!.body;
      await answerAll();
      return undefined;
    }, 60_000);
  }

  it('go on when one is killed: every acknowledged run ends right, and no finished step is called again', async () => {
    let isOver = false;
    const loaded = load(() => isOver);
    for (let kill = 0; kill < KILLS; kill++) {
      await sleep(KILL_EVERY_MS);
      await cluster.killOne();
    }
    isOver = true;
    await loaded;

    expect(acknowledged.size).toBeGreaterThan(KILLS * 10);
    for (const [runId, rounds] of acknowledged) {
      const state = await finalState(runId);
      if (rounds === 0) {
        expect(state).toMatchObject({ status: 'COMPLETED', data: MIXED_DATA });
        expect(winnersIn(state.data)).toHaveLength(2);
      } else {
        expect(state).toMatchObject({ status: 'COMPLETED', step_count: rounds + 1, data: { rounds } });
        // Keys are stable: what each step stored is its own key.
        expect(state.data.seen).toEqual(Array.from({ length: rounds }, (_, index) => `${runId}/${index + 2}`));
      }
    }

    const { wrong, repeated, takeovers, most } = judge(trace.read(), cluster.kills);
    expect(wrong).toEqual([]);
    // The test would prove nothing if no kill had ever hit a step in flight.
    expect(repeated).toBeGreaterThan(0);
    expect(repeated).toBeLessThanOrEqual(KILLS * SLOTS);
    expect(most('leaf')).toBeLessThanOrEqual(2);
    const [p50, p99] = [percentile(takeovers, 0.5), percentile(takeovers, 0.99)];
    const runs = acknowledged.size;
    console.log(
      `${runs} runs, ${KILLS} kills, ${repeated} steps repeated, taken over after ${p50} ms (p50), ${p99} (p99)`,
    );
    // The aim is 10 s and 12.5 s on a machine that does nothing else.
    expect(p50).toBeLessThanOrEqual(15_000);
    // Who takes a step over can be the next that is killed.
    expect(p99).toBeLessThanOrEqual(30_000);
    expect(await cluster.sum('graphrunner_reconciled_total')).toBe(0);
  });

  it('tell of each event once, in order, whichever of them drives the run', async () => {
    const runIds = await Promise.all(Array.from({ length: 6 }, () => until(startRun)));
    const told = runIds.flatMap((runId) =>
      cluster.servers.map(async ({ url }) => {
        const stream = await openStream(`${url}/graph/runs/${runId}/events`);
        return (await stream.ended).map(({ id }: StreamEvent) => id);
      }),
    );
    await Promise.all(runIds.map(finalState));
    for (const ids of await Promise.all(told)) {
      expect(ids.length).toBeGreaterThan(4);
      expect(ids).toEqual(Array.from({ length: ids.length }, (_, index) => index + 1));
    }
  });

  it('stop a tool that another one calls, at once', async () => {
    const tookMs: number[] = [];
    for (let run = 0; run < 40; run++) {
      const { body } = (await cluster.ask('POST /graph/run', { graph_id: 'held' }))!;
      const called = await until(() => trace.read().find(({ runId }) => runId === body.run_id));
      const elsewhere = cluster.servers.find(({ child }) => child.pid !== called.pid)!;
      const time = Date.now();
      await fetch(`${elsewhere.url}/graph/runs/${body.run_id}/cancel`, { method: 'POST' });
      const stopped = await until(() =>
        trace.read().find(({ runId, what }) => runId === body.run_id && what === 'abort'),
      );
      tookMs.push(stopped.time - time);
    }
    tookMs.sort((a, b) => a - b);
    console.log(
      `tools elsewhere were stopped after ${percentile(tookMs, 0.5)} ms (p50), ${percentile(tookMs, 0.99)} (p99)`,
    );
    // The aim is 200 ms; without the hint it would be a second.
    expect(percentile(tookMs, 0.9)).toBeLessThanOrEqual(500);
  });

  it('hand their runs over when they are restarted one after the other: none is taken for crashed', async () => {
    acknowledged.clear();
    let isOver = false;
    const loaded = load(() => isOver);
    await sleep(1000);
    for (let restart = 0; restart < SERVERS; restart++) {
      expect(await cluster.stopOne()).toBe(0);
      await cluster.add();
      await sleep(1000);
    }
    isOver = true;
    await loaded;
    for (const runId of acknowledged.keys()) expect((await finalState(runId)).status).toBe('COMPLETED');
    const { wrong, repeated, pauses } = judge(trace.read(), []);
    expect({ wrong, repeated }).toEqual({ wrong: [], repeated: 0 });
    console.log(
      `a step followed the one before after ${percentile(pauses, 0.5)} ms (p50), ${percentile(pauses, 0.99)} (p99)`,
    );
    // A heartbeat that is waited for would be ten seconds.
    expect(percentile(pauses, 0.99)).toBeLessThan(5000);
  });
});
