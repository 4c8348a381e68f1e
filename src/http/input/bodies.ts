import { isUtf8 } from 'node:buffer';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { messageOf } from '../../core/base/errors.js';
import { MAX_JSON_DEPTH } from '../../core/base/json.js';
import { scanJson } from '../../core/base/json-scan.js';
import { numberProblemsIn } from '../../core/base/problems.js';
import { finishSteps, type InSlices, type Steps } from '../../core/base/steps.js';
import { MAX_CAPSULE_DEPTH } from '../../core/capsule/read-capsule.js';
import { ApiError } from '../errors/api-error.js';
import { parseCapsuleBody } from './capsule-bodies.js';
import { keepText } from './places.js';
import { invalidRequest, noteNumberProblems } from './validation.js';

/** Longer bodies are looked through in slices: 1 MiB can hold 340,000 values. */
const SMALL_BYTES = 16_384;

/**
 * Accepts application/json only. An empty body counts as no body if the route needs none: many clients always send
 * `Content-Type: application/json`.
 */
export function acceptJsonOnly(app: FastifyInstance, inSlices: InSlices): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, bytes: Buffer, done) => {
    const encoding = request.headers['content-encoding'];
    if (isEncoded(encoding))
      done(new ApiError('unsupported_media_type', `Send the body as it is, not as ${encoding}.`));
    else if (bytes.length === 0 && !needsBody(request.routeOptions.schema?.body)) done(null, undefined);
    else if (!isUtf8(bytes)) done(new ApiError('malformed_json', 'The body is not UTF-8, as JSON must be.'));
    else if (bytes.length <= SMALL_BYTES) readAtOnce(request, bytes.toString(), done);
    else inSlices(readBody(request, bytes.toString())).then((body) => done(null, body), done);
  });
}

/** Without a promise: most bodies are small. */
function readAtOnce(request: FastifyRequest, text: string, done: (error: Error | null, body?: unknown) => void): void {
  let body: unknown;
  try {
    body = finishSteps(readBody(request, text));
  } catch (thrown) {
    done(thrown as Error);
    return;
  }
  done(null, body);
}

/** Parses a body, and looks for what no schema sees. */
function* readBody(request: FastifyRequest, text: string): Steps<unknown> {
  if (text === '') throw new ApiError('malformed_json', 'The body is empty.');
  const json = text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text;
  const { holdsCapsule = false } = request.routeOptions.config;
  const body = yield* parse(json, holdsCapsule);
  const maxDepth = holdsCapsule ? MAX_CAPSULE_DEPTH : MAX_JSON_DEPTH;
  keepText(request, json);
  yield;
  const { isPoisoned, isTooDeep } = yield* scanJson(body, maxDepth);
  if (isPoisoned) throw new ApiError('malformed_json', POISONED);
  // Routes without a body take none, whatever it is.
  if (isTooDeep && request.routeOptions.schema?.body !== undefined) {
    const message = `Nested more than ${maxDepth} levels deep.`;
    throw invalidRequest('body', [{ pointer: '', code: 'too_deep', message }]);
  }
  const problems = yield* numberProblemsIn(text);
  if (problems.length > 0) noteNumberProblems(body, problems);
  return body;
}

const POISONED = 'The body has a key "__proto__", or "prototype" in "constructor". No document can have these.';
const BYTE_ORDER_MARK = '\uFEFF';

function* parse(text: string, holdsCapsule: boolean): Steps<unknown> {
  try {
    return holdsCapsule ? yield* parseCapsuleBody(text) : JSON.parse(text);
  } catch (error) {
    throw new ApiError('malformed_json', `The body is not JSON: ${messageOf(error)}`);
  }
}

/** True for a coding that changes the body (RFC 9110, section 8.4); this server reads none. */
export function isEncoded(encoding: string | undefined): encoding is string {
  return encoding !== undefined && encoding.trim().toLowerCase() !== 'identity';
}

/** True for the schema of a body that cannot be omitted. */
export function needsBody(schema: unknown): boolean {
  return schema instanceof z.ZodType && !schema.safeParse(undefined).success;
}
