import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLogger } from '../../src/observe/logger.js';
import { startTestServer, type TestServer } from '../helpers/server.js';

const GRAPH = {
  graph_id: 'ask',
  name: 'Ask',
  entry_point: 'ask',
  nodes: [{ name: 'ask', tool_name: 'wait_for_input', params: { message: '?' } }],
};
const bearer = (key: string) => ({ authorization: `Bearer ${key}` });
const [ALICE, BOB, NOBODY, READER] = [bearer('a-key'), bearer('b-key'), bearer('plain-key'), bearer('read-key')];

/** They answer a question, and store nothing. */
const CHECKS: ReadonlySet<string> = new Set([
  '/graph/validate',
  '/graph/diagram',
  '/graph/explore',
  '/graph/replay',
  '/graph/{graph_id}/backtest',
  '/schedules/preview',
]);

describe('keys', () => {
  let server: TestServer;
  const lines: Record<string, unknown>[] = [];
  beforeAll(async () => {
    server = await startTestServer({
      apiKeys: ['plain-key'],
      namedApiKeys: [
        { name: 'alice', key: 'a-key' },
        { name: 'bob', key: 'b-key' },
      ],
      readApiKeys: ['read-key'],
      logger: createLogger('debug', { write: (line) => void lines.push(JSON.parse(line)) }),
    });
    await server.ask('POST /graph/create', GRAPH, ALICE);
  });
  afterAll(() => server.stop());

  const start = async (headers: Record<string, string>): Promise<string> =>
    (await server.ask('POST /graph/run?wait=30', { graph_id: 'ask' }, headers)).body.run_id;
  const state = async (runId: string) => (await server.ask(`GET /graph/state/${runId}`, undefined, NOBODY)).body;
  const events = async (runId: string) => {
    const { text } = await server.ask(`GET /graph/runs/${runId}/events`, undefined, NOBODY);
    const parsed = [...text.matchAll(/^data: (.*)$/gm)].map(([, data = '{}']) => JSON.parse(data));
    return parsed.flatMap(({ type, by, answered_by: answeredBy }) => {
      const name = by ?? answeredBy;
      return name === undefined ? [] : [[type, name]];
    });
  };

  it('with names say in the journal, the state and the steps who asked', async () => {
    const runId = await start(ALICE);
    expect(await state(runId)).toMatchObject({ submitted_by: 'alice', paused_by: null, cancelled_by: null });
    await server.ask(`POST /graph/runs/${runId}/pause`, undefined, BOB);
    expect(await state(runId)).toMatchObject({ submitted_by: 'alice', paused_by: 'bob' });
    await server.ask(`POST /graph/runs/${runId}/unpause`, undefined, ALICE);
    await server.ask(`POST /graph/runs/${runId}/signals/go`, { payload: 1 }, BOB);
    await server.ask(`POST /graph/runs/${runId}/cancel`, undefined, BOB);
    expect(await state(runId)).toMatchObject({ status: 'CANCELLED', paused_by: null, cancelled_by: 'bob' });
    await server.ask(`POST /graph/runs/${runId}/retry`, undefined, ALICE);
    await server.ask(`GET /graph/state/${runId}?wait=30`, undefined, NOBODY);
    await server.ask(`POST /graph/runs/${runId}/resume`, { payload: 1 }, BOB);
    await server.ask(`GET /graph/state/${runId}?wait=30`, undefined, NOBODY);
    expect(await events(runId)).toEqual([
      ['run.submitted', 'alice'],
      ['pause.requested', 'bob'],
      ['run.unpaused', 'alice'],
      ['signal.received', 'bob'],
      ['run.cancelled', 'bob'],
      ['run.retried', 'alice'],
      ['wait.ended', 'bob'],
    ]);
    const { body } = await server.ask(`GET /graph/runs/${runId}/steps`, undefined, NOBODY);
    expect(body.steps).toMatchObject([{ node: 'ask', answered_by: 'bob' }]);
    const fork = await server.ask(`POST /graph/runs/${runId}/fork`, { from_step: 1 }, BOB);
    const forkId = fork.body.run_id;
    expect(await state(forkId)).toMatchObject({ submitted_by: 'bob' });
    await server.ask(`POST /graph/runs/${forkId}/cancel`, undefined, NOBODY);
    const named = await events(forkId);
    expect(named.filter(([type]) => type.startsWith('run.'))).toEqual([
      ['run.submitted', 'bob'],
      ['run.forked', 'bob'],
    ]);
  });

  it('without names leave nobody named', async () => {
    const runId = await start(NOBODY);
    await server.ask(`POST /graph/runs/${runId}/pause`, undefined, NOBODY);
    expect(await state(runId)).toMatchObject({ paused: true, submitted_by: null, paused_by: null });
    await server.ask(`POST /graph/runs/${runId}/cancel`, undefined, NOBODY);
    expect(await events(runId)).toEqual([]);
  });

  it('with names are in the log by their name, and what leaves no journal is there', async () => {
    const runId = await start(ALICE);
    await server.ask(`POST /graph/runs/${runId}/cancel`, undefined, BOB);
    const deleted = await server.ask(`DELETE /graph/runs/${runId}`, undefined, BOB);
    expect(deleted.status).toBe(204);
    await server.ask('PUT /graph/ask', { ...GRAPH, graph_id: undefined, description: 'new' }, ALICE);
    expect(lines).toContainEqual(expect.objectContaining({ msg: 'run deleted', run_id: runId, by: 'bob' }));
    expect(lines).toContainEqual(expect.objectContaining({ msg: 'graph created', graph_id: 'ask', by: 'alice' }));
    expect(lines).toContainEqual(expect.objectContaining({ msg: 'graph updated', version: 2, by: 'alice' }));
    const route = '/graph/runs/:run_id/cancel';
    expect(lines).toContainEqual(expect.objectContaining({ msg: 'request', route, by: 'bob' }));
    expect(lines.filter(({ by }) => by === undefined).length).toBeGreaterThan(0);
    expect(JSON.stringify(lines)).not.toMatch(/[ab]-key|plain-key/);
  });

  it.each([
    'GET /graph',
    'GET /examples',
    'GET /graph/runs',
    'GET /graph/runs/counts',
    'GET /graph/demo-review',
    'GET /metrics',
    'HEAD /graph',
  ])('that can only read may %s', async (route) => {
    expect((await server.ask(route, undefined, READER)).status).toBe(200);
  });

  it('that can only read may have a graph checked', async () => {
    const { status, body } = await server.ask('POST /graph/validate', GRAPH, READER);
    expect([status, body.valid]).toEqual([200, true]);
  });

  it.each([
    ['PATCH /graph/runs', 405, 'method_not_allowed'],
    ['POST /nope', 404, 'not_found'],
  ])('that can only read are told what no route takes: %s', async (route, status, code) => {
    const { status: answered, body } = await server.ask(route, undefined, READER);
    expect([answered, body.code]).toEqual([status, code]);
  });

  it('that can only read may change nothing, on any route', async () => {
    const runId = await start(NOBODY);
    const before = await state(runId);
    const paths = (await server.ask('GET /docs/json')).body.paths as Record<string, Record<string, unknown>>;
    const changing = Object.entries(paths).flatMap(([path, operations]) =>
      Object.keys(operations).flatMap((method) => {
        const isCheck = CHECKS.has(path);
        // Those need a signature or a token, and no key.
        const isOpen = path.startsWith('/answers/') || path === '/hooks/{hook_id}/deliveries';
        // Each of its tools says whether it only reads: test/http/mcp.test.ts.
        const isForAgents = path === '/mcp';
        const isRead = method === 'get' || isCheck || isOpen || isForAgents;
        const url = path
          .replace('{run_id}', runId)
          .replace('{graph_id}', 'ask')
          .replaceAll(/\{\w+\}/g, 'x');
        return isRead ? [] : [`${method.toUpperCase()} ${url}`];
      }),
    );
    expect(changing.length).toBeGreaterThan(9);
    for (const route of changing) {
      const { status, body } = await server.ask(route, route.startsWith('DELETE') ? undefined : {}, READER);
      expect([route, status, body.code]).toEqual([route, 403, 'read_only_key']);
      expect(body.detail).toContain('can only read');
    }
    expect(await state(runId)).toEqual(before);
  });
});
