import { createHmac } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestServer, type TestServer } from '../helpers/server.js';
import { until } from '../helpers/until.js';

/** GitHub's documented example. */
const GITHUB = {
  secret: "It's a Secret to Everybody",
  payload: 'Hello, World!',
  signature: 'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17',
};
const WHSEC = `whsec_${Buffer.from('a key of 24 bytes or so.').toString('base64')}`;
const SECRETS = { GITHUB: GITHUB.secret, ORDERS: WHSEC, PLAIN: 'plain', BROKEN: 'whsec_tooshort', EMPTY: '  ' };

/** Sets what it gets as input. */
const ECHO = {
  graph_id: 'echo',
  name: 'Echo',
  entry_point: 'keep',
  nodes: [{ name: 'keep', tool_name: 'set_data', params: { values: { got: '${ input_data }' } } }],
};
const ASKS = {
  graph_id: 'asks',
  name: 'Asks',
  entry_point: 'ask',
  nodes: [
    {
      name: 'ask',
      tool_name: 'wait_for_input',
      params: { message: '?', schema: { type: 'object', required: ['ok'], properties: { ok: { type: 'boolean' } } } },
    },
    { name: 'hear', tool_name: 'wait_for_signal', params: { name: 'go' } },
  ],
  edges: [{ from_node: 'ask', to_node: 'hear' }],
};

function standard(id: string, body: string, at = new Date(), secret = WHSEC): Record<string, string> {
  return {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
    'webhook-signature': new Webhook(secret).sign(id, at, body),
  };
}

describe('hooks', () => {
  let server: TestServer;
  let count = 0;
  beforeAll(async () => {
    server = await startTestServer({ secrets: SECRETS });
    for (const graph of [ECHO, ASKS]) expect((await server.ask('POST /graph/create', graph)).status).toBe(201);
  });
  afterAll(() => server.stop());

  /** Makes a hook; gives its id. */
  async function create(hook: object): Promise<string> {
    count += 1;
    const body = { hook_id: `h${count}`, action: 'start', graph_id: 'echo', ...hook };
    const made = await server.ask('POST /hooks', body);
    expect([made.status, made.headers.location]).toEqual([201, `/hooks/${body.hook_id}`]);
    return made.body.hook_id;
  }
  const send = (hookId: string, body: string | Buffer, headers: Record<string, string> = {}) =>
    server.ask(`POST /hooks/${hookId}/deliveries`, body, headers);
  const deliveries = async (hookId: string) => (await server.ask(`GET /hooks/${hookId}/deliveries`)).body;
  const dataOf = async (runId: string) => (await server.ask(`GET /graph/state/${runId}?wait=30`)).body.data;
  const runs = async (graphId: string) => (await server.ask(`GET /graph/runs?graph_id=${graphId}&limit=200`)).body.runs;

  describe('that are signed', () => {
    it('take what the library of Standard Webhooks has signed', async () => {
      const hook = await create({ verify: { scheme: 'standard_webhooks', secret: 'ORDERS' } });
      const body = '{"order": 17, "large": 12345678901234567890}';
      const sent = await send(hook, body, standard('msg_1', body));
      expect([sent.status, sent.body]).toEqual([202, { run_id: expect.any(String), status: 'SUBMITTED' }]);
      expect(sent.headers.location).toBe(`/graph/state/${sent.body.run_id}`);
      expect(await dataOf(sent.body.run_id)).toEqual({ got: { order: 17, large: '12345678901234567890' } });
      const again = await send(hook, body, standard('msg_1', body));
      expect([again.status, again.body, again.headers['idempotent-replayed']]).toEqual([202, sent.body, 'true']);
      expect((await deliveries(hook)).deliveries).toEqual([
        {
          delivery_id: 'msg_1',
          received_at: expect.any(String),
          outcome: 'accepted',
          run_id: sent.body.run_id,
          status: 'SUBMITTED',
          code: null,
          detail: null,
        },
      ]);
    });

    it('take the documented example of GitHub', async () => {
      const hook = await create({ verify: { scheme: 'github', secret: 'GITHUB' }, input: '${ [body, headers] }' });
      const headers = {
        'X-Hub-Signature-256': GITHUB.signature,
        'X-GitHub-Delivery': 'd1',
        'X-GitHub-Event': 'push',
        'Content-Type': 'text/plain',
        Authorization: 'Bearer x',
        Cookie: 'a=b',
      };
      const sent = await send(hook, GITHUB.payload, headers);
      expect(sent.status).toBe(202);
      const { got } = await dataOf(sent.body.run_id);
      expect(got[0]).toBe('Hello, World!');
      expect(got[1]).toMatchObject({ 'x-github-event': 'push', 'content-type': 'text/plain' });
      expect(Object.keys(got[1])).not.toEqual(
        expect.arrayContaining([expect.stringMatching(/signature|authorization|cookie/)]),
      );
    });

    it('answer a ping of GitHub without doing anything', async () => {
      const hook = await create({ verify: { scheme: 'github', secret: 'GITHUB' } });
      const headers = { 'x-hub-signature-256': GITHUB.signature, 'x-github-delivery': 'p', 'x-github-event': 'ping' };
      const sent = await send(hook, GITHUB.payload, headers);
      expect([sent.status, sent.body]).toEqual([200, { outcome: 'ignored' }]);
      expect((await deliveries(hook)).deliveries).toMatchObject([
        { delivery_id: 'p', outcome: 'ignored', run_id: null },
      ]);
    });

    it.each([
      ['hex', (digest: Buffer) => digest.toString('hex')],
      ['hex with its name', (digest: Buffer) => `sha256=${digest.toString('hex')}`],
      ['base64', (digest: Buffer) => digest.toString('base64')],
      ['the second of two', (digest: Buffer) => `${'0'.repeat(64)}, ${digest.toString('hex')}`],
    ])('take a plain HMAC: %s', async (_form, write) => {
      const hook = await create({ verify: { scheme: 'hmac_sha256', secret: 'PLAIN', header: 'X-Sign' } });
      const body = Buffer.from([0xff, 0x00, 0x41]);
      const digest = createHmac('sha256', 'plain').update(body).digest();
      expect((await send(hook, body, { 'x-sign': write(digest) })).status).toBe(202);
      expect((await send(hook, Buffer.from('A'), { 'x-sign': write(digest) })).status).toBe(401);
    });

    it('take one of several signatures, as senders give that change their secret', async () => {
      const hook = await create({ verify: { scheme: 'standard_webhooks', secret: 'ORDERS' } });
      const headers = standard('msg_r', 'x');
      const other = new Webhook(`whsec_${Buffer.alloc(24, 1).toString('base64')}`).sign('msg_r', new Date(), 'x');
      const both = {
        ...headers,
        'webhook-signature': `${other} v1a,${'A'.repeat(88)} ${headers['webhook-signature']}`,
      };
      expect((await send(hook, 'x', both)).status).toBe(202);
    });

    it.each<[string, (body: string) => Record<string, string>, RegExp]>([
      ['nothing', () => ({}), /no webhook-id/],
      ['another body', () => standard('m', 'other'), /signature is wrong/],
      ['another secret', (b) => standard('m', b, new Date(), `whsec_${Buffer.alloc(24).toString('base64')}`), /wrong/],
      ['an old time', (b) => standard('m', b, new Date(Date.now() - 301_000)), /more than 5 minutes/],
      ['a time to come', (b) => standard('m', b, new Date(Date.now() + 302_000)), /more than 5 minutes/],
      ['a time that is none', (b) => ({ ...standard('m', b), 'webhook-timestamp': '1e9' }), /in seconds/],
      ['no signature', (b) => ({ ...standard('m', b), 'webhook-signature': '' }), /no webhook-signature/],
      ['a signature that is none', (b) => ({ ...standard('m', b), 'webhook-signature': 'v1,abc' }), /has no signature/],
      ['another id', (b) => ({ ...standard('m', b), 'webhook-id': 'n' }), /wrong/],
      ['an id with a point', (b) => standard('m.1', b), /point/],
    ])('refuse a delivery signed with %s', async (_what, sign, reason) => {
      const hook = await create({ verify: { scheme: 'standard_webhooks', secret: 'ORDERS' } });
      const sent = await send(hook, '{}', sign('{}'));
      expect([sent.status, sent.body.code]).toEqual([401, 'invalid_signature']);
      expect(sent.body.detail).toMatch(reason);
      expect(sent.headers['www-authenticate']).toBeUndefined();
      const { deliveries: listed, refusals } = await deliveries(hook);
      expect([listed, refusals.count]).toEqual([[], 1]);
      expect(refusals.last_reason).toMatch(reason);
      expect((await server.ask(`GET /hooks/${hook}`)).body.refusals).toEqual(refusals);
    });
  });

  describe('that need no signature', () => {
    const open = { verify: { scheme: 'none' } };

    it('see body, headers and query, and only these', async () => {
      const input = { a: '${ body.items.map(i, i.id) }', b: '${ query.x }', c: "${ headers['x-y'] }", d: '$${ e }' };
      const hook = await create({ ...open, input, metadata: { 'of ${x}': 'nr ${ body.n }', list: '${ [1, 2] }' } });
      const body = JSON.stringify({ items: [{ id: 1 }, { id: 2 }], n: 7 });
      const sent = await server.ask(`POST /hooks/${hook}/deliveries?x=1&x=2`, body, { 'x-y': 'z' });
      expect(await dataOf(sent.body.run_id)).toEqual({ got: { a: [1, 2], b: ['1', '2'], c: 'z', d: '${ e }' } });
      const { metadata } = (await server.ask(`GET /graph/state/${sent.body.run_id}`)).body;
      expect(metadata).toEqual({ 'of ${x}': 'nr 7', list: '[1,2]' });
      const refused = await server.ask('POST /hooks', {
        ...open,
        action: 'start',
        graph_id: 'echo',
        input: '${ data.x }',
      });
      expect(refused.body.errors).toEqual([
        {
          pointer: '/input',
          code: 'invalid_expression',
          message: expect.stringContaining('Expressions know body, headers, query.'),
        },
      ]);
    });

    it.each([
      ['JSON of any type', 'application/x-www-form-urlencoded', '[1]', [1]],
      ['text of any type', 'application/json', '{"a":', '{"a":'],
      ['a type that is none', 'json', '1', 1],
      ['a byte order mark', 'text/json', '\uFEFF{}', {}],
      ['nothing', 'application/json', '', ''],
    ])('take %s', async (_what, type, body, got) => {
      const hook = await create(open);
      const sent = await send(hook, body, { 'content-type': type });
      expect(sent.status).toBe(202);
      expect(await dataOf(sent.body.run_id)).toEqual({ got });
    });

    it('take NUL and halves of characters, wherever they stand', async () => {
      const hook = await create({ ...open, dedupe: '${ body.id }', metadata: { id: '${ body.id }' } });
      const sent = await send(hook, '{"id":"a\\u0000b"}');
      expect(sent.status).toBe(202);
      const failed = await send(hook, '{"id":"\\ud800"}');
      expect([failed.status, failed.body.errors[0].pointer]).toEqual([422, '/metadata/id']);
      const ids = (await deliveries(hook)).deliveries.map((one: { delivery_id: string }) => one.delivery_id);
      expect(ids.sort()).toEqual(['a\uFFFDb', '\uFFFD']);
    });

    it('say what is wrong with a delivery that they can make nothing of, and look at it again', async () => {
      const hook = await create({ ...open, dedupe: '${ body.id }', input: { name: '${ body.user.name }' } });
      const failed = await send(hook, '{"id":1}');
      expect([failed.status, failed.body.code]).toEqual([422, 'invalid_delivery']);
      expect(failed.body.errors).toEqual([
        { pointer: '/input/name', code: 'invalid_expression', message: 'There is no key "user".' },
      ]);
      const noId = await send(hook, '{"user":{"name":"Ada"}}');
      expect([noId.status, noId.body.errors[0].pointer]).toEqual([422, '/dedupe']);
      const listed = async (id: string | null) =>
        (await deliveries(hook)).deliveries.find((one: { delivery_id: string | null }) => one.delivery_id === id);
      expect(await listed(null)).toMatchObject({ outcome: 'failed', code: 'invalid_delivery', run_id: null });
      expect(await listed('1')).toMatchObject({ outcome: 'failed', detail: failed.body.detail });
      expect((await send(hook, '{"id":1,"user":{"name":"Ada"}}')).status).toBe(202);
      expect(await listed('1')).toMatchObject({ outcome: 'accepted', code: null, detail: null, status: 'SUBMITTED' });
    });

    it.each([
      ['{"a":1e999}', /too large/],
      [`${'['.repeat(101)}${']'.repeat(101)}`, /nested more than 100/],
      ['{"__proto__":1}', /__proto__/],
    ])('refuse JSON that no document can be: %j', async (body, reason) => {
      const hook = await create(open);
      const sent = await send(hook, body);
      expect([sent.status, sent.body.code]).toEqual([422, 'invalid_delivery']);
      expect(sent.body.detail).toMatch(reason);
    });

    it('refuse what does not fit the input_schema of the graph, and graphs that have gone', async () => {
      const strict = { ...ECHO, graph_id: 'strict', name: 'Strict', input_schema: { type: 'object' } };
      await server.ask('POST /graph/create', strict);
      const hook = await create({ ...open, graph_id: 'strict' });
      const misfit = await send(hook, '1');
      expect([misfit.status, misfit.body.code]).toEqual([422, 'invalid_input']);
      const kept = await server.ask('DELETE /graph/strict');
      expect([kept.status, kept.body.code]).toEqual([409, 'graph_in_use']);
      expect(kept.body.detail).toContain(`"${hook}"`);
      expect((await server.ask(`DELETE /hooks/${hook}`)).status).toBe(204);
      expect((await server.ask('DELETE /graph/strict')).status).toBe(204);
      const gone = await server.ask('POST /hooks', { action: 'start', graph_id: 'strict', ...open });
      expect([gone.status, gone.body.code]).toEqual([404, 'graph_not_found']);
    });

    it('give the first answer again, whatever has become of them', async () => {
      const hook = await create({ ...open, dedupe: '${ body.id }' });
      const first = await send(hook, '{"id":"a"}');
      const changed = { ...open, action: 'start', graph_id: 'echo', enabled: false, dedupe: '${ body.id }' };
      expect((await server.ask(`PUT /hooks/${hook}`, { ...changed, input: '${ body.nothing }' })).status).toBe(200);
      const again = await send(hook, '{"id":"a"}');
      expect([again.status, again.body]).toEqual([202, first.body]);
      const other = await send(hook, '{"id":"b"}');
      expect([other.status, other.body.code]).toEqual([409, 'hook_disabled']);
    });

    it('start one run for a delivery that comes many times at once', async () => {
      const hook = await create({ ...open, dedupe: '${ body }', metadata: { many: 'yes' } });
      const sent = await Promise.all(Array.from({ length: 20 }, () => send(hook, '"same"')));
      expect(new Set(sent.map(({ status, body }) => `${status} ${body.run_id}`)).size).toBe(1);
      const { body } = await server.ask('GET /graph/runs?metadata.many=yes');
      expect(body.runs).toHaveLength(1);
    });

    it('start a run for each delivery if they do not tell them apart', async () => {
      const hook = await create({ ...open, dedupe: '${ null }' });
      const [one, other] = [await send(hook, '1'), await send(hook, '1')];
      expect(one.body.run_id).not.toBe(other.body.run_id);
    });

    it('answer waits and send signals, once each', async () => {
      const answer = await create({
        ...open,
        action: 'answer',
        graph_id: undefined,
        run_id: '${ query.run }',
        wait_id: '${ query.?wait.orValue("w3") }',
        dedupe: "${ headers['x-id'] }",
      });
      const signal = await create({
        ...open,
        action: 'signal',
        graph_id: undefined,
        signal: 'go',
        run_id: '${ query.run }',
        input: '${ body.n }',
        dedupe: "${ headers['x-id'] }",
      });
      const { body: run } = await server.ask('POST /graph/run?wait=10', { graph_id: 'asks' });
      const to = (hook: string, body: object, id: string, query = '') =>
        server.ask(`POST /hooks/${hook}/deliveries?run=${run.run_id}${query}`, JSON.stringify(body), { 'x-id': id });
      const misfit = await to(answer, { ok: 1 }, '1');
      expect([misfit.status, misfit.body.code]).toEqual([422, 'invalid_answer']);
      const late = await to(answer, { ok: true }, '1', '&wait=w2');
      expect([late.status, late.body.code]).toEqual([409, 'run_not_waiting']);
      const answered = await to(answer, { ok: true }, '1');
      expect([answered.status, answered.body.status]).toEqual([202, 'RUNNING']);
      await until(async () => (await server.ask(`GET /graph/state/${run.run_id}`)).body.waiting?.node === 'hear');
      expect((await to(answer, { ok: true }, '1')).body).toEqual(answered.body);
      const sent = await to(signal, { n: 5 }, '1');
      expect([sent.status, sent.body.status]).toEqual([202, 'RUNNING']);
      expect(await dataOf(run.run_id)).toEqual({ ask: { ok: true }, hear: 5 });
      // The run has ended since, and the delivery that came again does not see it.
      expect((await to(signal, { n: 5 }, '1')).body).toEqual(sent.body);
      const tooLate = await to(signal, { n: 5 }, '2');
      expect([tooLate.status, tooLate.body.code]).toEqual([409, 'run_finished']);
      const { text } = await server.ask(`GET /graph/runs/${run.run_id}/events`);
      expect(text).toContain(`"answered_by":"hook:${answer}"`);
      expect(text).toContain(`"by":"hook:${signal}"`);
      const nowhere = await server.ask(`POST /hooks/${signal}/deliveries?run=%00`, '{"n":1}', { 'x-id': '3' });
      expect([nowhere.status, nowhere.body.code]).toEqual([404, 'run_not_found']);
      const list = await server.ask(`POST /hooks/${signal}/deliveries?run=a&run=b`, '{"n":1}', { 'x-id': '4' });
      expect([list.status, list.body.errors[0].pointer]).toEqual([422, '/run_id']);
    });

    it('lift limits that runs wait at', async () => {
      const graph = {
        ...ECHO,
        graph_id: 'limited',
        name: 'Limited',
        limits: { max_steps: 1, on_limit: 'wait' },
        nodes: [...ECHO.nodes, { name: 'again', tool_name: 'set_data', params: { values: { b: 1 } } }],
        edges: [{ from_node: 'keep', to_node: 'again' }],
      };
      expect((await server.ask('POST /graph/create', graph)).status).toBe(201);
      const { body: run } = await server.ask('POST /graph/run', { graph_id: 'limited' });
      await until(async () => (await server.ask(`GET /graph/state/${run.run_id}`)).body.status === 'WAITING');
      const hook = await create({
        ...open,
        action: 'answer',
        graph_id: undefined,
        run_id: run.run_id,
        dedupe: '${ body.id }',
        input: { limits: { max_steps: 5 } },
      });
      const lifted = await send(hook, '{"id":1}');
      expect(lifted.status).toBe(202);
      expect(await dataOf(run.run_id)).toMatchObject({ b: 1 });
      expect((await send(hook, '{"id":1}')).body).toEqual(lifted.body);
    });
  });

  describe('as documents', () => {
    const valid = { action: 'start', graph_id: 'echo', verify: { scheme: 'none' } };

    it('can be read, listed in pages, replaced and deleted', async () => {
      const hook = await create({ ...valid, hook_id: 'zz-1', input: [1], version: 1, metadata: { a: 'b' } });
      const read = await server.ask(`GET /hooks/${hook}`);
      expect(read.body).toEqual({
        hook_id: 'zz-1',
        action: 'start',
        graph_id: 'echo',
        version: 1,
        input: [1],
        metadata: { a: 'b' },
        verify: { scheme: 'none' },
        enabled: true,
        delivery_path: '/hooks/zz-1/deliveries',
        delivery_url: null,
        refusals: { count: 0, last_at: null, last_reason: null },
        created_at: expect.any(String),
        updated_at: expect.any(String),
      });
      const taken = await server.ask('POST /hooks', { ...valid, hook_id: 'zz-1' });
      expect([taken.status, taken.body.code]).toEqual([409, 'hook_exists']);
      const made = await server.ask('POST /hooks', valid);
      expect(made.body.hook_id).toMatch(/^hook-[0-9a-f]{12}$/);
      const ids: string[] = [];
      for (let cursor: string | null = ''; cursor !== null; ) {
        const page = await server.ask(`GET /hooks?limit=1${cursor && `&cursor=${cursor}`}`);
        ids.push(...page.body.hooks.map(({ hook_id }: { hook_id: string }) => hook_id));
        cursor = page.body.next_cursor;
      }
      expect(ids).toEqual([...ids].sort());
      expect(ids).toEqual(expect.arrayContaining(['zz-1', made.body.hook_id]));
      expect((await server.ask('GET /hooks?cursor=x')).status).toBe(422);
      const other = await server.ask('PUT /hooks/zz-1', { ...valid, hook_id: 'other' });
      expect([other.status, other.body.errors[0].pointer]).toEqual([422, '/hook_id']);
      const put = await server.ask('PUT /hooks/zz-1', { ...valid, hook_id: 'zz-1', enabled: false });
      expect(put.body).toMatchObject({ enabled: false, created_at: read.body.created_at });
      expect(put.body).not.toHaveProperty('input');
      expect((await server.ask('DELETE /hooks/zz-1')).status).toBe(204);
      for (const request of ['GET /hooks/zz-1', 'DELETE /hooks/zz-1', 'GET /hooks/zz-1/deliveries', 'GET /hooks/%00']) {
        const answer = await server.ask(request);
        expect([answer.status, answer.body.code]).toEqual([404, 'hook_not_found']);
      }
      expect((await server.ask('PUT /hooks/zz-1', valid)).status).toBe(404);
      expect((await send('zz-1', '1')).status).toBe(404);
    });

    it('list their deliveries in pages', async () => {
      const hook = await create({ ...valid, dedupe: '${ body }' });
      for (const id of [1, 2, 3]) await send(hook, String(id));
      const first = await server.ask(`GET /hooks/${hook}/deliveries?limit=2`);
      const idsOf = ({ body }: typeof first) => body.deliveries.map((one: { delivery_id: string }) => one.delivery_id);
      const second = await server.ask(`GET /hooks/${hook}/deliveries?limit=2&cursor=${first.body.next_cursor}`);
      expect([...idsOf(first), ...idsOf(second)].sort()).toEqual(['1', '2', '3']);
      expect(second.body.next_cursor).toBeNull();
      expect((await server.ask(`GET /hooks/${hook}/deliveries?cursor=x`)).status).toBe(422);
    });

    it.each<[string, object, string, RegExp]>([
      ['an unknown key', { grapf_id: 1 }, '/grapf_id', /Unknown key/],
      ['an action that is none', { action: 'stop' }, '/action', /./],
      ['no graph', { graph_id: undefined }, '/graph_id', /needs it/],
      ['what is for other actions', { signal: 'go' }, '/signal', /does not have it/],
      ['no secret', { verify: { scheme: 'github' } }, '/verify/secret', /set SECRET_<name>/],
      [
        'a secret that is not set',
        { verify: { scheme: 'github', secret: 'NONE' } },
        '/verify/secret',
        /Set SECRET_NONE/,
      ],
      ['an empty secret', { verify: { scheme: 'github', secret: 'EMPTY' } }, '/verify/secret', /Set SECRET_EMPTY/],
      ['a name of all objects', { verify: { scheme: 'github', secret: 'constructor' } }, '/verify/secret', /not set/],
      [
        'a secret of another form',
        { verify: { scheme: 'standard_webhooks', secret: 'BROKEN' } },
        '/verify/secret',
        /whsec_/,
      ],
      ['no header', { verify: { scheme: 'hmac_sha256', secret: 'PLAIN' } }, '/verify/header', /needs the header/],
      [
        'a header for nothing',
        { verify: { scheme: 'standard_webhooks', secret: 'ORDERS', header: 'x' } },
        '/verify/header',
        /does not/,
      ],
      ['a secret for nothing', { verify: { scheme: 'none', secret: 'PLAIN' } }, '/verify/secret', /Nothing is signed/],
      ['an expression that is none', { dedupe: '${ body. }' }, '/dedupe', /./],
      ['too much', { input: 'x'.repeat(17_000) }, '', /16384/],
      ['an id that is none', { hook_id: 'A b' }, '/hook_id', /must be 1 to 100/],
    ])('are refused with %s', async (_what, change, pointer, message) => {
      const refused = await server.ask('POST /hooks', { ...valid, ...change });
      expect([refused.status, refused.body.code]).toEqual([422, 'invalid_request']);
      expect(refused.body.errors[0]).toMatchObject({ pointer, message: expect.stringMatching(message) });
      expect(refused.text).not.toContain('tooshort');
    });
  });

  it('were each right: nothing else has been started', async () => {
    expect((await runs('asks')).length).toBe(1);
  });
});
