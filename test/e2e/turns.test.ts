import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { type ServerProcess, startServer } from '../helpers/server-process.js';
import { temporaryFolder } from '../helpers/temporary-folder.js';
import { until } from '../helpers/until.js';
import { type Answer, ask, startRun } from './client.js';
import { expectOthersServed, latencyDuring } from './latency.js';

let server: ServerProcess;
beforeAll(async () => {
  server = await startServer(temporaryFolder());
});
afterAll(() => server.end('SIGTERM'));

async function askFor(status: number, request: string, payload: object): Promise<Answer['body']> {
  const answer = await ask(server, request, payload);
  expect(answer.status, JSON.stringify(answer.body).slice(0, 500)).toBe(status);
  return answer.body;
}

/** Waits for the end of all runs of a graph, without asking for their states: those can be large. */
async function waitForEnds(graphId: string, status: string): Promise<void> {
  await until(async () => {
    const { body } = await ask(server, `GET /graph/runs?graph_id=${graphId}&limit=200`);
    return body.runs.every((run: { status: string }) => run.status === status) ? true : undefined;
  });
}

const numbers = (count: number) => Array.from({ length: count }, (_, at) => at);
const named = (count: number, make: (at: number) => unknown) =>
  Object.fromEntries(numbers(count).map((at) => [`k${at}`, make(at)]));
const setData = (name: string, values: object) => ({ name, tool_name: 'set_data', params: { values } });

/** The largest valid graphs of several kinds, near 1 MiB: checked, saved, and run for the first time. */
const GRAPHS: Readonly<Record<string, (round: number) => object>> = {
  '85,000 keys of params': () => ({
    nodes: [
      setData(
        'n0',
        named(85_000, () => 1),
      ),
    ],
  }),
  '1,000 nodes with 2,000 expressions': () => ({
    nodes: numbers(1000).map((at) =>
      setData(`n${at}`, { a: '${ data.?a.orValue([1, 2].map(x, x + 1)) }', b: `\${ ${'1 + '.repeat(20)}1 }` }),
    ),
    edges: numbers(999).map((at) => ({ from_node: `n${at}`, to_node: `n${at + 1}` })),
  }),
  '500 schemas in its input_schema': (round) => ({
    nodes: [setData('n0', {})],
    // Another text each time: what was compiled is kept.
    input_schema: {
      title: `${round}`,
      type: 'object',
      properties: named(499, (at) => ({ type: 'string', minLength: at })),
    },
  }),
  '500 schemas in the schema of an answer': (round) => {
    const schema = { title: `${round}`, properties: named(499, (at) => ({ type: 'string', maxLength: at })) };
    return { nodes: [{ name: 'n0', tool_name: 'wait_for_input', params: { message: 'Well?', schema } }] };
  },
};

/** Where runs of them come, if they do not complete. */
const STATUS_AFTER: Readonly<Record<string, string>> = {
  '1,000 nodes with 2,000 expressions': 'FAILED',
  '500 schemas in the schema of an answer': 'WAITING',
};

it.each(Object.entries(GRAPHS))(
  '%s keep nobody waiting, from the check to the first run and the next version',
  async (what, make) => {
    await expectOthersServed(server, what, async (round) => {
      const graphId = `${what.replaceAll(/[^a-z0-9]+/g, '-')}-${round}`;
      const graph = { name: graphId, graph_id: graphId, entry_point: 'n0', ...make(round) };
      expect((await askFor(200, 'POST /graph/validate', graph)).errors).toEqual([]);
      await askFor(201, 'POST /graph/create', graph);
      await startRun(server, graphId, { input_data: {}, limits: { max_steps: 20 } });
      await waitForEnds(graphId, STATUS_AFTER[what] ?? 'COMPLETED');
      expect((await askFor(200, `PUT /graph/${graphId}`, { ...graph, description: 'the next' })).version).toBe(2);
      await ask(server, 'GET /graph');
      expect((await ask(server, `GET /graph/${graphId}`)).body.version).toBe(2);
    });
  },
);

it('a graph with 7,000 findings keeps nobody waiting', async () => {
  const nodes = numbers(1000).map((at) => ({
    ...setData(`node ${at}`, {}),
    tool_name: 'set_date',
    on_error: 'nowhere',
  }));
  const edges = numbers(5000).map((at) => ({ from_node: `node ${at % 1000}`, to_node: `nude ${at}` }));
  await expectOthersServed(server, '7,000 findings', async () => {
    const { errors, warnings } = await askFor(200, 'POST /graph/validate', {
      name: 'w',
      entry_point: 'node 0',
      nodes,
      edges,
    });
    expect(errors.length + warnings.length).toBe(1001);
  });
});

it('decisions of a hundred costly cases keep nobody waiting', async () => {
  const cases = numbers(100).map(() => ({ when: 'data.items.exists(x, x + 1 < 0)', to_node: 'END' }));
  await askFor(201, 'POST /graph/create', {
    name: 'costly',
    graph_id: 'costly',
    entry_point: 'a',
    nodes: [setData('a', { items: numbers(10_000) })],
    conditional_edges: [{ from_node: 'a', cases, otherwise: 'END' }],
  });
  await expectOthersServed(server, '100 costly cases', async () => {
    for (let round = 0; round < 20; round++) await startRun(server, 'costly');
    await waitForEnds('costly', 'FAILED');
  });
});

it('a server that works for 300 ms before it answers is noticed', async () => {
  const code = `
    const { createServer } = require('node:http');
    const worked = () => { const { user, system } = process.cpuUsage(); return (user + system) / 1000; };
    const keep = (ms) => { for (const end = worked() + ms; worked() < end; ); };
    const server = createServer(({ url }, answer) => { if (url === '/busy') keep(300); answer.end(); });
    server.listen(0, '127.0.0.1', () => console.log(server.address().port));`;
  const child = spawn(process.execPath, ['-e', code], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill());
  const [port] = await once(child.stdout, 'data');
  const url = `http://127.0.0.1:${String(port).trim()}`;
  const { longest, p99 } = await latencyDuring({ url, child }, () => fetch(`${url}/busy`));
  expect(longest).toBeGreaterThan(250);
  expect(p99).toBeGreaterThan(250);
});

it('a thousand runs under way keep nobody waiting', async () => {
  await askFor(201, 'POST /graph/create', {
    name: 'loop',
    graph_id: 'loop',
    entry_point: 'a',
    nodes: [setData('a', { a: '${ run.step }' })],
    edges: [{ from_node: 'a', to_node: 'a' }],
  });
  await expectOthersServed(server, '1,000 runs', async () => {
    const limits = { max_steps: 20 };
    // Not all at once: a thousand sockets that are opened in one moment are work for this machine, not for the server.
    for (let round = 0; round < 20; round++) {
      await Promise.all(numbers(50).map(() => startRun(server, 'loop', { limits })));
    }
    await waitForEnds('loop', 'FAILED');
  });
});
