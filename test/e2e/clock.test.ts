import { expect, it } from 'vitest';
import { type ServerProcess, startServer } from '../helpers/server-process.js';
import { shiftClock } from '../helpers/shifted-clock.js';
import { temporaryFolder } from '../helpers/temporary-folder.js';
import { until } from '../helpers/until.js';
import { ask, startRun, waitForRest, waitForWait } from './client.js';

const HOUR_MS = 3_600_000;

/** A folder whose server reads its clock with an offset, which the test sets. */
function folderWithClock(offsetMs: number) {
  const folder = temporaryFolder();
  const clock = shiftClock(folder, offsetMs);
  return { start: () => startServer(folder, clock.env), setClock: clock.set };
}

async function listIds(server: ServerProcess): Promise<string[]> {
  const { body } = await ask(server, 'GET /graph/runs?limit=10');
  return body.runs.map(({ run_id }: { run_id: string }) => run_id);
}

it('runs that are started after the clock was set back and the server restarted are listed as the newest', async () => {
  const { start, setClock } = folderWithClock(HOUR_MS);
  const before = await start();
  const first = await startRun(before, 'demo-review', { input_data: 'a = 1' });
  await waitForRest(before, first);
  expect(await before.end('SIGTERM')).toBe(0);
  setClock(0);
  const after = await start();
  const second = await startRun(after, 'demo-review', { input_data: 'a = 1' });
  const third = await startRun(after, 'demo-review', { input_data: 'a = 1' });
  await waitForRest(after, third);
  expect(await listIds(after)).toEqual([third, second, first]);
  expect(await after.end('SIGTERM')).toBe(0);
});

it.each([
  ['a run that waits for three seconds', 3, 'back', -HOUR_MS],
  ['a run that waits for an hour', 3600, 'forward', HOUR_MS],
])(
  '%s ends within a minute (%s s) if the clock is set %s meanwhile',
  async (_, seconds, __, step) => {
    const { start, setClock } = folderWithClock(0);
    const server = await start();
    const graph = {
      graph_id: 'later',
      name: 'Later',
      entry_point: 'wait',
      nodes: [{ name: 'wait', tool_name: 'delay', params: { seconds } }],
    };
    const created = await ask(server, 'POST /graph/create', graph);
    expect(created.status, JSON.stringify(created.body)).toBeLessThan(300);
    const runId = await startRun(server, 'later', {});
    await waitForWait(server, runId);
    setClock(step);
    await until(async () => (await ask(server, `GET /graph/state/${runId}`)).body.status === 'COMPLETED', 60_000);
    expect(await server.end('SIGTERM')).toBe(0);
  },
  90_000,
);
