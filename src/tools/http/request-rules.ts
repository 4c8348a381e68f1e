import type { Readable } from 'node:stream';
import { RefusedAnswerError } from './refused-answer.js';

export const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;

/** Methods that only read (RFC 9110 section 9.2.1), and so need no key against doing things twice. */
export function isSafe(method: HttpRequest['method']): boolean {
  return method === 'GET' || method === 'HEAD' || method === 'OPTIONS';
}

/** Methods that can be repeated without doing more than once (RFC 9110 section 9.2.2). */
export function isIdempotent(method: HttpRequest['method']): boolean {
  return method !== 'POST' && method !== 'PATCH';
}

export interface HttpRequest {
  readonly method: (typeof METHODS)[number];
  readonly url: URL;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array | undefined;
}

export interface HttpAnswer {
  /** The request that was answered: the last one, if redirects were followed. */
  readonly request: HttpRequest;
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Readable;
}

/** Headers that go along to another origin. Any other header can hold a key that is meant for the first alone. */
const PUBLIC_HEADERS: readonly string[] = [
  'accept',
  'accept-encoding',
  'accept-language',
  'content-language',
  'content-type',
  'idempotency-key',
  'user-agent',
];

/**
 * The request that a redirect asks for (RFC 9110 section 15.4): 303 is answered with GET, and so are 301 and 302 if
 * the method was POST, as every browser does it; 307 and 308 repeat the request. To another origin, headers that can
 * hold credentials are omitted.
 * @throws RefusedAnswerError if the location is no URL.
 */
export function followRedirect(request: HttpRequest, status: number, location: string): HttpRequest {
  const url = urlFrom(location, request.url);
  // A fragment stays unless the redirect brings its own, but fragments are never sent.
  const isOtherOrigin = url.origin !== request.url.origin;
  const becomesGet =
    (status === 303 && request.method !== 'HEAD') || ((status === 301 || status === 302) && request.method === 'POST');
  const headers = Object.fromEntries(
    Object.entries(request.headers).filter(([name]) => {
      if (becomesGet && (name.startsWith('content-') || name === 'idempotency-key')) return false;
      return !isOtherOrigin || PUBLIC_HEADERS.includes(name);
    }),
  );
  return becomesGet ? { method: 'GET', url, headers, body: undefined } : { ...request, url, headers };
}

function urlFrom(location: string, base: URL): URL {
  try {
    return new URL(location, base);
  } catch {
    throw new RefusedAnswerError('The redirect leads to something that is no URL.');
  }
}

/** Says why a URL cannot be asked, or undefined when it can. */
export function whyNotRequestable(url: URL): string | undefined {
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return 'The URL must begin with http:// or https://.';
  // They would end in logs and error messages. RFC 9110 section 4.2.4 deprecates them.
  if (url.username !== '' || url.password !== '') return 'The URL must not hold a user or password; use a header.';
  return undefined;
}
