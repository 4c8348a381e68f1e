import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listen, startTestServer, type TestServer } from '../helpers/server.js';
import { chain, heldTool } from '../helpers/tools.js';

const held = heldTool('held');

describe('the bare socket', () => {
  let server: TestServer;
  let port: number;
  beforeAll(async () => {
    server = await startTestServer({ definitions: [held.tool] });
    await server.engine.createGraph(chain('holds', 'held'));
    port = Number(new URL(await listen(server)).port);
  });
  afterAll(() => server.stop());

  /** Sends bytes and reads until the server hangs up. */
  async function send(text: string): Promise<string> {
    const socket = connect(port, '127.0.0.1');
    let answer = '';
    socket.on('data', (chunk) => {
      answer += chunk;
    });
    socket.on('error', () => undefined);
    socket.write(text);
    await once(socket, 'close');
    return answer;
  }

  function problemOf(answer: string) {
    const [head = '', body = ''] = answer.split('\r\n\r\n');
    expect(head).toMatch(/^Content-Type: application\/problem\+json/im);
    return JSON.parse(body);
  }

  it.each(['garbage\r\n\r\n', 'GET / HTTP/9.9\r\n\r\n', 'GET /graph HTTP/1.1\r\nHost: a\r\nbad header\r\n\r\n'])(
    'answers %j as a refused request',
    async (text) => {
      const answer = await send(text);
      expect(answer).toMatch(/^HTTP\/1\.1 400 /);
      expect(problemOf(answer)).toMatchObject({ code: 'request_refused', status: 400 });
    },
  );

  it('answers headers that are too large with 431', async () => {
    const answer = await send(`GET /graph HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 431 /);
    expect(problemOf(answer)).toMatchObject({ code: 'request_refused', status: 431 });
  });

  it.each([
    ['GET /graph HTTP/1.1\r\nHost: a\r\nHost: b\r\nConnection: close\r\n\r\n', 400, 'more than one Host'],
    ['GET /graph HTTP/1.1\r\nHost: a\r\nhost: a\r\nConnection: close\r\n\r\n', 400, 'more than one Host'],
    ['GET /graph HTTP/1.1\r\nConnection: close\r\n\r\n', 400, 'no Host'],
    ['GET /graph HTTP/1.1\r\nHost: a\r\nExpect: magic\r\n\r\n', 417, '100-continue'],
    ['POST /graph/run HTTP/1.1\r\nHost: a\r\nExpect: a, b\r\nContent-Length: 2\r\n\r\n{}', 417, '100-continue'],
    ['CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\n\r\n', 400, 'not a proxy'],
  ])('answers %j with a problem document', async (text, status, detail) => {
    const answer = await send(text);
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    const problem = problemOf(answer);
    expect(problem).toMatchObject({ code: 'request_refused', detail: expect.stringContaining(detail) });
  });

  it('meets the expectation 100-continue, and serves HTTP/1.0 without a Host', async () => {
    const body = '{"graph_id":"nope"}';
    const head = 'POST /graph/run HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nConnection: close\r\n';
    const answer = await send(`${head}Expect: 100-continue\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
    expect(answer).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 404 /);
    expect(await send('GET /graph HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.1 200 /);
  });

  it.each([
    ['GET http://evil.example/graph HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n', 200],
    ['GET /graph/\u00e9|<> HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n', 400],
    [
      'POST /graph/run HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}',
      422,
    ],
    ['POST /graph/run HTTP/1.1\r\nHost: a\r\nConnection: close\r\nExpect: magic\r\n\r\n', 417],
    ['OPTIONS * HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n', 404],
    ['GET /graph HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n', 200],
  ])('answers %j with %i', async (text, status) => {
    const socket = connect(port, '127.0.0.1');
    socket.write(text);
    // The server may keep the connection, but it answers.
    const [head] = await once(socket, 'data');
    socket.destroy();
    expect(String(head)).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
  });

  it('goes on with a run whose client hung up while it waited', async () => {
    const body = JSON.stringify({ graph_id: 'holds' });
    const socket = connect(port, '127.0.0.1');
    const head = 'POST /graph/run?wait=30 HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n';
    socket.write(`${head}Content-Length: ${body.length}\r\n\r\n${body}`);
    await held.called(1);
    socket.destroy();
    await once(socket, 'close');
    const { body: list } = await server.ask('GET /graph/runs?graph_id=holds');
    expect(list.runs[0].status).toBe('RUNNING');
    held.release({ done: true });
    const { body: state } = await server.ask(`GET /graph/state/${list.runs[0].run_id}?wait=10`);
    expect(state).toMatchObject({ status: 'COMPLETED', data: { done: true } });
  });
});
