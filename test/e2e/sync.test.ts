import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, it } from 'vitest';
import { MAIN } from '../helpers/server-process.js';
import { temporaryFolder } from '../helpers/temporary-folder.js';
import { ask } from './client.js';

const RUNS = 10;
/** Steps of the demo on this input. */
const STEPS = 4;
const INPUT = 'if x: pass';

const STRACE = 'strace';
const hasStrace = spawnSync(STRACE, ['-V']).status === 0;

/**
 * How often a server had its write-ahead log synced to the disk while it did runs one after the other, from start to
 * stop. Counted by the kernel's own account of its system calls: nothing that the program says of itself counts.
 */
async function syncsOf(folder: string, runs: number): Promise<number> {
  const trace = join(folder, `trace-${runs}`);
  const watch = ['-f', '-y', '-e', 'trace=fsync,fdatasync', '-o', trace, process.execPath, MAIN];
  const { PATH = '', HOME = '' } = process.env;
  const child = spawn(STRACE, watch, {
    cwd: folder,
    env: { PATH, HOME, PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  for await (const line of createInterface({ input: child.stdout })) {
    const { msg, pid } = JSON.parse(line) as { msg: string; pid: number };
    const url = /listening on (http:\/\/\S+?);/.exec(msg)?.[1];
    if (url === undefined) continue;
    for (let run = 0; run < runs; run++) {
      const { body } = await ask({ url }, 'POST /graph/run?wait=30', { graph_id: 'demo-review', input_data: INPUT });
      expect(body).toMatchObject({ status: 'COMPLETED', step_count: STEPS });
    }
    // strace itself does not pass signals on.
    process.kill(pid, 'SIGTERM');
  }
  expect(await ended).toEqual([0, null]);
  return readFileSync(trace, 'utf8').match(/\bf(?:data)?sync\(\d+<[^>]*\/workflow\.db-wal>/g)?.length ?? 0;
}

it('syncs the disk for every step that it commits, one after the other', async ({ skip }) => {
  // In CI a missing strace is a failure: the promise would go unproved.
  skip(!hasStrace && process.env.CI !== 'true', 'strace is not installed, so nothing can be said about syncs');
  const folder = temporaryFolder();
  await syncsOf(folder, 0);
  const idle = await syncsOf(folder, 0);
  const busy = await syncsOf(folder, RUNS);
  // Submitted, started, and each step; the last one's commit holds the end of the run too.
  const commits = RUNS * (STEPS + 2);
  expect(busy - idle).toBeGreaterThanOrEqual(commits);
  // And no more than that, so that the count is of these commits and not of something else.
  expect(busy - idle).toBeLessThanOrEqual(commits + 5);
});
