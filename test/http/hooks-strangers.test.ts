import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { Writable } from 'node:stream';
import fc from 'fast-check';
import { pino } from 'pino';
import { Webhook } from 'standardwebhooks';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { listen, startTestServer, type TestServer } from '../helpers/server.js';
import { until } from '../helpers/until.js';

const SECRET = `whsec_${Buffer.alloc(24, 3).toString('base64')}`;
const KEY = { authorization: 'Bearer key' };
const MAX_BYTES = 20_000;

/** What whoever has no key, and perhaps no signature, can do to a server with keys. */
describe('deliveries of strangers', () => {
  const lines: string[] = [];
  let server: TestServer;
  let port: number;
  const sockets: Socket[] = [];
  beforeAll(async () => {
    const sink = new Writable({
      write(chunk, _encoding, done) {
        lines.push(String(chunk));
        done();
      },
    });
    server = await startTestServer({
      apiKeys: ['key'],
      readApiKeys: ['reader'],
      secrets: { S: SECRET, PLAIN: 'plain' },
      maxBodyBytes: MAX_BYTES,
      maxDeliveryBytes: 2 * MAX_BYTES,
      logger: pino({ level: 'info' }, sink),
    });
    port = Number(new URL(await listen(server)).port);
    const hooks = [
      { hook_id: 'signed', verify: { scheme: 'standard_webhooks', secret: 'S' } },
      { hook_id: 'plain', verify: { scheme: 'hmac_sha256', secret: 'PLAIN', header: 'x-sign' } },
      { hook_id: 'open', verify: { scheme: 'none' } },
    ];
    for (const hook of hooks) {
      const made = await server.ask('POST /hooks', { action: 'start', graph_id: 'demo-review', ...hook }, KEY);
      expect(made.status).toBe(201);
    }
  });
  afterEach(() => {
    for (const socket of sockets.splice(0)) socket.destroy();
  });
  afterAll(() => server.stop());

  /** Sends the head of a request, and perhaps more; collects what is answered. */
  async function begin(hookId: string, headers: readonly string[], body: string | Buffer = '') {
    const socket = connect(port, '127.0.0.1');
    sockets.push(socket);
    const got = { text: '' };
    socket.on('data', (chunk) => {
      got.text += chunk;
    });
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    socket.write([`POST /hooks/${hookId}/deliveries HTTP/1.1`, 'Host: a', ...headers, '', ''].join('\r\n'));
    socket.write(body);
    const answered = () =>
      until(async () => /^HTTP\/1\.1 (\d+) [\s\S]*"code":"(\w+)"/.exec(got.text)?.slice(1) ?? undefined);
    return { socket, answered };
  }
  const SIGNATURE = `X-Sign: ${'0'.repeat(64)}`;

  it('are refused before their body is there, if nothing in their headers could be right', async () => {
    for (const [hookId, answer] of [
      ['nobody', ['404', 'hook_not_found']],
      ['%00', ['404', 'hook_not_found']],
      ['signed', ['401', 'invalid_signature']],
      ['plain', ['401', 'invalid_signature']],
    ] as const) {
      const { answered } = await begin(hookId, ['Content-Length: 15000'], '{');
      expect(await answered(), hookId).toEqual(answer);
    }
  });

  it('are refused if they are too large, whether they say so or not', async () => {
    const declared = await begin('plain', [SIGNATURE, `Content-Length: ${MAX_BYTES + 1}`]);
    expect(await declared.answered()).toEqual(['413', 'body_too_large']);
    const chunk = `${(MAX_BYTES + 1).toString(16)}\r\n${'x'.repeat(MAX_BYTES + 1)}\r\n`;
    const chunked = await begin('plain', [SIGNATURE, 'Transfer-Encoding: chunked'], chunk);
    expect(await chunked.answered()).toEqual(['413', 'body_too_large']);
  });

  it('are refused if they are compressed', async () => {
    const { answered } = await begin('open', ['Content-Encoding: gzip', 'Content-Length: 15000'], 'x');
    expect(await answered()).toEqual(['415', 'unsupported_media_type']);
    const sent = await server.ask('POST /hooks/open/deliveries', '1', { 'content-encoding': 'Identity' });
    expect(sent.status).toBe(202);
  });

  it('cannot have more held of them than there is room for; then others are told to come again', async () => {
    const size = MAX_BYTES - 500;
    const length = `Content-Length: ${MAX_BYTES}`;
    const arriving: Socket[] = [];
    server.app.server.on('connection', (socket) => arriving.push(socket));
    const slow = await Promise.all([1, 2].map(() => begin('plain', [SIGNATURE, length], 'x'.repeat(size))));
    // Not earlier: this one would be held then, and one of those refused.
    await until(async () => arriving.length === 2 && arriving.every(({ bytesRead }) => bytesRead > size));
    const refused = await server.ask('POST /hooks/open/deliveries', JSON.stringify('y'.repeat(2000)));
    expect([refused.status, refused.body.code, refused.headers['retry-after']]).toEqual([503, 'server_busy', '1']);
    // What is small still fits, and what is given up makes room.
    expect((await server.ask('POST /hooks/open/deliveries', '"z"')).status).toBe(202);
    slow[0]!.socket.destroy();
    await until(
      async () => (await server.ask('POST /hooks/open/deliveries', JSON.stringify('y'.repeat(2000)))).status === 202,
    );
    slow[1]!.socket.write('x'.repeat(500));
    expect(await slow[1]!.answered()).toEqual(['401', 'invalid_signature']);
  });

  it('are counted if they are refused, and give no lines in the log of their own', async () => {
    const before = (await server.ask('GET /hooks/plain', undefined, KEY)).body.refusals.count;
    const written = lines.length;
    const logged = server.logged.length;
    for (let count = 0; count < 50; count++) await server.ask('POST /hooks/plain/deliveries', 'x');
    for (let count = 0; count < 5; count++) {
      const { socket } = await begin('plain', [SIGNATURE, 'Content-Length: 100'], 'half');
      socket.destroy();
    }
    const { refusals } = (await server.ask('GET /hooks/plain', undefined, KEY)).body;
    expect(refusals).toMatchObject({ count: before + 50, last_reason: 'There is no x-sign header.' });
    const { deliveries } = (await server.ask('GET /hooks/plain/deliveries', undefined, KEY)).body;
    expect(deliveries).toEqual([]);
    expect(server.logged.length).toBe(logged + 1);
    expect(server.logged.at(-1)).toMatchObject({ level: 'warn', details: { hook_id: 'plain', refused: 50 } });
    expect(lines.slice(written)).toEqual([]);
  });

  it('need no key, and all else about hooks does', async () => {
    const body = '{"code":"pass"}';
    const at = new Date();
    const headers = {
      'webhook-id': 'm1',
      'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
      'webhook-signature': new Webhook(SECRET).sign('m1', at, body),
    };
    const [first, again] = [1, 2].map(() => server.ask('POST /hooks/signed/deliveries', body, headers));
    expect([(await first!).status, (await again!).body]).toEqual([202, (await first!).body]);
    for (const request of ['GET /hooks', 'GET /hooks/signed', 'GET /hooks/signed/deliveries', 'DELETE /hooks/signed']) {
      expect((await server.ask(request)).body.code, request).toBe('unauthorized');
    }
    const reader = { authorization: 'Bearer reader' };
    expect((await server.ask('GET /hooks/signed/deliveries', undefined, reader)).status).toBe(200);
    expect((await server.ask('DELETE /hooks/signed', undefined, reader)).body.code).toBe('read_only_key');
    expect((await server.ask('PATCH /hooks/signed/deliveries', undefined, KEY)).headers.allow).toBe('GET, HEAD, POST');
  });

  it('get no answer of the fives, whatever stands in their headers and bodies', async () => {
    const printable = fc.string({ unit: fc.integer({ min: 32, max: 255 }).map((code) => String.fromCharCode(code)) });
    const names = ['webhook-id', 'webhook-timestamp', 'webhook-signature', 'x-sign', 'content-type', 'x-a', 'cookie'];
    const headers = fc.dictionary(fc.constantFrom(...names), printable);
    const body = fc.oneof(
      fc.json(),
      fc.uint8Array({ maxLength: 50 }).map((bytes) => Buffer.from(bytes)),
    );
    const query = fc.string({ unit: fc.constantFrom('a', '=', '&', '%00', '%ff', '[', ']', '__proto__', '+') });
    const property = fc.asyncProperty(
      fc.constantFrom('signed', 'plain', 'open'),
      ...([query, headers, body] as const),
      async (hook, search, given, sent) => {
        const { status } = await server.ask(`POST /hooks/${hook}/deliveries?${search}`, sent, given);
        expect(status).toBeLessThan(500);
      },
    );
    await fc.assert(property, { numRuns: 150 });
  });
});

describe('a server that cannot check signatures', () => {
  it('says so, without the name of what it lacks, and takes nothing unsigned that is not allowed any more', async () => {
    const first = await startTestServer({ secrets: { S: SECRET } });
    for (const verify of [{ scheme: 'standard_webhooks', secret: 'S' }, { scheme: 'none' }]) {
      const made = await first.ask('POST /hooks', {
        hook_id: verify.scheme,
        action: 'start',
        graph_id: 'demo-review',
        verify,
      });
      expect(made.status).toBe(201);
    }
    await first.stop();
    const server = await startTestServer({ path: first.path, allowsUnsignedHooks: false });
    const headers = { 'webhook-id': 'a', 'webhook-timestamp': String(Math.floor(Date.now() / 1000)) };
    const signature = { 'webhook-signature': `v1,${Buffer.alloc(32).toString('base64')}` };
    const missing = await server.ask('POST /hooks/standard_webhooks/deliveries', '1', { ...headers, ...signature });
    expect([missing.status, missing.body.code]).toEqual([503, 'hook_secret_missing']);
    expect(missing.body.detail).not.toContain('SECRET_');
    const { refusals } = (await server.ask('GET /hooks/standard_webhooks/deliveries')).body;
    expect(refusals.last_reason).toContain('Set SECRET_S');
    const unsigned = await server.ask('POST /hooks/none/deliveries', '1');
    expect([unsigned.status, unsigned.body.code]).toEqual([401, 'invalid_signature']);
    const body = { action: 'start', graph_id: 'demo-review', verify: { scheme: 'none' } };
    const refused = await server.ask('POST /hooks', body);
    expect(refused.body.errors).toMatchObject([
      { pointer: '/verify/scheme', message: expect.stringContaining('ALLOW_ANONYMOUS') },
    ]);
    await server.stop();
  });
});
