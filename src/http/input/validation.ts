import type { FastifySchemaCompiler } from 'fastify';
import type { z } from 'zod';
import { EngineError, type Problem } from '../../core/base/errors.js';
import { isDeeperThan, MAX_JSON_DEPTH } from '../../core/base/json.js';
import { problemsOf } from '../../core/base/problems.js';
import { queryReader } from './query.js';

type Check = { value: unknown } | { error: EngineError };

/**
 * Checks bodies and queries with the zod schemas of the routes. Paths and headers are described by schemas, not checked:
 * an id of any shape that matches nothing is simply not found.
 */
export const validatorCompiler: FastifySchemaCompiler<z.ZodType> = ({ schema, httpPart }) => {
  if (httpPart === 'body') return bodyCheck(schema);
  if (httpPart === 'querystring') return queryCheck(schema as z.ZodObject);
  return (value) => ({ value });
};

/** Checks no more of a body than its depth: for the route whose job it is to say what is wrong with it. */
export const depthCompiler = () => checkDepth;

function bodyCheck(schema: z.ZodType): (body: unknown) => Check {
  return (body) => {
    const depth = checkDepth(body);
    // No body arrives as null.
    return 'error' in depth ? depth : check(schema, body ?? undefined, 'body');
  };
}

function checkDepth(body: unknown): Check {
  if (!isDeeperThan(body, MAX_JSON_DEPTH)) return { value: body };
  const message = `Nested more than ${MAX_JSON_DEPTH} levels deep.`;
  return { error: misfit('body', [{ pointer: '', code: 'too_deep', message }]) };
}

function queryCheck(schema: z.ZodObject): (query: unknown) => Check {
  const read = queryReader(schema);
  return (query) => check(schema, read(query as Record<string, unknown>), 'query');
}

function check(schema: z.ZodType, value: unknown, part: 'body' | 'query'): Check {
  const result = schema.safeParse(value);
  return result.success
    ? { value: result.data }
    : { error: misfit(part, problemsOf(schema, value, result.error.issues)) };
}

function misfit(part: 'body' | 'query', errors: readonly Problem[]): EngineError {
  const [first] = errors;
  const where = first === undefined || first.pointer === '' ? '' : ` at ${first.pointer.slice(0, 200)}`;
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : '';
  const detail = `The ${part} does not fit the schema${where}${more}: ${first?.message ?? 'it is invalid'}`;
  return new EngineError('invalid_request', detail, { errors });
}
