import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { type ServerProcess, startServer } from '../helpers/server-process.js';
import { temporaryFolder } from '../helpers/temporary-folder.js';
import { callsIn } from '../helpers/traced-calls.js';
import { MIXED, MIXED_DATA, TRACED, winnersIn } from '../helpers/traced-graphs.js';
import { until } from '../helpers/until.js';
import { databaseOf, isPostgres } from './database.js';
import { Movers, saveParked } from './movers.js';
import { FAILING, Operators } from './operators.js';
import { json, post } from './requests.js';

/** Tools that leave a trace outside of the database each time they are called, and take some milliseconds as work does. */
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
export const keep = traced('keep', ({ data }) => ({ seen: [...data.seen, data.signal] }));
export const flaky = traced('flaky', (_state, { attempt }) => {
  if (attempt < 3) throw new Error('not yet');
  return { tries: attempt };
});
export const breaks = traced('breaks', () => { throw new Error('broken'); });
export const leaf = traced('leaf', (_state, { item, index }) => ({ item, index }));
export const sum = traced('sum', ({ data }) => ({ total: data.leaves.reduce((all, { item }) => all + item, 0) }));
`;

const SIGNALS = [0, 1, 2, 3, 4];

/** Takes signals, one after the other. */
const SIGNALLED = {
  graph_id: 'signalled',
  name: 'Signalled',
  entry_point: 'begin',
  nodes: [
    { name: 'begin', tool_name: 'begin' },
    { name: 'next', tool_name: 'wait_for_signal', params: { name: 'next', save_as: 'signal' } },
    { name: 'keep', tool_name: 'keep' },
  ],
  edges: [
    { from_node: 'begin', to_node: 'next' },
    { from_node: 'next', to_node: 'keep' },
  ],
  conditional_edges: [
    { from_node: 'keep', cases: [{ when: `size(data.seen) < ${SIGNALS.length}`, to_node: 'next' }], otherwise: 'END' },
  ],
};

/** On Postgres, the others wait for the claims of the one that was killed. */
const KILLS = isPostgres ? 2 : 10;
const SLOTS = 40;
/** How many calls each server makes before it is killed: at least, and at most so many more. */
const MIN_CALLS = 50;
const MORE_CALLS = 500;

/** Answers every run that waits for somebody. */
async function answerAll(url: string): Promise<void> {
  const { runs } = await json<{ runs: { run_id: string }[] }>(fetch(`${url}/graph/runs?waiting_for=input&limit=200`));
  for (const { run_id } of runs) await post(`${url}/graph/runs/${run_id}/resume`, { payload: 7 });
}

/** Sends a run its signals in order, each when the one before is acknowledged. They can have been sent before. */
async function sendAll(url: string, runId: string): Promise<void> {
  for (const payload of SIGNALS) {
    const key = { 'idempotency-key': `signal ${payload}` };
    const answer = await post(`${url}/graph/runs/${runId}/signals/next`, { payload }, key);
    expect(answer.status).toBe(202);
  }
}

interface Load {
  readonly acknowledged: Map<string, number>;
  readonly signalled: Set<string>;
  readonly operators: Operators;
  readonly movers: Movers;
}

/** Starts runs and answers waits, several clients at a time, until the server is gone. Only acknowledged runs count. */
async function load(
  { url, child }: ServerProcess,
  { acknowledged, signalled, operators, movers }: Load,
): Promise<void> {
  const once = async (request: () => Promise<void>) => {
    try {
      await request();
    } catch (error) {
      if (!child.killed) throw error;
    }
  };
  const again = async (request: () => Promise<void>) => {
    try {
      for (;;) await request();
    } catch {
      // The server was killed.
    }
  };
  const starting = async () => {
    const rounds = Math.random() < 0.4 ? 0 : 1 + Math.floor(Math.random() * 10);
    const body = rounds === 0 ? { graph_id: 'mixed' } : { graph_id: 'traced', input_data: { rounds } };
    const answer = await post(`${url}/graph/run`, body);
    const { run_id } = (await answer.json()) as { run_id: string };
    if (answer.status === 202) acknowledged.set(run_id, rounds);
  };
  const signalling = async () => {
    const { run_id } = await json<{ run_id: string }>(post(`${url}/graph/run`, { graph_id: 'signalled' }));
    signalled.add(run_id);
    await sendAll(url, run_id);
  };
  const asking = [again(starting), again(starting), again(signalling), again(() => answerAll(url))];
  const requests = [...asking, again(() => movers.moveSome(url))];
  const operating = [
    once(() => operators.pauseSome(url, acknowledged)),
    once(() => operators.unpauseSome(url)),
    once(() => operators.correctSome(url)),
  ];
  await Promise.all([...requests, ...operating]);
}

interface State {
  readonly status: string;
  readonly data: {
    readonly seen: string[];
    readonly aside: { readonly run_id: string };
    readonly votes: readonly unknown[];
  };
  readonly step_count: number;
}

async function finalState(url: string, runId: string): Promise<State> {
  for (let tries = 0; tries < 200; tries++) {
    const state = await json<State>(fetch(`${url}/graph/state/${runId}?wait=5`));
    if (['COMPLETED', 'FAILED', 'CANCELLED'].includes(state.status)) return state;
    await answerAll(url);
  }
  throw new Error(`run ${runId} does not end`);
}

/** Two branches won, which are those that the journal names, and none has outlived the run. */
async function checkQuorum(url: string, runId: string, won: readonly number[]): Promise<void> {
  const { steps } = await json<{ steps: { node: string; decision: { branches?: { winners: number[] } } }[] }>(
    fetch(`${url}/graph/runs/${runId}/steps`),
  );
  const { winners = [] } = steps.find(({ node }) => node === 'end')?.decision.branches ?? {};
  expect(winners.toSorted()).toEqual(won);
  expect(won).toHaveLength(2);
  const { runs } = await json<{ runs: { status: string }[] }>(
    fetch(`${url}/graph/runs?parent_run_id=${runId}&limit=200`),
  );
  expect(runs).toHaveLength(8);
  for (const { status } of runs) expect(['COMPLETED', 'CANCELLED']).toContain(status);
}

/** Reads the trace: which steps of which runs were called, in what order. */
function checkCalls(cwd: string): number {
  let repeated = 0;
  const last = new Map<string, { step: number; attempt: number }>();
  for (const line of callsIn(cwd)) {
    const [key = '', , tried = ''] = line.split(' ');
    const [runId = '', number = ''] = key.split('/');
    const step = Number(number);
    const attempt = Number(tried);
    const before = last.get(runId) ?? { step: 0, attempt: 1 };
    // A step starts only after the one before is durable. So a call of an earlier step, or of an earlier attempt,
    // would be a repeat of a finished one.
    const isLater = step > before.step && attempt === 1;
    const isSame = step === before.step && (attempt === before.attempt || attempt === before.attempt + 1);
    expect(isLater || isSame, `${line} after step ${before.step}, attempt ${before.attempt}`).toBe(true);
    if (step === before.step && attempt === before.attempt) repeated += 1;
    last.set(runId, { step, attempt });
  }
  return repeated;
}

it('survives SIGKILL at random moments under load: every acknowledged run finishes, no finished step is repeated', async () => {
  const cwd = temporaryFolder();
  writeFileSync(join(cwd, 'traced.mjs'), TOOLS);
  const env = {
    ...(await databaseOf(cwd)),
    TOOLS: 'traced.mjs',
    LOG_LEVEL: 'info',
    MAX_CONCURRENT_RUNS: String(SLOTS),
  };
  const acknowledged = new Map<string, number>();
  const signalled = new Set<string>();
  const operators = new Operators(cwd);
  const movers = new Movers();

  for (let kill = 0; kill < KILLS; kill++) {
    const server = await startServer(cwd, env);
    if (kill === 0) {
      expect((await post(`${server.url}/graph/create`, TRACED)).status).toBe(201);
      expect((await post(`${server.url}/graph/create`, MIXED)).status).toBe(201);
      expect((await post(`${server.url}/graph/create`, SIGNALLED)).status).toBe(201);
      expect((await post(`${server.url}/graph/create`, FAILING)).status).toBe(201);
      await saveParked(server.url);
    }
    await movers.check(server.url);
    const loaded = load(server, { acknowledged, signalled, operators, movers });
    // Counted in calls and not in time, so that a slow machine gets as far as a fast one.
    const enough = callsIn(cwd).length + MIN_CALLS + Math.floor(Math.random() * MORE_CALLS);
    await until(() => callsIn(cwd).length >= enough, 60_000);
    await server.end('SIGKILL');
    await loaded;
    operators.checkRest();
  }

  const server = await startServer(cwd, env);
  expect(operators.pauses).toBeGreaterThan(KILLS);
  await operators.unpauseAll(server.url);
  await operators.checkCorrected(server.url);
  await movers.finish(server.url);
  expect(movers.moves).toBeGreaterThan(KILLS);
  expect(acknowledged.size).toBeGreaterThan(KILLS * 3);
  expect([...acknowledged.values()].filter((rounds) => rounds === 0).length).toBeGreaterThan(KILLS);
  for (const [runId, rounds] of acknowledged) {
    const state = await finalState(server.url, runId);
    if (rounds === 0) {
      expect(state).toMatchObject({ status: 'COMPLETED', data: MIXED_DATA });
      await checkQuorum(server.url, runId, winnersIn(state.data));
      // The run that it started and did not wait for is there once.
      const { runs } = await json<{ runs: { run_id: string }[] }>(
        fetch(`${server.url}/graph/runs?metadata.from=${runId}`),
      );
      expect(runs.map(({ run_id }) => ({ run_id }))).toEqual([state.data.aside]);
      expect(await finalState(server.url, state.data.aside.run_id)).toMatchObject({ status: 'COMPLETED' });
    } else {
      expect(state).toMatchObject({ status: 'COMPLETED', step_count: rounds + 1, data: { rounds } });
      // Keys are stable: what each step stored is its own key.
      expect(state.data.seen).toEqual(Array.from({ length: rounds }, (_, index) => `${runId}/${index + 2}`));
    }
  }
  expect(signalled.size).toBeGreaterThanOrEqual(KILLS);
  for (const runId of signalled) {
    // What was not acknowledged is sent again. What was is not sent twice, and comes in order.
    await sendAll(server.url, runId);
    expect(await finalState(server.url, runId)).toMatchObject({ status: 'COMPLETED', data: { seen: SIGNALS } });
  }
  expect(await server.end('SIGTERM')).toBe(0);

  // The test would prove nothing if no kill had ever hit a step in flight.
  const repeated = checkCalls(cwd);
  expect(repeated).toBeGreaterThan(0);
  expect(repeated).toBeLessThanOrEqual(KILLS * SLOTS);
}, 240_000);
