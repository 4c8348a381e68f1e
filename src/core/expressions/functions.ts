import type { Json, JsonObject } from '../base/json.js';
import {
  ExpressionError,
  isList,
  type Kind,
  MAX_LIST_ITEMS,
  MAX_RESULT_BYTES,
  type Meter,
  type StaticType,
} from './values.js';

/** What a function can use besides its arguments. */
interface Call {
  readonly meter: Meter;
  /** Where the call stands, for errors. */
  readonly at: number;
}

/** A function of the language. The first parameter of a method is what stands before the dot. */
export interface ExpressionFunction {
  /** The kinds that each parameter takes. */
  readonly params: readonly (readonly Kind[])[];
  /** How many of the last parameters can be omitted. */
  readonly optional?: number;
  readonly result: StaticType;
  // biome-ignore lint/suspicious/noExplicitAny: the caller checks the arguments against `params`.
  run(args: readonly any[], call: Call): Json;
}

const TEXT: readonly Kind[] = ['string'];
const NUMBER: readonly Kind[] = ['number'];
const DIGITS = /^[+-]?[0-9]{1,20}$/;
const DECIMAL = /^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$/;
const LONGEST_DECIMAL = 400;
/** Listing the keys of a large map takes 150 ns for each, measured. */
const UNITS_PER_KEY = 3;

const size: ExpressionFunction = {
  params: [['string', 'list', 'map']],
  result: 'number',
  run([value]: [string | readonly Json[] | JsonObject], call) {
    if (typeof value === 'string') return codePoints(value, value.length, call);
    if (isList(value)) return value.length;
    const { length } = Object.keys(value);
    call.meter.spend(length * UNITS_PER_KEY, call.at);
    return length;
  },
};

/** Called as `name(x)`. */
export const FUNCTIONS: ReadonlyMap<string, ExpressionFunction> = new Map(
  Object.entries<ExpressionFunction>({
    size,
    string: { params: [['string', 'number', 'boolean']], result: 'string', run: ([value]) => String(value) },
    int: { params: [['number', 'string']], result: 'number', run: ([value], call) => toInteger(value, call) },
    double: { params: [['number', 'string']], result: 'number', run: ([value], call) => toNumber(value, call) },
    bool: { params: [['boolean', 'string']], result: 'boolean', run: ([value], call) => toBoolean(value, call) },
  }),
);

/** Called as `x.name(...)`. */
export const METHODS: ReadonlyMap<string, ExpressionFunction> = new Map(
  Object.entries<ExpressionFunction>({
    size,
    startsWith: textTest((text, part) => text.startsWith(part)),
    endsWith: textTest((text, part) => text.endsWith(part)),
    contains: {
      params: [TEXT, TEXT],
      result: 'boolean',
      run: ([text, part], call) => search(text, part, call).includes(part),
    },
    lowerAscii: textChange((text) => text.replace(/[A-Z]+/g, (part) => part.toLowerCase())),
    upperAscii: textChange((text) => text.replace(/[a-z]+/g, (part) => part.toUpperCase())),
    trim: textChange((text) => text.trim()),
    indexOf: { params: [TEXT, TEXT, NUMBER], optional: 1, result: 'number', run: indexOf },
    lastIndexOf: { params: [TEXT, TEXT, NUMBER], optional: 1, result: 'number', run: lastIndexOf },
    substring: { params: [TEXT, NUMBER, NUMBER], optional: 1, result: 'string', run: substring },
    split: { params: [TEXT, TEXT, NUMBER], optional: 1, result: 'list', run: split },
    join: { params: [['list'], TEXT], optional: 1, result: 'string', run: join },
  }),
);

function textTest(test: (text: string, part: string) => boolean): ExpressionFunction {
  return {
    params: [TEXT, TEXT],
    result: 'boolean',
    run([text, part]: [string, string], { meter, at }) {
      meter.spendCharacters(part.length, at);
      return test(text, part);
    },
  };
}

function textChange(change: (text: string) => string): ExpressionFunction {
  return {
    params: [TEXT],
    result: 'string',
    run([text]: [string], call) {
      // Slower than a look by far: each run of letters is a call.
      call.meter.spend(text.length / 8, call.at);
      return boundText(change(text), call);
    },
  };
}

/** Refuses a string that is too long to be built. */
export function boundText(text: string, { at }: Call): string {
  if (text.length <= MAX_RESULT_BYTES) return text;
  throw new ExpressionError(`This makes a string of more than ${MAX_RESULT_BYTES} characters.`, at);
}

/** Refuses a list that is too long to be iterated or built. */
export function boundList(length: number, { at }: Call): void {
  if (length <= MAX_LIST_ITEMS) return;
  throw new ExpressionError(`A list of more than ${MAX_LIST_ITEMS} items is too long for an expression.`, at);
}

/**
 * Counts the work of a search. V8 searches for long texts in time that grows with both lengths:
 * measured, 0.15 s for 1,000 characters in 1 MiB of hostile text, 1.4 s for 10,000.
 */
function search(text: string, part: string, { meter, at }: Call): string {
  meter.spendCharacters(text.length * (1 + part.length / 8), at);
  return text;
}

/** Positions count code points, as `size` does: this counts those before an offset in UTF-16. */
function codePoints(text: string, end: number, { meter, at }: Call): number {
  meter.spendCharacters(end, at);
  let count = 0;
  for (let offset = 0; offset < end; offset++) {
    if (!isPairAt(text, offset)) count++;
  }
  return count;
}

/** The offset in UTF-16 of a code point; undefined past the end. */
function offsetOf(text: string, position: number, { meter, at }: Call): number | undefined {
  if (!Number.isInteger(position) || position < 0) return undefined;
  meter.spendCharacters(Math.min(position, text.length), at);
  let offset = 0;
  for (let left = position; left > 0; left--) {
    if (offset >= text.length) return undefined;
    offset += isPairAt(text, offset) ? 2 : 1;
  }
  return offset;
}

/** True when a character outside the basic plane, which takes two units of UTF-16, begins here. */
function isPairAt(text: string, offset: number): boolean {
  const first = text.charCodeAt(offset);
  if (first < 0xd800 || first > 0xdbff) return false;
  const second = text.charCodeAt(offset + 1);
  return second >= 0xdc00 && second <= 0xdfff;
}

function offsetIn(text: string, position: number, call: Call): number {
  const offset = offsetOf(text, position, call);
  if (offset === undefined) throw new ExpressionError('The position is outside the string.', call.at);
  return offset;
}

function indexOf([text, part, from = 0]: [string, string, number?], call: Call): number {
  const found = search(text, part, call).indexOf(part, offsetIn(text, from, call));
  return found === -1 ? -1 : codePoints(text, found, call);
}

function lastIndexOf([text, part, from]: [string, string, number?], call: Call): number {
  const start = from === undefined ? text.length : offsetIn(text, from, call);
  const found = search(text, part, call).lastIndexOf(part, start);
  return found === -1 ? -1 : codePoints(text, found, call);
}

function substring([text, start, end]: [string, number, number?], call: Call): string {
  const from = offsetIn(text, start, call);
  const to = end === undefined ? text.length : offsetIn(text, end, call);
  if (to < from) throw new ExpressionError('The end is before the start.', call.at);
  return text.slice(from, to);
}

function split([text, separator, limit]: [string, string, number?], call: Call): string[] {
  if (limit === 0) return [];
  search(text, separator, call);
  // Between nothing, a string is split into its code points.
  const parts = text.split(separator === '' ? /(?:)/u : separator, MAX_LIST_ITEMS + 1);
  if (limit === undefined || limit < 0 || parts.length <= limit) {
    boundList(parts.length, call);
    call.meter.spend(parts.length, call.at);
    return parts;
  }
  const head = parts.slice(0, limit - 1);
  const used = head.reduce((sum, part) => sum + part.length + separator.length, 0);
  return [...head, text.slice(used)];
}

function join([list, separator = '']: [readonly Json[], string?], call: Call): string {
  boundList(list.length, call);
  call.meter.spend(list.length, call.at);
  let length = 0;
  for (const item of list) {
    if (typeof item !== 'string') throw new ExpressionError('join() takes a list of strings only.', call.at);
    length += item.length + separator.length;
  }
  // Checked before it is built: 10,000 long separators make gigabytes.
  if (length - separator.length > MAX_RESULT_BYTES) {
    throw new ExpressionError(`This makes a string of more than ${MAX_RESULT_BYTES} characters.`, call.at);
  }
  call.meter.spendCharacters(length, call.at);
  return list.join(separator);
}

function toInteger(value: number | string, { at }: Call): number {
  const number = typeof value === 'number' ? Math.trunc(value) : DIGITS.test(value) ? Number(value) : Number.NaN;
  if (Number.isSafeInteger(number)) return number;
  throw new ExpressionError('int() takes a number, or a string of digits, of at most 53 bits.', at);
}

function toNumber(value: number | string, { at }: Call): number {
  if (typeof value === 'number') return value;
  const number = value.length <= LONGEST_DECIMAL && DECIMAL.test(value) ? Number(value) : Number.NaN;
  if (Number.isFinite(number)) return number;
  throw new ExpressionError('double() takes a number, or a string that is one.', at);
}

function toBoolean(value: boolean | string, { at }: Call): boolean {
  if (typeof value === 'boolean') return value;
  if (['1', 't', 'true', 'TRUE', 'True'].includes(value)) return true;
  if (['0', 'f', 'false', 'FALSE', 'False'].includes(value)) return false;
  throw new ExpressionError('bool() takes a boolean, or a string such as "true" or "false".', at);
}
