import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'vitest';
import type { Answer } from '../e2e/client.js';
import { temporaryFolder } from '../helpers/temporary-folder.js';
import { GRAPHS } from '../helpers/traced-graphs.js';
import { until } from '../helpers/until.js';
import { Cluster } from './servers.js';
import { openTrace, type Trace } from './trace.js';

/** Tools that harm their process, and one that takes longer than a heartbeat. */
const TOOLS = `
import { existsSync, writeFileSync } from 'node:fs';
export const spin = {
  name: 'spin',
  run() {
    if (existsSync('spun')) return { spun: true };
    writeFileSync('spun', '');
    for (const until = Date.now() + 15_000; Date.now() < until; );
    return { spun: false };
  },
};
export const poison = { name: 'poison', run: () => void process.kill(process.pid, 'SIGKILL') };
export const slow = { name: 'slow', run: () => new Promise((resolve) => setTimeout(resolve, 25_000, { slow: true })) };
`;

/** A graph of one node. */
export const single = (tool: string, params: object = {}) => ({
  graph_id: tool,
  name: tool,
  entry_point: tool,
  nodes: [{ name: tool, tool_name: tool, params }],
});

/** Servers of one test. */
export interface Setting {
  readonly cluster: Cluster;
  readonly trace: Trace;
  readonly folder: string;
  /** What the servers have in their environment. */
  readonly env: Record<string, string>;
  /** Starts runs, each with so many rounds, and resolves with their ids. */
  start(runs: number, rounds: number): Promise<string[]>;
  /** Holds that runs end right. */
  finish(runIds: readonly string[], rounds: number): Promise<void>;
}

/** Starts servers on a database, with tools and graphs. They are stopped when the test ends. */
export async function openSetting(
  { onTestFinished, expect }: Pick<TestContext, 'onTestFinished' | 'expect'>,
  servers: number,
  database: string,
): Promise<Setting> {
  const folder = temporaryFolder();
  const trace = openTrace(folder);
  writeFileSync(join(folder, 'harmful.mjs'), TOOLS);
  const env = {
    ...trace.env,
    TOOLS: './traced.mjs,./harmful.mjs',
    DATABASE_URL: database,
    MAX_CONCURRENT_RUNS: '30',
  };
  const cluster = await Cluster.start(servers, folder, env);
  onTestFinished(async () => {
    await cluster.stop();
  });
  const graphs = [...GRAPHS, single('spin'), single('poison'), single('slow')];
  for (const graph of graphs) expect((await cluster.ask('POST /graph/create', graph))?.status).toBe(201);
  const start = async (runs: number, rounds: number): Promise<string[]> => {
    const body = { graph_id: 'traced', input_data: { rounds } };
    const answers = Array.from({ length: runs }, () =>
      cluster.ask('POST /graph/run', body, { 'idempotency-key': crypto.randomUUID() }),
    );
    return (await Promise.all(answers)).map((answer) => {
      expect(answer?.status).toBe(202);
      return answer!.body.run_id;
    });
  };
  const finish = async (runIds: readonly string[], rounds: number): Promise<void> => {
    for (const runId of runIds) {
      const state = await finalState(cluster, runId);
      expect(state).toMatchObject({ status: 'COMPLETED', step_count: rounds + 1 });
      expect(state.data.seen).toEqual(Array.from({ length: rounds }, (_, index) => `${runId}/${index + 2}`));
    }
  };
  return { cluster, trace, folder, env, start, finish };
}

/** Resolves with the state of a run when it has ended, whatever becomes of the servers meanwhile. */
export async function finalState(cluster: Cluster, runId: string): Promise<Answer['body']> {
  return until(async () => {
    const answer = await cluster.ask(`GET /graph/state/${runId}?wait=5`);
    return ['COMPLETED', 'FAILED', 'CANCELLED'].includes(answer?.body?.status) ? answer!.body : undefined;
  }, 120_000);
}
