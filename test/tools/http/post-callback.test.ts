import { createServer } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { callbackPoster } from '../../../src/tools/http/post-callback.js';
import { startHttpServer } from '../../helpers/http-server.js';
import { until } from '../../helpers/until.js';

const ALLOWED = { allow: ['127.0.0.1'], now: Date.now };
const signal = new AbortController().signal;

function post(url: string, options: Parameters<typeof callbackPoster>[0] = ALLOWED, more: object = {}) {
  return callbackPoster(options)({ url, headers: { 'webhook-id': 'msg_1' }, body: '{}', signal, ...more });
}

describe('a callback', () => {
  it('is posted, and its answer told', async () => {
    const server = await startHttpServer((_request, response) => response.writeHead(503, { 'retry-after': '7' }).end());
    expect(await post(`${server.url}/hook?a=1`)).toEqual({ status: 503, retryAfterSeconds: 7 });
    expect(server.received).toMatchObject([
      { method: 'POST', url: '/hook?a=1', body: '{}', headers: { 'webhook-id': 'msg_1' } },
    ]);
  });

  it('goes nowhere but to the public internet, whatever the name is', async () => {
    const server = await startHttpServer((_request, response) => response.end());
    const strict = { allow: [], now: Date.now, resolve: async () => [{ address: '127.0.0.1', family: 4 }] };
    await expect(post(`${server.url}/secret-path`, strict)).rejects.toThrow(
      `127.0.0.1:${server.port} is not on the public internet.`,
    );
    await expect(post(`http://rebound.example:${server.port}/`, strict)).rejects.toThrow('HTTP_ALLOW');
    for (const host of ['[::1]', '[::ffff:127.0.0.1]', '2130706433', '0x7f.1', '169.254.169.254', '0.0.0.0'])
      await expect(post(`http://${host}:${server.port}/`, strict), host).rejects.toThrow('not on the public internet');
    expect(server.received).toEqual([]);
  });

  it('follows no redirect', async () => {
    const other = await startHttpServer((_request, response) => response.end());
    const server = await startHttpServer((_request, response) => {
      response.writeHead(307, { location: `${other.url}/elsewhere` }).end();
    });
    expect(await post(server.url)).toMatchObject({ status: 307 });
    expect(other.received).toEqual([]);
  });

  it.each([200, 500])('does not read a body without an end: %i', async (status) => {
    let isClosed = false;
    let sent = 0;
    const server = await startHttpServer((_request, response) => {
      response.on('close', () => {
        isClosed = true;
      });
      response.writeHead(status);
      const chunk = Buffer.alloc(65_536);
      const send = (): void => {
        while (!isClosed && response.write(chunk)) sent += chunk.length;
        sent += chunk.length;
      };
      response.on('drain', send);
      send();
    });
    expect(await post(server.url)).toMatchObject({ status });
    await until(() => isClosed);
    // What buffers of the system hold.
    expect(sent).toBeLessThan(16_777_216);
  });

  it('does not wait for a body that does not come, and ends its connection', async () => {
    let isClosed = false;
    const server = await startHttpServer((_request, response) => {
      response.on('close', () => {
        isClosed = true;
      });
      response.writeHead(200, { 'content-length': '10' });
      response.flushHeaders();
    });
    expect(await post(server.url)).toMatchObject({ status: 200 });
    await until(() => isClosed);
  });

  it('uses a connection again whose answers are short', async () => {
    const ports = new Set<number | undefined>();
    const server = await startHttpServer((_request, response) => {
      ports.add(response.socket?.remotePort);
      response.end('thanks');
    });
    const send = callbackPoster(ALLOWED);
    for (let count = 0; count < 5; count++) {
      await send({ url: server.url, headers: {}, body: '{}', signal });
      await until(() => server.received.length === count + 1);
    }
    expect(ports.size).toBeLessThan(5);
  });

  it('says why there is no answer, and nothing of the path', async () => {
    const error = await post('http://127.0.0.1:9/secret-path?key=secret').catch((thrown: Error) => thrown.message);
    expect(error).toContain('ECONNREFUSED');
    expect(error).not.toContain('secret');
    const rude = createServer((socket) => socket.on('data', () => socket.destroy()));
    await new Promise<void>((resolve) => rude.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void rude.close());
    const { port } = rude.address() as { port: number };
    await expect(post(`http://127.0.0.1:${port}/`)).rejects.toThrow();
  });

  it('is cut off by its signal', async () => {
    const server = await startHttpServer(() => undefined);
    const cut = new AbortController();
    const posted = post(server.url, ALLOWED, { signal: cut.signal });
    await server.arrived(1);
    cut.abort();
    await expect(posted).rejects.toThrow();
  });
});
