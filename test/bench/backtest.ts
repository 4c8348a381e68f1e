import { monitorEventLoopDelay } from 'node:perf_hooks';
import { codeReviewDefinitions } from '../../src/demo/definitions.js';
import type { Engine } from '../../src/engine/engine.js';
import { openGraphrunner } from '../../src/graphrunner.js';
import { MESSY_CODE } from '../helpers/demo.js';
import { openEngine } from './engines.js';
import { benchFolder, type Line, median, shown, throughput } from './measure.js';

const RUNS = 5000;
const ROUNDS = 3;
const AIM_PER_SECOND = 5000;
const AIM_BLOCK_MS = 20;

/** Demo runs that a backtest replays per second, in threads and in slices, and how long it blocks the event loop. */
export async function benchBacktest(): Promise<Line[]> {
  const folder = benchFolder();
  const database = folder.path('runs.db');
  const threads = await openGraphrunner({ database, demo: true });
  await threads.start();
  const { engine } = threads;
  await throughput(RUNS, 50, async () => {
    const { runId } = await engine.startRun({ graphId: 'demo-review', inputData: MESSY_CODE });
    await engine.getState(runId, { waitSeconds: 60 });
  });
  // The threads start with the first.
  await engine.backtestGraph('demo-review', { limit: 500 });
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const inThreads = await measure(engine);
  delay.disable();
  await threads.stop();
  const alone = await openEngine(database, codeReviewDefinitions);
  const inSlices = await measure(alone.engine);
  await alone.close();
  folder.remove();
  const blockMs = delay.max / 1e6;
  return [
    line('demo runs that a backtest replays per second in threads, against the aim', inThreads, AIM_PER_SECOND, 1),
    line('the same, against one without threads', inThreads, inSlices, 1),
    {
      what: 'longest turn of the event loop during that in ms, against the aim',
      ours: blockMs.toFixed(1),
      against: String(AIM_BLOCK_MS),
      ratio: blockMs / AIM_BLOCK_MS,
      aim: '<= 1',
      met: blockMs <= AIM_BLOCK_MS,
    },
  ];
}

async function measure(engine: Engine): Promise<number> {
  const perSecond: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const begin = performance.now();
    const { runs } = await engine.backtestGraph('demo-review', { limit: RUNS });
    perSecond.push(runs / ((performance.now() - begin) / 1000));
  }
  return median(perSecond);
}

function line(what: string, ours: number, against: number, aim: number): Line {
  const ratio = ours / against;
  return { what, ours: shown(ours), against: shown(against), ratio, aim: `>= ${aim}`, met: ratio >= aim };
}
