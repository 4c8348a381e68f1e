import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { countRows, DAMAGES, damage } from '../helpers/damage.js';
import { startTestServer, type TestServer } from '../helpers/server.js';

const WAITS = {
  graph_id: 'waits',
  name: 'waits',
  entry_point: 'work',
  nodes: [
    { name: 'work', tool_name: 'set_data', params: { values: { n: 1 } } },
    { name: 'ask', tool_name: 'wait_for_input', params: { message: '?' } },
  ],
  edges: [{ from_node: 'work', to_node: 'ask' }],
};

/** Every request that reads a run. */
const READS: readonly (readonly [request: string, body?: object])[] = [
  ['GET /graph/state/RUN'],
  ['GET /graph/state/RUN?wait=10'],
  ['GET /graph/runs/RUN/steps'],
  ['GET /graph/runs/RUN/events'],
  ['GET /graph/runs/RUN/diagram'],
  ['GET /graph/runs/RUN/diff/SOUND'],
  ['GET /graph/runs/SOUND/diff/RUN'],
  ['POST /graph/runs/RUN/resume', { payload: 1 }],
  ['POST /graph/runs/RUN/retry', {}],
  ['POST /graph/runs/RUN/fork', { from_step: 1 }],
];

let server: TestServer;
const runs = new Map<string, string>();
let sound: string;

/** A run that waits for a person, and has a row. */
async function startWaiting(from: TestServer, metadata: object = {}): Promise<string> {
  const { body } = await from.ask('POST /graph/run?wait=10', { graph_id: 'waits', metadata });
  expect((await from.ask(`GET /graph/state/${body.run_id}?wait=10`)).body.status).toBe('WAITING');
  return body.run_id;
}

beforeAll(async () => {
  const before = await startTestServer();
  await before.ask('POST /graph/create', WAITS);
  for (const name of Object.keys(DAMAGES)) runs.set(name, await startWaiting(before, { is: 'damaged' }));
  sound = await startWaiting(before);
  await before.stop();
  for (const [name, statement] of Object.entries(DAMAGES)) damage(before.path, runs.get(name) ?? '', statement);
  server = await startTestServer({ path: before.path });
});
afterAll(() => server.stop());

describe.each(Object.keys(DAMAGES))('a run with %s', (name) => {
  const of = (request: string) => request.replace('RUN', runs.get(name) ?? '').replace('SOUND', sound);

  it('answers 409 to whatever reads it, and says which run it is and what to do', async () => {
    for (const [request, payload] of READS) {
      const { status, body } = await server.ask(of(request), payload);
      expect([request, status, body?.code]).toEqual([request, 409, 'run_unreadable']);
      expect(body.detail).toMatch(/^Run \S+ cannot be read: .*(record \d|journal).*\. Cancel and delete the run/);
      expect(body.detail).toContain(runs.get(name));
    }
  });

  it('is listed, cancelled without being read, and deleted', async () => {
    const runId = runs.get(name);
    const listed = async (status: string) => {
      const { body } = await server.ask(`GET /graph/runs?metadata.is=damaged&status=${status}&limit=100`);
      return body.runs.some((run: { run_id: string }) => run.run_id === runId);
    };
    expect(await listed('WAITING')).toBe(true);
    expect((await server.ask(of('DELETE /graph/runs/RUN'))).body.code).toBe('run_active');
    const cancelled = await server.ask(of('POST /graph/runs/RUN/cancel'));
    expect([cancelled.status, cancelled.body]).toEqual([202, { run_id: runId, status: 'CANCELLED' }]);
    expect([await listed('WAITING'), await listed('CANCELLED')]).toEqual([false, true]);
    expect((await server.ask(of('POST /graph/runs/RUN/cancel'))).body.code).toBe('run_finished');
    expect((await server.ask(of('GET /graph/state/RUN'))).body.code).toBe('run_unreadable');
    expect((await server.ask(of('DELETE /graph/runs/RUN'))).status).toBe(204);
    expect((await server.ask(of('GET /graph/state/RUN'))).status).toBe(404);
  });
});

describe('beside runs that cannot be read', () => {
  it('the server is ready, and other runs go on', async () => {
    expect((await server.ask('GET /health/ready')).status).toBe(200);
    await server.ask(`POST /graph/runs/${sound}/resume`, { payload: 1 });
    expect((await server.ask(`GET /graph/state/${sound}?wait=10`)).body).toMatchObject({
      status: 'COMPLETED',
      data: { n: 1, ask: 1 },
    });
  });
});

describe('rows that are damaged', () => {
  it('are listed with what can be read of them, and are deleted', async () => {
    const before = await startTestServer();
    await before.ask('POST /graph/create', WAITS);
    const runId = await startWaiting(before, { a: 'b' });
    const other = await startWaiting(before);
    await before.ask(`POST /graph/runs/${runId}/cancel`);
    await before.stop();
    damage(
      before.path,
      runId,
      `UPDATE workflow_runs SET metadata = '{', error = '{"code":1}', status = 'FAILED' WHERE run_id = @run`,
    );
    const after = await startTestServer({ path: before.path });
    const { body } = await after.ask('GET /graph/runs');
    expect(body.runs).toMatchObject([
      { run_id: other, error: null },
      { run_id: runId, metadata: {}, error: { code: 'run_unreadable', node: null, step: null } },
    ]);
    expect((await after.ask(`DELETE /graph/runs/${runId}`)).status).toBe(204);
    const { body: found } = await after.ask('GET /graph/runs?metadata.a=b');
    expect(found.runs).toEqual([]);
    await after.stop();
    expect(countRows(before.path, `SELECT count(*) FROM run_metadata WHERE run_id = @run`, runId)).toBe(0);
  });
});

describe('a graph that cannot be read', () => {
  it.each([
    ['is not JSON', '{'],
    ['has no entry', '{"name":"waits","nodes":[{"name":"work","tool_name":"set_data"}]}'],
    ['has no nodes', '{"name":"waits","entry_point":"work","nodes":{}}'],
    ['has an edge without an end', JSON.stringify({ ...WAITS, edges: [{ from_node: 'work' }] })],
    [
      'has an expression that is none',
      JSON.stringify({
        ...WAITS,
        edges: [],
        conditional_edges: [{ from_node: 'work', cases: [{ when: '(', to_node: 'ask' }], otherwise: 'ask' }],
      }),
    ],
  ])('and %s: its runs can be read and cancelled, and a new version replaces it', async (what, definition) => {
    const before = await startTestServer();
    await before.ask('POST /graph/create', WAITS);
    const runId = await startWaiting(before);
    await before.stop();
    damage(
      before.path,
      runId,
      `UPDATE graph_definitions SET definition = '${definition}' WHERE graph_id = 'waits'`,
      `UPDATE workflow_runs SET status = 'RUNNING', waiting_for = NULL WHERE run_id = @run`,
      `DELETE FROM run_events WHERE run_id = @run AND seq = 4`,
    );
    const after = await startTestServer({ path: before.path });
    const codeOf = async (request: string, payload?: object) => {
      const { status, body } = await after.ask(request, payload);
      return status === 409 ? body.code : status;
    };
    expect(await codeOf(`GET /graph/state/${runId}`)).toBe(200);
    expect(await codeOf(`GET /graph/runs/${runId}/steps`)).toBe(200);
    expect(await codeOf('POST /graph/run', { graph_id: 'waits' })).toBe('graph_unreadable');
    // Only who compiles it reads its expressions.
    expect(await codeOf('GET /graph/waits')).toBe(what.includes('expression') ? 200 : 'graph_unreadable');
    expect((await after.ask('GET /graph')).body.graphs).toHaveLength(2);
    expect(await codeOf(`POST /graph/runs/${runId}/cancel`)).toBe(202);
    expect((await after.ask(`GET /graph/state/${runId}`)).body.status).toBe('CANCELLED');
    expect(await codeOf('PUT /graph/waits', { ...WAITS, description: 'mended' })).toBe(200);
    await startWaiting(after);
    expect(await codeOf(`DELETE /graph/runs/${runId}`)).toBe(204);
    await after.stop();
  });
});
