import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestServer, type TestServer } from '../helpers/server.js';

const SCHEMA = {
  type: 'object',
  properties: { approved: { type: 'boolean' }, comment: { type: 'string', maxLength: 1000 } },
  required: ['approved'],
  additionalProperties: false,
};
const ask = (name: string, params: object = {}) => ({
  name,
  tool_name: 'wait_for_input',
  params: { message: 'Ship it?', schema: SCHEMA, ...params },
});
const GRAPHS = [
  { graph_id: 'twice', nodes: [ask('one'), ask('two')], edges: [{ from_node: 'one', to_node: 'two' }] },
  { graph_id: 'brief', nodes: [ask('one', { expires_in_seconds: 60 })] },
  {
    graph_id: 'again',
    nodes: [{ ...ask('one', { expires_in_seconds: 5 }), retry: { max_attempts: 2, interval_seconds: 1 } }],
  },
  { graph_id: 'signal', nodes: [{ name: 'one', tool_name: 'wait_for_signal', params: { name: 'go' } }] },
  { graph_id: 'inner', nodes: [{ name: 'one', tool_name: 'run_graph', params: { graph_id: 'twice' } }] },
];
const PUBLIC_URL = 'https://example.org/flows';
const YES = { payload: { approved: true } };

describe('approval links', () => {
  let server: TestServer;
  let time = Date.now();
  beforeAll(async () => {
    server = await startTestServer({ publicUrl: PUBLIC_URL, now: () => time, apiKeys: ['key'] });
    for (const graph of GRAPHS) {
      const document = { name: graph.graph_id, entry_point: 'one', ...graph };
      expect((await withKey('POST /graph/create', document)).status).toBe(201);
    }
  });
  afterAll(() => server.stop());

  const withKey = (request: string, body?: object) => server.ask(request, body, { authorization: 'Bearer key' });
  const stateOf = async (runId: string, query = '?wait=30') =>
    (await withKey(`GET /graph/state/${runId}${query}`)).body;

  /** Starts a run, and has it wait. */
  async function start(graph_id: string): Promise<{ runId: string; token: string }> {
    const { body } = await withKey('POST /graph/run?wait=30', { graph_id });
    const state = await stateOf(body.run_id);
    expect(state.status).toBe('WAITING');
    return { runId: body.run_id, token: state.waiting.token };
  }

  const answer = (token: string, body: object = YES) => server.ask(`POST /answers/${token}`, body);
  const codeOf = async (token: string, body?: object) => {
    const { status, body: problem } = await answer(token, body);
    return [status, problem.code, problem.detail];
  };

  it('are in the state of a run that waits for a person, and answer that wait alone, without a key', async () => {
    const { runId, token } = await start('twice');
    expect((await stateOf(runId)).waiting.answer_url).toBe(`${PUBLIC_URL}/answers/${token}`);
    expect((await server.ask(`POST /graph/runs/${runId}/resume`, YES)).status).toBe(401);
    const answered = await answer(token);
    expect([answered.status, answered.body]).toEqual([202, { run_id: runId, status: 'RUNNING' }]);
    const second = (await stateOf(runId)).waiting;
    expect(second.node).toBe('two');
    expect(second.token).not.toBe(token);
    // The next wait is of the same run, and wants the same.
    expect(await codeOf(token)).toEqual([410, 'answer_link_over', 'This has been answered already.']);
    expect((await server.ask(`GET /answers/${token}`)).status).toBe(410);
    expect((await answer(second.token, { payload: { approved: false } })).status).toBe(202);
    const end = await stateOf(runId);
    expect(end).toMatchObject({ status: 'COMPLETED', data: { one: { approved: true }, two: { approved: false } } });
    expect(await codeOf(second.token)).toEqual([410, 'answer_link_over', 'This has been answered already.']);
    const { text } = await withKey(`GET /graph/runs/${runId}/events`);
    const ended = text.match(/^data: .*wait\.ended.*$/gm)!.map((line) => JSON.parse(line.slice(6)));
    expect(ended.map((event) => event.answered_by)).toEqual(['token', 'token']);
  });

  it('are of the run that waits, and of no other kind of wait', async () => {
    const { body } = await withKey('POST /graph/run', { graph_id: 'signal' });
    await expect.poll(async () => (await stateOf(body.run_id, '')).waiting?.kind).toBe('signal');
    expect((await stateOf(body.run_id, '')).waiting.token).toBeUndefined();
    const parent = await start('inner');
    expect(parent.token).toBeUndefined();
    const { children } = (await stateOf(parent.runId)).waiting;
    expect(JSON.stringify(children)).not.toContain('token');
    const { token } = (await stateOf(children[0].run_id)).waiting;
    expect((await answer(token)).status).toBe(202);
  });

  it('stand nowhere but in the state of the run', async () => {
    const { runId, token } = await start('twice');
    const paths = [`runs/${runId}/steps`, 'runs', `runs/${runId}/diagram?format=mermaid`];
    const events = await server.store.readEvents(runId, 0, 100);
    const shown = await Promise.all(paths.map(async (path) => (await withKey(`GET /graph/${path}`)).text));
    const secret = Buffer.from(token, 'base64url').subarray(16, 32);
    for (const text of [...shown, JSON.stringify(events), JSON.stringify(server.logged)]) {
      for (const form of [token, secret.toString('hex'), secret.toString('base64')]) expect(text).not.toContain(form);
    }
  });

  it('show a page that changes nothing, however often it is opened', async () => {
    const { runId, token } = await start('twice');
    const before = await stateOf(runId);
    for (const method of ['GET', 'HEAD', 'GET']) {
      const { status, headers, text } = await server.ask(`${method} /answers/${token}`);
      expect([status, headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
      expect(headers).toMatchObject({
        'cache-control': 'no-store',
        'referrer-policy': 'no-referrer',
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
        'x-robots-tag': expect.stringContaining('noindex'),
      });
      expect(headers['content-security-policy']).toMatch(
        /^default-src 'none'; style-src 'sha256-[^']+'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'$/,
      );
      if (method === 'GET') expect(text).toMatch(/<form method="post"/);
    }
    expect(await stateOf(runId)).toEqual(before);
  });

  it('are over when the wait has expired, and a next try has one of its own', async () => {
    const { token } = await start('brief');
    const other = await start('again');
    time += 60_000;
    // At that very moment, before anybody has looked at the run.
    expect((await server.ask(`GET /answers/${token}`)).status).toBe(410);
    expect(await codeOf(token)).toEqual([410, 'answer_link_over', 'The time to answer this is over.']);
    const anew = async () => {
      time += 1000;
      const { waiting } = await stateOf(other.runId, '');
      return waiting?.token !== other.token && waiting?.token;
    };
    await expect.poll(anew, { timeout: 20_000, interval: 100 }).toBeTruthy();
    expect(await codeOf(other.token)).toEqual([410, 'answer_link_over', 'The time to answer this is over.']);
    expect((await server.ask(`GET /answers/${(await stateOf(other.runId, '')).waiting.token}`)).status).toBe(200);
  });

  it('are over when the run was cancelled, answered otherwise, or deleted', async () => {
    const [cancelled, resumed] = [await start('twice'), await start('twice')];
    await withKey(`POST /graph/runs/${cancelled.runId}/cancel`);
    expect(await codeOf(cancelled.token)).toEqual([
      410,
      'answer_link_over',
      'An answer to this is not needed any more.',
    ]);
    await withKey(`POST /graph/runs/${resumed.runId}/resume`, YES);
    expect(await codeOf(resumed.token)).toEqual([410, 'answer_link_over', 'This has been answered already.']);
    expect((await withKey(`DELETE /graph/runs/${cancelled.runId}`)).status).toBe(204);
    expect((await codeOf(cancelled.token)).slice(0, 2)).toEqual([410, 'answer_link_over']);
    expect((await server.ask(`GET /answers/${cancelled.token}`)).status).toBe(410);
  });

  it('say that they were answered, however many signals came before', async () => {
    const { runId, token } = await start('twice');
    for (let sent = 0; sent < 120; sent += 1)
      await withKey(`POST /graph/runs/${runId}/signals/hint`, { payload: sent });
    expect((await answer(token)).status).toBe(202);
    expect(await codeOf(token)).toEqual([410, 'answer_link_over', 'This has been answered already.']);
  });

  it('are not needed any more when the run was cancelled and asks again', async () => {
    const { runId, token } = await start('twice');
    await withKey(`POST /graph/runs/${runId}/cancel`);
    expect((await withKey(`POST /graph/runs/${runId}/retry`)).status).toBe(202);
    expect((await stateOf(runId)).waiting.token).not.toBe(token);
    expect(await codeOf(token)).toEqual([410, 'answer_link_over', 'An answer to this is not needed any more.']);
  });

  it('answer a run that is paused, which goes on when it is unpaused', async () => {
    const { runId, token } = await start('twice');
    await withKey(`POST /graph/runs/${runId}/pause`);
    expect((await stateOf(runId)).waiting.token).toBe(token);
    expect((await answer(token)).status).toBe(202);
    expect((await stateOf(runId)).waiting).toMatchObject({ kind: 'paused' });
    expect(await codeOf(token)).toEqual([410, 'answer_link_over', 'This has been answered already.']);
    await withKey(`POST /graph/runs/${runId}/unpause`);
    expect((await stateOf(runId)).data.one).toEqual({ approved: true });
  });

  it('are the same with a slash behind them', async () => {
    const { token } = await start('twice');
    const open = (end: string) => server.app.inject(`/answers/${token}${end}`);
    const page = await open('/?from=mail');
    expect([page.statusCode, page.body]).toEqual([200, expect.stringContaining('<form method="post"')]);
    expect((await open('//')).statusCode).toBe(200);
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const payload = 'answer.approved=true';
    const sent = await server.app.inject({ method: 'POST', url: `/answers/${token}/`, headers, payload });
    expect(sent.statusCode).toBe(200);
    expect((await open('/')).statusCode).toBe(410);
  });

  it.each(['PUT', 'PATCH', 'DELETE', 'OPTIONS'])('do not take %s, whoever sends it', async (method) => {
    for (const end of ['', '/']) {
      const { status, headers, body } = await server.ask(`${method} /answers/some-token${end}`);
      expect([status, headers.allow, body.code]).toEqual([405, 'GET, HEAD, POST', 'method_not_allowed']);
    }
    const { status, body } = await server.ask(`${method} /answers/some-token/else`);
    expect([status, body.code]).toEqual([404, 'not_found']);
    for (const path of ['answers', 'answers-to', 'graph/answers/x/y/z']) {
      expect((await server.ask(`${method} /${path}`)).status, path).toBe(401);
    }
  });

  it('take the first of several answers', async () => {
    const { token } = await start('twice');
    const answers = await Promise.all([1, 2, 3, 4].map(() => answer(token)));
    expect(answers.map(({ status }) => status).sort()).toEqual([202, 410, 410, 410]);
  });

  it('refuse what does not fit, and stay', async () => {
    const { token } = await start('twice');
    const misfit = await answer(token, { payload: { approved: 'yes' } });
    expect([misfit.status, misfit.body.code, misfit.body.errors[0].pointer]).toEqual([
      422,
      'invalid_answer',
      '/payload/approved',
    ]);
    expect((await codeOf(token, { approved: true })).slice(0, 2)).toEqual([422, 'invalid_request']);
    expect((await codeOf(token, { ...YES, wait_id: 'w3' })).slice(0, 2)).toEqual([422, 'invalid_request']);
    const large = { payload: { approved: true, comment: 'x'.repeat(262_144) } };
    expect((await codeOf(token, large)).slice(0, 2)).toEqual([413, 'body_too_large']);
    const text = await server.ask(`POST /answers/${token}`, 'yes', { 'content-type': 'text/plain' });
    expect([text.status, text.body.code]).toEqual([415, 'unsupported_media_type']);
    expect((await answer(token)).status).toBe(202);
  });

  it('give browsers pages about errors, and programs problem documents', async () => {
    const { token } = await start('twice');
    await answer(token);
    const page = await server.ask(`GET /answers/${token}`);
    expect([page.status, page.headers['content-type']]).toEqual([410, 'text/html; charset=utf-8']);
    expect(page.text).toContain('This has been answered already.');
    expect(page.headers['content-security-policy']).toContain("form-action 'self'");
    const problem = await server.ask(`GET /answers/${token}`, undefined, { accept: 'application/json' });
    expect([problem.status, problem.body.code]).toEqual([410, 'answer_link_over']);
  });
});

describe('the tag of a state', () => {
  it('is another one if the link is', async () => {
    const first = await startTestServer({ publicUrl: PUBLIC_URL });
    await first.ask('POST /graph/create', { name: 'twice', entry_point: 'one', ...GRAPHS[0] });
    const { body } = await first.ask('POST /graph/run?wait=30', { graph_id: 'twice' });
    const path = `GET /graph/state/${body.run_id}`;
    const { headers } = await first.ask(path);
    const known = { 'if-none-match': String(headers.etag) };
    expect((await first.ask(path, undefined, known)).status).toBe(304);
    await first.stop();
    for (const publicUrl of [undefined, 'https://other.example']) {
      const next = await startTestServer({ path: first.path, ...(publicUrl === undefined ? {} : { publicUrl }) });
      const { status, body: state } = await next.ask(path, undefined, known);
      expect([status, state?.waiting.answer_url?.split('/answers/')[0]]).toEqual([200, publicUrl]);
      await next.stop();
    }
  });
});
