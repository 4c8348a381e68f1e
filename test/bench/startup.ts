import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { codeReviewDefinitions } from '../../src/demo/definitions.js';
import { codeReviewGraph } from '../../src/demo/graph.js';
import { MESSY_CODE } from '../helpers/demo.js';
import { MAIN } from '../helpers/server-process.js';
import { openEngine } from './engines.js';
import { benchFolder, inTurn, type Line, shown, throughput } from './measure.js';

const RUNS = 100_000;

/** How long the built server takes from start to listening, with 100,000 finished runs in its file against none. */
export async function benchStartup(): Promise<Line[]> {
  const folder = benchFolder();
  const full = folder.path('full.db');
  const empty = folder.path('empty.db');
  for (const path of [full, empty]) {
    const bench = await openEngine(path, codeReviewDefinitions);
    await bench.engine.createGraph(codeReviewGraph);
    if (path === full) await throughput(RUNS, 100, () => bench.run('demo-review', MESSY_CODE));
    await bench.close();
  }
  const times = await inTurn(
    5,
    () => millisecondsToListen(full),
    () => millisecondsToListen(empty),
  );
  folder.remove();
  return [
    {
      what: `start-up with ${shown(RUNS)} finished runs, against none`,
      ours: `${shown(times.ours)} ms`,
      against: `${shown(times.theirs)} ms`,
      ratio: times.ratio,
      aim: '<= 1.3',
      met: times.ratio <= 1.3,
    },
  ];
}

async function millisecondsToListen(database: string): Promise<number> {
  const begin = performance.now();
  const env = { PATH: process.env.PATH, DATABASE_URL: database, PORT: '0', LOG_LEVEL: 'info' };
  const child = spawn(process.execPath, [MAIN], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.includes('listening on')) break;
  }
  const took = performance.now() - begin;
  child.kill('SIGTERM');
  await new Promise((resolve) => child.once('exit', resolve));
  return took;
}
