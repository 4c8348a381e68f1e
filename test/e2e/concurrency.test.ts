import { expect, it } from 'vitest';
import { addNotedTool, countEnded, expectWithinLimit, KEYS, LIMITED } from '../helpers/line-trace.js';
import { startServer } from '../helpers/server-process.js';
import { temporaryFolder } from '../helpers/temporary-folder.js';
import { until } from '../helpers/until.js';
import { json, post } from './requests.js';

const RUNS = 90;
const KILLS = 2;

it('keeps to the concurrency of a graph, however often the server is killed, and loses no slot', async () => {
  const folder = temporaryFolder();
  const env = { ...addNotedTool(folder), LOG_LEVEL: 'silent' };
  let server = await startServer(folder, { ...env, LOG_LEVEL: 'info' });
  expect((await post(`${server.url}/graph/create`, LIMITED)).status).toBe(201);
  const submit = async (index: number): Promise<void> => {
    const body = { graph_id: 'limited', input_data: { key: KEYS[index % KEYS.length] } };
    expect((await post(`${server.url}/graph/run`, body)).status).toBe(202);
  };
  await Promise.all(Array.from({ length: RUNS }, (_, index) => submit(index)));
  for (let kill = 1; kill <= KILLS; kill++) {
    const enough = (RUNS / (KILLS + 2)) * kill;
    await until(() => countEnded(folder) >= enough);
    await server.end('SIGKILL');
    server = await startServer(folder, { ...env, LOG_LEVEL: 'info' });
  }
  const count = async (status: string): Promise<number> => {
    const page = await json<{ runs: unknown[] }>(fetch(`${server.url}/graph/runs?status=${status}&limit=200`));
    return page.runs.length;
  };
  await until(async () => (await count('COMPLETED')) === RUNS);
  expect(expectWithinLimit(folder, RUNS)).toBeLessThanOrEqual(KILLS * 6);
  expect(await server.end('SIGTERM')).toBe(0);
});
