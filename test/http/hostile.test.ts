import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
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
      '/health/ready',
      '/{}',
    ),
    segment,
  )
  .map(([template, value]) => template.replace('{}', () => value));

const queryName = fc.oneof(
  fc.constantFrom('limit', 'cursor', 'status', 'graph_id', 'submitted_after', 'version', 'logs_after', '__proto__'),
  fc.constantFrom('metadata', 'metadata.a', 'metadata[a]', 'metadata.__proto__', 'metadata[', 'toString'),
  fc.string({ unit: 'binary', maxLength: 10 }).map((text) => encodeURIComponent(text)),
);

const queryValue = fc.oneof(
  fc.constantFrom('1', '0', '-1', '9007199254740993', '1e400', 'NaN', '', 'COMPLETED', 'a,b', '%00', '%', '+'),
  fc.constantFrom('2026-01-01T00:00:00Z', '0000-01-01T00:00:00Z', '9999-12-31T23:59:59-23:59', '2026-02-30T00:00:00Z'),
  fc.string({ unit: 'binary', maxLength: 20 }).map((text) => encodeURIComponent(text)),
);

const query = fc
  .array(fc.tuple(queryName, queryValue), { maxLength: 4 })
  .map((pairs) => (pairs.length === 0 ? '' : `?${pairs.map((pair) => pair.join('=')).join('&')}`));

const anyJson = fc.jsonValue({ maxDepth: 4, stringUnit: 'binary' });

/** Bodies that are nearly right get further than noise. */
const nearGraph = fc.record(
  {
    name: fc.oneof(fc.string({ unit: 'binary', maxLength: 210 }), anyJson),
    graph_id: fc.oneof(fc.constantFrom('a', 'demo-review', 'run', 'A'), anyJson),
    entry_point: fc.oneof(fc.constantFrom('a', 'END', '__proto__'), anyJson),
    nodes: fc.oneof(
      fc.array(
        fc.record({
          name: fc.constantFrom('a', 'b', 'END', '__proto__'),
          tool_name: fc.constantFrom('extract_code', 'x'),
        }),
        { maxLength: 4 },
      ),
      anyJson,
    ),
    edges: fc.oneof(
      fc.array(fc.record({ from_node: fc.constantFrom('a', 'b', 'END'), to_node: fc.constantFrom('a', 'b', 'END') }), {
        maxLength: 4,
      }),
      anyJson,
    ),
    conditional_edges: anyJson,
    limits: anyJson,
  },
  { requiredKeys: [] },
);

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

const body = fc.oneof(
  fc.constant(undefined),
  fc.oneof(anyJson, nearGraph, nearRun).map((value) => JSON.stringify(value)),
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

it('never answers with a fault of its own, and every refusal is a problem document', async () => {
  await fc.assert(
    fc.asyncProperty(method, path, query, body, headers, async (verb, where, what, payload, head) => {
      // Bodyless requests get no body: light-my-request would send it with them.
      const sent = verb === 'GET' || verb === 'HEAD' ? undefined : payload;
      const answer = await server.ask(`${verb} ${where}${what}`, sent, head);
      expect(answer.status).toBeLessThan(500);
      if (answer.status < 400 || verb === 'HEAD') return;
      expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
      expect(answer.body).toMatchObject({
        status: answer.status,
        code: expect.any(String),
        detail: expect.any(String),
      });
    }),
    { numRuns: 1500 },
  );
}, 60_000);
