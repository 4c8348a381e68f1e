import type { ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { brotliCompressSync, createGzip, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { FatalError, RetryableError } from '../../src/core/tool/tool-errors.js';
import { type HttpRequestOptions, httpRequest as makeTool } from '../../src/tools/http-request.js';
import { MAX_RESULT_BYTES } from '../../src/tools/result.js';
import { startHttpServer } from '../helpers/http-server.js';
import { callTool, failureOf, findingsOf } from '../helpers/tool-call.js';

/** The tool, with the clock of the system where a test does not care. */
const httpRequest = (options: Partial<HttpRequestOptions>) => makeTool({ allow: [], now: Date.now, ...options });

const local = httpRequest({ allow: ['127.0.0.1'] });
const MiB = 1_048_576;

function json(response: ServerResponse, value: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(200, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(value));
}

describe('an answer', () => {
  it('of JSON is parsed, and lands under the name of the node', async () => {
    const server = await startHttpServer((_request, response) => json(response, { a: [1, null] }, { 'X-Seen': 'yes' }));
    const { patch, logs } = await callTool(local, { url: `${server.url}/a` });
    expect(patch).toEqual({ the_node: { status: 200, headers: expect.any(Object), body: { a: [1, null] } } });
    expect(patch.the_node).toMatchObject({ headers: { 'x-seen': 'yes', 'content-type': 'application/json' } });
    expect(logs).toEqual([`GET ${server.url}/a: 200`]);
  });

  it('lands under save_as', async () => {
    const server = await startHttpServer((_request, response) => json(response, 1));
    const { patch } = await callTool(local, { url: server.url, save_as: 'number' });
    expect(patch).toMatchObject({ number: { body: 1 } });
  });

  it.each([
    ['text/plain', Buffer.from('{"a":1}'), '{"a":1}'],
    ['application/problem+json; charset=utf-8', Buffer.from('{"a":1}'), { a: 1 }],
    ['application/json', Buffer.from('{"a":'), '{"a":'],
    ['application/json', Buffer.from(''), null],
    ['application/jsonp', Buffer.from('1'), '1'],
    ['text/plain; charset=iso-8859-1', Buffer.from([0xfc]), 'ü'],
    ['text/plain; charset="no-such"', Buffer.from('ü'), 'ü'],
  ])('of type %s', async (type, bytes, body) => {
    const server = await startHttpServer((_request, response) => {
      response.writeHead(200, { 'content-type': type }).end(bytes);
    });
    expect((await callTool(local, { url: server.url })).patch.the_node).toMatchObject({ body });
  });

  it.each([
    ['image/png', 'auto', Buffer.from([0x89, 0x50])],
    ['image/png', 'auto', Buffer.from('text')],
    ['application/octet-stream', 'auto', Buffer.from([0xff])],
    ['application/pdf', 'auto', Buffer.from('a\0b')],
    ['application/json', 'auto', Buffer.from([0x22, 0xff, 0x22])],
    ['', 'auto', Buffer.from([0xc3])],
    ['text/plain', 'base64', Buffer.from('text')],
    ['application/json', 'base64', Buffer.alloc(0)],
  ])('of type "%s" is kept with its bytes as %s', async (type, response, bytes) => {
    const server = await startHttpServer((_request, answer) => {
      answer.writeHead(200, type === '' ? {} : { 'content-type': type }).end(bytes);
    });
    const body = { base64: bytes.toString('base64'), content_type: type === '' ? null : type, size: bytes.length };
    expect((await callTool(local, { url: server.url, response })).patch.the_node).toMatchObject({ body });
  });

  it.each([
    ['image/svg+xml', 'auto', '<svg/>', '<svg/>'],
    ['application/octet-stream', 'auto', 'plain', 'plain'],
    ['application/octet-stream; charset=binary', 'auto', 'plain', 'plain'],
    ['image/png', 'auto', '', ''],
    ['text/html', 'auto', Buffer.from([0x61, 0xff]), 'a\ufffd'],
    ['application/json; charset=iso-8859-1', 'auto', Buffer.from([0x22, 0xfc, 0x22]), 'ü'],
    ['application/json', 'text', '{"a":1}', '{"a":1}'],
    ['text/plain', 'json', '{"a":1}', { a: 1 }],
  ])('of type %s as %s', async (type, response, bytes, body) => {
    const server = await startHttpServer((_request, answer) =>
      answer.writeHead(200, { 'content-type': type }).end(bytes),
    );
    expect((await callTool(local, { url: server.url, response })).patch.the_node).toMatchObject({ body });
  });

  it.each([
    [
      'auto',
      '{"a":[1,{"b/c":1e400}]}',
      'The answer holds a number at /a/1/b~1c that is too large: numbers go up to 1.7e308.',
    ],
    ['json', '-1e999', 'The answer holds a number that is too large: numbers go up to 1.7e308.'],
    ['json', '{"a":', 'The body of the answer is not JSON. Its type is "application/json".'],
    ['json', '', 'The body of the answer is not JSON. Its type is "application/json".'],
    ['json', Buffer.from([0x22, 0xff, 0x22]), 'The body of the answer is not JSON. Its type is "application/json".'],
  ])('as %s of %s is refused', async (response, bytes, message) => {
    const server = await startHttpServer((_request, answer) => {
      answer.writeHead(200, { 'content-type': 'application/json' }).end(bytes);
    });
    const error = await failureOf(callTool(local, { url: server.url, response }));
    expect(error).toMatchObject({ name: 'FatalError', message, code: 'http_invalid_answer' });
  });

  it.each([
    ['{"id":1234567890123456789}', { id: '1234567890123456789' }, 'the number at /id'],
    [
      '[{"a/b":-9007199254740993},9007199254740992]',
      [{ 'a/b': '-9007199254740993' }, '9007199254740992'],
      'the number at /0/a~1b and 1 more',
    ],
    ['1.234567890123456789e18', '1.234567890123456789e18', 'the number'],
  ])('of %s keeps whole numbers of more than 53 bits as text, and says so once', async (bytes, body, words) => {
    const server = await startHttpServer((_request, answer) => {
      answer.writeHead(200, { 'content-type': 'application/json' }).end(bytes);
    });
    const { patch, logs } = await callTool(local, { url: server.url });
    expect(patch.the_node).toMatchObject({ body });
    expect(logs.slice(1)).toEqual([`Kept as text, because it has more than 53 bits: ${words}`]);
  });

  it.each([
    ['{"id":9007199254740991,"x":0.1,"y":1e20}', 'auto', { id: 9007199254740991, x: 0.1, y: 1e20 }],
    ['{"id":1234567890123456789}', 'text', '{"id":1234567890123456789}'],
  ])('of %s as %s is kept as it is, without a word', async (bytes, response, body) => {
    const server = await startHttpServer((_request, answer) => {
      answer.writeHead(200, { 'content-type': 'application/json' }).end(bytes);
    });
    const { patch, logs } = await callTool(local, { url: server.url, response });
    expect(patch.the_node).toMatchObject({ body });
    expect(logs).toHaveLength(1);
  });

  it('is kept alone with keep', async () => {
    const server = await startHttpServer((_request, response) => json(response, [1]));
    expect((await callTool(local, { url: server.url, keep: 'body' })).patch).toEqual({ the_node: [1] });
  });

  it.each([
    [404, [404]],
    [503, ['5xx']],
    [429, [404, '4xx']],
  ])('with status %i is one if accept has it', async (status, accept) => {
    const server = await startHttpServer((_request, response) => response.writeHead(status).end('why'));
    const { patch } = await callTool(local, { url: server.url, accept });
    expect(patch.the_node).toMatchObject({ status, body: 'why' });
    expect(await failureOf(callTool(local, { url: server.url, accept: ['1xx', 418] }))).toMatchObject({
      code: 'http_status',
    });
  });

  it.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['deflate', deflateRawSync],
    ['deflate, gzip', (text: string) => gzipSync(deflateRawSync(text))],
    ['br', brotliCompressSync],
    ['gzip, br', (text: string) => brotliCompressSync(gzipSync(text))],
    ['identity', (text: string) => text],
  ])('with encoding %s is decoded', async (encoding, encode) => {
    const server = await startHttpServer((_request, response) => {
      response.writeHead(200, { 'content-encoding': encoding }).end(encode('words'));
    });
    expect((await callTool(local, { url: server.url })).patch.the_node).toMatchObject({ body: 'words' });
  });

  it.each(['gzip', 'deflate', 'br', 'gzip, br', 'identity'])(
    'with encoding %s and no byte is empty',
    async (encoding) => {
      const server = await startHttpServer((_request, response) => {
        response.writeHead(202, { 'content-encoding': encoding, 'content-length': '0' }).end();
      });
      const { patch } = await callTool(local, { method: 'POST', url: server.url, json: { order: 1 } });
      expect(patch.the_node).toMatchObject({ status: 202, body: '' });
      expect(server.received).toHaveLength(1);
    },
  );

  it.each(['zstd', 'gzip, gzip, gzip, gzip'])('with encoding %s is refused', async (encoding) => {
    const server = await startHttpServer((_request, response) => {
      response.writeHead(200, { 'content-encoding': encoding }).end('x');
    });
    const error = await failureOf(callTool(local, { url: server.url }));
    expect(error).toBeInstanceOf(FatalError);
    expect(error.message).toContain(encoding);
  });

  it.each([
    ['HEAD', 200],
    ['GET', 204],
    ['GET', 304],
  ])('to %s with status %i has no body', async (method, status) => {
    const server = await startHttpServer((_request, response) => {
      response.writeHead(status, { 'content-encoding': 'gzip' }).end();
    });
    expect((await callTool(local, { method, url: server.url })).patch.the_node).toMatchObject({ status, body: '' });
  });

  it('has no cookies, and not too many headers', async () => {
    const server = await startHttpServer((_request, response) => {
      const many = Object.fromEntries(Array.from({ length: 12 }, (_, index) => [`x-${index}`, 'v'.repeat(1000)]));
      response.writeHead(200, { 'set-cookie': ['a=b', 'c=d'], link: ['<a>', '<b>'], ...many }).end();
    });
    const { headers } = (await callTool(local, { url: server.url })).patch.the_node as { headers: object };
    expect(headers).not.toHaveProperty('set-cookie');
    expect(headers).toMatchObject({ link: '<a>, <b>' });
    expect(JSON.stringify(headers).length).toBeLessThan(9000);
  });

  it('is refused when it is nested too deep, or too large as JSON', async () => {
    const deep = await startHttpServer((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).end('['.repeat(200) + ']'.repeat(200));
    });
    expect((await failureOf(callTool(local, { url: deep.url }))).message).toContain('nested deeper');
    const quoted = await startHttpServer((_request, response) => response.end('"'.repeat(MAX_RESULT_BYTES - 100)));
    const error = await failureOf(callTool(local, { url: quoted.url }));
    expect(error).toBeInstanceOf(FatalError);
    expect(error.message).toContain(`a step can keep ${MAX_RESULT_BYTES}`);
  });
});

describe('a request', () => {
  it('has the method, headers, query and JSON of the params', async () => {
    const server = await startHttpServer((_request, response) => response.end());
    await callTool(local, {
      method: 'PUT',
      url: `${server.url}/p?a=1`,
      headers: { 'X-Number': 5, Accept: 'text/html' },
      query: { q: 'ü &', list: [1, true], none: null },
      json: { b: null },
    });
    const [request] = server.received;
    expect(request).toMatchObject({ method: 'PUT', url: '/p?a=1&q=%C3%BC+%26&list=1&list=true', body: '{"b":null}' });
    expect(request?.headers).toMatchObject({
      'x-number': '5',
      accept: 'text/html',
      'content-type': 'application/json',
      'user-agent': 'graphrunner',
    });
  });

  it('fills {names} of the URL, encoded, and sends braces as they are without path', async () => {
    const server = await startHttpServer((_request, response) => response.end());
    const path = { id: 'a/b?c#d%', version: 2 };
    const { logs } = await callTool(local, { url: `${server.url}/v{version}/{id}?at={id}`, path });
    expect(server.received[0]?.url).toBe('/v2/a%2Fb%3Fc%23d%25?at=a%2Fb%3Fc%23d%25');
    expect(logs).toEqual([`GET ${server.url}/v2/a%2Fb%3Fc%23d%25?at=a%2Fb%3Fc%23d%25: 200`]);
    await callTool(local, { url: `${server.url}/{id}#part` });
    expect(server.received[1]?.url).toBe('/%7Bid%7D');
  });

  it('sends a form', async () => {
    const server = await startHttpServer((_request, response) => response.end());
    const form = { user: 'ann&admin=1', pw: 'p w+x', list: [1, 'ü'], none: null };
    await callTool(local, { method: 'POST', url: server.url, form });
    expect(server.received[0]).toMatchObject({
      body: 'user=ann%26admin%3D1&pw=p+w%2Bx&list=1&list=%C3%BC',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
  });

  it('sends a form with files, the same bytes at each try', async () => {
    const server = await startHttpServer((_request, response) => response.end());
    const file = Buffer.from([0x89, 0x50, 0, 0xff, 13, 10]);
    const multipart = [
      { name: 'note "1"', value: 'ü\r\n--x' },
      { name: 'count', value: 3, content_type: 'text/x-number' },
      { name: 'file', base64: file.toString('base64'), filename: 'a"b.png', content_type: 'image/png' },
      { name: 'raw', base64: '' },
    ];
    for (const _ of [1, 2]) await callTool(local, { method: 'POST', url: server.url, multipart });
    const [first, second] = server.received;
    expect(second?.bytes).toEqual(first?.bytes);
    const type = String(first?.headers['content-type']);
    const form = await new Response(new Uint8Array(first?.bytes ?? []), {
      headers: { 'content-type': type },
    }).formData();
    expect([...form.keys()]).toEqual(['note "1"', 'count', 'file', 'raw']);
    expect(form.get('note "1"')).toBe('ü\r\n--x');
    const sent = form.get('file') as File;
    expect(sent).toMatchObject({ name: 'a"b.png', type: 'image/png' });
    expect(Buffer.from(await sent.arrayBuffer())).toEqual(file);
    expect(first?.body).toContain('name="count"\r\nContent-Type: text/x-number\r\n\r\n3\r\n');
    expect(first?.body).toContain('name="raw"\r\nContent-Type: application/octet-stream\r\n\r\n\r\n');
  });

  it('sends a user and a password, or a token', async () => {
    const server = await startHttpServer((_request, response) => response.end());
    await callTool(local, { url: server.url, auth: { basic: { user: 'ann', password: 'p:ü' } } });
    await callTool(local, { url: server.url, auth: { bearer: 'abc' } });
    const sent = server.received.map(({ headers }) => headers.authorization);
    expect(sent).toEqual([`Basic ${Buffer.from('ann:p:ü').toString('base64')}`, 'Bearer abc']);
  });

  it('sends text as it is, and a type that the user names', async () => {
    const server = await startHttpServer((_request, response) => response.end());
    await callTool(local, { method: 'POST', url: server.url, body: 'a=b', headers: { 'content-type': 'text/x' } });
    expect(server.received[0]).toMatchObject({ body: 'a=b', headers: { 'content-type': 'text/x' } });
  });

  it('carries the idempotency key of the step where it changes things, unless the user has one', async () => {
    const server = await startHttpServer((_request, response) => response.end());
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'GET', 'HEAD', 'OPTIONS']) {
      await callTool(local, { method, url: server.url });
    }
    await callTool(local, { method: 'POST', url: server.url, headers: { 'Idempotency-Key': 'mine' } });
    const keys = server.received.map(({ headers }) => headers['idempotency-key']);
    expect(keys).toEqual([...Array(4).fill('run-1/3'), undefined, undefined, undefined, 'mine']);
  });

  it.each([
    [{ url: 'nowhere' }, 'url: This is no URL'],
    [{ url: 'file:///etc/passwd' }, 'url: The URL must begin with http'],
    [{ url: 'https://me:secret@host/' }, 'url: The URL must not hold a user or password'],
    [{ url: 'http://h', json: 1, body: 'x' }, 'body: There can be json, body, form or multipart, not two of them'],
    [{ url: 'http://h', headers: { 'a b': 'x' } }, 'headers.a b: '],
    [{ url: 'http://h', headers: { Host: 'x' } }, 'headers.Host: This header cannot be set'],
    [{ url: 'http://h', headers: { a: 'x\r\ny' } }, 'headers.a: This is no value of a header'],
    [{ url: 'http://h', headers: { a: '\u0100' } }, 'headers.a: This is no value of a header'],
    [{ url: 'http://h', headers: { 'X-A': '1', 'x-a': '2' } }, 'headers.x-a: This header is there twice'],
    [{ url: 'http://h', headers: { Authorization: 'x' }, auth: { bearer: 't' } }, 'headers.Authorization: auth makes'],
    [{ url: 'http://h', headers: { 'Content-Type': 'x' }, multipart: [{ name: 'a', value: 1 }] }, 'multipart makes'],
    [{ url: 'http://h', form: {}, multipart: [{ name: 'a', value: 1 }] }, 'multipart: There can be json'],
    [{ url: 'http://h', multipart: [] }, 'multipart: '],
    [{ url: 'http://h', multipart: [{ name: 'a' }] }, 'multipart.0.value: There must be either value or base64'],
    [{ url: 'http://h', multipart: [{ name: 'a', base64: '*' }] }, 'multipart.0.base64: '],
    [{ url: 'http://h', multipart: [{ name: 'a', value: 1, content_type: 'x\n' }] }, 'multipart.0.content_type: '],
    [{ url: 'http://h', auth: {} }, 'auth: There must be one of'],
    [{ url: 'http://h', auth: { bearer: 'a', basic: { user: 'u', password: 'p' } } }, 'auth: There must be one of'],
    [{ url: 'http://h', auth: { bearer: 'a b' } }, 'auth.bearer: This is no token'],
    [{ url: 'http://h', auth: { basic: { user: 'a:b', password: '' } } }, 'auth.basic.user: A user has no ":"'],
    [{ url: 'http://h', accept: ['5xy'] }, 'accept.0: '],
    [{ url: 'http://h', accept: [600] }, 'accept.0: '],
    [{ url: 'http://h', response: 'xml' }, 'response: '],
    [{ url: 'http://h', keep: 'headers' }, 'keep: '],
    [{ url: 'http://h/{a}', path: { a: 1, b: 2 } }, 'url: The URL has no {b}'],
    [{ url: 'http://h/{a}/{b}', path: { a: 1 } }, 'url: path has no value for {b}'],
    [{ url: 'http://h/{a}', path: { a: '' } }, 'url: The value of path for {a} is empty'],
    [{ url: 'http://h/x/{a}', path: { a: '..' } }, 'url: The values of path make a part of the URL "." or ".."'],
    [{ url: 'http://h/x/{a}{b}', path: { a: '.', b: '.' } }, 'url: The values of path make'],
    [{ url: 'http://h/%2e{a}', path: { a: '.' } }, 'url: The values of path make'],
    [{ url: 'http://h/{a}', path: { a: '\ud800' } }, 'half of a surrogate pair'],
    [{ url: 'http://{a}', path: { a: 'x/y' } }, 'url: This is no URL'],
    [{ url: 'http://h', max_bytes: MiB * 2 }, 'max_bytes: '],
    [{ url: 'http://h', method: 'TRACE' }, 'method: '],
    [{ url: 'http://h', methud: 'GET' }, ': '],
  ])('with params %j is refused', (params, finding) => {
    expect(findingsOf(local, params)[0]).toContain(finding);
  });

  it('stops when the step is stopped, before and while the answer comes', async () => {
    const server = await startHttpServer(({ url }, response) => {
      if (url === '/partial') response.write('some');
    });
    for (const [index, path] of ['/none', '/partial'].entries()) {
      const controller = new AbortController();
      const failed = failureOf(callTool(local, { url: server.url + path }, { signal: controller.signal }));
      await server.arrived(index + 1);
      controller.abort(new Error('stopped'));
      expect((await failed).message).toBe('stopped');
    }
  });
});

describe('a body that is too large', () => {
  it('stops at max_bytes, to the byte', async () => {
    const server = await startHttpServer((_request, response) => response.end('x'.repeat(100)));
    expect((await callTool(local, { url: server.url, max_bytes: 100 })).patch.the_node).toMatchObject({ status: 200 });
    const error = await failureOf(callTool(local, { url: server.url, max_bytes: 99 }));
    expect(error).toBeInstanceOf(FatalError);
    expect(error.message).toBe('The body of the answer is larger than max_bytes, 99 bytes.');
  });

  it.each([
    ['1 GB', 1024],
    ['without end', Number.POSITIVE_INFINITY],
  ])('of %s is cut off while it streams', async (_size, mebibytes) => {
    let sent = 0;
    let closed: () => void = () => undefined;
    const gone = new Promise<void>((resolve) => {
      closed = resolve;
    });
    const chunk = Buffer.alloc(MiB / 4, 'x');
    const server = await startHttpServer((_request, response) => {
      const more = (): void => {
        while (sent < mebibytes * MiB && !response.destroyed) {
          sent += chunk.length;
          if (!response.write(chunk)) return;
        }
      };
      response.on('drain', more).on('close', closed);
      more();
    });
    const error = await failureOf(callTool(local, { url: server.url }));
    expect(error).toBeInstanceOf(FatalError);
    await gone;
    expect(sent).toBeLessThan(64 * MiB);
  });

  it('of a gzip bomb is cut off at the cap of decoded bytes', async () => {
    let unpacked = 0;
    const server = await startHttpServer((_request, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' });
      const gzip = createGzip();
      const zeros = Buffer.alloc(MiB);
      gzip.pipe(response);
      const more = (): void => {
        if (response.destroyed || unpacked >= 1024 * MiB) return void gzip.end();
        unpacked += zeros.length;
        gzip.write(zeros, more);
      };
      more();
    });
    const error = await failureOf(callTool(local, { url: server.url }));
    expect(error.message).toContain('larger than max_bytes');
    expect(unpacked).toBeLessThan(1024 * MiB);
  });

  it('is no harm in an error or a redirect either', async () => {
    const server = await startHttpServer(({ url }, response) => {
      response.writeHead(url === '/to' ? 302 : url === '/end' ? 200 : 404, { location: '/end' });
      if (url === '/end') response.end('end');
      else response.write('y'.repeat(MiB));
    });
    expect((await callTool(local, { url: `${server.url}/to` })).patch.the_node).toMatchObject({ body: 'end' });
    const error = await failureOf(callTool(local, { url: `${server.url}/404` }));
    expect(error).toBeInstanceOf(FatalError);
    expect(error.message.length).toBeLessThan(400);
  });
});

describe('an answer that is an error', () => {
  async function statusFailure(status: number, headers: Record<string, string> = {}, now = 0) {
    const server = await startHttpServer((_request, response) => response.writeHead(status, headers).end('why\n  not'));
    const tool = httpRequest({ allow: ['127.0.0.1'], now: () => now });
    const error = await failureOf(callTool(tool, { url: `${server.url}/secret-path?key=k` }));
    expect(error.message).toBe(`GET ${server.url} answered ${status}: why not`);
    return error;
  }

  it.each([429, 503, 500, 502, 504])('%i may be tried again', async (status) => {
    const error = await statusFailure(status);
    expect(error).toBeInstanceOf(RetryableError);
    expect(error.retryAfterSeconds).toBeUndefined();
  });

  it.each([400, 401, 403, 404, 409, 410, 422])('%i is final', async (status) => {
    expect(await statusFailure(status)).toBeInstanceOf(FatalError);
  });

  it('may say when to try again, in seconds or as a date', async () => {
    expect((await statusFailure(429, { 'retry-after': '17' })).retryAfterSeconds).toBe(17);
    const now = Date.UTC(2026, 0, 1);
    const date = new Date(now + 90_000).toUTCString();
    expect((await statusFailure(503, { 'retry-after': date }, now)).retryAfterSeconds).toBe(90);
  });
});

describe('the network', () => {
  it('that refuses a connection makes the step worth another try', async () => {
    const server = createTcpServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    const error = await failureOf(callTool(local, { url: `http://127.0.0.1:${port}` }));
    expect(error).toBeInstanceOf(RetryableError);
    expect(error.message).toContain('ECONNREFUSED');
  });

  it.each(['', 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc', 'rubbish\r\n\r\n'])(
    'that breaks off after %j too',
    async (bytes) => {
      const server = createTcpServer((socket) => {
        socket.on('error', () => undefined).once('data', () => socket.end(bytes));
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      onTestFinished(() => void server.close());
      const { port } = server.address() as AddressInfo;
      const error = await failureOf(callTool(local, { url: `http://127.0.0.1:${port}` }));
      expect(error).toBeInstanceOf(RetryableError);
    },
  );

  it('that cuts a compressed body too', async () => {
    const whole = gzipSync('words '.repeat(1000));
    const server = await startHttpServer((_request, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(whole.subarray(0, 30));
    });
    expect(await failureOf(callTool(local, { url: server.url }))).toBeInstanceOf(RetryableError);
  });

  it('that does not know the name too', async () => {
    const tool = httpRequest({
      allow: [],
      resolve: () => Promise.reject(Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND' })),
    });
    expect(await failureOf(callTool(tool, { url: 'http://no-such.example' }))).toBeInstanceOf(RetryableError);
  });
});

describe('redirects', () => {
  it('are followed, to five', async () => {
    const server = await startHttpServer(({ url }, response) => {
      const left = Number(url.slice(1));
      if (left === 0) response.end('there');
      else response.writeHead(302, { location: `/${left - 1}` }).end();
    });
    expect((await callTool(local, { url: `${server.url}/5` })).patch.the_node).toMatchObject({ body: 'there' });
    const error = await failureOf(callTool(local, { url: `${server.url}/6` }));
    expect(error).toBeInstanceOf(FatalError);
    expect(error.message).toContain('more than 5 redirects');
  });

  it('are answers if they are not to be followed', async () => {
    const server = await startHttpServer((_request, response) => response.writeHead(302, { location: '/to' }).end());
    const { patch, logs } = await callTool(local, { url: server.url, follow_redirects: false });
    expect(patch.the_node).toMatchObject({ status: 302, headers: { location: '/to' } });
    expect(logs).toEqual([`GET ${server.url}/: 302`]);
  });

  it('are named in the log by their origin only', async () => {
    const other = await startHttpServer((_request, response) => response.end());
    const server = await startHttpServer((_request, response) => {
      response.writeHead(302, { location: `${other.url}/signed?key=k` }).end();
    });
    const { logs } = await callTool(local, { url: server.url });
    expect(logs).toEqual([`GET ${server.url}/: 200, redirected to ${other.url}`]);
  });

  it('in a loop end', async () => {
    const server = await startHttpServer((_request, response) => response.writeHead(301, { location: '/' }).end());
    expect(await failureOf(callTool(local, { url: server.url }))).toBeInstanceOf(FatalError);
    expect(server.received).toHaveLength(6);
  });

  it('to another origin take no credentials along', async () => {
    const other = await startHttpServer((_request, response) => response.end());
    const server = await startHttpServer((_request, response) => {
      response.writeHead(307, { location: other.url }).end();
    });
    const headers = { Authorization: 'Bearer k', Cookie: 'a=b', 'X-Api-Key': 'k' };
    await callTool(local, { method: 'POST', url: server.url, headers, json: { a: 1 } });
    expect(server.received[0]?.headers).toMatchObject({ authorization: 'Bearer k', cookie: 'a=b', 'x-api-key': 'k' });
    const [received] = other.received;
    expect(received).toMatchObject({ method: 'POST', body: '{"a":1}' });
    for (const name of Object.keys(headers)) expect(received?.headers).not.toHaveProperty(name.toLowerCase());
  });

  it('of another status, or without a location, are answers', async () => {
    const server = await startHttpServer((_request, response) => response.writeHead(302).end('here'));
    expect((await callTool(local, { url: server.url })).patch.the_node).toMatchObject({ status: 302, body: 'here' });
  });

  it.each(['ftp://127.0.0.1/', 'http://me:pw@127.0.0.1/', 'http://['])('to %s are refused', async (location) => {
    const server = await startHttpServer((_request, response) => response.writeHead(302, { location }).end());
    expect(await failureOf(callTool(local, { url: server.url }))).toBeInstanceOf(FatalError);
  });
});

describe('addresses inside', () => {
  const closed = httpRequest({ allow: [] });

  it.each([
    'http://127.0.0.1:PORT',
    'http://localhost:PORT',
    'http://127.1:PORT',
    'http://2130706433:PORT',
    'http://0x7f.0.0.1:PORT',
    'http://0177.0.0.1:PORT',
    'http://0.0.0.0:PORT',
    'http://[::1]:PORT',
    'http://[::]:PORT',
    'http://[::ffff:127.0.0.1]:PORT',
    'http://[64:ff9b::127.0.0.1]:PORT',
    'http://169.254.169.254/latest/meta-data',
    'http://10.0.0.1',
    'https://192.168.0.1',
    'http://[fd00::1]',
    'http://[fe80::1]',
  ])('%s is not asked', async (url) => {
    const server = await startHttpServer((_request, response) => response.end());
    const error = await failureOf(callTool(closed, { url: url.replace('PORT', String(server.port)) }));
    expect(error).toBeInstanceOf(FatalError);
    expect(error.message).toContain('not on the public internet');
    expect(server.received).toEqual([]);
  });

  it('are not reached by a redirect', async () => {
    const inside = await startHttpServer((_request, response) => response.end());
    const server = await startHttpServer((_request, response) =>
      response.writeHead(302, { location: inside.url }).end(),
    );
    const tool = httpRequest({ allow: [`127.0.0.1:${server.port}`] });
    const error = await failureOf(callTool(tool, { url: server.url }));
    expect(error).toBeInstanceOf(FatalError);
    expect(error.message).toContain(`127.0.0.1:${inside.port} is not on the public internet`);
    expect(inside.received).toEqual([]);
  });

  it('are not reached by a name that has one', async () => {
    const server = await startHttpServer((_request, response) => response.end());
    const resolve = vi.fn(async () => [{ address: '127.0.0.1', family: 4 }]);
    const tool = httpRequest({ allow: [], resolve });
    const error = await failureOf(callTool(tool, { url: `http://inside.example:${server.port}` }));
    expect(error.message).toContain(`inside.example:${server.port} is not on the public internet`);
    expect(server.received).toEqual([]);
  });

  it('are not reached by a name that changes its address (DNS rebinding)', async () => {
    const inside = await startHttpServer((_request, response) => response.end('inside'));
    // Stands for a public address: the test has none.
    const allow = ['127.0.0.2'];
    const answers = ['127.0.0.2', '127.0.0.1'];
    const resolve = vi.fn(async () => [{ address: answers.shift() ?? '127.0.0.1', family: 4 }]);
    const tool = httpRequest({ allow, resolve });
    const error = await failureOf(callTool(tool, { url: `http://rebind.example:${inside.port}` }));
    // Whatever the first look-up said is what was asked: 127.0.0.2, where nobody listens.
    expect(error).toBeInstanceOf(RetryableError);
    const second = await failureOf(callTool(tool, { url: `http://rebind.example:${inside.port}` }));
    expect(second).toBeInstanceOf(FatalError);
    expect(resolve).toHaveBeenCalledTimes(2);
    expect(inside.received).toEqual([]);
  });

  it('are left out where a name has public ones too', async () => {
    const server = await startHttpServer((_request, response) => response.end('there'));
    const resolve = async () => [
      { address: '127.0.0.3', family: 4 },
      { address: '127.0.0.1', family: 4 },
    ];
    const tool = httpRequest({ allow: ['127.0.0.1'], resolve });
    const { patch } = await callTool(tool, { url: `http://both.example:${server.port}` });
    expect(patch.the_node).toMatchObject({ body: 'there' });
  });

  it('are asked by a name that is allowed', async () => {
    const server = await startHttpServer((_request, response) => response.end('there'));
    const tool = httpRequest({ allow: ['localhost'] });
    const { patch } = await callTool(tool, { url: `http://localhost:${server.port}` });
    expect(patch.the_node).toMatchObject({ body: 'there' });
  });

  it('are not asked through a proxy of the environment either', async () => {
    const proxy = await startHttpServer((_request, response) => response.end('proxy'));
    vi.stubEnv('HTTP_PROXY', proxy.url);
    vi.stubEnv('http_proxy', proxy.url);
    vi.stubEnv('NODE_USE_ENV_PROXY', '1');
    onTestFinished(() => void vi.unstubAllEnvs());
    const server = await startHttpServer((_request, response) => response.end('there'));
    expect((await callTool(local, { url: server.url })).patch.the_node).toMatchObject({ body: 'there' });
    expect(proxy.received).toEqual([]);
  });
});

it('may have secrets in its params', () => {
  expect(local.secrets).toBe(true);
});

it('names an entry of HTTP_ALLOW that cannot be read', () => {
  expect(() => httpRequest({ allow: ['10.0.0.0/99'] })).toThrow('HTTP_ALLOW: "10.0.0.0/99"');
});
