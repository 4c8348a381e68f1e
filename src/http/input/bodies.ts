import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { messageOf } from '../../core/base/errors.js';
import { ApiError } from '../errors/api-error.js';

/**
 * Accepts application/json only. An empty body counts as no body if the route needs none: many clients always send
 * `Content-Type: application/json`.
 */
export function acceptJsonOnly(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error');
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, text: string, done) => {
    const encoding = request.headers['content-encoding'];
    if (isEncoded(encoding))
      done(new ApiError('unsupported_media_type', `Send the body as it is, not as ${encoding}.`));
    else if (text === '' && !needsBody(request.routeOptions.schema?.body)) done(null, undefined);
    else void parse(request, text, (error, body) => done(error && explainRefusal(text), body));
  });
}

/** True for a coding that changes the body (RFC 9110, section 8.4); this server reads none. */
function isEncoded(encoding: string | undefined): encoding is string {
  return encoding !== undefined && encoding.trim().toLowerCase() !== 'identity';
}

/** True for the schema of a body that cannot be omitted. */
export function needsBody(schema: unknown): boolean {
  return schema instanceof z.ZodType && !schema.safeParse(undefined).success;
}

/** Why the parser refused a text. Only failed requests come here, so the cost of parsing again does not matter. */
function explainRefusal(text: string): ApiError {
  if (text === '') return new ApiError('malformed_json', 'The body is empty.');
  try {
    JSON.parse(text);
  } catch (error) {
    return new ApiError('malformed_json', `The body is not JSON: ${messageOf(error)}`);
  }
  const message = 'The body has a key "__proto__", or "prototype" in "constructor". No document can have these.';
  return new ApiError('malformed_json', message);
}
