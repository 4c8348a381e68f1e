import { Pool } from 'undici';
import { codeReviewDefinitions } from '../../../src/demo/definitions.js';
import { codeReviewGraph } from '../../../src/demo/graph.js';
import { MESSY_CODE } from '../../helpers/demo.js';
import { openEngine } from '../engines.js';
import { benchFolder, type Line, median, shown, throughput } from '../measure.js';
import { type BuiltServer, DEMO_RUN, startBuiltServer } from './built-server.js';
import { type Load, load, medianOf, shownLoad } from './load.js';

const ROUNDS = 3;
const SECONDS = 4;
const POLL_MS = 5;

/** Finished demo runs per second as users call the server, against the engine in process. */
export async function benchRunsOverHttp(): Promise<Line[]> {
  const folder = benchFolder();
  const engine = await openEngine(folder.path('engine.db'), codeReviewDefinitions);
  await engine.engine.createGraph(codeReviewGraph);
  const server = await startBuiltServer();
  const inProcess = (width: number, total: number): Promise<number> =>
    throughput(total, width, () => engine.run('demo-review', MESSY_CODE));
  const waited = (connections: number, seconds = SECONDS): Promise<Load> =>
    load(server, { path: '/graph/run?wait=60', connections, seconds, body: DEMO_RUN });
  await inProcess(50, 1000);
  await waited(50, 2);
  const lines: Line[] = [];
  for (const [width, total] of [
    [50, 2000],
    [1, 300],
  ] as const) {
    const rounds: { engine: number; waited: Load; polled: number }[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      rounds.push({
        engine: await inProcess(width, total),
        waited: await waited(width),
        polled: await pollRuns(server, width, total / 2),
      });
    }
    const against = `${shown(median(rounds.map((round) => round.engine)))}/s`;
    const line = (what: string, ours: string, aim: number, rate: (round: (typeof rounds)[number]) => number): Line => {
      const ratio = median(rounds.map((round) => rate(round) / round.engine));
      return { what, ours, against, ratio, aim: `>= ${aim}`, met: ratio >= aim };
    };
    const shownWaited = shownLoad(medianOf(rounds.map((round) => round.waited)));
    const shownPolled = `${shown(median(rounds.map(({ polled }) => polled)))}/s`;
    const against50 = `at ${width} in flight, against the engine in process`;
    lines.push(
      line(`demo runs/s with ?wait=, ${against50}`, shownWaited, 0.65, (round) => round.waited.rate),
      line(`demo runs/s polled every ${POLL_MS} ms, ${against50}`, shownPolled, POLLED_AIM, (round) => round.polled),
    );
  }
  await server.end();
  await engine.close();
  folder.remove();
  return lines;
}

/** A poll every 5 ms is some two polls of a run at the speed of the engine, so half of it can be had at most. */
const POLLED_AIM = 0.4;

/** Starts runs, asks each for its state until it has ended; runs per second. */
async function pollRuns({ url }: BuiltServer, width: number, total: number): Promise<number> {
  const pool = new Pool(url, { connections: width });
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify(DEMO_RUN);
  const rate = await throughput(total, width, async () => {
    const started = await pool.request({ path: '/graph/run', method: 'POST', headers, body });
    const { run_id: runId } = (await started.body.json()) as { run_id: string };
    for (let status = ''; status !== 'COMPLETED'; ) {
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      const answer = await pool.request({ path: `/graph/state/${runId}`, method: 'GET' });
      status = ((await answer.body.json()) as { status: string }).status;
      if (status === 'FAILED') throw new Error(`run ${runId} failed`);
    }
  });
  await pool.close();
  return rate;
}
