import { z } from 'zod';
import { API_ERRORS, type ApiErrorCode } from '../../core/base/errors.js';
import { HTTP_ERRORS, PROBLEM_TYPE, problemDocument } from '../errors/problem.js';
import { problemSchema } from '../errors/problem-schema.js';

/** What a route answers when all is well. */
export interface Answer {
  readonly description: string;
  /** Left out where there is no body. */
  readonly schema?: z.ZodType;
  readonly headers?: Readonly<Record<string, string>>;
  /** `application/json` where left out. */
  readonly mediaTypes?: readonly string[];
}

/** Any request can end in one of these. */
const ALWAYS: readonly ApiErrorCode[] = [
  'request_refused',
  'unauthorized',
  'forbidden_host',
  'internal_error',
  'store_unavailable',
];
/** And any request that may come with a body in these. */
export const BODY_ERRORS: readonly ApiErrorCode[] = ['malformed_json', 'body_too_large', 'unsupported_media_type'];

/** The `response` schemas of a route: its own answers, and the errors that it can end in. */
export function answers(
  own: Readonly<Record<number, Answer>>,
  errors: readonly ApiErrorCode[] = [],
): Record<string, unknown> {
  const responses: Record<string, unknown> = {};
  for (const [status, answer] of Object.entries(own)) responses[status] = success(answer);
  for (const [status, codes] of byStatus([...errors, ...ALWAYS])) {
    responses[status] ??= failure(codes);
  }
  return responses;
}

function success({ description, schema, headers, mediaTypes = ['application/json'] }: Answer): unknown {
  if (schema === undefined) return z.null().describe(description);
  const described = Object.entries(headers ?? {}).map(([name, text]) => [name, { type: 'string', description: text }]);
  return {
    description,
    content: Object.fromEntries(mediaTypes.map((type) => [type, { schema }])),
    ...(described.length === 0 ? {} : { headers: Object.fromEntries(described) }),
  };
}

function byStatus(codes: readonly ApiErrorCode[]): Map<number, ApiErrorCode[]> {
  const grouped = new Map<number, ApiErrorCode[]>();
  for (const code of new Set(codes)) {
    const { status } = HTTP_ERRORS[code];
    grouped.set(status, [...(grouped.get(status) ?? []), code]);
  }
  return grouped;
}

function failure(codes: readonly ApiErrorCode[]): unknown {
  const [code = 'internal_error'] = codes;
  return {
    description: codes.map((each) => `\`${each}\`: ${API_ERRORS[each]}`).join('\n\n'),
    content: { [PROBLEM_TYPE]: { schema: problemSchema, example: problemDocument(code, '/graph') } },
  };
}
