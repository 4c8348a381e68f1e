import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import '../helpers/fast-check.js';
import { finishSteps } from '../../src/core/base/steps.js';
import { digestOf } from '../../src/core/capsule/digest.js';
import type { Capsule } from '../../src/core/capsule/document.js';
import { sha256 } from '../core/capsule/capsules.js';
import { appOf, asker, startTestServer, type TestServer } from '../helpers/server.js';

const KEY = 'key-that-may-do-all';
const READER = 'key-that-may-read';
const DEMO = { graph_id: 'demo-review', input_data: 'if a:\n  if b: pass' };
const IMPORT = 'POST /graph/runs/import';
const JSON_TYPE = { 'content-type': 'application/json' };

let server: TestServer;
let runId: string;
let capsule: Capsule;
beforeAll(async () => {
  server = await startTestServer();
  runId = (await server.ask('POST /graph/run?wait=30', DEMO)).body.run_id;
  capsule = (await server.ask(`GET /graph/runs/${runId}/capsule`)).body;
});
afterAll(() => server.stop());

/** The capsule with other events, and the digest that fits them. */
function withEvents(events: Capsule['events']): Capsule {
  const { events: _, children, digest: __, ...head } = capsule;
  const runs = [{ runId: capsule.run.run_id, events }];
  return { ...head, events, children, digest: finishSteps(digestOf(head as never, runs, sha256)) };
}

describe('the capsule of a run', () => {
  it('is a document of the contract, and is taken in as a copy', async () => {
    expect(capsule).toMatchObject({ capsule: 1, run: { run_id: runId, status: 'COMPLETED' }, children: [] });
    const { status, body, headers } = await server.ask(IMPORT, { capsule });
    expect([status, body]).toEqual([
      201,
      {
        run_id: expect.any(String),
        status: 'COMPLETED',
        imported_from: { run_id: runId },
        graph_id: 'demo-review',
        graph_version: 1,
      },
    ]);
    expect(headers.location).toBe(`/graph/state/${body.run_id}`);
    const [copy, original] = [body.run_id, runId].map((id) => server.ask(`GET /graph/state/${id}`));
    const { data, logs, step_count, imported_from, started_by } = (await copy)?.body ?? {};
    expect({ data, logs, step_count }).toEqual({
      data: (await original)?.body.data,
      logs: (await original)?.body.logs,
      step_count: (await original)?.body.step_count,
    });
    expect(imported_from).toEqual({ run_id: runId });
    expect(started_by).toEqual({ kind: 'import', id: runId });
    const { body: list } = await server.ask('GET /graph/runs?started_by=import');
    expect(list.runs).toMatchObject([{ run_id: body.run_id }]);
  });

  it('can be sent again with a key, however its keys are ordered', async () => {
    const headers = { 'idempotency-key': 'once' };
    const first = await server.ask(IMPORT, { capsule }, headers);
    const turned = Object.fromEntries(Object.entries(capsule).reverse());
    const second = await server.ask(IMPORT, { capsule: turned }, headers);
    expect(second.body).toEqual(first.body);
    expect(second.headers['idempotent-replayed']).toBe('true');
    const other = await server.ask(IMPORT, { capsule, continue: true }, headers);
    expect(other.body.code).toBe('idempotency_mismatch');
  });

  it('can be exported with a key that may read, and not be imported with it', async () => {
    const ask = asker(await appOf(server.engine, { apiKeys: [KEY], readApiKeys: [READER] }));
    const as = (key: string) => ({ authorization: `Bearer ${key}` });
    expect((await ask(`GET /graph/runs/${runId}/capsule`, undefined, as(READER))).status).toBe(200);
    expect((await ask(IMPORT, { capsule }, as(READER))).body.code).toBe('read_only_key');
    expect((await ask(IMPORT, { capsule }, as(KEY))).status).toBe(201);
  });

  it('can be larger than other bodies, with spaces or without, and nested as deep as runs are', async () => {
    let deep: unknown = 1;
    for (let depth = 0; depth < 95; depth++) deep = [deep];
    const [first, ...others] = capsule.events as [Capsule['events'][0], ...Capsule['events']];
    const payload = { ...first.payload, input_data: ['x'.repeat(1_500_000), deep] as never };
    const large = withEvents([{ ...first, payload }, ...others]);
    for (const space of [0, 1]) {
      const { status, body } = await server.ask(IMPORT, JSON.stringify({ capsule: large }, null, space), JSON_TYPE);
      expect([status, body.status]).toEqual([201, 'COMPLETED']);
    }
    const elsewhere = await server.ask('POST /graph/run', { ...DEMO, input_data: 'x'.repeat(1_500_000) });
    expect(elsewhere.status).toBe(413);
  });
});

describe('a capsule that cannot be taken in', () => {
  it.each<[string, object, string, string]>([
    ['is of another version', { capsule: 2 }, 'unknown_version', '/capsule/capsule'],
    ['was cut', { events: [] }, 'missing_event', '/capsule/events'],
    ['was changed', { release: '9' }, 'wrong_digest', '/capsule/digest'],
    ['has no digest', { digest: undefined }, 'required', '/capsule/digest'],
  ])('is refused if it %s', async (_, change, code, pointer) => {
    const { status, body } = await server.ask(IMPORT, { capsule: { ...capsule, ...change } });
    expect([status, body.code]).toEqual([422, 'invalid_capsule']);
    expect(body.errors).toMatchObject([{ code, pointer }]);
    expect(body.detail).toContain(pointer);
  });

  it('is no object, or text that was cut', async () => {
    expect((await server.ask(IMPORT, { capsule: [] })).body).toMatchObject({ code: 'invalid_request' });
    expect((await server.ask(IMPORT, {})).body).toMatchObject({ code: 'invalid_request' });
    const text = JSON.stringify({ capsule: { ...capsule, padding: 'x'.repeat(300_000) } });
    for (const cut of [text.slice(0, text.length / 2), text.slice(0, 300)]) {
      expect((await server.ask(IMPORT, cut, JSON_TYPE)).body.code).toBe('malformed_json');
    }
  });

  it('has a graph that cannot be run', async () => {
    const { events, children, digest: _, ...head } = capsule;
    const [graph] = capsule.graphs;
    const definition = { ...graph?.definition, entry_point: 'nowhere' };
    const broken = { ...head, graphs: [{ ...graph, definition }] };
    const digest = finishSteps(digestOf(broken as never, [{ runId, events }], sha256));
    const { body } = await server.ask(IMPORT, { capsule: { ...broken, events, children, digest } });
    expect(body.errors).toMatchObject([{ code: 'unknown_node', pointer: '/capsule/graphs/0/definition/entry_point' }]);
  });

  it('never breaks the server, whatever its events say', async () => {
    const strange = fc.oneof(fc.constantFrom('constructor', 'analyze', '', -1, 1e308, null), fc.jsonValue());
    const mutations = fc.array(fc.record({ at: fc.nat(), key: fc.nat(), value: strange }), { maxLength: 2 });
    const cut = fc.integer({ min: 1, max: capsule.events.length });
    await fc.assert(
      fc.asyncProperty(cut, fc.nat(), mutations, async (length, swap, changes) => {
        const events = capsule.events.slice(0, length).map((event) => ({ ...event, payload: { ...event.payload } }));
        const [one, other] = [events[1 + (swap % length)], events[1 + ((swap * 7) % length)]];
        if (one !== undefined && other !== undefined) {
          const { payload, type } = one;
          Object.assign(one, { payload: other.payload, type: other.type });
          Object.assign(other, { payload, type });
        }
        for (const { at, key, value } of changes) {
          const payload = events[at % length]?.payload ?? {};
          const keys = Object.keys(payload);
          Object.assign(payload, { [keys[key % keys.length] ?? 'x']: value });
        }
        const body = { capsule: withEvents(events), continue: swap % 2 === 0 };
        const imported = await server.ask(IMPORT, JSON.stringify(body), JSON_TYPE);
        expect([201, 422, 400]).toContain(imported.status);
        if (imported.status !== 201) return;
        const id = imported.body.run_id;
        for (const path of [`state/${id}`, `runs/${id}/steps`, `runs/${id}/diagram`, `runs/${id}/capsule`]) {
          expect((await server.ask(`GET /graph/${path}`)).status, path).toBeLessThan(500);
        }
      }),
      { numRuns: 40 },
    );
    expect((await server.ask('POST /graph/run?wait=30', DEMO)).body.status).toBe('COMPLETED');
  });
});
