import { pathOf } from './json.js';
import { endOfString } from './json-text.js';
import { createPacer, type Steps } from './steps.js';

/** A place in text. Both count from 1; columns count UTF-16 code units, as most editors do. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** A value that a pointer leads to or through. */
interface Wanted {
  readonly parts: Map<string, Wanted>;
  /** Where its text begins; undefined if it has not been found. */
  start: number | undefined;
}

interface Level {
  readonly isMap: boolean;
  /** The list or map itself, if a pointer leads into it. */
  readonly wanted: Wanted | undefined;
  /** Of a list: which item comes. */
  index: number;
  /** Of a map: the key of what comes. */
  key: string | undefined;
  /** Of a map: the next string is a key. */
  expectsKey: boolean;
}

/**
 * Finds where the values begin that pointers name, in steps and in one pass. What is not there is where the innermost
 * list or map that should have it begins. Of equal keys the last counts, as for `JSON.parse`.
 * @param text what `JSON.parse` takes
 * @param pointers JSON Pointers (RFC 6901)
 */
export function* findPlaces(text: string, pointers: Iterable<string>): Steps<ReadonlyMap<string, Place>> {
  const root: Wanted = { parts: new Map(), start: undefined };
  const named = new Map<string, readonly Wanted[]>();
  for (const pointer of pointers) named.set(pointer, addPath(root, pointer));
  yield* scan(text, root);
  const starts = new Map<string, number>();
  for (const [pointer, path] of named) starts.set(pointer, startOf(path));
  return yield* toPlaces(text, starts);
}

/** Adds what a pointer leads through, and returns it, from the whole on. */
function addPath(root: Wanted, pointer: string): Wanted[] {
  const path = [root];
  let at = root;
  for (const key of pathOf(pointer)) {
    const part = at.parts.get(key) ?? { parts: new Map(), start: undefined };
    at.parts.set(key, part);
    path.push(part);
    at = part;
  }
  return path;
}

function startOf(path: readonly Wanted[]): number {
  return path.findLast(({ start }) => start !== undefined)?.start ?? 0;
}

const [QUOTE, COMMA] = [34, 44];
const [LIST_START, LIST_END, MAP_START, MAP_END] = [91, 93, 123, 125];
const BETWEEN: ReadonlySet<string> = new Set([' ', '\t', '\n', '\r', ':']);
const AFTER_SCALAR: ReadonlySet<string> = new Set([' ', '\t', '\n', '\r', ',', ']', '}']);

function* scan(text: string, root: Wanted): Steps<void> {
  const isDue = createPacer();
  const levels: Level[] = [];
  for (let at = 0; at < text.length; ) {
    at = BETWEEN.has(text.charAt(at)) ? at + 1 : readToken(text, at, levels, root);
    if (isDue()) yield;
  }
}

/** Reads a mark, a string or a scalar; returns where it ends. */
function readToken(text: string, at: number, levels: Level[], root: Wanted): number {
  const level = levels.at(-1);
  const code = text.charCodeAt(at);
  switch (code) {
    case COMMA:
      if (level !== undefined) Object.assign(level, { index: level.index + 1, expectsKey: level.isMap });
      return at + 1;
    case LIST_END:
    case MAP_END:
      levels.pop();
      return at + 1;
    case LIST_START:
    case MAP_START: {
      const isMap = code === MAP_START;
      levels.push({ isMap, wanted: noteValue(at, level, root), index: 0, key: undefined, expectsKey: isMap });
      return at + 1;
    }
    case QUOTE: {
      const end = endOfString(text, at);
      if (level?.expectsKey !== true) noteValue(at, level, root);
      // Keys of what no pointer leads into need not be read.
      else Object.assign(level, { expectsKey: false, key: level.wanted && JSON.parse(text.slice(at, end)) });
      return end;
    }
    default:
      noteValue(at, level, root);
      return endOfScalar(text, at);
  }
}

/** Notes where a value begins, if a pointer leads to it or through it. */
function noteValue(at: number, level: Level | undefined, root: Wanted): Wanted | undefined {
  const wanted = level === undefined ? root : level.wanted?.parts.get(level.key ?? String(level.index));
  if (wanted === undefined) return undefined;
  forget(wanted);
  wanted.start = at;
  return wanted;
}

/** Forgets what an earlier value of the same key had. */
function forget(wanted: Wanted): void {
  if (wanted.start === undefined) return;
  wanted.start = undefined;
  for (const part of wanted.parts.values()) forget(part);
}

function endOfScalar(text: string, start: number): number {
  let end = start + 1;
  while (end < text.length && !AFTER_SCALAR.has(text.charAt(end))) end += 1;
  return end;
}

/** JSON has no line breaks inside of values, so that one pass over them is enough. */
function* toPlaces(text: string, starts: ReadonlyMap<string, number>): Steps<ReadonlyMap<string, Place>> {
  const isDue = createPacer();
  const places = new Map<string, Place>();
  let line = 1;
  let lineStart = 0;
  let lineEnd = text.indexOf('\n');
  for (const [pointer, start] of [...starts].sort(([, a], [, b]) => a - b)) {
    while (lineEnd !== -1 && lineEnd < start) {
      line += 1;
      lineStart = lineEnd + 1;
      lineEnd = text.indexOf('\n', lineStart);
      if (isDue()) yield;
    }
    places.set(pointer, { line, column: start - lineStart + 1 });
  }
  return places;
}
