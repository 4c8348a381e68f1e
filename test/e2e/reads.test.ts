import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ServerProcess, startServer } from '../helpers/server-process.js';
import { temporaryFolder } from '../helpers/temporary-folder.js';
import { ask, startRun, waitForRest } from './client.js';
import { expectOthersServed } from './latency.js';

const STORED = 100_000;
const LINES = 10_000;

const numbers = (count: number) => Array.from({ length: count }, (_, at) => at);
const loop = {
  graph_id: 'loop',
  name: 'loop',
  entry_point: 'a',
  nodes: [{ name: 'a', tool_name: 'set_data', params: { values: { a: '${ run.step }' } } }],
  edges: [{ from_node: 'a', to_node: 'a' }],
};
const asking = {
  graph_id: 'asking',
  name: 'asking',
  entry_point: 'a',
  nodes: [{ name: 'a', tool_name: 'wait_for_input', params: { message: 'Go on?' } }],
};
/** Nearly as large as a picture can be. */
const long = {
  graph_id: 'long',
  name: 'long',
  entry_point: 'n0',
  nodes: numbers(120).map((at) => ({ name: `n${at}`, tool_name: 'set_data', params: { values: { n: at } } })),
  edges: numbers(119).map((at) => ({ from_node: `n${at}`, to_node: `n${at + 1}` })),
};
/** A graph near 1 MiB, with as many nodes and edges as there can be. */
const large = {
  graph_id: 'large',
  name: 'large',
  entry_point: 'node 0',
  nodes: numbers(1000).map((at) => ({
    name: `node ${at}`,
    tool_name: 'set_data',
    params: { values: { text: '${ input_data }', more: 'x'.repeat(700) } },
  })),
  conditional_edges: numbers(999).map((at) => ({
    from_node: `node ${at}`,
    cases: [{ when: `data.text == "${at}"`, to_node: `node ${(at * 7) % 1000}` }],
    otherwise: `node ${at + 1}`,
  })),
};

let server: ServerProcess;
/** A run with more than {@link LINES} log lines, and one of 120 steps. */
let runIds: { readonly lines: string; readonly long: string };

beforeAll(async () => {
  const folder = temporaryFolder();
  server = await startServer(folder);
  for (const graph of [loop, asking, long, large]) {
    expect((await ask(server, 'POST /graph/create', graph)).status).toBe(201);
  }
  const lines = await startRun(server, 'loop', { limits: { max_steps: LINES } });
  const longRun = await startRun(server, 'long', { metadata: { team: 'a', area: 'b' } });
  const waiting = await startRun(server, 'asking', { metadata: { team: 'a', area: 'b' } });
  for (const runId of [lines, longRun, waiting]) await waitForRest(server, runId);
  runIds = { lines, long: longRun };
  await server.end('SIGTERM');
  multiply(join(folder, 'workflow.db'), { finished: longRun, waiting });
  server = await startServer(folder);
}, 240_000);
afterAll(() => server.end('SIGTERM'));

/** Stores many more runs like two that are there. */
function multiply(path: string, { finished, waiting }: { finished: string; waiting: string }): void {
  const database = new Database(path);
  const columns = (table: string) =>
    (database.pragma(`table_info(${table})`) as { name: string }[]).map(({ name }) => name).join(', ');
  // Ids sort by time: they begin with it, and the last 12 digits tell these apart.
  const others = `WITH RECURSIVE other(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM other WHERE n < ?)`;
  const idOf = `substr(original.run_id, 1, 24) || printf('%012x', other.n)`;
  const copy = (table: string, runId: string, count: number): void => {
    const names = columns(table);
    const values = names.replace(/\brun_id\b/, idOf);
    database
      .prepare(
        `${others} INSERT INTO ${table} (${names}) SELECT ${values} FROM other, ${table} original WHERE run_id = ?`,
      )
      .run(count, runId);
  };
  database.transaction(() => {
    for (const runId of [finished, waiting]) {
      copy('workflow_runs', runId, STORED / 2);
      copy('run_metadata', runId, STORED / 2);
    }
    copy('run_events', waiting, STORED / 2);
    database.exec(
      `UPDATE workflow_runs SET started_by_kind = 'schedule', started_by_id = 'nightly' WHERE status = 'WAITING'`,
    );
  })();
  database.close();
}

async function get(path: string, status = 200): Promise<string> {
  const answer = await fetch(server.url + path);
  const text = await answer.text();
  expect(answer.status, text.slice(0, 500)).toBe(status);
  return text;
}

it('a page of 10,000 log lines keeps nobody waiting', async () => {
  await expectOthersServed(server, '10,000 lines', async () => {
    const { logs } = JSON.parse(await get(`/graph/state/${runIds.lines}`));
    expect(logs).toHaveLength(LINES);
  });
});

it.each(['mermaid', 'svg'])('a picture of a large run keeps nobody waiting: %s', async (format) => {
  const draw = async (round: number) => {
    // Each version has a layout of its own, which is kept.
    const { body } = await ask(server, 'PUT /graph/long', { ...long, description: `${format} ${round}` });
    const text = await get(`/graph/long/diagram?format=${format}&version=${body.version}`);
    expect(text).toContain('n119');
    await get(`/graph/runs/${runIds.long}/diagram?format=${format}`);
  };
  // A layout is one turn of some 100 ms, once for each version, and here each ping can meet one.
  await expectOthersServed(server, `picture as ${format}`, draw, format === 'svg' ? 250 : undefined);
});

it('the doctor, a read and a picture of a graph of 1 MB keep nobody waiting', async () => {
  const payload = JSON.stringify(large);
  expect(payload.length).toBeGreaterThan(900_000);
  await expectOthersServed(server, 'doctor', async () => {
    const { status, body } = await ask(server, 'POST /graph/validate', large);
    expect([status, body.errors]).toEqual([200, []]);
  });
  await expectOthersServed(server, 'read of a graph', async () => {
    expect(JSON.parse(await get('/graph/large')).definition.nodes).toHaveLength(1000);
  });
  await expectOthersServed(server, 'picture of a graph', async () => {
    expect(await get('/graph/large/diagram')).toContain('node 999');
  });
});

const FILTERS = [
  '',
  'status=COMPLETED',
  'status=FAILED',
  'status=WAITING,FAILED,COMPLETED',
  'graph_id=long',
  'graph_id=large',
  'graph_id=long&status=WAITING',
  'graph_id=asking&status=COMPLETED',
  'metadata.team=a',
  'metadata.team=b',
  'metadata.team=a&graph_id=large',
  'metadata.team=a&status=FAILED',
  'metadata.team=a&metadata.area=c',
  'submitted_after=2020-01-01T00:00:00Z',
  'submitted_after=2999-01-01T00:00:00Z',
  'submitted_before=2999-01-01T00:00:00Z',
  'submitted_before=2020-01-01T00:00:00Z',
  'order=asc',
  'order=asc&graph_id=asking&status=COMPLETED',
  'error_code=tool_failed',
  'current_node=a',
  'current_node=b',
  'current_node=b&graph_id=asking&order=asc',
  'started_by=api',
  'started_by=api:alice',
  'started_by=schedule',
  'started_by=schedule:nightly',
  'started_by=schedule:nightly&status=WAITING',
  'started_by=run',
  'paused=true',
  'paused=false',
  'paused=true&waiting_for=input',
  'waiting_for=input',
  'waiting_for=timer',
  'waiting_for=input&graph_id=large',
  'waiting_for=input&metadata.area=c',
  'waiting_for=input&status=FAILED',
  'parent_run_id=00000000-0000-7000-8000-000000000000',
];

it.each(FILTERS)('a list over 100,000 runs keeps nobody waiting: %s', async (filter) => {
  await expectOthersServed(server, `list ${filter}`, async () => {
    const { runs, next_cursor: cursor } = JSON.parse(await get(`/graph/runs?limit=200&${filter}`));
    expect(runs.length).toBeLessThanOrEqual(200);
    if (cursor !== null) await get(`/graph/runs?limit=200&cursor=${cursor}&${filter}`);
  });
});
