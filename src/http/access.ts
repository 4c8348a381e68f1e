import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { ApiError } from './errors/api-error.js';

/** Who can use the API. */
export interface AccessOptions {
  /** If there are any, every route but health, /docs and the page needs one of them as a Bearer token. */
  readonly apiKeys: readonly string[];
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
  const isKey = options.apiKeys.length > 0 ? createKeyCheck(options.apiKeys) : undefined;
  app.addHook('onRequest', (request: FastifyRequest, reply: FastifyReply, done) => {
    reply.headers(SECURITY_HEADERS);
    if (options.loopbackOnly && !isLoopback(request.headers.host)) {
      done(new ApiError('forbidden_host'));
    } else if (isKey !== undefined && !isOpen(request) && !isKey(request.headers.authorization)) {
      done(new ApiError('unauthorized'));
    } else {
      done();
    }
  });
}

const LOOPBACK_HOST = /^(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?$/i;

/**
 * True for a Host header that names this machine. A page on another name that resolves to 127.0.0.1
 * (DNS rebinding) sends its own name, which shows where it comes from.
 */
export function isLoopback(host: string | undefined): boolean {
  return host !== undefined && LOOPBACK_HOST.test(host);
}

const OPEN_ROUTES = /^\/(health\/.*|docs|docs\/.*|web\/.*)?$/;

/** Health, documentation and the page with its parts hold no data. The matched route decides, not the text of the URL. */
function isOpen(request: FastifyRequest): boolean {
  const { url } = request.routeOptions;
  return url !== undefined && OPEN_ROUTES.test(url);
}

const BEARER = /^Bearer +(.+)$/i;

/**
 * Compares the token of an Authorization header (RFC 6750, section 2.1) with every key.
 * Digests have one length, so the time of a comparison reveals nothing about the keys.
 */
function createKeyCheck(apiKeys: readonly string[]): (authorization: string | undefined) => boolean {
  const digests = apiKeys.map(digest);
  return (authorization) => {
    const token = BEARER.exec(authorization ?? '')?.[1]?.trim();
    if (token === undefined) return false;
    const presented = digest(token);
    return digests.reduce((found, known) => timingSafeEqual(known, presented) || found, false);
  };
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
