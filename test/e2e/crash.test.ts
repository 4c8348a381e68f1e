import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { type ServerProcess, startServer } from '../helpers/server-process.js';
import { temporaryFolder } from '../helpers/temporary-folder.js';

/** Tools that leave a trace outside of the database each time they are called. */
const TOOLS = `
import { appendFileSync } from 'node:fs';
const traced = (name, run) => ({
  name,
  async run(state, context) {
    appendFileSync('calls.log', context.idempotencyKey + ' ' + context.node + ' ' + context.attempt + '\\n');
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 6));
    return run(state, context);
  },
});
export const begin = traced('begin', () => ({ rounds: 0, seen: [] }));
export const work = traced('work', ({ data }, { idempotencyKey }) => ({ rounds: data.rounds + 1, seen: [...data.seen, idempotencyKey] }));
export const again = { name: 'again', outcomes: ['work', 'END'], choose: ({ data, input_data }) => (data.rounds < input_data.rounds ? 'work' : 'END') };
`;

const GRAPH = {
  graph_id: 'traced',
  name: 'Traced',
  entry_point: 'begin',
  nodes: [
    { name: 'begin', tool_name: 'begin' },
    { name: 'work', tool_name: 'work' },
  ],
  edges: [{ from_node: 'begin', to_node: 'work' }],
  conditional_edges: [{ from_node: 'work', condition_function: 'again' }],
};

const KILLS = 8;

async function post(url: string, body: unknown): Promise<Response> {
  return fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
}

/** Starts runs, several at a time, until the server is gone. Only acknowledged runs count. */
async function load(server: ServerProcess, acknowledged: Map<string, number>): Promise<void> {
  const client = async () => {
    for (;;) {
      const rounds = 1 + Math.floor(Math.random() * 12);
      try {
        const answer = await post(`${server.url}/graph/run`, { graph_id: 'traced', input_data: { rounds } });
        const { run_id } = (await answer.json()) as { run_id: string };
        if (answer.status === 202) acknowledged.set(run_id, rounds);
      } catch {
        return;
      }
    }
  };
  await Promise.all([client(), client(), client()]);
}

it('survives SIGKILL at random moments under load: every acknowledged run finishes and no finished step is repeated', async () => {
  const cwd = temporaryFolder();
  writeFileSync(join(cwd, 'traced.mjs'), TOOLS);
  const env = { TOOLS: 'traced.mjs', LOG_LEVEL: 'info', MAX_CONCURRENT_RUNS: '40' };
  const acknowledged = new Map<string, number>();

  for (let kill = 0; kill < KILLS; kill++) {
    const server = await startServer(cwd, env);
    if (kill === 0) expect((await post(`${server.url}/graph/create`, GRAPH)).status).toBe(201);
    const loaded = load(server, acknowledged);
    await new Promise((resolve) => setTimeout(resolve, 50 + Math.random() * 500));
    await server.end('SIGKILL');
    await loaded;
  }

  const server = await startServer(cwd, env);
  expect(acknowledged.size).toBeGreaterThan(KILLS * 3);
  for (const [runId, rounds] of acknowledged) {
    const answer = await fetch(`${server.url}/graph/state/${runId}?wait=60`);
    const state = (await answer.json()) as {
      status: string;
      data: { rounds: number; seen: string[] };
      step_count: number;
    };
    expect(state).toMatchObject({ status: 'COMPLETED', step_count: rounds + 1, data: { rounds } });
    // Keys are stable: what each step stored is its own key.
    expect(state.data.seen).toEqual(Array.from({ length: rounds }, (_, index) => `${runId}/${index + 2}`));
  }
  expect(await server.end('SIGTERM')).toBe(0);

  let repeated = 0;
  const lastStep = new Map<string, number>();
  for (const line of readFileSync(join(cwd, 'calls.log'), 'utf8').trimEnd().split('\n')) {
    const [key = '', , attempt] = line.split(' ');
    const [runId = '', step] = key.split('/');
    const before = lastStep.get(runId) ?? 0;
    // A step starts only after the one before is durable. So a call of an earlier one would be a repeat of a finished step.
    expect(Number(step) === before || Number(step) === before + 1, `${line} after step ${before}`).toBe(true);
    expect(attempt).toBe('1');
    if (Number(step) === before) repeated += 1;
    lastStep.set(runId, Number(step));
  }
  // The test would prove nothing if no kill had ever hit a step in flight.
  expect(repeated).toBeGreaterThan(0);
  expect(repeated).toBeLessThanOrEqual(KILLS * 40);
}, 180_000);
