import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { APPROVAL_GRAPH, PARALLEL_GRAPH } from '../../src/http/openapi/examples.js';
import { startTestServer, type TestServer } from '../helpers/server.js';

const TIME = expect.stringMatching(/^\d{4}-.*Z$/);

describe('runs that wait', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer();
    for (const graph of [APPROVAL_GRAPH, PARALLEL_GRAPH]) {
      expect((await server.ask('POST /graph/create', graph)).body.warnings).toEqual([]);
    }
  });
  afterAll(() => server.stop());

  /** Starts a run and waits until it waits. */
  async function start(graph_id: string): Promise<string> {
    const { status, body } = await server.ask('POST /graph/run?wait=30', { graph_id, input_data: 'if a: pass' });
    expect([status, body.status]).toEqual([202, 'SUBMITTED']);
    return body.run_id;
  }
  const state = async (runId: string, query = '') => (await server.ask(`GET /graph/state/${runId}${query}`)).body;
  const resume = (runId: string, body: object) => server.ask(`POST /graph/runs/${runId}/resume`, body);

  it('say what they wait for, and do not keep a client waiting with them', async () => {
    const runId = await start('approval');
    expect(await state(runId, '?wait=60')).toMatchObject({
      status: 'WAITING',
      current_node: 'ask',
      waiting: {
        id: 'w3',
        kind: 'input',
        node: 'ask',
        since: TIME,
        until: TIME,
        message: 'Shall this code be reviewed?',
        schema: { type: 'object', required: ['approved'] },
        children: [],
      },
    });
    const { body } = await server.ask(`GET /graph/runs/${runId}/steps`);
    expect(body.steps).toMatchObject([{ step: 1, node: 'ask', status: 'WAITING', finished_at: null }]);
    const { body: list } = await server.ask('GET /graph/runs?graph_id=approval&status=WAITING');
    expect(list.runs[0]).toMatchObject({ run_id: runId, waiting_for: 'input', parent_run_id: null, child_index: null });
  });

  it('go on with an answer that fits, once', async () => {
    const runId = await start('approval');
    const misfit = await resume(runId, { payload: { approved: 'yes' }, wait_id: 'w3' });
    expect([misfit.status, misfit.body.code]).toEqual([422, 'invalid_answer']);
    expect(misfit.body.errors[0].pointer).toBe('/payload/approved');
    expect((await resume(runId, { payload: { approved: true }, wait_id: 'w4' })).body.code).toBe('run_not_waiting');

    const answered = await resume(runId, { payload: { approved: true }, wait_id: 'w3' });
    expect([answered.status, answered.body]).toEqual([202, { run_id: runId, status: expect.any(String) }]);
    const again = await resume(runId, { payload: { approved: true } });
    expect([again.status, again.body.code]).toEqual([409, 'run_not_waiting']);
    const end = await state(runId, '?wait=30');
    expect(end).toMatchObject({ status: 'COMPLETED', waiting: null, data: { verdict: { approved: true } } });
    expect(end.data.review).toMatchObject({ complexity_score: 5 });
  });

  it('run other graphs as steps, which can be read but are not the ones to delete, retry or fork', async () => {
    const runId = await start('approval');
    await resume(runId, { payload: { approved: true } });
    await state(runId, '?wait=30');
    const { body } = await server.ask(`GET /graph/runs?parent_run_id=${runId}`);
    expect(body.runs).toMatchObject([{ graph_id: 'demo-review', parent_run_id: runId, child_index: 0 }]);
    const child = body.runs[0].run_id;
    expect(await state(child)).toMatchObject({ parent_run_id: runId, child_index: 0, status: 'COMPLETED' });
    for (const [request, payload] of [
      [`DELETE /graph/runs/${child}`, undefined],
      [`POST /graph/runs/${child}/retry`, undefined],
      [`POST /graph/runs/${child}/fork`, { from_step: 1 }],
    ] as const) {
      const refused = await server.ask(request, payload);
      expect([refused.status, refused.body.code]).toEqual([409, 'run_is_child']);
      expect(refused.body.detail).toContain(runId);
    }
    const { body: top } = await server.ask('GET /graph/runs?limit=200');
    expect(top.runs.map((run: { run_id: string }) => run.run_id)).not.toContain(child);
  });

  it('list the runs inside them that somebody has to answer', async () => {
    const runId = await start('second-opinion');
    const parent = await state(runId);
    expect(parent.waiting).toMatchObject({ kind: 'branches', node: 'extract', until: null, message: null });
    const [child] = parent.waiting.children;
    expect(parent.waiting.children).toEqual([
      { run_id: expect.any(String), graph_id: 'second-opinion', index: 1, branch: 'ask', waiting_for: 'input' },
    ]);
    expect((await resume(runId, { payload: { approved: true } })).body.code).toBe('run_not_waiting');
    const { body: waiting } = await server.ask('GET /graph/runs?waiting_for=input&graph_id=second-opinion');
    expect(waiting.runs).toMatchObject([{ run_id: child.run_id, parent_run_id: runId, child_index: 1 }]);
    const { body: branches } = await server.ask('GET /graph/runs?waiting_for=branches');
    expect(branches.runs).toMatchObject([{ run_id: runId, waiting_for: 'branches' }]);

    expect((await resume(child.run_id, { payload: { approved: false } })).status).toBe(202);
    expect(await state(runId, '?wait=30')).toMatchObject({
      status: 'COMPLETED',
      data: { opinion: { approved: false }, complexity_score: 10, review_round: 1 },
    });
    const { body: steps } = await server.ask(`GET /graph/runs/${runId}/steps`);
    expect(steps.steps[0].decision).toMatchObject({ kind: 'parallel' });
  });

  it.each([
    [{}, '/payload', undefined],
    [{ wait_id: 'w3' }, '/payload', undefined],
    [{ payload: 1, wait_id: 3 }, '/wait_id', undefined],
    [{ payload: 1, wait_id: null }, '/wait_id', undefined],
    [{ payload: 1, waitid: 'w3' }, '/waitid', 'Did you mean "wait_id"?'],
  ])('refuse the body %j', async (body, pointer, hint) => {
    const answer = await resume('anything', body);
    expect([answer.status, answer.body.code]).toEqual([422, 'invalid_request']);
    expect(answer.body.errors[0]).toMatchObject({ pointer, ...(hint === undefined ? {} : { hint }) });
  });

  it('take null as an answer, and none for a run that is not there', async () => {
    expect((await resume('nobody', { payload: null })).body.code).toBe('run_not_found');
  });

  it.each(['waiting_for=nothing', 'waiting_for=input,timer', 'waiting_for=', 'parent_run_id=a&parent_run_id=b'])(
    'are not found by %s',
    async (query) => {
      expect((await server.ask(`GET /graph/runs?${query}`)).body.code).toBe('invalid_request');
    },
  );
});
