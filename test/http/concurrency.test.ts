import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startTestServer, type TestServer } from '../helpers/server.js';

const wait = { name: 'ask', tool_name: 'wait_for_input', params: { message: '?' } };
const graph = (concurrency: object) => ({
  graph_id: 'limited',
  name: 'limited',
  entry_point: 'ask',
  nodes: [wait],
  concurrency,
});

describe('the concurrency of a graph', () => {
  let server: TestServer;
  beforeEach(async () => {
    server = await startTestServer();
  });
  afterEach(() => server.stop(0));

  const create = (concurrency: object) => server.ask('POST /graph/create', graph(concurrency));
  const run = (input_data: unknown) => server.ask('POST /graph/run', { graph_id: 'limited', input_data });
  const stateOf = async (answer: { body: { run_id: string } }) =>
    (await server.ask(`GET /graph/state/${answer.body.run_id}`)).body;

  it('is shown by the state of a run that waits for its turn', async () => {
    expect((await create({ limit: 1, key: '${ input_data.tenant }' })).status).toBe(201);
    const first = await run({ tenant: 'acme' });
    await server.ask(`GET /graph/state/${first.body.run_id}?wait=10`);
    const second = await run({ tenant: 'acme' });
    const since = expect.stringMatching(/Z$/);
    const queued = { reason: 'concurrency', key: 'acme', limit: 1, since };
    expect(await stateOf(second)).toMatchObject({ status: 'SUBMITTED', queued });
    expect(await stateOf(first)).toMatchObject({ status: 'WAITING', queued: null });
    const [submitted] = await server.store.readEvents(second.body.run_id, 0, 1);
    expect(submitted?.event).toMatchObject({ concurrency: { key: 'acme', on_full: 'queue' } });
  });

  it('refuses with 409 what it has no room for, and with 422 what gives no key', async () => {
    await create({ limit: 1, key: '${ input_data.tenant }', on_full: 'refuse' });
    expect((await run({ tenant: 'a' })).status).toBe(202);
    const full = await run({ tenant: 'a' });
    expect([full.status, full.body.code]).toEqual([409, 'concurrency_full']);
    expect(full.body.detail).toBe(
      '1 run is under way for the key "a", which is as many as the concurrency of graph "limited" allows.',
    );
    const keyless = await run({});
    expect([keyless.status, keyless.body.code]).toEqual([422, 'invalid_input']);
    expect(keyless.body.errors).toMatchObject([{ pointer: '/input_data' }]);
  });

  it.each([
    ['a secret', { limit: 1, key: '${ secrets.TOKEN }' }, '/concurrency/key'],
    ['an expression that cannot be read', { limit: 1, key: '${ input_data. }' }, '/concurrency/key'],
  ])('cannot have %s as key', async (_, concurrency, pointer) => {
    const { status, body } = await create(concurrency);
    expect([status, body.code]).toEqual([400, 'invalid_graph']);
    expect(body.errors).toMatchObject([{ pointer, code: 'invalid_expression' }]);
  });

  it.each([[{ limit: 0 }], [{ limit: 10_001 }], [{ limit: 1, on_full: 'wait' }], [{ limit: 1, max: 2 }], [{}]])(
    'cannot be %j',
    async (concurrency) => {
      expect((await create(concurrency)).status).toBe(422);
    },
  );
});
