import type { HttpAnswer } from './request-rules.js';

/** Size of all headers that a result keeps, in characters. */
const MAX_HEADER_CHARACTERS = 8192;

/** The headers of a result. Cookies are omitted: they open sessions, and results are stored and shown. */
export function shownHeaders(headers: HttpAnswer['headers']): Record<string, string> {
  const shown: Record<string, string> = {};
  let room = MAX_HEADER_CHARACTERS;
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || name === 'set-cookie') continue;
    const text = Array.isArray(value) ? value.join(', ') : value;
    room -= name.length + text.length;
    if (room < 0) break;
    shown[name] = text;
  }
  return shown;
}

export function contentTypeOf({ headers }: HttpAnswer): string {
  return String(headers['content-type'] ?? '');
}

/** How the body is encoded. Answers to HEAD, 204 and 304 have headers about a body that is not there (RFC 9110 section 6.4.1). */
export function encodingOf({ request, status, headers }: HttpAnswer): string {
  const hasBody = request.method !== 'HEAD' && status !== 204 && status !== 304;
  return hasBody ? String(headers['content-encoding'] ?? '') : '';
}
