import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type ApiKeys, createKeyFinder, type KeyFinder } from './api-keys.js';
import { ApiError } from './errors/api-error.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The route changes nothing, although its method could. */
    readonly changesNothing?: boolean;
  }
}

/** Who can use the API. If there are keys, every route but health, /docs, /schemas, /answers, deliveries to hooks and the page needs one as a Bearer token. */
export interface AccessOptions extends ApiKeys {
  /** Refuses requests whose Host is not a name of this machine's loopback. */
  readonly loopbackOnly: boolean;
}

/** Headers of every response: responses are data, never pages, and for one client only. */
export const SECURITY_HEADERS = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cache-control': 'no-store',
} as const;

/** Sets security headers and guards every route, including unknown ones. One hook, since it runs on every request. */
export function guardAccess(app: FastifyInstance, options: AccessOptions): void {
  const findKey = createKeyFinder(options);
  app.decorateRequest('actor', null);
  app.decorateRequest('mayOnlyRead', false);
  app.addHook('onRequest', (request: FastifyRequest, reply: FastifyReply, done) => {
    reply.headers(SECURITY_HEADERS);
    done(refuseHost(request, options) ?? (findKey === undefined ? refuseOrigin(request) : refuseKey(request, findKey)));
  });
}

/** A request has one Host, and HTTP/1.1 demands it (RFC 9112, section 3.2). */
function refuseHost({ raw, headers: { host } }: FastifyRequest, { loopbackOnly }: AccessOptions): ApiError | undefined {
  if (countHosts(raw.rawHeaders) > 1) return new ApiError('request_refused', 'There is more than one Host header.');
  if (loopbackOnly && !isLoopback(host)) return new ApiError('forbidden_host');
  if (host !== undefined || raw.httpVersion !== '1.1') return undefined;
  return new ApiError('request_refused', 'There is no Host header.');
}

/** Node keeps the first of several, and another server in front of this one can have looked at the last. */
function countHosts(rawHeaders: readonly string[]): number {
  let count = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at];
    if (name?.length === 4 && name.toLowerCase() === 'host') count += 1;
  }
  return count;
}

/** Methods that change nothing. */
const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Refuses what a web page of another site sends to change something: browsers send such requests without asking if they
 * have no body, and hide only the answer from the page. Programs send neither of the two headers.
 * @see https://web.dev/articles/fetch-metadata
 */
function refuseOrigin(request: FastifyRequest): ApiError | undefined {
  const { method, headers } = request;
  if (SAFE_METHODS.has(method) || isAnswerLink(request)) return undefined;
  const { 'sec-fetch-site': site, origin, host } = headers;
  // Where both are there, the browser's word goes first: behind a reverse proxy, the Host can be another one.
  const isOurs = site === undefined ? isOwnOrigin(origin, host) : site === 'same-origin' || site === 'none';
  return isOurs ? undefined : new ApiError('forbidden_origin');
}

function isOwnOrigin(origin: string | undefined, host: string | undefined): boolean {
  return origin === undefined || (URL.canParse(origin) && new URL(origin).host === host?.toLowerCase());
}

function refuseKey(request: FastifyRequest, findKey: KeyFinder): ApiError | undefined {
  if (isOpen(request)) return undefined;
  const key = findKey(request.headers.authorization);
  if (key === undefined) return new ApiError('unauthorized');
  if (key.mayOnlyRead && !isRead(request)) return new ApiError('read_only_key');
  request.mayOnlyRead = key.mayOnlyRead;
  if (key.name !== undefined) nameActor(request, key.name);
  return undefined;
}

/** True for a request that changes nothing. What no route takes is one: it is answered as such. */
function isRead({ method, routeOptions }: FastifyRequest): boolean {
  return SAFE_METHODS.has(method) || routeOptions.config.changesNothing === true || routeOptions.url === undefined;
}

/** Lines of the log about the request say too who asked. */
function nameActor(request: FastifyRequest, by: string): void {
  request.actor = { by };
  request.log = request.log.child({ by });
}

const LOOPBACK_HOST = /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d{1,5})?$/i;

/**
 * True for a Host header that names this machine. A page on another name that resolves to 127.0.0.1
 * (DNS rebinding) sends its own name, which shows where it comes from. No name looks like an address.
 */
export function isLoopback(host: string | undefined): boolean {
  return host !== undefined && LOOPBACK_HOST.test(host);
}

/**
 * The token in the path is all that an approval link needs, so another site cannot borrow anything of a visitor's. And its
 * form comes from a page without a referrer, whose origin browsers give as `null`.
 */
function isAnswerLink({ routeOptions }: FastifyRequest): boolean {
  return routeOptions.url === '/answers/:token';
}

const OPEN_ROUTES = /^\/(health\/.*|docs|docs\/.*|schemas\/.*|web\/.*|answers\/:token)?$/;

/**
 * Health, documentation, schemas and the page with its parts hold no data; approval links have a secret of their own, and
 * what hooks are sent is signed. The
 * matched route decides, not the text of the URL. What no route takes is answered with 405 or 404: below `/answers/`, people
 * without a key get that.
 */
function isOpen(request: FastifyRequest): boolean {
  const { url } = request.routeOptions;
  if (url === '/hooks/:hook_id/deliveries') return request.method === 'POST';
  return url === undefined ? request.url.startsWith('/answers/') : OPEN_ROUTES.test(url);
}
