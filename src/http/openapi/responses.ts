import { z } from 'zod';
import { API_ERRORS, type ApiErrorCode } from '../errors/codes.js';
import { PROBLEM_TYPE, problemDocument } from '../errors/problem.js';
import { problemSchema } from '../errors/problem-schema.js';

/** A response of a route that succeeds. */
export interface Success {
  readonly description: string;
  /** Omitted if there is no body. */
  readonly schema?: z.ZodType;
  readonly headers?: Readonly<Record<string, string>>;
  /** `application/json` if omitted. */
  readonly mediaTypes?: readonly string[];
}

/** Any request can fail with one of these. */
const ALWAYS: readonly ApiErrorCode[] = [
  'request_refused',
  'unauthorized',
  'forbidden_host',
  'internal_error',
  'server_busy',
  'store_unavailable',
];
/** Any request that changes something, and so can have a body, can fail with one of these too. */
export const BODY_ERRORS: readonly ApiErrorCode[] = [
  'malformed_json',
  'body_too_large',
  'unsupported_media_type',
  'forbidden_origin',
  'read_only_key',
];

/** The `response` schemas of a route: its successes by status, and the errors that it can end with. */
export function describeResponses(
  successes: Readonly<Record<number, Success>>,
  errors: readonly ApiErrorCode[] = [],
): Record<string, unknown> {
  const responses: Record<string, unknown> = {};
  for (const [status, success] of Object.entries(successes)) responses[status] = describeSuccess(success);
  for (const [status, codes] of groupByStatus([...errors, ...ALWAYS])) {
    responses[status] ??= describeFailure(codes);
  }
  return responses;
}

function describeSuccess({ description, schema, headers = {}, mediaTypes = ['application/json'] }: Success): unknown {
  if (schema === undefined) return z.null().describe(description);
  const described = Object.entries(headers).map(([name, text]) => [name, { type: 'string', description: text }]);
  return {
    description,
    content: Object.fromEntries(mediaTypes.map((type) => [type, { schema }])),
    ...(described.length > 0 && { headers: Object.fromEntries(described) }),
  };
}

function groupByStatus(codes: readonly ApiErrorCode[]): Map<number, ApiErrorCode[]> {
  const groups = new Map<number, ApiErrorCode[]>();
  for (const code of new Set(codes)) {
    const { status } = API_ERRORS[code];
    groups.set(status, [...(groups.get(status) ?? []), code]);
  }
  return groups;
}

function describeFailure(codes: readonly ApiErrorCode[]): unknown {
  const [code = 'internal_error'] = codes;
  return {
    description: codes.map((each) => `\`${each}\`: ${API_ERRORS[each].meaning}`).join('\n\n'),
    content: { [PROBLEM_TYPE]: { schema: problemSchema, example: problemDocument(code, '/graph') } },
  };
}
