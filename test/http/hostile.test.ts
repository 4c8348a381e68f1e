import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { APPROVAL_GRAPH, PARALLEL_GRAPH } from '../../src/http/openapi/examples.js';
import { startTestServer, type TestServer } from '../helpers/server.js';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ maxBodyBytes: 20_000 });
});
afterAll(() => server.stop());

const segment = fc.oneof(
  fc.constantFrom('demo-review', 'run', 'runs', '..', '%00', '%zz', '%', '__proto__', 'constructor', ''),
  fc.string({ unit: 'binary', maxLength: 40 }).map((text) => encodeURIComponent(text)),
);

const path = fc
  .tuple(
    fc.constantFrom(
      '/graph/create',
      '/graph/validate',
      '/graph/run',
      '/graph/runs',
      '/graph',
      '/graph/tools',
      '/graph/conditions',
      '/graph/{}',
      '/graph/state/{}',
      '/graph/runs/{}',
      '/graph/runs/{}/steps',
      '/graph/runs/{}/cancel',
      '/graph/runs/{}/resume',
      '/graph/runs/{}/retry',
      '/graph/runs/{}/fork',
      '/graph/runs/{}/diff/{}',
      '/health/ready',
      '/{}',
    ),
    segment,
  )
  .map(([template, value]) => template.replaceAll('{}', () => value));

const queryName = fc.oneof(
  fc.constantFrom('limit', 'cursor', 'status', 'graph_id', 'submitted_after', 'version', 'logs_after', '__proto__'),
  fc.constantFrom('parent_run_id', 'waiting_for', 'wait'),
  fc.constantFrom('metadata', 'metadata.a', 'metadata[a]', 'metadata.__proto__', 'metadata[', 'toString'),
  fc.string({ unit: 'binary', maxLength: 10 }).map((text) => encodeURIComponent(text)),
);

const queryValue = fc.oneof(
  fc.constantFrom('1', '0', '-1', '9007199254740993', '1e400', 'NaN', '', 'COMPLETED', 'a,b', '%00', '%', '+'),
  fc.constantFrom('input', 'timer', 'retry', 'graph', 'branches', 'demo-review'),
  fc.constantFrom('2026-01-01T00:00:00Z', '0000-01-01T00:00:00Z', '9999-12-31T23:59:59-23:59', '2026-02-30T00:00:00Z'),
  fc.string({ unit: 'binary', maxLength: 20 }).map((text) => encodeURIComponent(text)),
);

const query = fc
  .array(fc.tuple(queryName, queryValue), { maxLength: 4 })
  .map((pairs) => (pairs.length === 0 ? '' : `?${pairs.map((pair) => pair.join('=')).join('&')}`));

const anyJson = fc.jsonValue({ maxDepth: 4, stringUnit: 'binary' });

const name = fc.constantFrom('a', 'b', 'END', '__proto__');
const expression = fc.oneof(
  fc.constantFrom(
    '${ data.x }',
    '${ input_data }',
    '${',
    'data.x > 1',
    'true',
    '[1, 2].map(x, x)',
    '',
    '${ secrets.X }',
  ),
  fc.string({ unit: 'binary', maxLength: 30 }),
);
const few = <T>(item: fc.Arbitrary<T>) => fc.oneof(fc.array(item, { maxLength: 3 }), anyJson);
const partly = <T>(shape: { [K in keyof T]: fc.Arbitrary<T[K]> }) => fc.record(shape, { requiredKeys: [] });

/** Bodies that are nearly right get further than noise. */
const nearGraph = partly({
  name: fc.oneof(fc.string({ unit: 'binary', maxLength: 210 }), anyJson),
  graph_id: fc.oneof(fc.constantFrom('a', 'demo-review', 'run', 'A'), anyJson),
  entry_point: fc.oneof(name, anyJson),
  nodes: few(
    fc.record(
      {
        name,
        tool_name: fc.constantFrom('extract_code', 'wait_for_input', 'x'),
        params: fc.oneof(
          fc.dictionary(fc.string(), expression),
          partly({ message: expression, schema: anyJson }),
          anyJson,
        ),
        on_error: fc.oneof(name, anyJson),
        timeout_seconds: fc.oneof(fc.double(), anyJson),
        retry: fc.oneof(partly({ max_attempts: fc.integer(), interval_seconds: fc.double() }), anyJson),
      },
      { requiredKeys: ['name', 'tool_name'] },
    ),
  ),
  edges: few(fc.record({ from_node: name, to_node: name })),
  conditional_edges: few(
    partly({
      from_node: name,
      condition_function: fc.constantFrom('quality_gate', 'x'),
      routes: fc.dictionary(name, name),
      cases: few(partly({ when: expression, to_node: name })),
      otherwise: name,
    }),
  ),
  parallel_edges: few(fc.record({ from_node: name, to_nodes: few(name), join_node: name })),
  for_each_edges: few(
    fc.record({ from_node: name, items: expression, to_node: name, join_node: name, collect_as: name }),
  ),
  merge: fc.oneof(fc.dictionary(name, fc.constantFrom('append', 'sum', 'last', 'x')), anyJson),
  input_schema: anyJson,
  limits: anyJson,
});

const nearRun = fc.record(
  {
    graph_id: fc.oneof(fc.constantFrom('demo-review', '', '\u0000', '\ud800', '__proto__'), anyJson),
    input_data: anyJson,
    version: fc.oneof(fc.constantFrom(1, 2, 0, -1, 1.5, 9007199254740991, 1e300), anyJson),
    metadata: fc.oneof(fc.dictionary(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' })), anyJson),
    limits: fc.oneof(
      fc.record({ max_steps: fc.double(), deadline_seconds: fc.double() }, { requiredKeys: [] }),
      anyJson,
    ),
  },
  { requiredKeys: ['graph_id'] },
);

const nearResume = partly({
  payload: fc.oneof(fc.record({ approved: fc.boolean() }), anyJson),
  wait_id: fc.oneof(fc.constantFrom('w3', 'w', ''), anyJson),
});
const nearRetry = partly({
  limits: fc.oneof(partly({ max_steps: fc.integer({ max: 1_000_001 }), deadline_seconds: fc.double() }), anyJson),
});
const nearFork = partly({
  from_step: fc.oneof(fc.integer({ min: 0, max: 10 }), anyJson),
  data: fc.oneof(fc.dictionary(fc.string({ unit: 'binary' }), anyJson), anyJson),
  version: fc.oneof(fc.constant(1), anyJson),
});

const body = fc.oneof(
  fc.constant(undefined),
  fc.oneof(anyJson, nearGraph, nearRun, nearResume, nearRetry, nearFork).map((value) => JSON.stringify(value)),
  fc.string({ unit: 'binary', maxLength: 100 }),
  fc.uint8Array({ maxLength: 100 }).map((bytes) => Buffer.from(bytes)),
  fc.integer({ min: 1, max: 9000 }).map((depth) => '['.repeat(depth) + ']'.repeat(depth)),
);

const headers = fc.record(
  {
    'content-type': fc.oneof(
      { weight: 4, arbitrary: fc.constant('application/json') },
      {
        weight: 1,
        arbitrary: fc.constantFrom('application/json; charset=utf-16', 'text/plain', ';', 'application/*', ''),
      },
    ),
    'idempotency-key': fc.oneof(fc.constantFrom('k', '', 'x'.repeat(256)), fc.string()),
    authorization: fc.string(),
    host: fc.constantFrom('localhost', 'evil', ''),
    'content-encoding': fc.constantFrom('gzip', 'identity'),
    accept: fc.constantFrom('text/html', '*/*', ''),
  },
  { requiredKeys: ['content-type'] },
);

const method = fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'HEAD');

type Sent = Parameters<TestServer['ask']>;

/** Asks, and expects anything but a fault of the server; a refusal must say why. */
async function askHostile(...sent: Sent): Promise<void> {
  const answer = await server.ask(...sent);
  expect(answer.status).toBeLessThan(500);
  if (answer.status < 400 || sent[0].startsWith('HEAD')) return;
  expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
  const { body: problem, status } = answer;
  expect(problem).toMatchObject({ status, code: expect.any(String), detail: expect.any(String) });
}

it('never answers with a fault of its own, and every refusal is a problem document', async () => {
  await fc.assert(
    fc.asyncProperty(method, path, query, body, headers, async (verb, where, what, payload, head) => {
      // Bodyless requests get no body: light-my-request would send it with them.
      const sent = verb === 'GET' || verb === 'HEAD' ? undefined : payload;
      await askHostile(`${verb} ${where}${what}`, sent, head);
    }),
    { numRuns: 1500 },
  );
}, 60_000);

it('does so for graphs that are nearly right, and their runs', async () => {
  await fc.assert(
    fc.asyncProperty(nearGraph, anyJson, async (graph, input_data) => {
      const json = { 'content-type': 'application/json' };
      for (const route of ['validate', 'create']) await askHostile(`POST /graph/${route}`, JSON.stringify(graph), json);
      await askHostile('POST /graph/run', JSON.stringify({ graph_id: 'a', input_data }), json);
    }),
    { numRuns: 500 },
  );
}, 60_000);

it('does so for what is asked of runs that are there, whatever they are doing', async () => {
  const other = await startTestServer();
  for (const graph of [APPROVAL_GRAPH, PARALLEL_GRAPH]) await other.ask('POST /graph/create', graph);
  const start = async (graph_id: string, limits: object): Promise<string> => {
    const { body: run } = await other.ask('POST /graph/run?wait=10', { graph_id, input_data: 'if a: pass', limits });
    return run.run_id;
  };
  const pool = await Promise.all(
    ['demo-review', 'approval', 'second-opinion'].flatMap((id) => [start(id, {}), start(id, { max_steps: 1 })]),
  );
  const run = fc.nat().map((n) => () => pool[n % pool.length]!);
  const request = fc.oneof(
    fc.tuple(fc.constantFrom('resume'), nearResume),
    fc.tuple(fc.constantFrom('retry'), nearRetry),
    fc.tuple(fc.constantFrom('fork'), nearFork),
    fc.tuple(fc.constantFrom('cancel'), fc.constant(undefined)),
  );
  await fc.assert(
    fc.asyncProperty(run, run, request, async (a, b, [verb, sent]) => {
      const json = sent === undefined ? {} : { 'content-type': 'application/json' };
      const said = await other.ask(`POST /graph/runs/${a()}/${verb}`, sent && JSON.stringify(sent), json);
      expect(said.status).toBeLessThan(500);
      if (said.body?.forked_from !== undefined) pool.push(said.body.run_id);
      for (const url of [`state/${a()}`, `runs/${a()}/steps`, `runs/${a()}/diff/${b()}`, `runs?parent_run_id=${a()}`]) {
        expect((await other.ask(`GET /graph/${url}`)).status, url).toBe(200);
      }
    }),
    { numRuns: 500 },
  );
  await other.stop();
}, 60_000);
