import { type Json, jsonBytes } from '../../core/base/json.js';
import { isDeeperThan } from '../../core/base/json-scan.js';
import { MAX_DETAILS_BYTES, MAX_DETAILS_DEPTH } from '../../core/tool/failure.js';
import { shortened } from '../result.js';
import { decodeText, readBody } from './answer-body.js';
import { readCapped } from './capped-body.js';
import { contentTypeOf, encodingOf, shownHeaders } from './headers.js';
import type { HttpAnswer } from './request-rules.js';

/** How much of an error's body goes into the message. */
const EXCERPT_BYTES = 2048;
/** Room in the details for headers and body; the rest is for what is around, and for masks, which can be longer than what they hide. */
const DETAILS_ROOM = MAX_DETAILS_BYTES - 4096;

/** Details have the body under a key. */
const MAX_BODY_DEPTH = MAX_DETAILS_DEPTH - 1;

/** As much of the body as details can have. A body that breaks off changes nothing about the status. */
export async function readErrorBody(answer: HttpAnswer): Promise<{ body: Json; excerpt: string }> {
  const type = contentTypeOf(answer);
  const room = roomBeside(answer.headers);
  try {
    const { bytes, isCut } = await readCapped(answer.body, encodingOf(answer), room);
    const text = decodeText(bytes.subarray(0, EXCERPT_BYTES), type).replaceAll(/\s+/g, ' ').trim();
    const isLonger = isCut || bytes.length > EXCERPT_BYTES;
    const whole = isCut ? undefined : parsedOrText(bytes, type);
    const body = fitBody(whole, () => decodeText(bytes, type), room);
    return { body, excerpt: shortened(isLonger ? `${text}…` : text) };
  } catch {
    return { body: null, excerpt: '' };
  }
}

/** A body that was read: as it is, if the details have room for it beside the headers, or the beginning of its text. */
export function bodyForDetails(body: Json, text: string, headers: HttpAnswer['headers']): Json {
  return fitBody(body, () => text, roomBeside(headers));
}

/** A text, cut so that details have room for it. */
export function textForDetails(text: string): string {
  return jsonBytes(text) <= DETAILS_ROOM ? text : cutText(text, DETAILS_ROOM);
}

function roomBeside(headers: HttpAnswer['headers']): number {
  return DETAILS_ROOM - jsonBytes(shownHeaders(headers));
}

function fitBody(whole: Json | undefined, textOf: () => string, room: number): Json {
  // What is too deep for details is too deep to be written by a recursive writer too.
  const isWhole = whole !== undefined && !isDeeperThan(whole, MAX_BODY_DEPTH) && jsonBytes(whole) <= room;
  return isWhole ? whole : cutText(textOf(), room);
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
