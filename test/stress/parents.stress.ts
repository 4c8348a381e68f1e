import { describe, expect, it, onTestFinished } from 'vitest';
import { ask, startRun } from '../e2e/client.js';
import { type ServerProcess, startServer } from '../helpers/server-process.js';
import { temporaryFolder } from '../helpers/temporary-folder.js';
import { until } from '../helpers/until.js';
import { print, watch } from './watch.js';

const ENV = { LOG_LEVEL: 'info' };

async function startForTest(env: Record<string, string> = {}): Promise<ServerProcess> {
  const server = await startServer(temporaryFolder(), { ...ENV, ...env });
  onTestFinished(async () => void (await server.end('SIGKILL')));
  return server;
}

/** A branch for each item of the input. */
const FAN_OUT = {
  graph_id: 'fan-out',
  name: 'Fan out',
  entry_point: 'begin',
  nodes: [
    { name: 'begin', tool_name: 'set_data', params: { values: {} } },
    { name: 'leaf', tool_name: 'set_data', params: { values: { item: '${ run.item }' } } },
  ],
  for_each_edges: [
    { from_node: 'begin', items: '${ input_data.items }', to_node: 'leaf', join_node: 'END', collect_as: 'all' },
  ],
};

/** For each of its items it runs itself: to the power of 8, if nothing stopped it. */
const EXPLOSION = {
  ...FAN_OUT,
  graph_id: 'explosion',
  name: 'Explosion',
  nodes: [
    { name: 'begin', tool_name: 'set_data', params: { values: {} } },
    { name: 'leaf', tool_name: 'run_graph', params: { graph_id: 'explosion', input: '${ input_data }' } },
  ],
};

const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);

async function countRuns(server: ServerProcess, status: string): Promise<number> {
  const { body } = await ask(server, `GET /graph/runs?status=${status}&limit=200`);
  return body.runs.length;
}

describe('a hundred parents at once', () => {
  it('with 500 branches and 200 kB of input each keep nobody waiting, and take little memory', async () => {
    const server = await startForTest();
    expect((await ask(server, 'POST /graph/create', FAN_OUT)).status).toBe(201);
    const input_data = { items: numbers(500), text: 'x'.repeat(200_000) };
    const stop = await watch(server);
    const begunAt = performance.now();
    for (let started = 0; started < 100; started++) await startRun(server, 'fan-out', { input_data });
    await until(async () => (await countRuns(server, 'COMPLETED')) === 100, 540_000);
    const seconds = (performance.now() - begunAt) / 1000;
    const watched = await stop();
    print('100 runs x 500 branches x 200 kB', { seconds, ...watched });
    expect(watched.p99Ms).toBeLessThan(100);
    expect(watched.longestMs).toBeLessThan(500);
    expect(watched.memoryMb).toBeLessThan(400);
  });
});

describe('runs inside runs that explode', () => {
  const start = async (server: ServerProcess): Promise<string> => {
    expect((await ask(server, 'POST /graph/create', EXPLOSION)).status).toBe(201);
    return startRun(server, 'explosion', { input_data: { items: numbers(10_000) } });
  };

  it('end as FAILED, and say why, while the server serves others', async () => {
    const server = await startForTest();
    const stop = await watch(server);
    const begunAt = performance.now();
    const runId = await start(server);
    const { status, error } = await until(async () => {
      const { body } = await ask(server, `GET /graph/state/${runId}?wait=60`);
      return body.status === 'FAILED' || body.status === 'COMPLETED' ? body : undefined;
    }, 540_000);
    const seconds = (performance.now() - begunAt) / 1000;
    const watched = await stop();
    print('10,000 x run_graph x 8 levels', { seconds, ...watched, status });
    expect(status).toBe('FAILED');
    expect(error).toMatchObject({
      code: expect.stringMatching(/^(too_many_descendants|branch_failed)$/),
      message: expect.stringContaining('MAX_DESCENDANTS'),
    });
    expect(watched.longestMs).toBeLessThan(500);
    expect(watched.memoryMb).toBeLessThan(400);
  });

  it('are cancelled meanwhile, and stop with the server', async () => {
    const server = await startForTest({ SHUTDOWN_GRACE_SECONDS: '5' });
    const runId = await start(server);
    await until(
      async () => (await ask(server, `GET /graph/runs?parent_run_id=${runId}&limit=200`)).body.runs.length === 200,
    );
    const askedAt = performance.now();
    expect((await ask(server, `POST /graph/runs/${runId}/cancel`)).status).toBe(202);
    const cancelMs = performance.now() - askedAt;
    await startRun(server, 'explosion', { input_data: { items: numbers(10_000) } });
    const stoppedAt = performance.now();
    expect(await server.end('SIGTERM')).toBe(0);
    const stopMs = performance.now() - stoppedAt;
    print('Explosion under way', { cancelMs, stopMs });
    expect(cancelMs).toBeLessThan(500);
    expect(stopMs).toBeLessThan(6000);
  });
});
