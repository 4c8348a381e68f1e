import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { Arrivals } from './arrivals.js';

export interface Received {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  readonly bytes: Buffer;
}

export interface HttpServer {
  readonly url: string;
  readonly port: number;
  /** Requests whose bodies have arrived. */
  readonly received: readonly Received[];
  /** Resolves when so many requests have arrived. */
  arrived(count: number): Promise<void>;
}

/** A real HTTP server on loopback, closed when the test ends. */
export async function startHttpServer(
  answer: (request: Received, response: ServerResponse) => void,
): Promise<HttpServer> {
  const received = new Arrivals<Received>();
  const listener: RequestListener = (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      const bytes = Buffer.concat(chunks);
      const each = { method, url, headers, body: bytes.toString(), bytes };
      received.add(each);
      answer(each, response);
    });
  };
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    received: received.all,
    arrived: (count) => received.reach(count),
  };
}
