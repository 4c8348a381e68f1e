import { AnswerJsonError, parseAnswerJson } from '../../core/base/answer-json.js';
import type { Json } from '../../core/base/json.js';
import { RefusedAnswerError } from './refused-answer.js';

/** How the body of an answer is kept. */
export type ResponseKind = 'auto' | 'json' | 'text' | 'base64';

type Note = (line: string) => void;

/** RFC 8259, RFC 6839 section 3.1. */
const JSON_TYPE = /^application\/(?:[^;\s]+\+)?json\s*(?:;|$)/i;
/** Types whose bytes are no text, whatever they look like. SVG is XML. */
const BINARY_TYPE = /^(?:image\/(?!svg\+xml)|audio\/|video\/|font\/)/i;
/** Types whose bytes are text, whatever they look like. */
const TEXT_TYPE = /^text\//i;

/**
 * The body of an answer as JSON: parsed, as text, or as `{ base64, content_type, size }`.
 * @param note called with a line for the log, if something is not kept as it came
 * @throws RefusedAnswerError if it is not what `kind` says, or cannot be kept
 */
export function readBody(bytes: Buffer, contentType: string, kind: ResponseKind, note?: Note): Json {
  switch (kind) {
    case 'auto':
      return readByType(bytes, contentType, note);
    case 'json':
      return readJson(bytes, contentType, note);
    case 'text':
      return decodeText(bytes, contentType);
    case 'base64':
      return encodeBytes(bytes, contentType);
  }
}

/** JSON and text if the type says so, or if the bytes are text. Broken JSON stays text. */
function readByType(bytes: Buffer, contentType: string, note: Note | undefined): Json {
  if (JSON_TYPE.test(contentType)) {
    const text = decodeStrictly(bytes, contentType);
    return text === undefined ? encodeBytes(bytes, contentType) : parseOrKeep(text, note);
  }
  if (bytes.length === 0) return '';
  if (BINARY_TYPE.test(contentType)) return encodeBytes(bytes, contentType);
  if (TEXT_TYPE.test(contentType)) return decodeText(bytes, contentType);
  const text = decodeStrictly(bytes, contentType);
  return text === undefined || text.includes('\0') ? encodeBytes(bytes, contentType) : text;
}

function parseOrKeep(text: string, note: Note | undefined): Json {
  if (text === '') return null;
  const value = parseIfJson(text, note);
  return value === undefined ? text : value;
}

function readJson(bytes: Buffer, contentType: string, note: Note | undefined): Json {
  const text = decodeStrictly(bytes, contentType);
  const value = text === undefined ? undefined : parseIfJson(text, note);
  if (value !== undefined) return value;
  throw new RefusedAnswerError(
    `The body of the answer is not JSON. Its type is ${JSON.stringify(contentType.slice(0, 100))}.`,
  );
}

/** The value of JSON text; undefined if it is not JSON. */
function parseIfJson(text: string, note: Note | undefined): Json | undefined {
  try {
    return parseAnswerJson(text, note);
  } catch (thrown) {
    if (thrown instanceof AnswerJsonError) throw new RefusedAnswerError(`The answer holds ${thrown.message}.`);
    return undefined;
  }
}

function encodeBytes(bytes: Buffer, contentType: string): Json {
  return {
    base64: bytes.toString('base64'),
    content_type: contentType === '' ? null : contentType,
    size: bytes.length,
  };
}

/** Text in the charset of its type, or else UTF-8; undefined if the bytes are none. */
function decodeStrictly(bytes: Buffer, contentType: string): string | undefined {
  try {
    return decoderOf(contentType, true).decode(bytes);
  } catch {
    return undefined;
  }
}

/** Text in the charset of its type, or else UTF-8. What is wrong becomes U+FFFD, as in browsers. */
export function decodeText(bytes: Buffer, contentType: string): string {
  return decoderOf(contentType, false).decode(bytes);
}

function decoderOf(contentType: string, fatal: boolean) {
  const charset = /;\s*charset="?([^\s;"]+)/i.exec(contentType)?.[1] ?? 'utf-8';
  try {
    return new TextDecoder(charset, { fatal });
  } catch {
    return new TextDecoder('utf-8', { fatal });
  }
}
