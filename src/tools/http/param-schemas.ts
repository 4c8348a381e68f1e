import { z } from 'zod';
import { whyNotRequestable } from './request-rules.js';

/** Headers that belong to the connection, not to the request (RFC 9110 section 7.6.1), or follow from the body. */
const REFUSED_HEADERS: readonly string[] = [
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
];

/** The value of a header. */
export const headerValue = z.string().regex(/^[\t\x20-\x7e\x80-\xff]*$/, 'This is no value of a header');

/** Headers of a request, by name. */
export const headersSchema = z
  .record(z.string(), z.union([headerValue, z.number(), z.boolean()]))
  .superRefine(checkHeaderNames);

/** Something that requests can be sent to. */
export const urlSchema = z.string().max(8192).superRefine(checkUrl);

/** Says why a text is no URL of a request; undefined if it is one. */
export function whyNoUrl(text: string): string | undefined {
  return URL.canParse(text) ? whyNotRequestable(new URL(text)) : 'This is no URL';
}

function checkUrl(text: string, context: z.core.$RefinementCtx): void {
  const reason = whyNoUrl(text);
  if (reason !== undefined) context.addIssue(reason);
}

/**
 * Checked for the record as a whole: of what is wrong with a key, zod says only that it is invalid. Names are the same in
 * any case (RFC 9110 section 5.1): of two, one would get lost.
 */
function checkHeaderNames(headers: Readonly<Record<string, unknown>>, context: z.core.$RefinementCtx): void {
  const seen = new Set<string>();
  for (const name of Object.keys(headers)) {
    const lower = name.toLowerCase();
    const reason = whyNotHeader(lower) ?? (seen.has(lower) ? 'This header is there twice' : undefined);
    if (reason !== undefined) context.addIssue({ code: 'custom', path: [name], message: reason });
    seen.add(lower);
  }
}

function whyNotHeader(name: string): string | undefined {
  if (!/^[!#$%&'*+\-.^_`|~0-9a-z]+$/.test(name)) return 'This is no name of a header';
  return REFUSED_HEADERS.includes(name) ? 'This header cannot be set' : undefined;
}
