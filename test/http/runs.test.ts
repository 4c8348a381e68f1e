import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { EngineError } from '../../src/core/base/errors.js';
import { defineTool } from '../../src/core/tool/tool.js';
import { countRuns } from '../../src/engine/count-runs.js';
import { ApiError } from '../../src/http/errors/api-error.js';
import type { RunFilter } from '../../src/store/run-filter.js';
import type { Store } from '../../src/store/store.js';
import { appOf, asker, startTestServer, type TestServer } from '../helpers/server.js';
import { chain, heldTool } from '../helpers/tools.js';

const held = heldTool('held', { heedsSignal: true });
const echo = defineTool({
  name: 'echo',
  run: ({ input_data }, { log }) => {
    log('one');
    log('two');
    return { echoed: input_data };
  },
});
const broken = defineTool({
  name: 'broken',
  run: () => {
    throw new Error('it broke');
  },
});

const INVALID_CURSOR = { pointer: '/cursor', code: 'invalid_cursor', message: expect.stringContaining('next_cursor') };

describe('runs', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer({ definitions: [held.tool, echo, broken] });
    for (const [name, ...tools] of [
      ['echoes', 'echo'],
      ['holds', 'held'],
      ['breaks', 'broken'],
    ] as const) {
      await server.engine.createGraph(chain(name, ...tools));
    }
  });
  afterAll(() => server.stop());

  it.each([
    ['that the client can wait for', new ApiError('server_busy')],
    ['of the engine', new EngineError('store_unavailable', 'The database cannot be used at the moment.')],
  ])('a run is started, whatever goes wrong while its end is waited for: an error %s', async (_, error) => {
    const useState = () => Promise.reject(error);
    const ask = asker(await appOf({ ...server.engine, useState }));
    const { status, body, headers } = await ask('POST /graph/run?wait=10', { graph_id: 'echoes' });
    expect({ status, body }).toEqual({ status: 202, body: { run_id: body.run_id, status: 'SUBMITTED' } });
    expect(headers['retry-after']).toBeUndefined();
    expect((await server.engine.getState(body.run_id, { waitSeconds: 10 })).state.phase.kind).toBe('completed');
  });

  it('waits for the end where it comes in time, and answers with the state', async () => {
    const { status, body, headers } = await server.ask('POST /graph/run?wait=10', {
      graph_id: 'echoes',
      input_data: { deep: [1, null, 'é'] },
      metadata: { team: 'a' },
      limits: { max_steps: 5, deadline_seconds: 60 },
      version: 1,
    });
    expect(status).toBe(200);
    expect(headers.location).toBe(`/graph/state/${body.run_id}`);
    expect(body).toMatchObject({
      status: 'COMPLETED',
      data: { echoed: { deep: [1, null, 'é'] } },
      metadata: { team: 'a' },
      limits: { max_steps: 5, deadline_seconds: 60 },
      step_count: 1,
    });
    const later = await server.ask(`GET /graph/state/${body.run_id}?logs_after=2`);
    expect(later.body.logs).toEqual(body.logs.slice(2));
    expect(later.body.logs_total).toBe(body.logs.length);
    const light = await server.ask(`GET /graph/state/${body.run_id}?data=false`);
    expect(light.body).toEqual({ ...body, data: {}, input_data: null });
    expect((await server.ask(`GET /graph/state/${body.run_id}?data=no`)).status).toBe(422);
  });

  it('answers 200 for a run that failed in time, with what it had done', async () => {
    const { status, body } = await server.ask('POST /graph/run?wait=10', { graph_id: 'breaks' });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      status: 'FAILED',
      error: { code: 'tool_failed', message: 'it broke', node: 'broken', step: 1 },
      logs: ['Executing Node: broken', 'Error in node broken: it broke', 'Run failed: it broke'],
    });
  });

  it('answers 202 when the run is not finished in time; shows it live; cancels it', async () => {
    const { status, body } = await server.ask('POST /graph/run?wait=1', { graph_id: 'holds' });
    expect(status).toBe(202);
    expect(body).toEqual({ run_id: expect.any(String), status: 'SUBMITTED' });
    const live = await server.ask(`GET /graph/state/${body.run_id}`);
    expect(live.body).toMatchObject({ status: 'RUNNING', current_node: 'held', attempt: 1, finished_at: null });
    expect((await server.ask(`DELETE /graph/runs/${body.run_id}`)).body.code).toBe('run_active');

    const cancelled = await server.ask(`POST /graph/runs/${body.run_id}/cancel`);
    expect(cancelled.status).toBe(202);
    expect(cancelled.body).toEqual({ run_id: body.run_id, status: 'RUNNING' });
    const end = await server.ask(`GET /graph/state/${body.run_id}?wait=10`);
    expect(end.body).toMatchObject({ status: 'CANCELLED', current_node: null, cancel_requested: false });
    expect((await server.ask(`POST /graph/runs/${body.run_id}/cancel`)).body.code).toBe('run_finished');

    expect((await server.ask(`DELETE /graph/runs/${body.run_id}`)).status).toBe(204);
    expect((await server.ask(`GET /graph/state/${body.run_id}`)).body.code).toBe('run_not_found');
    expect((await server.ask(`DELETE /graph/runs/${body.run_id}`)).status).toBe(404);
  });

  it('says that a cancel was asked for until the tool has let go', async () => {
    const deaf = heldTool('deaf');
    const other = await startTestServer({ definitions: [deaf.tool] });
    await other.engine.createGraph(chain('deaf', 'deaf'));
    const { body } = await other.ask('POST /graph/run', { graph_id: 'deaf' });
    await deaf.called(1);
    await other.ask(`POST /graph/runs/${body.run_id}/cancel`);
    expect((await other.ask(`GET /graph/state/${body.run_id}`)).body.cancel_requested).toBe(true);
    deaf.release({});
    expect((await other.ask(`GET /graph/state/${body.run_id}?wait=10`)).body.status).toBe('CANCELLED');
    await other.stop();
  });

  it('explains every step', async () => {
    const { body: run } = await server.ask('POST /graph/run?wait=10', {
      graph_id: 'demo-review',
      input_data: 'if a: pass',
    });
    const { body } = await server.ask(`GET /graph/runs/${run.run_id}/steps?limit=1`);
    expect(body.steps).toHaveLength(1);
    expect(body.steps[0]).toMatchObject({ step: 1, node: 'extract', status: 'COMPLETED', attempts: 1, error: null });
    const next = await server.ask(`GET /graph/runs/${run.run_id}/steps?cursor=${encodeURIComponent(body.next_cursor)}`);
    expect(next.body.steps[0]).toMatchObject({
      step: 2,
      node: 'analyze',
      decision: { kind: 'condition', condition: 'quality_gate', to_node: 'improve', read: expect.any(Array) },
    });
    expect((await server.ask('GET /graph/runs/nobody/steps')).body.code).toBe('run_not_found');
    for (const cursor of ['%00', 'after:echoes', run.run_id, '-1', '1e3', '']) {
      const refused = await server.ask(`GET /graph/runs/${run.run_id}/steps?cursor=${cursor}`);
      expect([refused.status, refused.body.errors]).toEqual([422, [INVALID_CURSOR]]);
    }
  });

  it('lists runs, newest first, by what they are', async () => {
    const before = new Date().toISOString();
    for (const shade of ['light', 'dark', 'dark']) {
      await server.ask('POST /graph/run?wait=10', { graph_id: 'echoes', metadata: { shade, 'dotted.key': 'x' } });
    }
    const list = async (query: string) => (await server.ask(`GET /graph/runs?${query}`)).body;
    expect((await list('metadata.shade=dark')).runs).toHaveLength(2);
    expect((await list('metadata[shade]=dark&metadata.dotted.key=x')).runs).toHaveLength(2);
    expect((await list('metadata.shade=dark&metadata.dotted.key=y')).runs).toEqual([]);
    expect((await list('graph_id=breaks')).runs[0]).toMatchObject({ status: 'FAILED', error: { code: 'tool_failed' } });
    expect((await list('status=FAILED,CANCELLED&graph_id=echoes')).runs).toEqual([]);
    expect((await list('status=FAILED&status=COMPLETED&metadata.shade=light')).runs).toHaveLength(1);
    expect((await list(`submitted_after=${before}&graph_id=echoes`)).runs.length).toBeGreaterThanOrEqual(2);
    expect((await list('submitted_after=2999-01-01T00:00:00%2B02:00')).runs).toEqual([]);

    const first = await list('graph_id=echoes&limit=1');
    const second = await list(`graph_id=echoes&limit=1&cursor=${encodeURIComponent(first.next_cursor)}`);
    expect(first.runs[0].submitted_at >= second.runs[0].submitted_at).toBe(true);
    expect(first.runs[0].run_id).not.toBe(second.runs[0].run_id);
  });

  it('lists runs from the oldest on, each order with cursors of its own', async () => {
    for (const _ of [1, 2, 3])
      await server.ask('POST /graph/run?wait=10', { graph_id: 'echoes', metadata: { a: 'order' } });
    const list = async (query: string) => (await server.ask(`GET /graph/runs?metadata.a=order&${query}`)).body;
    const ids = (body: { runs: { run_id: string }[] }) => body.runs.map(({ run_id }) => run_id);
    const newest = await list('limit=2&order=desc');
    const all = ids(await list('order=asc'));
    expect(all).toHaveLength(3);
    expect(ids(newest)).toEqual([all[2], all[1]]);
    const oldest = await list('order=asc&limit=2');
    expect(ids(oldest)).toEqual([all[0], all[1]]);
    expect(ids(await list(`order=asc&limit=2&cursor=${oldest.next_cursor}`))).toEqual([all[2]]);
    for (const query of [`cursor=${oldest.next_cursor}`, `order=asc&cursor=${newest.next_cursor}`]) {
      expect((await list(query)).errors).toEqual([
        { pointer: '/cursor', code: 'invalid_cursor', message: expect.stringContaining('`order`') },
      ]);
    }
    expect((await list('order=asc&cursor=later:')).errors).toEqual([INVALID_CURSOR]);
  });

  it('lists runs by when they were submitted, their error and their node', async () => {
    const failed = (await server.ask('POST /graph/run?wait=10', { graph_id: 'breaks' })).body.run_id;
    const { submitted_at: at } = (await server.ask(`GET /graph/state/${failed}`)).body;
    const list = async (query: string) => {
      const { runs } = (await server.ask(`GET /graph/runs?${query}`)).body;
      return runs.map(({ run_id }: { run_id: string }) => run_id);
    };
    const node = (await server.ask(`GET /graph/state/${failed}`)).body.error.node;
    expect(await list('graph_id=breaks&error_code=tool_failed&order=desc')).toContain(failed);
    expect(await list('error_code=tool_fail')).toEqual([]);
    expect(await list('error_code=tool_failed&status=COMPLETED')).toEqual([]);
    expect(await list(`graph_id=breaks&current_node=${node}`)).toContain(failed);
    expect(await list('graph_id=breaks&current_node=elsewhere')).toEqual([]);
    expect(await list(`graph_id=breaks&submitted_before=${at}`)).not.toContain(failed);
    const later = new Date(Date.parse(at) + 1).toISOString();
    expect(await list(`graph_id=breaks&submitted_before=${later}`)).toContain(failed);
    expect(await list(`submitted_before=${at}&submitted_after=${at}`)).toEqual([]);
  });

  it.each([
    ['runs', ['', 'nonsense', 'after:echoes', '17', '019AB0F4-5C00-7000-8000-000000000000']],
    ['', ['', 'nonsense', 'demo-review', 'after:', 'after:A', '17', '019ab0f4-5c00-7000-8000-000000000000']],
  ])('has no page of /graph/%s after a cursor that it did not give', async (list, cursors) => {
    for (const cursor of cursors) {
      const answer = await server.ask(`GET /graph${list && `/${list}`}?cursor=${cursor}`);
      expect([answer.status, answer.body.errors], cursor).toEqual([422, [INVALID_CURSOR]]);
    }
  });

  it.each([
    'status=DONE',
    'status=',
    'submitted_after=yesterday',
    'submitted_after=2026-01-01',
    'submitted_before=tomorrow',
    'paused=yes',
    'paused=',
    'order=oldest',
    'order=ASC',
    'current_node=a&current_node=b',
    'error_code=a&error_code=b',
    'metadata=x',
    'metadata.a=1&metadata.a=2',
    'waiting=1',
    'graph_id=a&graph_id=b',
  ])('refuses the filter %s', async (query) => {
    expect((await server.ask(`GET /graph/runs?${query}`)).body.code).toBe('invalid_request');
  });

  it.each(['0', '61', '-1', '1.5', 'soon', '', '1e1'])('refuses to wait for %j seconds', async (wait) => {
    expect((await server.ask(`GET /graph/state/x?wait=${wait}`)).status).toBe(422);
    expect((await server.ask(`POST /graph/run?wait=${wait}`, { graph_id: 'echoes' })).status).toBe(422);
  });

  it.each([
    [{ graph_id: 7 }, '/graph_id'],
    [{}, '/graph_id'],
    [{ graph_id: 'echoes', input: 1 }, '/input'],
    [{ graph_id: 'echoes', version: 0 }, '/version'],
    [{ graph_id: 'echoes', metadata: { a: 1 } }, '/metadata/a'],
    [{ graph_id: 'echoes', metadata: { '': 'x' } }, '/metadata/'],
    [{ graph_id: 'echoes', metadata: { 'a\nb': 'x' } }, '/metadata/a\nb'],
    [{ graph_id: 'echoes', metadata: { a: 'x'.repeat(1001) } }, '/metadata/a'],
    [
      { graph_id: 'echoes', metadata: Object.fromEntries([...Array(51).keys()].map((n) => [`k${n}`, ''])) },
      '/metadata',
    ],
    [{ graph_id: 'echoes', limits: { max_step: 1 } }, '/limits/max_step'],
    [{ graph_id: 'echoes', limits: { max_steps: 0 } }, '/limits/max_steps'],
  ])('refuses to start with body %#', async (body, pointer) => {
    const answer = await server.ask('POST /graph/run', body);
    expect(answer.status).toBe(422);
    expect(answer.body.errors[0].pointer).toBe(pointer);
  });

  it.each(['nope', 'a'.repeat(5000), '%00', '%F0%9F%92%A9', "'; drop table workflow_runs; --", '..%2F..'])(
    'knows no run or graph %#',
    async (id) => {
      const url = id.replaceAll(' ', '%20');
      expect((await server.ask(`GET /graph/state/${url}`)).body.code).toBe('run_not_found');
      expect((await server.ask(`POST /graph/runs/${url}/cancel`)).body.code).toBe('run_not_found');
      expect((await server.ask(`DELETE /graph/${url}`)).body.code).toBe('graph_not_found');
      expect((await server.ask('POST /graph/run', { graph_id: id })).body.code).toBe('graph_not_found');
    },
  );
});

describe('counts of runs', () => {
  it('are those of the list, whatever filter it has', async () => {
    const held = heldTool('held');
    const server = await startTestServer({ definitions: [held.tool, echo, broken] });
    onTestFinished(() => server.stop());
    for (const tool of ['echo', 'held', 'broken']) await server.engine.createGraph(chain(`${tool}s`, tool));
    const start = async (graph_id: string, team: string): Promise<void> => {
      await server.ask('POST /graph/run?wait=5', { graph_id, metadata: { team } });
    };
    for (const graphId of ['echos', 'brokens']) for (const team of ['red', 'Green']) await start(graphId, team);
    const { body: waiting } = await server.ask('POST /graph/run', { graph_id: 'helds' });
    await held.called(1);
    const counts = { SUBMITTED: 0, RUNNING: 1, WAITING: 0, COMPLETED: 2, FAILED: 2, CANCELLED: 0 };
    const none = { SUBMITTED: 0, RUNNING: 0, WAITING: 0, COMPLETED: 0, FAILED: 0, CANCELLED: 0 };
    for (const [query, expected] of [
      ['', counts],
      ['?graph_id=echos', { ...none, COMPLETED: 2 }],
      ['?metadata.team=red', { ...none, COMPLETED: 1, FAILED: 1 }],
      ['?search=green', { ...none, COMPLETED: 1, FAILED: 1 }],
      ['?search=it%20broke', { ...none, FAILED: 2 }],
      [`?search=${waiting.run_id.slice(4)}`, { ...none, RUNNING: 1 }],
      ['?search=nowhere', none],
    ] as const) {
      expect((await server.ask(`GET /graph/runs/counts${query}`)).body, query).toEqual({
        counts: expected,
        at_least: [],
      });
      const { runs } = (await server.ask(`GET /graph/runs${query}`)).body;
      expect(runs, query).toHaveLength(Object.values(expected).reduce((sum, count) => sum + count));
    }
    expect((await server.ask('GET /graph/runs/counts?status=FAILED')).status).toBe(422);
    expect((await server.ask('GET /graph/runs?search=%20')).status).toBe(422);
    held.release({});
  });

  it('say where they end', async () => {
    let parts = 0;
    const store = {
      findSearchPause: async ({ statuses }: RunFilter) => {
        if (statuses?.[0] !== 'FAILED') return undefined;
        parts += 1;
        return `part ${parts}`;
      },
      countRuns: async ({ statuses, limit }: RunFilter) => (statuses?.[0] === 'COMPLETED' ? limit : 3),
    } as unknown as Store;
    const turns = { isOver: () => false, next: async () => undefined } as unknown as Parameters<
      typeof countRuns
    >[0]['turns'];
    const { counts, atLeast } = await countRuns({ store, turns }, { search: 'x' });
    expect(counts).toEqual({
      SUBMITTED: 3,
      RUNNING: 3,
      WAITING: 3,
      COMPLETED: 10_000,
      FAILED: 3 * parts,
      CANCELLED: 3,
    });
    expect(parts).toBe(20);
    expect(atLeast).toEqual(['COMPLETED', 'FAILED']);
  });
});

describe('Idempotency-Key', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer({ definitions: [echo] });
    await server.engine.createGraph(chain('echoes', 'echo'));
  });
  afterAll(() => server.stop());

  it('gives the first answer again, whatever the order of the keys in the body', async () => {
    const key = { 'idempotency-key': 'k 1' };
    const first = await server.ask('POST /graph/run', { graph_id: 'echoes', input_data: { a: 1, b: 2 } }, key);
    const again = await server.ask('POST /graph/run', { input_data: { b: 2, a: 1 }, graph_id: 'echoes' }, key);
    expect([again.status, again.body]).toEqual([202, first.body]);
    expect(again.headers).toMatchObject({ location: first.headers.location, 'idempotent-replayed': 'true' });
    expect(first.headers).not.toHaveProperty('idempotent-replayed');
    expect((await server.ask('GET /graph/runs')).body.runs).toHaveLength(1);
    const waited = await server.ask('POST /graph/run?wait=10', { graph_id: 'echoes', input_data: { a: 1, b: 2 } }, key);
    expect(waited.status).toBe(200);
  });

  it('starts one run for twins in flight', async () => {
    const key = { 'idempotency-key': 'twins' };
    const answers = await Promise.all(
      [...Array(10)].map(() => server.ask('POST /graph/run', { graph_id: 'echoes' }, key)),
    );
    expect(new Set(answers.map((answer) => answer.body.run_id)).size).toBe(1);
    expect(answers.filter((answer) => answer.headers['idempotent-replayed'] === undefined)).toHaveLength(1);
  });

  it('refuses the same key with another body, and says nothing of requests that failed', async () => {
    const key = { 'idempotency-key': 'k2' };
    expect((await server.ask('POST /graph/run', { graph_id: 'nope' }, key)).status).toBe(404);
    expect((await server.ask('POST /graph/run', { graph_id: 'echoes' }, key)).status).toBe(202);
    const other = await server.ask('POST /graph/run', { graph_id: 'echoes', input_data: 1 }, key);
    expect(other.status).toBe(422);
    expect(other.body.code).toBe('idempotency_mismatch');
  });

  it.each(['', 'x'.repeat(256), 'tab\there', 'é'])('refuses key %#', async (key) => {
    const answer = await server.ask('POST /graph/run', { graph_id: 'echoes' }, { 'idempotency-key': key });
    expect([answer.status, answer.body.code]).toEqual([400, 'invalid_header']);
  });
});
