import { createHash } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import stableStringify from 'safe-stable-stringify';
import { ApiError } from '../errors/api-error.js';

const PRINTABLE_ASCII = /^[\x20-\x7e]{1,255}$/;

/**
 * The Idempotency-Key header of a request with a fingerprint of its route, path and body, as an object to spread. The order of the keys of the
 * body does not matter.
 * @param body what stands for the body, if that is large
 * @throws ApiError `invalid_header` for a key that is not 1 to 255 printable ASCII characters.
 */
export function idempotencyOf(
  request: FastifyRequest,
  body: unknown = request.body,
): { idempotency?: { key: string; fingerprint: string } } {
  const key = request.headers['idempotency-key'];
  if (key === undefined) return {};
  if (typeof key !== 'string' || !PRINTABLE_ASCII.test(key)) {
    throw new ApiError('invalid_header', 'Idempotency-Key must be 1 to 255 printable ASCII characters.');
  }
  const parameters = Object.values((request.params ?? {}) as Record<string, string>);
  const route = [request.method, request.routeOptions.url, ...parameters].join(' ');
  const fingerprint = createHash('sha256')
    .update(`${route}\n${stableStringify(body)}`)
    .digest('hex');
  return { idempotency: { key, fingerprint } };
}
