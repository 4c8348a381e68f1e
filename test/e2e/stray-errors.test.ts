import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startServer } from '../helpers/server-process.js';
import { temporaryFolder } from '../helpers/temporary-folder.js';
import { chain } from '../helpers/tools.js';
import { ask, startRun, waitForExit, waitForLog, waitForRest } from './client.js';
import { journalOf } from './database.js';

/** Tools with faults that surface outside of their calls. */
const TOOLS = `
import { existsSync, writeFileSync } from 'node:fs';
export const litters = {
  name: 'litters',
  async run() {
    await null;
    Promise.reject(new Error('left behind'));
    return { littered: true };
  },
};
export const explodes = {
  name: 'explodes',
  run() {
    if (existsSync('exploded')) return { attempts: 'one more' };
    writeFileSync('exploded', '');
    setTimeout(() => { throw new Error('from a timer'); });
    return new Promise(() => {});
  },
};
`;

function folderWithTools(): string {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'faulty.mjs'), TOOLS);
  return folder;
}

it('a rejection that a tool leaves behind is logged with its run and node, and harms nothing', async () => {
  const folder = folderWithTools();
  const server = await startServer(folder, { TOOLS: './faulty.mjs' });
  await ask(server, 'POST /graph/create', chain('litter', 'litters'));
  const runId = await startRun(server, 'litter');
  expect(await waitForLog(server, 'unhandled rejection')).toMatchObject({
    run_id: runId,
    node: 'litters',
    err: { message: 'left behind' },
  });
  expect(await waitForRest(server, runId)).toMatchObject({ status: 'COMPLETED', data: { littered: true } });
  const another = await startRun(server, 'demo-review', { input_data: 'pass' });
  expect(await waitForRest(server, another)).toMatchObject({ status: 'COMPLETED' });
  expect(await server.end('SIGTERM')).toBe(0);
});

it('an exception that nothing catches ends the process with code 1, and its run goes on after the next start', async () => {
  const folder = folderWithTools();
  const server = await startServer(folder, { TOOLS: './faulty.mjs' });
  await ask(server, 'POST /graph/create', chain('explosion', 'explodes'));
  const runId = await startRun(server, 'explosion').catch(() => undefined);
  expect(await waitForExit(server)).toBe(1);
  const last = JSON.parse(server.lines.at(-1) ?? '{}');
  expect(last).toMatchObject({ level: 60, err: { message: 'from a timer' } });

  const next = await startServer(folder, { TOOLS: './faulty.mjs' });
  // The exception may have been faster than the answer to the start.
  const { runs } = (await ask(next, 'GET /graph/runs?graph_id=explosion')).body;
  expect(runs).toHaveLength(1);
  expect(runs[0].run_id).toBe(runId ?? runs[0].run_id);
  const state = await waitForRest(next, runs[0].run_id);
  expect(state).toMatchObject({ status: 'COMPLETED', data: { attempts: 'one more' }, step_count: 1 });
  expect(await next.end('SIGTERM')).toBe(0);
  expect(await journalOf(folder, runs[0].run_id)).toEqual([
    'run.submitted',
    'run.started',
    'run.recovered',
    'step.completed',
    'run.completed',
  ]);
});
