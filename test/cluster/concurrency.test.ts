import { expect, it, onTestFinished } from 'vitest';
import { addNotedTool, countEnded, expectWithinLimit, KEYS, LIMITED } from '../helpers/line-trace.js';
import { findPostgres } from '../helpers/postgres.js';
import { temporaryFolder } from '../helpers/temporary-folder.js';
import { until } from '../helpers/until.js';
import { Cluster } from './servers.js';

const RUNS = 60;
const SERVERS = 3;

it('three servers together keep to the concurrency of a graph, though one is killed, and lose no slot', async () => {
  const postgres = await findPostgres();
  const folder = temporaryFolder();
  const env = { ...addNotedTool(folder), DATABASE_URL: await postgres!.newSchema() };
  const cluster = await Cluster.start(SERVERS, folder, env);
  onTestFinished(async () => void (await cluster.stop()));
  expect((await cluster.ask('POST /graph/create', LIMITED))?.status).toBe(201);
  const submit = async (index: number): Promise<void> => {
    const body = { graph_id: 'limited', input_data: { key: KEYS[index % KEYS.length] } };
    expect((await cluster.ask('POST /graph/run', body))?.status).toBe(202);
  };
  await Promise.all(Array.from({ length: RUNS }, (_, index) => submit(index)));
  await until(() => countEnded(folder) >= 10);
  await cluster.killOne({ replace: false });
  // The runs of the one that died keep their slots, and go on elsewhere once it has been silent for long enough.
  await until(async () => {
    const { body } = (await cluster.ask('GET /graph/runs?status=COMPLETED&limit=200'))!;
    return body.runs.length === RUNS;
  }, 60_000);
  expectWithinLimit(folder, RUNS);
});
