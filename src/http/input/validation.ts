import type { FastifySchemaCompiler } from 'fastify';
import type { z } from 'zod';
import { addNumberProblems, type DocumentProblem, problemsOf, putNumbersFirst } from '../../core/base/problems.js';
import { ApiError } from '../errors/api-error.js';
import { createQueryReader } from './query.js';

type Check = { value: unknown } | { error: ApiError };

/**
 * Checks bodies and queries with the zod schemas of the routes. Paths and headers are described by schemas, not checked:
 * an id that matches nothing is not found, whatever its shape.
 */
export const validatorCompiler: FastifySchemaCompiler<z.ZodType> = ({ schema, httpPart }) => {
  if (httpPart === 'body') return createBodyCheck(schema);
  if (httpPart === 'querystring') return createQueryCheck(schema as z.ZodObject);
  return (value) => ({ value });
};

/** Checks nothing: for the route that reports what is wrong with its body. */
export const uncheckedCompiler = () => (value: unknown) => ({ value });

/** What is wrong with the numbers of bodies. No schema sees it: their text held others than they have. */
const numberProblems = new WeakMap<object, readonly DocumentProblem[]>();

/** Has a body refused for its numbers. */
export function noteNumberProblems(body: unknown, problems: readonly DocumentProblem[]): void {
  if (typeof body === 'object' && body !== null) numberProblems.set(body, problems);
}

/** What is wrong with the numbers of a body. */
export function numberProblemsOf(body: unknown): readonly DocumentProblem[] {
  return (typeof body === 'object' && body !== null && numberProblems.get(body)) || [];
}

function createBodyCheck(schema: z.ZodType): (body: unknown) => Check {
  // Fastify passes a missing body as null.
  return (body) => check(schema, body ?? undefined, 'body');
}

function createQueryCheck(schema: z.ZodObject): (query: unknown) => Check {
  const read = createQueryReader(schema);
  return (query) => check(schema, read(query as Record<string, unknown>), 'query');
}

function check(schema: z.ZodType, value: unknown, part: 'body' | 'query'): Check {
  const result = schema.safeParse(value);
  const found = result.success ? [] : problemsOf(schema, value, result.error.issues);
  // A body that is a number: no route takes one, and most say so of any.
  const isInfinite = typeof value === 'number' && !Number.isFinite(value);
  const problems = isInfinite ? addNumberProblems(value, found) : putNumbersFirst(numberProblemsOf(value), found);
  return result.success && problems.length === 0 ? { value: result.data } : { error: invalidRequest(part, problems) };
}

/** The error for a body or a query that does not fit its schema. */
export function invalidRequest(part: 'body' | 'query', errors: readonly DocumentProblem[]): ApiError {
  const [first] = errors;
  const where = first === undefined || first.pointer === '' ? '' : ` at ${first.pointer.slice(0, 200)}`;
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : '';
  const detail = `The ${part} does not fit the schema${where}${more}: ${first?.message ?? 'it is invalid'}`;
  return new ApiError('invalid_request', detail, { errors });
}
