import { inTurn, type Line, shown, throughput } from '../measure.js';
import { BenchDatabase } from './database.js';
import { BenchServers } from './servers.js';
import { WAITING } from './waiting-tools.js';

const SERVERS = 2;
const SLOTS = 25;
const RUNS = 600;
const CLIENTS = 20;
const ROUNDS = 3;
const AIM = 0.85;

/**
 * Runs per second of two servers that tell each other of each commit, against two that do not. Nobody waits for the end
 * of a run, because that is what the hints are for: this is what they cost.
 */
export async function benchHintsOnPostgres(): Promise<Line[]> {
  const database = await BenchDatabase.start();
  const { ours, theirs, ratio } = await inTurn(
    ROUNDS,
    () => measure(database, true),
    () => measure(database, false),
  );
  await database.stop();
  return [
    {
      what: `runs/s of ten steps that do nothing, ${SERVERS} servers, with hints against without`,
      ours: `${shown(ours)}/s`,
      against: `${shown(theirs)}/s`,
      ratio,
      aim: `>= ${AIM}`,
      met: ratio >= AIM,
    },
  ];
}

async function measure(database: BenchDatabase, hints: boolean): Promise<number> {
  const servers = await BenchServers.start({ count: SERVERS, databaseUrl: database.url, slots: SLOTS, hints });
  await doAll(database, servers, RUNS / 4);
  const begin = performance.now();
  await doAll(database, servers, RUNS);
  const seconds = (performance.now() - begin) / 1000;
  await servers.stop();
  return RUNS / seconds;
}

async function doAll(database: BenchDatabase, servers: BenchServers, runs: number): Promise<void> {
  await throughput(runs, CLIENTS, () => servers.submit(WAITING.graph_id, { ms: 0 }));
  await database.untilAllEnded();
}
