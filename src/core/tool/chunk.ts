import { copyJson, type Json, NotJsonError } from '../base/json.js';
import { estimateBytes } from '../base/json-size.js';
import type { Mask } from '../base/mask.js';

/** Longest text of one chunk, in UTF-16 code units. Longer text becomes several chunks. */
export const MAX_CHUNK_LENGTH = 1000;

/** Largest chunk as JSON text, in bytes. Text always fits: JSON takes six bytes for a character at most. */
export const MAX_CHUNK_BYTES = 6144;

/** A chunk as JSON text, or why it cannot be sent. */
export type ReadChunk = { readonly json: string } | { readonly refused: string };

/** Reads a chunk that is no text, with secrets hidden. Never throws. */
export function readChunk(given: unknown, mask: Mask): ReadChunk {
  try {
    // An estimate is at most three times the size, and ends early: nobody waits while gigabytes are copied.
    if (estimateBytes(given as Json, 4 * MAX_CHUNK_BYTES) > 4 * MAX_CHUNK_BYTES) return tooLarge();
    const json = JSON.stringify(mask.value(copyJson(given)));
    return Buffer.byteLength(json) > MAX_CHUNK_BYTES ? tooLarge() : { json };
  } catch (thrown) {
    // A getter of the tool can throw anything.
    const why = thrown instanceof NotJsonError ? `: ${mask.text(thrown.message)}` : '';
    return { refused: `A chunk is not JSON, and was not sent${why}.` };
  }
}

function tooLarge(): ReadChunk {
  return { refused: `A chunk takes more than ${MAX_CHUNK_BYTES} bytes as JSON, and was not sent.` };
}

/** Cuts text into chunks, and no character in two. */
export function* chunksOf(text: string): Generator<string> {
  for (let start = 0; start < text.length; ) {
    const end = Math.min(start + MAX_CHUNK_LENGTH, text.length);
    const isHalf = end < text.length && isFirstHalf(text.charCodeAt(end - 1));
    yield text.slice(start, isHalf ? end - 1 : end);
    start = isHalf ? end - 1 : end;
  }
}

/** The first half of a surrogate pair. */
function isFirstHalf(code: number): boolean {
  return code >= 0xd800 && code <= 0xdbff;
}
