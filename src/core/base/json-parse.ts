import { freezeJson, type Json, setOwn } from './json.js';
import type { Steps } from './steps.js';

/** How much text is read at once: some milliseconds, also on a slow machine. */
export const AT_ONCE_LENGTH = 262_144;

/**
 * Parses JSON text of any size in steps, frozen: `JSON.parse` takes some 20 ms for a megabyte of small values, and cannot
 * be interrupted.
 * @param text what `JSON.stringify` has made; not every fault in other text is noticed
 */
export function* parseLargeJson(text: string): Steps<Json> {
  if (text.length <= AT_ONCE_LENGTH) return freezeJson(JSON.parse(text));
  if (text.startsWith('[')) return yield* parseList(text);
  if (text.startsWith('{')) return yield* parseObject(text);
  // A single string.
  return JSON.parse(text);
}

function* parseList(text: string): Steps<Json> {
  const list: Json[] = [];
  for (let start = 1; start < text.length; ) {
    const end = yield* endOfPart(text, start);
    const part = text.slice(start, end);
    if (part.length > AT_ONCE_LENGTH) list.push(yield* parseLargeJson(part));
    // One by one: a part can hold more of them than a call has arguments.
    else for (const item of freezeJson(JSON.parse(`[${part}]`)) as Json[]) list.push(item);
    start = end + 1;
    yield;
  }
  return Object.freeze(list);
}

function* parseObject(text: string): Steps<Json> {
  const object: Record<string, Json> = {};
  for (let start = 1; start < text.length; ) {
    const end = yield* endOfPart(text, start);
    const part = text.slice(start, end);
    if (part.length > AT_ONCE_LENGTH) {
      const value = endOfString(part, 0) + 1;
      setOwn(object, JSON.parse(part.slice(0, value - 1)), yield* parseLargeJson(part.slice(value)));
    } else {
      const members = freezeJson(JSON.parse(`{${part}}`)) as Record<string, Json>;
      for (const [key, value] of Object.entries(members)) setOwn(object, key, value);
    }
    start = end + 1;
    yield;
  }
  return Object.freeze(object);
}

/** The comma or bracket after as many members of a list or an object as are read at once, or after one that is larger. */
function* endOfPart(text: string, start: number): Steps<number> {
  let end = yield* endOfMember(text, start);
  while (text[end] === ',') {
    const next = yield* endOfMember(text, end + 1);
    if (next - start > AT_ONCE_LENGTH) break;
    end = next;
  }
  return end;
}

const QUOTE = 34;
const COMMA = 44;

/** The comma or bracket after a member of a list or an object. */
function* endOfMember(text: string, start: number): Steps<number> {
  let depth = 0;
  let pauseAt = start + AT_ONCE_LENGTH;
  for (let at = start; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = endOfString(text, at) - 1;
    else if (depth === 0 && (code === COMMA || isClosing(code))) return at;
    else if (isOpening(code)) depth += 1;
    else if (isClosing(code)) depth -= 1;
    if (at >= pauseAt) {
      pauseAt = at + AT_ONCE_LENGTH;
      yield;
    }
  }
  throw new SyntaxError('The text ends within a list or an object.');
}

/** True for `[` and `{`. */
function isOpening(code: number): boolean {
  return code === 91 || code === 123;
}

/** True for `]` and `}`. */
function isClosing(code: number): boolean {
  return code === 93 || code === 125;
}

/** Where a string that begins with the quote at `start` ends: after its closing quote. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end !== -1; end = text.indexOf('"', end + 1)) {
    let escapes = 0;
    while (text[end - 1 - escapes] === '\\') escapes += 1;
    if (escapes % 2 === 0) return end + 1;
  }
  throw new SyntaxError('The text ends within a string.');
}
