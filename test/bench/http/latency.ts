import { setData } from '../../../src/tools/set-data.js';
import { openEngine } from '../engines.js';
import { benchFolder, type Line, median, shown, throughput } from '../measure.js';
import { DEMO_RUN, startBuiltServer } from './built-server.js';
import { type Load, load, medianOf, shownLoad } from './load.js';

const ROUNDS = 3;
const SECONDS = 3;

/** How long starts of runs wait while runs execute: the slowest of a hundred against the middle one. */
export async function benchStartLatency(): Promise<Line[]> {
  const server = await startBuiltServer();
  const starts = (seconds: number): Promise<Load> =>
    load(server, { path: '/graph/run', connections: 50, seconds, body: DEMO_RUN });
  const rounds: Load[] = [];
  await server.post('/graph/run?wait=60', DEMO_RUN);
  // Runs that execute keep as many from being acknowledged as the queue takes: a short time shows it, and leaves few behind.
  for (let round = 0; round < ROUNDS; round++) {
    rounds.push(await starts(1));
    await untilIdle(server.url);
  }
  const all = medianOf(rounds);
  const ratio = median(rounds.map(({ p50, p99 }) => p99 / p50));
  await server.end();
  return [
    {
      what: 'p99 of POST /graph/run at 50 connections while runs execute, against its p50',
      ours: shownLoad(all),
      against: `${all.p50} ms`,
      ratio,
      aim: '<= 4',
      met: ratio <= 4,
    },
  ];
}

async function untilIdle(url: string): Promise<void> {
  for (;;) {
    const unfinished = await fetch(`${url}/graph/runs?status=SUBMITTED,RUNNING&limit=1`);
    const { runs } = (await unfinished.json()) as { runs: unknown[] };
    if (runs.length === 0) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/**
 * Workflows of 1, 3 and 9 steps with `?wait=`, each step durable before the next, at low load (1 in flight) and at high
 * load (50): the form that Restate publishes its figures in. Against the engine in process.
 */
export async function benchSteps(): Promise<Line[]> {
  const folder = benchFolder();
  const engine = await openEngine(folder.path('engine.db'), [setData]);
  const server = await startBuiltServer();
  const lines: Line[] = [];
  for (const steps of [1, 3, 9]) {
    await engine.engine.createGraph(graphOf(steps));
    await server.post('/graph/create', graphOf(steps));
    for (const width of [1, 50]) {
      const rounds: { ours: Load; engine: number }[] = [];
      for (let round = 0; round < ROUNDS; round++) {
        const path = '/graph/run?wait=60';
        const body = { graph_id: `steps-${steps}`, input_data: null };
        const ours = await load(server, { path, connections: width, seconds: SECONDS, body });
        const total = width === 1 ? 500 : 4000;
        rounds.push({ ours, engine: await throughput(total, width, () => engine.run(`steps-${steps}`, null)) });
      }
      const ratio = median(rounds.map(({ ours, engine: inProcess }) => ours.rate / inProcess));
      lines.push({
        what: `runs/s of ${steps} ${steps === 1 ? 'step' : 'steps'} with ?wait=, ${width} in flight, against the engine in process`,
        ours: shownLoad(medianOf(rounds.map(({ ours }) => ours))),
        against: `${shown(median(rounds.map(({ engine: inProcess }) => inProcess)))}/s`,
        ratio,
        aim: '>= 0.65',
        met: ratio >= 0.65,
      });
    }
  }
  await server.end();
  await engine.close();
  folder.remove();
  return lines;
}

/** A chain of so many steps. */
function graphOf(steps: number) {
  const names = Array.from({ length: steps }, (_, index) => `step_${index}`);
  return {
    graph_id: `steps-${steps}`,
    name: `Steps ${steps}`,
    entry_point: 'step_0',
    nodes: names.map((name) => ({ name, tool_name: 'set_data', params: { values: { done: true } } })),
    edges: names.slice(1).map((to_node, index) => ({ from_node: `step_${index}`, to_node })),
  };
}
