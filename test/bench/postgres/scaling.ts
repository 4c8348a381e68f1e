import { setTimeout as sleep } from 'node:timers/promises';
import { type Line, median, shown } from '../measure.js';
import { BenchDatabase } from './database.js';
import { BenchServers } from './servers.js';
import { STEPS, WAITING } from './waiting-tools.js';

const SLOTS = 10;
const WAIT_MS = 200;
const WARM_SECONDS = 3;
const SECONDS = 6;
const ROUNDS = 3;
/** How many times as much so many servers should do. */
const AIMS = [
  { count: 2, aim: 1.9 },
  { count: 4, aim: 3.5 },
] as const;

/** Runs per second with tools that wait, so that servers need slots and no processor: what more servers bring. */
export async function benchScalingOnPostgres(): Promise<Line[]> {
  const database = await BenchDatabase.start();
  const rounds: Map<number, number>[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const rates = new Map<number, number>();
    for (const count of [1, 2, 4]) rates.set(count, await measure(database, count));
    rounds.push(rates);
  }
  await database.stop();
  const rateOf = (rates: Map<number, number>, count: number): number => rates.get(count) ?? Number.NaN;
  return AIMS.map(({ count, aim }) => {
    const ratio = median(rounds.map((rates) => rateOf(rates, count) / rateOf(rates, 1)));
    return {
      what: `runs/s of ten steps that wait ${WAIT_MS} ms, ${SLOTS} slots each, at ${count} servers, against 1`,
      ours: `${shown(median(rounds.map((rates) => rateOf(rates, count))))}/s`,
      against: `${shown(median(rounds.map((rates) => rateOf(rates, 1))))}/s`,
      ratio,
      aim: `>= ${aim}`,
      met: ratio >= aim,
    };
  });
}

async function measure(database: BenchDatabase, count: number): Promise<number> {
  const servers = await BenchServers.start({ count, databaseUrl: database.url, slots: SLOTS });
  let isOver = false;
  // Always some that wait for a slot, so that none is empty.
  const clients = Array.from({ length: count * SLOTS * 2 }, async () => {
    while (!isOver) await servers.run(WAITING.graph_id, { ms: WAIT_MS });
  });
  await sleep(WARM_SECONDS * 1000);
  const before = await servers.countSteps();
  const begin = performance.now();
  await sleep(SECONDS * 1000);
  const steps = (await servers.countSteps()) - before;
  const seconds = (performance.now() - begin) / 1000;
  isOver = true;
  await Promise.all(clients);
  await servers.stop();
  return steps / STEPS / seconds;
}
