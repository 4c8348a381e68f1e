import { Readable } from 'node:stream';
import type { FastifyInstance, InjectOptions } from 'fastify';

/** Where relative URLs begin. */
const BASE = 'http://localhost';

/**
 * The application as a `fetch` that needs no network. Of a URL, which can be relative, only path and query count. A signal
 * that is aborted, and a body that is cancelled, count as a client that has gone.
 */
export function fetchOf(app: FastifyInstance): typeof fetch {
  return async (input, init) => {
    const request = new Request(input instanceof Request ? input : new URL(input, BASE), init);
    const { signal } = request;
    signal.throwIfAborted();
    const { pathname, search } = new URL(request.url);
    const body = request.body === null ? {} : { payload: Buffer.from(await request.arrayBuffer()) };
    // Not given the signal: inject then has nobody who takes the error before there is an answer, which ends the process.
    const answered = app.inject({
      method: request.method as NonNullable<InjectOptions['method']>,
      url: `${pathname}${search}`,
      headers: Object.fromEntries(request.headers),
      payloadAsStream: true,
      ...body,
    });
    const { statusCode: status, headers, stream, raw } = await unlessAborted(answered, signal);
    const answer = stream();
    answer.on('error', () => undefined).once('close', () => raw.res.destroy());
    signal.addEventListener('abort', () => answer.destroy(signal.reason), { once: true });
    const pairs = Object.entries(headers).flatMap(([name, value]) => [value].flat().map((one) => [name, String(one)]));
    const isEmpty = request.method === 'HEAD' || status === 204 || status === 304;
    if (isEmpty) answer.destroy();
    return new Response(isEmpty ? null : toWeb(answer), { status, headers: pairs as [string, string][] });
  };
}

type Answer = Awaited<ReturnType<FastifyInstance['inject']>>;

/** @throws the reason of the signal as soon as it is aborted; an answer that comes later is let go of */
function unlessAborted(answered: PromiseLike<Answer>, signal: AbortSignal): Promise<Answer> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    answered.then((answer) => {
      if (signal.aborted) answer.raw.res.destroy();
      resolve(answer);
    }, reject);
  });
}

function toWeb(stream: Readable): ReadableStream {
  return Readable.toWeb(stream) as ReadableStream;
}
