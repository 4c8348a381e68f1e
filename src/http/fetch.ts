import { Readable } from 'node:stream';
import type { FastifyInstance, InjectOptions } from 'fastify';

/** The application as a `fetch` that needs no network. Of a URL, only path and query count. */
export function fetchOf(app: FastifyInstance): typeof fetch {
  return async (input, init) => {
    const request = new Request(input instanceof URL ? input.href : input, init);
    const { pathname, search } = new URL(request.url);
    const body = request.body === null ? {} : { payload: Buffer.from(await request.arrayBuffer()) };
    const {
      statusCode: status,
      headers,
      stream,
    } = await app.inject({
      method: request.method as NonNullable<InjectOptions['method']>,
      url: `${pathname}${search}`,
      headers: Object.fromEntries(request.headers),
      signal: request.signal,
      payloadAsStream: true,
      ...body,
    });
    const answer = stream();
    request.signal.addEventListener('abort', () => answer.destroy(), { once: true });
    const pairs = Object.entries(headers).flatMap(([name, value]) => [value].flat().map((one) => [name, String(one)]));
    const isEmpty = request.method === 'HEAD' || status === 204 || status === 304;
    if (isEmpty) answer.destroy();
    return new Response(isEmpty ? null : (Readable.toWeb(answer) as ReadableStream), {
      status,
      headers: pairs as [string, string][],
    });
  };
}
