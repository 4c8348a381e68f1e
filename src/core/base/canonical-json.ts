import type { Json, JsonObject } from './json.js';
import { estimateBytes } from './json-size.js';
import { createPacer, type Steps } from './steps.js';

/** Values up to this size are written at once, which takes less than a millisecond. */
const AT_ONCE_BYTES = 65_536;
/** After values of this size others have their turn: hundreds of smaller ones take some milliseconds. */
const PAUSE_BYTES = 4096;
const KEYS_AT_ONCE = 2048;

/**
 * The one text that a JSON value has, whatever the order of its keys and the spaces it was written with: RFC 8785.
 *
 * @example
 * canonicalJson({ b: 1.0, a: [true] }); // '{"a":[true],"b":1}'
 */
export function canonicalJson(value: Json): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  const object = value as JsonObject;
  const members = keysOf(object).sort();
  return `{${members.map((key) => `${JSON.stringify(key)}:${canonicalJson(object[key] as Json)}`).join(',')}}`;
}

/** Writes the same text piece by piece, in steps. No piece ends within a character. */
export function* writeCanonicalJson(value: Json, write: (text: string) => void): Steps<void> {
  const size = estimateBytes(value, AT_ONCE_BYTES);
  if (size <= AT_ONCE_BYTES) {
    write(canonicalJson(value));
    if (size > PAUSE_BYTES) yield;
  } else if (typeof value === 'string') yield* writeText(value, write);
  else if (Array.isArray(value)) yield* writeList(value, write);
  else yield* writeObject(value as JsonObject, write);
}

function* writeText(text: string, write: (text: string) => void): Steps<void> {
  write('"');
  for (let start = 0; start < text.length; ) {
    let end = start + AT_ONCE_BYTES;
    if (isHighSurrogate(text.charCodeAt(end - 1))) end -= 1;
    write(JSON.stringify(text.slice(start, end)).slice(1, -1));
    start = end;
    yield;
  }
  write('"');
}

function isHighSurrogate(code: number): boolean {
  return code >= 0xd800 && code <= 0xdbff;
}

function* writeList(list: readonly Json[], write: (text: string) => void): Steps<void> {
  const isDue = createPacer();
  write('[');
  for (let index = 0; index < list.length; index++) {
    if (index > 0) write(',');
    yield* writeCanonicalJson(list[index] as Json, write);
    if (isDue()) yield;
  }
  write(']');
}

function* writeObject(object: JsonObject, write: (text: string) => void): Steps<void> {
  const isDue = createPacer();
  let before = '{';
  for (const key of yield* sortKeys(keysOf(object))) {
    write(`${before}${JSON.stringify(key)}:`);
    yield* writeCanonicalJson(object[key] as Json, write);
    before = ',';
    if (isDue()) yield;
  }
  write('}');
}

/** Keys without a value are no part of a JSON text. */
function keysOf(object: JsonObject): string[] {
  return Object.keys(object).filter((key) => object[key] !== undefined);
}

/** Sorts by code units, as `sort()` does, which takes 60 ms for 90,000 keys and cannot be interrupted. */
function* sortKeys(keys: readonly string[]): Steps<readonly string[]> {
  let runs: (readonly string[])[] = [];
  for (let start = 0; start < keys.length; start += KEYS_AT_ONCE) {
    runs.push(keys.slice(start, start + KEYS_AT_ONCE).sort());
    yield;
  }
  while (runs.length > 1) {
    const merged: (readonly string[])[] = [];
    for (let index = 0; index < runs.length; index += 2) {
      merged.push(yield* merge(runs[index] ?? [], runs[index + 1] ?? []));
    }
    runs = merged;
  }
  return runs[0] ?? [];
}

function* merge(one: readonly string[], other: readonly string[]): Steps<readonly string[]> {
  const isDue = createPacer();
  const all: string[] = [];
  let [i, j] = [0, 0];
  while (i < one.length || j < other.length) {
    const [a, b] = [one[i], other[j]];
    const isFirst = b === undefined || (a !== undefined && a < b);
    all.push((isFirst ? a : b) as string);
    if (isFirst) i += 1;
    else j += 1;
    if (isDue()) yield;
  }
  return all;
}
