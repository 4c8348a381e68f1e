import { type Json, jsonBytes } from '../../core/base/json.js';
import { MAX_DETAILS_BYTES } from '../../core/tool/failure.js';
import { shortened } from '../result.js';
import { decodeText, readBody } from './answer-body.js';
import { readCapped } from './capped-body.js';
import { contentTypeOf, encodingOf, shownHeaders } from './headers.js';
import type { HttpAnswer } from './request-rules.js';

/** How much of an error's body goes into the message. */
const EXCERPT_BYTES = 2048;
/** Room in the details for what is around headers and body, and for masks, which can be longer than what they hide. */
const DETAILS_MARGIN = 4096;

/** As much of the body as details can have. A body that breaks off changes nothing about the status. */
export async function readErrorBody(answer: HttpAnswer): Promise<{ body: Json; excerpt: string }> {
  const type = contentTypeOf(answer);
  const room = MAX_DETAILS_BYTES - DETAILS_MARGIN - jsonBytes(shownHeaders(answer.headers));
  try {
    const { bytes, isCut } = await readCapped(answer.body, encodingOf(answer), room);
    const text = decodeText(bytes.subarray(0, EXCERPT_BYTES), type).replaceAll(/\s+/g, ' ').trim();
    const isLonger = isCut || bytes.length > EXCERPT_BYTES;
    return { body: bodyWithin(room, bytes, isCut, type), excerpt: shortened(isLonger ? `${text}…` : text) };
  } catch {
    return { body: null, excerpt: '' };
  }
}

/** A text, cut so that details have room for it. */
export function textForDetails(text: string): string {
  const room = MAX_DETAILS_BYTES - DETAILS_MARGIN;
  return jsonBytes(text) <= room ? text : cutText(text, room);
}

function bodyWithin(room: number, bytes: Buffer, isCut: boolean, type: string): Json {
  if (!isCut) {
    const body = parsedOrText(bytes, type);
    if (jsonBytes(body) <= room) return body;
  }
  return cutText(decodeText(bytes, type), room);
}

/** The beginning of a text, so that it takes so many bytes as JSON. */
function cutText(text: string, room: number): string {
  // What JSON escapes takes up to six bytes a character.
  const length = Math.floor((text.length * room) / Math.max(jsonBytes(text), room)) - 16;
  const cut = `${text.slice(0, length)}…`;
  return jsonBytes(cut) <= room ? cut : `${text.slice(0, Math.floor(room / 6) - 1)}…`;
}

function parsedOrText(bytes: Buffer, type: string): Json {
  try {
    return readBody(bytes, type, 'auto');
  } catch {
    return decodeText(bytes, type);
  }
}
