import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { readTraceContext, type TraceContext } from '../../core/base/trace-context.js';

/** Headers of requests that start something which can be traced. */
export const traceHeaders = {
  traceparent: z
    .string()
    .optional()
    .describe(
      'The span that the run belongs to (W3C Trace Context). The tools of the run pass it on. Ignored if it is not valid.',
    ),
  tracestate: z.string().optional().describe('What tracing systems add to `traceparent`.'),
};

/** What a request says of its trace, as an object to spread. */
export function traceOf({ headers }: FastifyRequest): { trace?: TraceContext } {
  const { traceparent, tracestate } = headers;
  const trace = readTraceContext(textOf(traceparent), textOf(tracestate));
  return trace === undefined ? {} : { trace };
}

/** Headers that came several times are one text (RFC 9110 section 5.2). */
function textOf(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header.join(',') : header;
}
