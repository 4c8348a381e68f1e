import { isPlainObject, type Json } from '../../core/base/json.js';

/** Where providers put their words: each has another place. */
const PLACES = ['error', 'message', 'detail', 'msg', 'errors', 'error_description', 'title'] as const;

/** Words can be a few levels down: `{ "error": { "message": … } }`, `{ "detail": [{ "msg": … }] }`. */
const MAX_LEVELS = 4;
/** Most items of a list of errors that are quoted. */
const MAX_ITEMS = 5;

/** What a provider says of an error; undefined if it is in none of the usual places. */
export function findWords(body: Json | undefined, levels = MAX_LEVELS): string | undefined {
  if (typeof body === 'string') return body.replaceAll(/\s+/g, ' ').trim() || undefined;
  if (levels === 0) return undefined;
  if (Array.isArray(body)) {
    const words = body.slice(0, MAX_ITEMS).flatMap((item: Json) => findWords(item, levels - 1) ?? []);
    return words.length > 0 ? words.join('; ') : undefined;
  }
  if (!isPlainObject(body)) return undefined;
  for (const place of PLACES) {
    const words = Object.hasOwn(body, place) ? findWords(body[place] as Json, levels - 1) : undefined;
    if (words !== undefined) return words;
  }
  return undefined;
}
