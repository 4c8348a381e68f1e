import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { defineTool } from '../../src/core/tool/tool.js';
import { startTestServer, type TestServer } from '../helpers/server.js';
import { chain } from '../helpers/tools.js';

const NESTED_CODE = 'if a:\n  if b: pass';

let isBroken = true;
const fragile = defineTool({
  name: 'fragile',
  run: () => {
    if (isBroken) throw new Error('it broke');
    return { mended: true };
  },
});

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ definitions: [fragile] });
  await server.engine.createGraph(chain('breaks', 'fragile'));
});
afterAll(() => server.stop());

async function run(body: object): Promise<string> {
  return (await server.ask('POST /graph/run?wait=30', body)).body.run_id;
}
const demo = (limits = {}) => run({ graph_id: 'demo-review', input_data: NESTED_CODE, limits });
const stateOf = async (runId: string) => (await server.ask(`GET /graph/state/${runId}?wait=30`)).body;

describe('retry', () => {
  it('goes on from the step that failed', async () => {
    isBroken = true;
    const runId = await run({ graph_id: 'breaks' });
    isBroken = false;
    const answer = await server.ask(`POST /graph/runs/${runId}/retry`);
    expect([answer.status, answer.body]).toEqual([202, { run_id: runId, status: expect.any(String) }]);
    expect(await stateOf(runId)).toMatchObject({ status: 'COMPLETED', error: null, data: { mended: true } });
    const again = await server.ask(`POST /graph/runs/${runId}/retry`, {});
    expect([again.status, again.body.code]).toEqual([409, 'run_not_retryable']);
  });

  it('needs higher limits where those were used up', async () => {
    const runId = await demo({ max_steps: 2 });
    const low = await server.ask(`POST /graph/runs/${runId}/retry`, { limits: { max_steps: 2 } });
    expect([low.status, low.body.code]).toEqual([409, 'limits_too_low']);
    const high = await server.ask(`POST /graph/runs/${runId}/retry`, { limits: { max_steps: 50 } });
    expect(high.status).toBe(202);
    expect(await stateOf(runId)).toMatchObject({ status: 'COMPLETED', limits: { max_steps: 50 } });
  });

  it('is not for a run whose graph was deleted', async () => {
    isBroken = true;
    await server.engine.createGraph({ ...chain('doomed', 'fragile'), name: 'Doomed' });
    const runId = await run({ graph_id: 'doomed' });
    await server.ask('DELETE /graph/doomed');
    const retried = await server.ask(`POST /graph/runs/${runId}/retry`);
    expect([retried.status, retried.body.code]).toEqual([409, 'graph_deleted']);
    const forked = await server.ask(`POST /graph/runs/${runId}/fork`, { from_step: 1 });
    expect([forked.status, forked.body.code]).toEqual([409, 'graph_deleted']);
  });

  it.each([
    [{ limit: {} }, '/limit'],
    [{ limits: { max_steps: 0 } }, '/limits/max_steps'],
    [{ limits: { deadline: 1 } }, '/limits/deadline'],
    [{ limits: null }, '/limits'],
  ])('refuses the body %j', async (body, pointer) => {
    const answer = await server.ask('POST /graph/runs/anything/retry', body);
    expect([answer.status, answer.body.errors[0].pointer]).toEqual([422, pointer]);
  });
});

describe('fork', () => {
  it('starts a run with the steps before copied, and leaves the original as it is', async () => {
    const original = await demo();
    const before = await stateOf(original);
    const answer = await server.ask(`POST /graph/runs/${original}/fork`, { from_step: 4, data: { review_round: 2 } });
    expect([answer.status, answer.body]).toEqual([
      202,
      { run_id: expect.any(String), status: 'SUBMITTED', forked_from: { run_id: original, step: 4 } },
    ]);
    expect(answer.headers.location).toBe(`/graph/state/${answer.body.run_id}`);
    const fork = await stateOf(answer.body.run_id);
    expect(fork).toMatchObject({
      status: 'COMPLETED',
      forked_from: { run_id: original, step: 4 },
      input_data: NESTED_CODE,
    });
    expect(await stateOf(original)).toEqual(before);
  });

  it('is impossible from a step, or with a version, that is not there', async () => {
    const original = await demo();
    for (const body of [{ from_step: 900 }, { from_step: 2, version: 7 }]) {
      const answer = await server.ask(`POST /graph/runs/${original}/fork`, body);
      expect([answer.status, answer.body.code]).toEqual([409, 'fork_impossible']);
    }
    expect((await server.ask('POST /graph/runs/nobody/fork', { from_step: 1 })).body.code).toBe('run_not_found');
  });

  it('heeds the Idempotency-Key, and does not take two runs for one', async () => {
    const [one, other] = [await demo(), await demo()];
    const key = { 'idempotency-key': 'fork' };
    const first = await server.ask(`POST /graph/runs/${one}/fork`, { from_step: 2 }, key);
    const again = await server.ask(`POST /graph/runs/${one}/fork`, { from_step: 2 }, key);
    expect([again.status, again.body]).toEqual([202, first.body]);
    expect(again.headers).toMatchObject({ location: first.headers.location, 'idempotent-replayed': 'true' });
    expect(first.headers).not.toHaveProperty('idempotent-replayed');
    for (const [runId, body] of [
      [one, { from_step: 3 }],
      [other, { from_step: 2 }],
    ] as const) {
      const answer = await server.ask(`POST /graph/runs/${runId}/fork`, body, key);
      expect([answer.status, answer.body.code]).toEqual([422, 'idempotency_mismatch']);
    }
    const bad = await server.ask(`POST /graph/runs/${one}/fork`, { from_step: 2 }, { 'idempotency-key': 'é' });
    expect(bad.body.code).toBe('invalid_header');
  });

  it.each([
    [{}, '/from_step'],
    [{ from_step: 0 }, '/from_step'],
    [{ from_step: 1.5 }, '/from_step'],
    [{ from_step: '1' }, '/from_step'],
    [{ from_step: 1, data: [] }, '/data'],
    [{ from_step: 1, data: null }, '/data'],
    [{ from_step: 1, version: 0 }, '/version'],
    [{ from_step: 1, metadata: {} }, '/metadata'],
  ])('refuses the body %j', async (body, pointer) => {
    const answer = await server.ask('POST /graph/runs/anything/fork', body);
    expect([answer.status, answer.body.errors[0].pointer]).toEqual([422, pointer]);
  });
});

describe('diff', () => {
  it('says where two runs parted, and how their data differs', async () => {
    const original = await demo();
    const { body: fork } = await server.ask(`POST /graph/runs/${original}/fork`, {
      from_step: 4,
      data: { review_round: 5, extra: [1] },
    });
    await stateOf(fork.run_id);
    const { status, body } = await server.ask(`GET /graph/runs/${original}/diff/${fork.run_id}`);
    expect(status).toBe(200);
    expect(body).toEqual({
      a: original,
      b: fork.run_id,
      first_divergence: {
        step: 4,
        a: { node: 'analyze', status: 'COMPLETED', to_node: 'improve' },
        b: { node: 'analyze', status: 'COMPLETED', to_node: 'END' },
      },
      path_a: expect.arrayContaining(['analyze', 'improve']),
      path_b: ['analyze'],
      data: expect.arrayContaining([
        { pointer: '/review_round', a: 2, b: 5 },
        { pointer: '/extra', b: [1] },
      ]),
    });
  });

  it('finds nothing between a run and itself, and no run that is not there', async () => {
    const runId = await demo();
    const { body } = await server.ask(`GET /graph/runs/${runId}/diff/${runId}`);
    expect(body).toEqual({ a: runId, b: runId, first_divergence: null, path_a: [], path_b: [], data: [] });
    expect((await server.ask(`GET /graph/runs/${runId}/diff/nobody`)).body.code).toBe('run_not_found');
    expect((await server.ask(`GET /graph/runs/nobody/diff/${runId}`)).body.code).toBe('run_not_found');
  });
});
