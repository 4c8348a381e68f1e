import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { StoreUnavailableError } from '../../src/store/errors.js';
import { startTestServer, type TestServer } from '../helpers/server.js';
import { chain } from '../helpers/tools.js';

describe('many runs at once', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer({
      namedApiKeys: [{ name: 'alice', key: 'a-key' }],
      definitions: [{ name: 'fails', run: () => Promise.reject(new Error('no')) }],
    });
    const nodes = [{ name: 'ask', tool_name: 'wait_for_input', params: { message: '?' } }];
    await ask('POST /graph/create', { graph_id: 'ask', name: 'Ask', entry_point: 'ask', nodes });
    await ask('POST /graph/create', chain('fails', 'fails'));
  });
  afterAll(() => server.stop());

  const ask = (request: string, body?: object) => server.ask(request, body, { authorization: 'Bearer a-key' });
  const bulk = (body: object) => ask('POST /graph/runs/bulk', body);
  const start = async (graph_id: string, team: string): Promise<string> =>
    (await ask('POST /graph/run?wait=30', { graph_id, metadata: { team } })).body.run_id;
  const startMany = (count: number, graphId: string, team: string) =>
    Promise.all(Array.from({ length: count }, () => start(graphId, team)));
  const state = async (runId: string) => (await ask(`GET /graph/state/${runId}`)).body;

  it('are paused, unpaused and cancelled by what a list finds, each with who asked', async () => {
    const ids = await startMany(45, 'ask', 'blue');
    const other = await start('ask', 'red');
    const filter = { metadata: { team: 'blue' } };
    const dry = await bulk({ action: 'cancel', filter, dry_run: true });
    expect([dry.status, dry.body.matched, dry.body.more, dry.body.next_cursor]).toEqual([200, 45, false, null]);
    expect((await state(ids[0]!)).status).toBe('WAITING');
    const paused = await bulk({ action: 'pause', filter });
    expect(paused.body.results).toHaveLength(45);
    expect(paused.body.results).toEqual(expect.arrayContaining(ids.map((run_id) => ({ run_id, ok: true }))));
    expect(await state(ids[44]!)).toMatchObject({ paused: true, paused_by: 'alice' });
    expect(await state(other)).toMatchObject({ paused: false });
    await bulk({ action: 'unpause', filter });
    expect(await state(ids[44]!)).toMatchObject({ paused: false });
    const cancelled = await bulk({ action: 'cancel', filter });
    expect(cancelled.body.matched).toBe(45);
    expect(await state(ids[7]!)).toMatchObject({ status: 'CANCELLED', cancelled_by: 'alice' });
    const again = await bulk({ action: 'cancel', filter });
    expect(again.body).toEqual({ results: [], matched: 0, more: false, next_cursor: null });
    expect((await state(other)).status).toBe('WAITING');
  });

  it('are unpaused as they were paused in bulk, oldest first, whatever they wait for', async () => {
    const ids = (await startMany(3, 'ask', 'rest')).sort();
    const filter = { metadata: { team: 'rest' } };
    await bulk({ action: 'pause', run_ids: ids.slice(1) });
    const { body: listed } = await ask('GET /graph/runs?paused=true&metadata.team=rest');
    expect(listed.runs.map(({ run_id }: { run_id: string }) => run_id)).toEqual([ids[2], ids[1]]);
    expect(listed.runs).toMatchObject([{ paused: true, waiting_for: 'input' }, { paused: true }]);
    const { body } = await bulk({ action: 'unpause', filter: { ...filter, paused: true, order: 'asc' } });
    expect(body.results).toEqual([ids[1], ids[2]].map((run_id) => ({ run_id, ok: true })));
    expect((await bulk({ action: 'unpause', filter: { ...filter, paused: true } })).body.matched).toBe(0);
    expect(
      (await bulk({ action: 'cancel', filter: { ...filter, paused: false, current_node: 'ask' } })).body.matched,
    ).toBe(3);
    expect((await ask('GET /graph/runs?current_node=ask&status=CANCELLED&metadata.team=rest')).body.runs).toHaveLength(
      3,
    );
    const before = { ...filter, submitted_before: '2020-01-01T00:00:00Z' };
    expect((await bulk({ action: 'delete', filter: before })).body.matched).toBe(0);
    expect((await bulk({ action: 'retry', filter: { ...filter, error_code: 'tool_failed' } })).body.matched).toBe(0);
  });

  it('are retried and deleted, and what is refused for one is done to the others', async () => {
    const [failed = '', waits = ''] = [await start('fails', 'green'), await start('ask', 'green')];
    const run_ids = [failed, 'missing', waits, failed];
    for (const dry_run of [true, false]) {
      const { body } = await bulk({ action: 'retry', run_ids, dry_run });
      expect(body).toMatchObject({ matched: 3, more: false, next_cursor: null });
      expect(body.results).toEqual([
        { run_id: failed, ok: true },
        { run_id: 'missing', error: { code: 'run_not_found', message: expect.stringContaining('missing') } },
        { run_id: waits, error: { code: 'run_not_retryable', message: expect.stringContaining(waits) } },
      ]);
    }
    await ask(`GET /graph/state/${failed}?wait=30`);
    const { body } = await bulk({ action: 'delete', run_ids });
    expect(body.results).toMatchObject([
      { ok: true },
      { error: { code: 'run_not_found' } },
      { error: { code: 'run_active' } },
    ]);
    expect((await ask(`GET /graph/state/${failed}`)).status).toBe(404);
  });

  it.each([
    [{ action: 'cancel' }, ''],
    [{ action: 'cancel', filter: {} }, '/filter'],
    [{ action: 'cancel', filter: { all: false } }, '/filter/all'],
    [{ action: 'cancel', filter: { order: 'asc' } }, '/filter'],
    [{ action: 'delete', filter: { metadata: {} } }, '/filter'],
    [{ action: 'cancel', filter: { paused: 'true' } }, '/filter/paused'],
    [{ action: 'cancel', filter: { graph: 'x' } }, '/filter/graph'],
    [{ action: 'cancel', filter: { all: true, limit: 5 } }, '/filter/limit'],
    [{ action: 'cancel', run_ids: [] }, '/run_ids'],
    [{ action: 'cancel', run_ids: Array.from({ length: 1001 }, () => 'x') }, '/run_ids'],
    [{ action: 'cancel', run_ids: ['x'], filter: { all: true } }, ''],
    [{ action: 'cancel', run_ids: ['x'], cursor: 'x' }, '/cursor'],
    [{ action: 'cancel', filter: { all: true }, cursor: 'x' }, '/cursor'],
    [{ action: 'burn', run_ids: ['x'] }, '/action'],
  ])('are refused with %j', async (body, pointer) => {
    const answer = await bulk(body);
    expect([answer.status, answer.body.errors?.[0]?.pointer]).toEqual([422, pointer]);
  });

  it('that are part of another are told of the top one, also by a dry run', async () => {
    const above = (graph_id: string, graph: string) => ({
      graph_id,
      name: graph_id,
      entry_point: 'run',
      nodes: [{ name: 'run', tool_name: 'run_graph', params: { graph_id: graph } }],
    });
    await ask('POST /graph/create', above('middle', 'ask'));
    await ask('POST /graph/create', above('top', 'middle'));
    const top = await start('top', 'deep');
    const { body: waiting } = await ask('GET /graph/runs?graph_id=ask&waiting_for=input&metadata.team=deep');
    const inner = waiting.runs[0].run_id;
    for (const action of ['delete', 'retry']) {
      const { body: dry } = await bulk({ action, run_ids: [inner], dry_run: true });
      expect((await bulk({ action, run_ids: [inner] })).body.results).toEqual(dry.results);
      expect(dry.results[0].error).toMatchObject({ code: 'run_is_child', message: expect.stringContaining(top) });
    }
  });

  it('go on from a cursor when more fit than one request takes', async () => {
    const rows = await startMany(3, 'ask', 'many');
    const page = await bulk({ action: 'pause', filter: { metadata: { team: 'many' } }, dry_run: true });
    expect(page.body.matched).toBe(3);
    const newest = [...rows].sort().reverse();
    const rest = await bulk({
      action: 'pause',
      filter: { metadata: { team: 'many' } },
      cursor: newest[0],
      dry_run: true,
    });
    expect(rest.body.results.map(({ run_id }: { run_id: string }) => run_id)).toEqual(newest.slice(1));
  });

  it('are told one by one that the database cannot be used', async () => {
    const runId = await start('ask', 'outage');
    const { commit } = server.store;
    server.store.commit = () => Promise.reject(new StoreUnavailableError('gone'));
    const { body } = await bulk({ action: 'pause', run_ids: [runId] });
    server.store.commit = commit;
    expect(body.results).toMatchObject([{ run_id: runId, error: { code: 'store_unavailable' } }]);
  });
});
