import { describe, expect, it } from 'vitest';
import { findPostgres } from '../helpers/postgres.js';
import { until } from '../helpers/until.js';
import { openSetting } from './setting.js';

const postgres = await findPostgres();

describe.skipIf(postgres === undefined)('three servers on one Postgres, under a supervisor', () => {
  it('give up a run that kills whoever drives it after ten, and end the others', async (test) => {
    const { cluster, start, finish } = await openSetting(test, 3, await postgres!.newSchema());
    const { body } = (await cluster.ask('POST /graph/run', { graph_id: 'poison' }))!;
    const watch = cluster.keepAlive();
    test.onTestFinished(() => watch.stop());
    const runIds = await start(10, 20);
    await finish(runIds, 20);
    const state = await until(async () => {
      const answer = await cluster.ask(`GET /graph/state/${body.run_id}`);
      return answer?.body?.status === 'FAILED' ? answer.body : undefined;
    }, 300_000);
    expect(state.error.code).toBe('recovery_exhausted');
    await watch.stop();
    expect(watch.restarts).toBe(10);
  });
});
