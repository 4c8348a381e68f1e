import { MAX_JSON_DEPTH, toPointer } from './json.js';
import { endOfString } from './json-text.js';
import { createPacer, type Steps } from './steps.js';

/**
 * A number in JSON text that is not safe as a double: one that overflows, a whole number of more than 53 bits that is
 * written in digits, or any other whole number that the double does not hold. Decimals are rounded, as everywhere.
 */
export interface UnsafeNumber {
  /** Where its text begins and ends. */
  readonly start: number;
  readonly end: number;
  /** No double is so large: `JSON.parse` makes it Infinity. */
  readonly overflows: boolean;
  /** The double has another value than the text. */
  readonly isChanged: boolean;
}

/** Text without these has no such number: 16 digits, or an exponent of three digits. Nearly all text is passed over. */
const MAY_BE_UNSAFE = /[\d.]{16}|\d[eE]\+?\d{3}/;

const [QUOTE, COMMA, COLON, MINUS, ZERO, NINE] = [34, 44, 58, 45, 48, 57];
const [LIST_START, LIST_END, MAP_START, MAP_END] = [91, 93, 123, 125];

interface Level {
  /** Of a list: which item comes. */
  index: number;
  /** Of a map: where its last key stands; undefined in a list. */
  key: { start: number; end: number } | undefined;
  readonly isMap: boolean;
  /** Of a map: the next string is a key. */
  expectsKey: boolean;
}

/**
 * Looks for unsafe numbers in JSON text, in steps. `JSON.parse` would change them in silence, so they can be found only
 * in the text.
 * @param text what `JSON.parse` takes, or some lines of it
 * @param visit called for each, in order, with a function that tells where it stands (a JSON Pointer, RFC 6901);
 * levels beyond {@link MAX_JSON_DEPTH} are omitted from it
 */
export function* findUnsafeNumbers(
  text: string,
  visit: (number: UnsafeNumber, pointer: () => string) => void,
): Steps<void> {
  if (!MAY_BE_UNSAFE.test(text)) return;
  const isDue = createPacer();
  const levels: Level[] = [];
  const pointer = (): string => toPointer(levels.slice(0, MAX_JSON_DEPTH).map((level) => keyOf(level, text)));
  for (let at = 0; at < text.length; ) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = readString(text, at, levels.at(-1));
    else if (isNumberStart(code)) {
      const end = endOfNumber(text, at);
      const flaw = judge(text.slice(at, end));
      if (flaw !== undefined) visit({ start: at, end, ...flaw }, pointer);
      at = end;
    } else {
      readMark(code, levels);
      at += 1;
    }
    if (isDue()) yield;
  }
}

function keyOf({ index, key }: Level, text: string): string | number {
  return key === undefined ? index : (JSON.parse(text.slice(key.start, key.end)) as string);
}

/** Passes over a string, which can be the key of what follows; returns where it ends. */
function readString(text: string, start: number, level: Level | undefined): number {
  const end = endOfString(text, start);
  if (level?.expectsKey === true) level.key = { start, end };
  return end;
}

function readMark(code: number, levels: Level[]): void {
  if (code === LIST_START || code === MAP_START) {
    const isMap = code === MAP_START;
    levels.push({ index: 0, key: undefined, isMap, expectsKey: isMap });
  } else if (code === LIST_END || code === MAP_END) levels.pop();
  else if (code === COMMA || code === COLON) {
    const level = levels.at(-1);
    if (level === undefined) return;
    level.expectsKey = level.isMap && code === COMMA;
    level.index += 1;
  }
}

function isNumberStart(code: number): boolean {
  return code === MINUS || (code >= ZERO && code <= NINE);
}

/** Where a number ends. Read by hand: regular expressions fill the stack with long ones. */
function endOfNumber(text: string, start: number): number {
  let end = start + 1;
  while (end < text.length && '0123456789.eE+-'.includes(text.charAt(end))) end += 1;
  return end;
}

/** Says how a number is unsafe; undefined if it is not. */
function judge(token: string): Pick<UnsafeNumber, 'overflows' | 'isChanged'> | undefined {
  const value = Number(token);
  if (!Number.isFinite(value)) return { overflows: true, isChanged: true };
  // Beyond these, every double is whole.
  if (Math.abs(value) <= Number.MAX_SAFE_INTEGER) return undefined;
  const isChanged = isChangedWhole(token, value);
  return isChanged || !/[.eE]/.test(token) ? { overflows: false, isChanged } : undefined;
}

/** True for a whole number whose double has another value, as far as its shortest text tells. */
function isChangedWhole(token: string, value: number): boolean {
  const written = decimalOf(token);
  const kept = decimalOf(String(value));
  if (written.exponent < 0) return false;
  return written.digits !== kept.digits || written.exponent !== kept.exponent;
}

/** A number without its sign as digits, with no zero at either end, times a power of ten. */
function decimalOf(token: string): { digits: string; exponent: number } {
  const [mantissa = '', power = '0'] = token.toLowerCase().split('e');
  const [whole = '', fraction = ''] = mantissa.replace('-', '').split('.');
  const all = whole + fraction;
  let start = 0;
  let end = all.length;
  while (all[start] === '0') start += 1;
  while (end > start && all[end - 1] === '0') end -= 1;
  return { digits: all.slice(start, end), exponent: Number(power) - fraction.length + (all.length - end) };
}
