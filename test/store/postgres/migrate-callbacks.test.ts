import { describe, expect, it } from 'vitest';
import { migrate } from '../../../src/migrate.js';
import { startEngine } from '../../helpers/engine.js';
import { findPostgres } from '../../helpers/postgres.js';
import { HOOK_SECRET, startReceiver } from '../../helpers/receiver.js';
import { until } from '../../helpers/until.js';

const postgres = await findPostgres();

describe.skipIf(postgres === undefined)('a move to Postgres', () => {
  it('brings callbacks, and those that are pending are delivered there', async () => {
    const receiver = await startReceiver(({ path }) => (path === '/gone' ? 410 : 204));
    const file = await startEngine({ secrets: { HOOK: HOOK_SECRET } });
    const node = { name: 'a', tool_name: 'set_data', params: { values: {} } };
    await file.engine.createGraph({ graph_id: 'g', name: 'g', entry_point: 'a', nodes: [node], edges: [] });
    const to = (path: string, secret: string) => ({ url: receiver.url + path, on: ['completed'] as const, secret });
    const notify = [to('/taken', 'HOOK'), to('/gone', 'HOOK'), to('/later', 'LATER')];
    const { runId } = await file.engine.startRun({ graphId: 'g', inputData: null, notify });
    const list = async ({ engine }: typeof file) =>
      (await engine.listDeliveries({ runId, limit: 9 })).deliveries.map(({ target, status }) => [target, status]);
    await until(async () => (await list(file)).filter(([, status]) => status !== 'pending').length === 2);
    await until(async () => (await file.engine.listDeliveries({ limit: 9 })).deliveries[0]!.tries > 0);
    await file.stop();
    const url = await postgres!.newSchema();
    await migrate(file.path, url, () => undefined);

    const server = await startEngine({ path: url, secrets: { HOOK: HOOK_SECRET, LATER: HOOK_SECRET } });
    await until(async () => (await list(server)).every(([, status]) => status !== 'pending'));
    expect(await list(server)).toEqual([
      [2, 'delivered'],
      [1, 'gone'],
      [0, 'delivered'],
    ]);
    const { deliveries } = await server.engine.listDeliveries({ runId, limit: 9 });
    const later = await server.engine.getDelivery(deliveries[0]!.deliveryId);
    expect(later.attempts[0]).toMatchObject({ error: expect.stringContaining('SECRET_LATER') });
    expect(later.attempts.at(-1)).toMatchObject({ status: 204 });
    expect(receiver.callbacks.map(({ path }) => path).sort()).toEqual(['/gone', '/later', '/taken']);
    await server.stop();
  });
});
