import { describe, expect, it } from 'vitest';
import { findPostgres } from '../helpers/postgres.js';
import { temporaryFolder } from '../helpers/temporary-folder.js';
import { checkTold, isAllTold, startMoodyReceiver, TOLD, TOLD_ENV } from '../helpers/told-runs.js';
import { until } from '../helpers/until.js';
import { Cluster } from './servers.js';

const postgres = await findPostgres();
const RUNS = 30;

describe.skipIf(postgres === undefined)('three servers on one Postgres', () => {
  it('tell every end, in order, though one of them is killed while it delivers', async ({ onTestFinished }) => {
    const receiver = await startMoodyReceiver();
    const env = { ...TOLD_ENV, DATABASE_URL: await postgres!.newSchema() };
    const cluster = await Cluster.start(3, temporaryFolder(), env);
    onTestFinished(async () => void (await cluster.stop()));
    expect((await cluster.ask('POST /graph/create', TOLD))?.status).toBe(201);
    const start = async (): Promise<string> => {
      const answer = await cluster.ask('POST /graph/run', { graph_id: 'told', notify: receiver.notify });
      expect(answer?.status).toBe(202);
      return answer!.body.run_id;
    };
    const answerAll = async (): Promise<void> => {
      const answer = await cluster.ask('GET /graph/runs?waiting_for=input&limit=200');
      for (const { run_id } of answer?.body?.runs ?? []) {
        await cluster.ask(`POST /graph/runs/${run_id}/resume`, { payload: 1 });
      }
    };
    const runIds: string[] = [];
    for (let run = 0; run < RUNS; run++) runIds.push(await start());
    await until(async () => {
      await answerAll();
      return receiver.callbacks.length > RUNS;
    });
    await cluster.killOne({ replace: false });
    await until(async () => {
      await answerAll();
      return isAllTold(receiver, runIds);
    }, 120_000);
    checkTold(receiver, runIds);
    await until(async () => (await cluster.ask('GET /deliveries?status=pending'))?.body?.deliveries.length === 0);
    // Both that are left have delivered some.
    const delivered = 'graphrunner_deliveries_total\\{outcome="delivered"\\}';
    expect(await cluster.sum(delivered)).toBeGreaterThan(0);
    for (const status of ['dead', 'gone'])
      expect((await cluster.ask(`GET /deliveries?status=${status}`))?.body.deliveries).toEqual([]);
  });
});
