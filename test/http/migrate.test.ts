import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from '../helpers/cli.js';
import { listen, startTestServer, type TestServer } from '../helpers/server.js';

const ask = (message: string, schema: object = {}) => ({
  graph_id: 'leave',
  name: 'Leave',
  entry_point: 'ask',
  nodes: [{ name: 'ask', tool_name: 'wait_for_input', params: { message, ...schema } }],
});

describe('moving runs to another version', () => {
  let server: TestServer;
  let url: string;
  const runs: string[] = [];
  beforeAll(async () => {
    server = await startTestServer({ namedApiKeys: [{ name: 'alice', key: 'a-key' }] });
    url = await listen(server);
    await send('POST /graph/create', ask('?'));
    for (let count = 0; count < 3; count++) {
      runs.push((await send('POST /graph/run?wait=30', { graph_id: 'leave' })).body.run_id);
    }
    await send('PUT /graph/leave', ask('How are you?'));
    await send('PUT /graph/leave', ask('How many?', { schema: { type: 'integer' } }));
  });
  afterAll(() => server.stop());

  const send = (request: string, body?: object) => server.ask(request, body, { authorization: 'Bearer a-key' });
  const migrate = (body: object) => send('POST /graph/leave/migrate', body);
  const cli = (...args: string[]) => runCli(['move-runs', 'leave', ...args, '--url', url, '--api-key', 'a-key']);

  it('is only said to be possible, unless it is asked for', async () => {
    const { status, body } = await migrate({ to_version: 2, filter: { status: ['WAITING'], order: 'asc' } });
    expect(status).toBe(200);
    expect(body).toEqual({
      results: runs.map((run_id) => ({ run_id, from_version: 1, can_move: true })),
      ...{ matched: 3, more: false, next_cursor: null, dry_run: true },
    });
    expect((await send(`GET /graph/state/${runs[0]}`)).body).toMatchObject({ graph_version: 1, migrated_from: null });
  });

  it('is done to each run alone, and told by its state, with who asked', async () => {
    const { body } = await migrate({ to_version: 2, run_ids: [runs[0], 'none'], dry_run: false });
    expect(body).toMatchObject({
      results: [
        { run_id: runs[0], from_version: 1, moved: true },
        { run_id: 'none', from_version: null, moved: false, error: { code: 'run_not_found' } },
      ],
      dry_run: false,
    });
    const migrated_from = { version: 1, at: expect.stringMatching(/Z$/), by: 'alice' };
    expect((await send(`GET /graph/state/${runs[0]}`)).body).toMatchObject({ graph_version: 2, migrated_from });
    expect((await send(`GET /graph/runs/${runs[0]}/diagram`)).status).toBe(200);
  });

  it('says why a run stays, and where the version is different', async () => {
    const { body } = await migrate({ to_version: 3, run_ids: [runs[1]] });
    const error = { code: 'move_impossible', message: expect.any(String), pointer: '/nodes/0/params/schema' };
    expect(body.results).toEqual([{ run_id: runs[1], from_version: 1, can_move: false, error }]);
  });

  it.each<[object, number, string]>([
    [{}, 422, '/to_version'],
    [{ to_version: 0 }, 422, '/to_version'],
    [{ to_version: 2, run_ids: ['a'], filter: {} }, 422, ''],
    [{ to_version: 2, run_ids: ['a'], cursor: 'x' }, 422, '/cursor'],
    [{ to_version: 2, filter: { graph_id: 'other' } }, 422, '/filter/graph_id'],
  ])('is refused as %j', async (body, status, pointer) => {
    const answer = await migrate(body);
    expect([answer.status, answer.body.errors[0].pointer]).toEqual([status, pointer]);
  });

  it('is refused for a version that is not there', async () => {
    const { status, body } = await migrate({ to_version: 9 });
    expect([status, body.code]).toEqual([404, 'graph_not_found']);
  });

  it('is a command, which changes nothing without --apply', async () => {
    const dry = await cli('--to', '2', '--run', runs[1] ?? '');
    expect([dry.code, dry.stdout]).toEqual([
      0,
      `RUN                                   FROM  RESULT\n${runs[1]}  1     can be moved\n1 can be moved to version 2. Move them with --apply.\n`,
    ]);
    const applied = await cli('--to', '2', '--status', 'WAITING', '--apply');
    expect([applied.code, applied.stdout.split('\n').at(-2)]).toEqual([0, '3 moved to version 2.']);
    const refused = await cli('--to', '3', '--run', runs[0] ?? '');
    expect([refused.code, refused.stdout]).toEqual([1, expect.stringContaining('move_impossible: At node "ask"')]);
    expect(refused.stdout).toContain('0 can be moved to version 3, 1 cannot be.\n');
    const { stdout } = await cli('--to', '2', '--json');
    expect(JSON.parse(stdout)).toMatchObject({ matched: 3, dry_run: true });
    const none = await cli('--to', '2', '--status', 'FAILED');
    expect([none.code, none.stdout]).toEqual([0, '0 can be moved to version 2.\n']);
    expect((await cli()).code).toBe(2);
  });
});
