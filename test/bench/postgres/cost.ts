import { type Line, median, shown, throughputFor } from '../measure.js';
import { BenchDatabase } from './database.js';
import { measureQueue } from './queue-cost.js';
import { BenchServers } from './servers.js';
import { WAITING } from './waiting-tools.js';

const SERVERS = [1, 2, 4] as const;
const ROUNDS = 3;
const WARM_SECONDS = 2;
const SECONDS = 5;
/** Runs in flight on all servers together, and how long each of their steps waits: no processor is busy all the time. */
const IN_FLIGHT = 40;
const WAIT_MS = 50;
/** More than are in flight. */
const SLOTS = 100;
const PROJECTED_CORES = 8;

/** What one run costs. */
interface Cost {
  /** Milliseconds of processor time. */
  readonly postgres: number;
  readonly servers: number;
  readonly commits: number;
  readonly unitsPerCommit: number;
  readonly syncs: number;
  readonly walKilobytes: number;
  /** Milliseconds that statements took, those of the queue and all: with what they wait for locks and processors. */
  readonly queueMs: number;
  readonly statementsMs: number;
  readonly runsPerSecond: number;
}

/** What a run of ten steps costs Postgres and the servers, with the same runs in flight on 1, 2 and 4 servers. */
export async function benchCostOnPostgres(): Promise<Line[]> {
  const database = await BenchDatabase.start();
  const rounds: Cost[][] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const costs: Cost[] = [];
    for (const count of SERVERS) costs.push(await measure(database, count));
    rounds.push(costs);
  }
  const queue = await measureQueue(database);
  await database.stop();
  const costs = SERVERS.map((_, index) => medianCost(rounds.flatMap((round) => round[index] ?? [])));
  const [one, , four] = costs;
  if (one === undefined || four === undefined) throw new Error('Nothing was measured.');
  const ratio = median(rounds.map((round) => (round[2]?.postgres ?? Number.NaN) / (round[0]?.postgres ?? Number.NaN)));
  return [
    {
      what: `ms of CPU that Postgres takes for a run at 4 servers, against 1, ${IN_FLIGHT} in flight in all`,
      ours: `${shown(four.postgres)} ms`,
      against: `${shown(one.postgres)} ms`,
      ratio,
      aim: '<= 1.3',
      met: ratio <= 1.3,
    },
    ...costs.flatMap((cost, index) => describe(SERVERS[index] ?? 0, cost, queue)),
    project(four),
  ];
}

async function measure(database: BenchDatabase, count: number): Promise<Cost> {
  const servers = await BenchServers.start({ count, databaseUrl: database.url, slots: SLOTS });
  let runs = 0;
  const run = async (): Promise<void> => {
    await servers.run(WAITING.graph_id, { ms: WAIT_MS });
    runs += 1;
  };
  await throughputFor(WARM_SECONDS, IN_FLIGHT, run);
  const figures = async () => ({
    work: await database.work(),
    cpu: servers.cpuSeconds(),
    ...(await servers.commits()),
  });
  await database.forgetStatements();
  const before = await figures();
  runs = 0;
  const runsPerSecond = await throughputFor(SECONDS, IN_FLIGHT, run);
  const after = await figures();
  const statements = await database.statementTimes();
  await servers.stop();
  const commits = after.commits - before.commits;
  return {
    postgres: ((after.work.cpuSeconds - before.work.cpuSeconds) * 1000) / runs,
    servers: ((after.cpu - before.cpu) * 1000) / runs,
    commits: commits / runs,
    unitsPerCommit: (after.units - before.units) / commits,
    syncs: (after.work.syncs - before.work.syncs) / runs,
    walKilobytes: (after.work.walBytes - before.work.walBytes) / 1000 / runs,
    queueMs: statements.queue / runs,
    statementsMs: statements.all / runs,
    runsPerSecond,
  };
}

function medianCost(costs: readonly Cost[]): Cost {
  const middle = (key: keyof Cost): number => median(costs.map((cost) => cost[key]));
  return {
    postgres: middle('postgres'),
    servers: middle('servers'),
    commits: middle('commits'),
    unitsPerCommit: middle('unitsPerCommit'),
    syncs: middle('syncs'),
    walKilobytes: middle('walKilobytes'),
    queueMs: middle('queueMs'),
    statementsMs: middle('statementsMs'),
    runsPerSecond: middle('runsPerSecond'),
  };
}

function describe(count: number, cost: Cost, queue: number): Line[] {
  const { postgres, servers, commits, unitsPerCommit, syncs, walKilobytes, queueMs, statementsMs, runsPerSecond } =
    cost;
  return [
    {
      what:
        `CPU of a run at ${count} server(s), Postgres : servers, ${shown(runsPerSecond)} runs/s, ${shown(commits)} ` +
        `commits a run of ${shown(unitsPerCommit)} units each, ${shown(syncs)} syncs, ${shown(walKilobytes)} kB of WAL`,
      ours: `${shown(postgres)} ms`,
      against: `${shown(servers)} ms`,
      ratio: postgres / servers,
      aim: 'none',
      met: undefined,
    },
    {
      what: `CPU of Postgres for the job of a run, alone, against that of the run, at ${count} server(s)`,
      ours: `${shown(queue)} ms`,
      against: `${shown(postgres)} ms`,
      ratio: queue / postgres,
      aim: '<= 0.25',
      met: queue / postgres <= 0.25,
    },
    {
      what: `time of the queue's statements, locks included, against that of all, at ${count} server(s)`,
      ours: `${shown(queueMs)} ms a run`,
      against: `${shown(statementsMs)} ms a run`,
      ratio: queueMs / statementsMs,
      aim: 'none',
      met: undefined,
    },
  ];
}

/** Not measured: what a larger database would do if it were as this one, and had nothing else to wait for. */
function project({ postgres }: Cost): Line {
  const most = (PROJECTED_CORES * 1000) / postgres;
  return {
    what: `PROJECTED runs/s of ${PROJECTED_CORES} cores of Postgres at full CPU : at half of it, to plan with`,
    ours: `${shown(most)}/s`,
    against: `${shown(most / 2)}/s`,
    ratio: 2,
    aim: 'none',
    met: undefined,
  };
}
