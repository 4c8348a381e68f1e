import { codeReviewDefinitions } from '../../../src/demo/definitions.js';
import { codeReviewGraph } from '../../../src/demo/graph.js';
import { MESSY_CODE } from '../../helpers/demo.js';
import { openEngine } from '../engines.js';
import { benchFolder, type Line, median, shown, throughput } from '../measure.js';
import { type BuiltServer, DEMO_RUN, startBuiltServer } from './built-server.js';
import { type Load, load, medianOf, shownLoad } from './load.js';

const ROUNDS = 3;
const SECONDS = 1.5;
const CONNECTIONS = 20;
const STATE_AIM = 0.5;
const LIST_AIM = 0.25;
/** 300 kB in an answer are a thousand times those of the bare route. */
const LONG_AIM = 0.05;

/** Something to read, and the share of the rate of `GET /health/live` that it should reach. */
interface Target {
  readonly what: string;
  readonly path: string;
  readonly aim: number;
}

/** States, steps and graphs read per second, against `GET /health/live`. */
export async function benchReads(): Promise<Line[]> {
  const server = await startBuiltServer();
  const { run_id: finished } = await server.post<{ run_id: string }>('/graph/run?wait=60', DEMO_RUN);
  await server.post('/graph/create', COUNTING);
  const { runId: live } = await startWaiting(server, 10);
  const { runId: long, logs } = await startWaiting(server, 5000);
  const lines = await measure(server, [
    { what: 'GET /graph/state of a finished run', path: `/graph/state/${finished}`, aim: STATE_AIM },
    { what: 'GET /graph/state of a live run', path: `/graph/state/${live}`, aim: STATE_AIM },
    {
      what: 'GET /graph/state of a live run of 5,000 steps, its last ten log lines',
      path: `/graph/state/${long}?logs_after=${logs - 10}`,
      aim: STATE_AIM,
    },
    { what: 'the same with all its lines, 300 kB', path: `/graph/state/${long}`, aim: LONG_AIM },
    { what: 'GET /graph/runs/{id}/steps of a finished run', path: `/graph/runs/${finished}/steps`, aim: LIST_AIM },
    { what: 'GET /graph/{id}', path: '/graph/demo-review', aim: LIST_AIM },
    { what: 'GET /graph', path: '/graph', aim: LIST_AIM },
  ]);
  await server.end();
  return lines;
}

/** Lists of runs per second, against `GET /health/live`, with few and with many runs stored. */
export async function benchLists(): Promise<Line[]> {
  const lines: Line[] = [];
  for (const stored of [1000, 100_000]) {
    const folder = benchFolder();
    const path = folder.path('runs.db');
    const engine = await openEngine(path, codeReviewDefinitions);
    await engine.engine.createGraph(codeReviewGraph);
    await throughput(stored, 100, () => engine.run('demo-review', MESSY_CODE));
    const labelled = { graphId: 'demo-review', inputData: MESSY_CODE, metadata: { team: 'a' } };
    await throughput(100, 100, () => engine.engine.startRun(labelled));
    await engine.close();
    const server = await startBuiltServer(path);
    const targets = FILTERS.map((filter) => ({
      what: `GET /graph/runs?limit=50${filter}, ${shown(stored)} runs stored`,
      path: `/graph/runs?limit=50${filter}`,
      aim: LIST_AIM,
    }));
    lines.push(...(await measure(server, targets)));
    await server.end();
    folder.remove();
  }
  return lines;
}

const FILTERS = [
  '',
  '&status=COMPLETED',
  '&status=FAILED',
  '&graph_id=demo-review',
  '&metadata.team=a',
  '&submitted_after=2020-01-01T00:00:00Z',
  '&waiting_for=input',
];

/** The rates of all targets and of the bare route in turn, so that a slow minute hits all of them. */
async function measure(server: BuiltServer, targets: readonly Target[]): Promise<Line[]> {
  const bare: Load[] = [];
  const rounds: Load[][] = [];
  const read = (path: string, seconds = SECONDS): Promise<Load> =>
    load(server, { path, connections: CONNECTIONS, seconds });
  await read('/health/live');
  for (const { path } of targets) await read(path, 0.5);
  for (let round = 0; round < ROUNDS; round++) {
    bare.push(await read('/health/live'));
    const loads: Load[] = [];
    for (const { path } of targets) loads.push(await read(path));
    rounds.push(loads);
  }
  return targets.map(({ what, aim }, index) => {
    const loads = rounds.map((round) => round[index] as Load);
    const ratio = median(loads.map(({ rate }, round) => rate / (bare[round] as Load).rate));
    const against = `${shown(medianOf(bare).rate)}/s`;
    return { what, ours: shownLoad(medianOf(loads)), against, ratio, aim: `>= ${aim}`, met: ratio >= aim };
  });
}

/** Counts up to what its input says, one step for each, and then waits for a person. */
const COUNTING = {
  graph_id: 'counting',
  name: 'Counting',
  entry_point: 'count',
  nodes: [
    { name: 'count', tool_name: 'set_data', params: { values: { n: '${ has(data.n) ? data.n + 1 : 1 }' } } },
    { name: 'ask', tool_name: 'wait_for_input', params: { message: 'Go on?' } },
  ],
  edges: [],
  conditional_edges: [
    { from_node: 'count', cases: [{ when: 'data.n < input_data', to_node: 'count' }], otherwise: 'ask' },
  ],
  limits: { max_steps: 10_000 },
};

/** Starts a run that waits after so many steps; returns its id, and how many log lines it has. */
async function startWaiting(server: BuiltServer, steps: number): Promise<{ runId: string; logs: number }> {
  const body = { graph_id: 'counting', input_data: steps };
  const { run_id: runId } = await server.post<{ run_id: string }>('/graph/run', body);
  const state = await fetch(`${server.url}/graph/state/${runId}?wait=60&logs_after=10000`);
  const { status, logs_total: logs } = (await state.json()) as { status: string; logs_total: number };
  if (status !== 'WAITING') throw new Error(`the run is ${status}`);
  return { runId, logs };
}
