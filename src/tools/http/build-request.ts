import type { TraceContext } from '../../core/base/trace-context.js';
import { ACCEPTED_ENCODINGS } from './capped-body.js';
import { encodeMultipart } from './multipart.js';
import type { Params } from './params.js';
import { type HttpRequest, isSafe } from './request-rules.js';
import { withTrace } from './trace-headers.js';
import { fillUrl } from './url-template.js';

type Fields = Params['query'];

/** The request that the params ask for, without what `auth` adds. */
export function buildRequest(params: Params, idempotencyKey: string, trace?: TraceContext): HttpRequest {
  const { method } = params;
  const headers: Record<string, string> = { 'user-agent': 'graphrunner', 'accept-encoding': ACCEPTED_ENCODINGS };
  if (!isSafe(method)) headers['idempotency-key'] = idempotencyKey;
  const { body, contentType } = bodyOf(params);
  if (contentType !== undefined) headers['content-type'] = contentType;
  for (const [name, value] of Object.entries(params.headers)) headers[name.toLowerCase()] = String(value);
  return { method, url: urlOf(params), headers: withTrace(headers, trace), body };
}

function urlOf({ url: text, path, query }: Params): URL {
  const filled = path === undefined ? text : fillUrl(text, path);
  const url = new URL(filled);
  addFields(url.searchParams, query);
  return url;
}

function addFields(target: URLSearchParams, fields: Fields): void {
  for (const [key, value] of Object.entries(fields)) {
    for (const item of Array.isArray(value) ? value : [value]) {
      if (item !== null) target.append(key, String(item));
    }
  }
}

function bodyOf(params: Params): { body: HttpRequest['body']; contentType?: string } {
  if (params.json !== undefined) return { body: JSON.stringify(params.json), contentType: 'application/json' };
  if (params.body !== undefined) return { body: params.body, contentType: 'text/plain; charset=utf-8' };
  if (params.form !== undefined) {
    const form = new URLSearchParams();
    addFields(form, params.form);
    return { body: form.toString(), contentType: 'application/x-www-form-urlencoded' };
  }
  if (params.multipart !== undefined) {
    const { bytes, contentType } = encodeMultipart(params.multipart);
    return { body: bytes, contentType };
  }
  return { body: undefined };
}
