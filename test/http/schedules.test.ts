import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestServer, type TestServer } from '../helpers/server.js';

const NOON = Date.UTC(2026, 2, 28, 12);
const NIGHTLY = {
  schedule_id: 'nightly',
  graph_id: 'demo-review',
  cron: '30 2 * * *',
  time_zone: 'Europe/Berlin',
  input_data: 'a = 1',
  metadata: { team: 'a' },
  limits: { max_steps: 50 },
};

let server: TestServer;
let clock = NOON;
beforeAll(async () => {
  server = await startTestServer({
    now: () => clock,
    namedApiKeys: [{ name: 'alice', key: 'key-of-alice' }],
    readApiKeys: ['reads'],
  });
  const strict = { name: 'n', tool_name: 'set_data', params: { values: { a: 1 } } };
  const schema = { input_schema: { type: 'object', required: ['id'] } };
  await ask('POST /graph/create', { graph_id: 'strict', name: 'strict', entry_point: 'n', nodes: [strict], ...schema });
});
afterAll(() => server.stop());

const ask: TestServer['ask'] = (request, payload, headers) =>
  server.ask(request, payload, { authorization: 'Bearer key-of-alice', ...headers });

describe('schedules', () => {
  it('are created, with when they are due', async () => {
    const { status, headers, body } = await ask('POST /schedules', NIGHTLY);
    expect([status, headers.location]).toEqual([201, '/schedules/nightly']);
    expect(body).toEqual({
      ...NIGHTLY,
      version: null,
      every_seconds: null,
      overlap: 'skip',
      catch_up_seconds: 60,
      enabled: true,
      next: [
        '2026-03-29T01:00:00.000Z',
        ...[30, 31].map((day) => `2026-03-${day}T00:30:00.000Z`),
        '2026-04-01T00:30:00.000Z',
        '2026-04-02T00:30:00.000Z',
      ],
      last: null,
      created_at: '2026-03-28T12:00:00.000Z',
      updated_at: '2026-03-28T12:00:00.000Z',
    });
    expect((await ask('GET /schedules/nightly')).body).toEqual(body);
    expect((await ask('POST /schedules', NIGHTLY)).body).toMatchObject({ status: 409, code: 'schedule_exists' });
  });

  it('get an id if they bring none', async () => {
    const { body } = await ask('POST /schedules', { graph_id: 'demo-review', every_seconds: 3600, enabled: false });
    expect(body.schedule_id).toMatch(/^demo-review-[0-9a-f]{12}$/);
    expect(body.next).toEqual([]);
    expect((await ask(`DELETE /schedules/${body.schedule_id}`)).status).toBe(204);
    expect((await ask(`DELETE /schedules/${body.schedule_id}`)).body.code).toBe('schedule_not_found');
  });

  it.each([
    [{ cron: '61 * * * *' }, 422, '/cron'],
    [{ cron: '0 0 30 2 *' }, 422, '/cron'],
    [{ every_seconds: 5 }, 422, '/cron'],
    [{ time_zone: 'Mars/Olympus' }, 422, '/time_zone'],
    [{ schedule_id: 'preview' }, 422, '/schedule_id'],
    [{ catchup_seconds: 1 }, 422, '/catchup_seconds'],
    [{ limits: { max_step: 1 } }, 422, '/limits/max_step'],
    [{ graph_id: 'strict', input_data: {} }, 422, '/input_data'],
  ])('are refused with %o', async (wrong, status, pointer) => {
    const { body } = await ask('POST /schedules', { ...NIGHTLY, schedule_id: 'wrong', ...wrong });
    expect([body.status, body.errors[0].pointer.slice(0, pointer.length)]).toEqual([status, pointer]);
    expect((await ask('GET /schedules/wrong')).status).toBe(404);
  });

  it('are refused for a graph, or a version, that is not there', async () => {
    for (const wrong of [{ graph_id: 'nobody' }, { version: 9 }]) {
      const { body } = await ask('POST /schedules', { ...NIGHTLY, schedule_id: 'wrong', ...wrong });
      expect(body.code).toBe('graph_not_found');
    }
  });

  it('are replaced as a whole; the next instant stays if the times do', async () => {
    clock += 1000;
    const { schedule_id: _, ...rest } = NIGHTLY;
    const { status, body } = await ask('PUT /schedules/nightly', { ...rest, overlap: 'allow', metadata: {} });
    expect([status, body.overlap, body.metadata, body.next[0]]).toEqual([200, 'allow', {}, '2026-03-29T01:00:00.000Z']);
    expect(body.updated_at > body.created_at).toBe(true);
    const hourly = await ask('PUT /schedules/nightly', { graph_id: 'demo-review', every_seconds: 3600 });
    expect([hourly.body.next[0], hourly.body.cron, hourly.body.input_data]).toEqual([
      '2026-03-28T13:00:00.000Z',
      null,
      null,
    ]);
    expect((await ask('PUT /schedules/nobody', rest)).body.code).toBe('schedule_not_found');
    const other = await ask('PUT /schedules/nightly', { ...NIGHTLY, schedule_id: 'other' });
    expect(other.body.errors[0].pointer).toBe('/schedule_id');
    expect((await ask('PUT /schedules/nightly', { ...rest, graph_id: 'nobody' })).body.code).toBe('graph_not_found');
    expect((await ask('PUT /schedules/nightly', NIGHTLY)).status).toBe(200);
  });

  it('are listed by id, without their input', async () => {
    for (const id of ['b', 'a'])
      await ask('POST /schedules', { ...NIGHTLY, graph_id: 'strict', schedule_id: id, input_data: { id } });
    const first = (await ask('GET /schedules?limit=2')).body;
    expect(first.schedules.map((one: { schedule_id: string }) => one.schedule_id)).toEqual(['a', 'b']);
    expect(first.schedules[0]).not.toHaveProperty('input_data');
    const second = (await ask(`GET /schedules?limit=2&cursor=${first.next_cursor}`)).body;
    expect([second.schedules.length, second.next_cursor]).toEqual([1, null]);
    expect((await ask('GET /schedules?graph_id=strict')).body.schedules).toHaveLength(2);
    for (const cursor of ['after:a', 'behind:', 'x']) {
      expect((await ask(`GET /schedules?cursor=${cursor}`)).body.errors[0].code).toBe('invalid_cursor');
    }
  });

  it('keep their graph from being deleted, and are named', async () => {
    const { body } = await ask('DELETE /graph/strict');
    expect([body.status, body.code]).toEqual([409, 'graph_in_use']);
    expect(body.detail).toContain('schedule "a", schedule "b"');
    for (const id of ['b', 'a']) await ask(`DELETE /schedules/${id}`);
    expect((await ask('DELETE /graph/strict')).status).toBe(204);
  });

  it('start a run by hand, once for a key, which says what started it', async () => {
    const key = { 'idempotency-key': 'now' };
    const { status, headers, body } = await ask('POST /schedules/nightly/trigger', undefined, key);
    expect([status, headers.location]).toEqual([202, `/graph/state/${body.run_id}`]);
    const again = await ask('POST /schedules/nightly/trigger', undefined, key);
    expect([again.body, again.headers['idempotent-replayed']]).toEqual([body, 'true']);
    const state = (await ask(`GET /graph/state/${body.run_id}?wait=10`)).body;
    expect(state).toMatchObject({
      status: 'COMPLETED',
      started_by: { kind: 'schedule', id: 'nightly' },
      submitted_by: 'alice',
      metadata: { team: 'a' },
    });
    expect((await ask('POST /schedules/nobody/trigger')).body.code).toBe('schedule_not_found');
    const runs = async (filter: string) => (await ask(`GET /graph/runs?started_by=${filter}`)).body.runs;
    expect(await runs('schedule:nightly')).toMatchObject([{ run_id: body.run_id, started_by: state.started_by }]);
    expect([await runs('schedule:other'), await runs('api')]).toEqual([[], []]);
    const started = (await ask('POST /graph/run', { graph_id: 'demo-review', input_data: '' })).body;
    expect(await runs('api:alice')).toMatchObject([
      { run_id: started.run_id, started_by: { kind: 'api', id: 'alice' } },
    ]);
    expect((await ask('GET /graph/runs?started_by=cat')).body.errors[0].pointer).toBe('/started_by');
    const bulk = { action: 'delete', filter: { started_by: 'schedule:nightly' }, dry_run: true };
    expect((await ask('POST /graph/runs/bulk', bulk)).body.matched).toBe(1);
  });

  it('are previewed, by who may only read too', async () => {
    const reads = { authorization: 'Bearer reads' };
    const times = { cron: '30 2 * * *', time_zone: 'Europe/Berlin', count: 2 };
    const { body } = await ask('POST /schedules/preview', { ...times, after: '2026-10-24T02:00:00+02:00' }, reads);
    expect(body).toEqual({ next: ['2026-10-24T00:30:00.000Z', '2026-10-25T00:30:00.000Z'] });
    expect((await ask('POST /schedules/preview', { every_seconds: 60 }, reads)).body.next[0]).toBe(
      '2026-03-28T12:01:00.000Z',
    );
    expect((await ask('POST /schedules/preview', { ...times, count: 101 })).body.errors[0].pointer).toBe('/count');
    expect((await ask('GET /schedules/nightly', undefined, reads)).status).toBe(200);
    expect((await ask('POST /schedules/nightly/trigger', undefined, reads)).body.code).toBe('read_only_key');
  });
});
