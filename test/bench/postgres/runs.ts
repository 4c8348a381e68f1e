import { codeReviewDefinitions } from '../../../src/demo/definitions.js';
import { codeReviewGraph } from '../../../src/demo/graph.js';
import { MESSY_CODE } from '../../helpers/demo.js';
import { startPostgres } from '../../helpers/run-postgres.js';
import { demoSteps, openEngine } from '../engines.js';
import { benchFolder, type Line, median, shown, throughputFor } from '../measure.js';
import { openDbos, openJobPerStep } from './peers.js';

const ROUNDS = 3;

/** Runs at a time, and how many seconds each measurement takes. */
const WIDTHS = [
  { width: 50, seconds: 3 },
  { width: 1, seconds: 1.5 },
] as const;

/** What is measured beside the engine on Postgres; without an aim for information. */
const PEERS = {
  dbos: { what: 'DBOS on the same Postgres', aim: 3 },
  jobs: { what: 'pg-boss alone on the same Postgres, with a job for each step and no journal', aim: undefined },
  sqlite: { what: 'the engine on SQLite', aim: undefined },
} as const;

/** Finished demo runs per second of one process on Postgres, against others that do the same work. */
export async function benchRunsOnPostgres(): Promise<Line[]> {
  const folder = benchFolder();
  const postgres = await startPostgres();
  const others = { dbos: databaseOf(postgres.url, 'dbos'), jobs: postgres.url };
  const ours = await openEngine(postgres.url, codeReviewDefinitions);
  const sqlite = await openEngine(folder.path('sqlite.db'), codeReviewDefinitions);
  for (const { engine } of [ours, sqlite]) await engine.createGraph(codeReviewGraph);
  const dbos = await openDbos(others.dbos, demoSteps);
  const jobs = await openJobPerStep(others.jobs, demoSteps);
  const contenders = {
    ours: () => ours.run('demo-review', MESSY_CODE),
    dbos: () => dbos.run('extract', MESSY_CODE),
    jobs: () => jobs.run('extract', MESSY_CODE),
    sqlite: () => sqlite.run('demo-review', MESSY_CODE),
  };
  const measureAll = async (width: number, seconds: number): Promise<Rates> => ({
    ours: await throughputFor(seconds, width, contenders.ours),
    dbos: await throughputFor(seconds, width, contenders.dbos),
    jobs: await throughputFor(seconds, width, contenders.jobs),
    sqlite: await throughputFor(seconds, width, contenders.sqlite),
  });
  await measureAll(50, 1);
  const lines: Line[] = [];
  for (const { width, seconds } of WIDTHS) {
    const rounds: Rates[] = [];
    for (let round = 0; round < ROUNDS; round++) rounds.push(await measureAll(width, seconds));
    lines.push(...compare(rounds, width));
  }
  for (const one of [ours, sqlite, dbos, jobs]) await one.close();
  await postgres.stop();
  folder.remove();
  return lines;
}

type Rates = Readonly<Record<keyof typeof PEERS | 'ours', number>>;

function compare(rounds: readonly Rates[], width: number): Line[] {
  return (['dbos', 'jobs', 'sqlite'] as const).map((peer) => {
    const ratio = median(rounds.map((rates) => rates.ours / rates[peer]));
    const { what, aim } = PEERS[peer];
    // One run alone waits for the disk and the database, whoever drives it: only many at a time have an aim.
    const aimed = width > 1 ? aim : undefined;
    return {
      what: `demo runs/s on Postgres in one process at ${width} in flight, against ${what}`,
      ours: `${shown(median(rounds.map(({ ours }) => ours)))}/s`,
      against: `${shown(median(rounds.map((rates) => rates[peer])))}/s`,
      ratio,
      aim: aimed === undefined ? 'none' : `>= ${aimed}`,
      met: aimed === undefined ? undefined : ratio >= aimed,
    };
  });
}

function databaseOf(url: string, name: string): string {
  const location = new URL(url);
  location.pathname = `/${name}`;
  return location.href;
}
