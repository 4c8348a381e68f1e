import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { EngineError, messageOf } from '../../core/base/errors.js';

/**
 * Takes application/json and nothing else. An empty body is none at all where the route needs none:
 * clients say `Content-Type: application/json` out of habit.
 */
export function acceptJsonOnly(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error');
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, text: string, done) => {
    if (text === '' && !needsBody(request.routeOptions.schema?.body)) done(null, undefined);
    else void parse(request, text, (error, body) => done(error && whyNot(text), body));
  });
}

/** True for the schema of a body that cannot be left out. */
export function needsBody(schema: unknown): boolean {
  return schema instanceof z.ZodType && !schema.safeParse(undefined).success;
}

/** Says why a text was not taken. Runs only on the way to an error, so parsing once more costs nothing that counts. */
function whyNot(text: string): EngineError {
  if (text === '') return new EngineError('malformed_json', 'The body is empty.');
  try {
    JSON.parse(text);
  } catch (error) {
    return new EngineError('malformed_json', `The body is not JSON: ${messageOf(error)}`);
  }
  const message = 'The body has a key "__proto__", or "prototype" in "constructor". No document may hold these.';
  return new EngineError('malformed_json', message);
}
