import { type Json, type JsonObject, MAX_JSON_DEPTH } from '../base/json.js';
import { MAX_PATH_LENGTH, MAX_READS, type Read, readOf } from './reads.js';

/** What expressions can read: parts of a run's state, frozen. */
export interface Scope {
  readonly input_data: Json;
  readonly data: JsonObject;
  /** `run_id`, `graph_id`, `step`, `attempt`, `now`, and in a branch of a for-each `item` and `index`. */
  readonly run: JsonObject;
  /** `code`, `message`, `attempt`, and `details` if there are any. Needed only by expressions that choose by an error. */
  readonly error?: JsonObject;
  /** What a hook was sent. Needed only by its expressions. */
  readonly body?: Json;
  /** Of a delivery: headers by their names in lower case. */
  readonly headers?: JsonObject;
  /** Of a delivery: the parameters of its query. */
  readonly query?: JsonObject;
  /** Name -> value. Needed only if expressions can use secrets. */
  readonly secrets?: Readonly<Record<string, string>>;
}

/** Most work on one meter, in units of about 20 to 100 ns: it ends after a tenth of a second at most. */
const MAX_WORK = 1_000_000;
/** Most items of a list that is iterated or built. */
export const MAX_LIST_ITEMS = 10_000;
/** Largest result as JSON text, in bytes; also the most characters of a string that is built on the way. */
export const MAX_RESULT_BYTES = 1024 * 1024;
/** What writing a value costs, or sorting and writing a key: some 500 ns. */
const WRITING_UNITS = 8;
/** Characters that are read for one unit of work. */
const CHARACTERS_PER_UNIT = 32;

/**
 * An expression that cannot be compiled, or has no value for this state.
 * Never shows a value: values can hold secrets. `position` is the character in the source, 1 for the first.
 */
export class ExpressionError extends Error {
  constructor(
    readonly reason: string,
    readonly position?: number,
    readonly hint?: string,
    /** Which template failed: a JSON Pointer into the params. */
    readonly pointer?: string,
  ) {
    const place = [
      ...(position === undefined ? [] : [`at character ${position}`]),
      ...(pointer === undefined ? [] : [`in ${pointer}`]),
    ];
    super(
      [reason, ...(hint === undefined ? [] : [hint]), ...(place.length === 0 ? [] : [`(${place.join(' ')})`])].join(
        ' ',
      ),
    );
    this.name = 'ExpressionError';
  }
}

/** Why an expression cannot be compiled. `position` is the character in the source, 1 for the first. */
export interface ExpressionProblem {
  readonly message: string;
  readonly position?: number;
  readonly hint?: string;
}

/** What `x.?y` gives: a value, or nothing. Never a result; `.orValue(...)` takes it out. */
export class Optional {
  constructor(readonly value: Json | undefined) {}
}

/** Any value on the way to a result. */
export type Value = Json | Optional;

export type Kind = 'null' | 'boolean' | 'number' | 'string' | 'list' | 'map' | 'optional';

/** Everything that JSON has. */
export const JSON_KINDS: readonly Kind[] = ['null', 'boolean', 'number', 'string', 'list', 'map'];

/** What is known of a value before the evaluation. */
export type StaticType = Kind | 'any';

/** The kind of a value, in the words of error messages. */
export function kindOf(value: Value): Kind {
  if (value === null) return 'null';
  if (value instanceof Optional) return 'optional';
  if (Array.isArray(value)) return 'list';
  return typeof value === 'object' ? 'map' : (typeof value as 'boolean' | 'number' | 'string');
}

export function isMap(value: Value): value is JsonObject {
  return kindOf(value) === 'map';
}

export function isList(value: Value): value is readonly Json[] {
  return Array.isArray(value);
}

/**
 * Counts the work of an evaluation, and ends it after too much. The templates of one document share a meter, and so do
 * the expressions of one decision: a hundred cases take no longer than one.
 */
export class Meter {
  #work = MAX_WORK;
  #bytes = MAX_RESULT_BYTES;
  readonly #draws = new Map<string, number>();

  /** How often this was asked for at a place before: 0, 1, 2 and so on. */
  draw(place: string): number {
    const count = this.#draws.get(place) ?? 0;
    this.#draws.set(place, count + 1);
    return count;
  }

  /** @throws ExpressionError after too much work. */
  spend(units: number, at: number): void {
    this.#work -= units;
    if (this.#work < 0) throw new ExpressionError('This takes too much work. Make it simpler, or use a tool.', at);
  }

  spendCharacters(characters: number, at: number): void {
    this.spend(Math.ceil(characters / CHARACTERS_PER_UNIT), at);
  }

  /** @throws ExpressionError if the results are too large. */
  spendBytes(bytes: number): void {
    this.#bytes -= bytes;
    if (this.#bytes < 0) throw new ExpressionError(`The result is larger than ${MAX_RESULT_BYTES} bytes of JSON.`);
  }
}

/** Records which parts of a state an expression reads: at most 50, so that the cost does not grow with the state. */
export class ReadLog {
  readonly #seen = new Map<string, Json>();

  note(path: string, value: Json | undefined): void {
    const key = path.slice(0, MAX_PATH_LENGTH);
    if (this.#seen.size < MAX_READS && !this.#seen.has(key)) this.#seen.set(key, value ?? null);
  }

  list(): Read[] {
    return [...this.#seen].map(([path, value]) => readOf(path, value));
  }
}

/** True when two values are the same JSON. The order of keys does not matter. */
export function isSame(a: Json, b: Json, meter: Meter, at: number): boolean {
  meter.spend(1, at);
  if (a === b) {
    if (typeof a === 'string') meter.spendCharacters(a.length, at);
    return true;
  }
  if (typeof a === 'string' && typeof b === 'string') {
    if (a.length === b.length) meter.spendCharacters(a.length, at);
    return false;
  }
  if (isList(a) && isList(b)) {
    return a.length === b.length && a.every((item, index) => isSame(item, b[index] as Json, meter, at));
  }
  return isMap(a) && isMap(b) && hasSameEntries(a, b, meter, at);
}

function hasSameEntries(a: JsonObject, b: JsonObject, meter: Meter, at: number): boolean {
  const keys = Object.keys(a);
  meter.spend(keys.length, at);
  if (keys.length !== Object.keys(b).length) return false;
  return keys.every((key) => Object.hasOwn(b, key) && isSame(a[key] as Json, b[key] as Json, meter, at));
}

/** Characters that are compared at once. */
const BLOCK = 256;

/**
 * The order of two strings by code points: negative, 0 or positive. JavaScript's own order is that of UTF-16 units, which
 * has the characters outside the basic plane before those from U+E000 on.
 */
export function compareText(left: string, right: string): number {
  const length = Math.min(left.length, right.length);
  let offset = 0;
  // What is the same is compared as memory, which is faster by far.
  while (offset < length && left.slice(offset, offset + BLOCK) === right.slice(offset, offset + BLOCK)) offset += BLOCK;
  for (; offset < length; offset++) {
    const one = left.charCodeAt(offset);
    const other = right.charCodeAt(offset);
    if (one !== other) return rankOf(one) - rankOf(other);
  }
  return left.length - right.length;
}

/** Where a unit of UTF-16 stands in the order of code points: surrogates come last. */
function rankOf(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}

/** The same text for the same JSON, whatever the order of keys. */
export function canonicalText(value: Json, meter: Meter, at: number): string {
  meter.spend(WRITING_UNITS, at);
  if (typeof value === 'string') meter.spend(value.length / 8, at);
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (isList(value)) return `[${value.map((item) => canonicalText(item, meter, at)).join(',')}]`;
  const map = value as JsonObject;
  const keys = Object.keys(map);
  meter.spend(keys.length * WRITING_UNITS, at);
  const entries = keys.sort().map((key) => `${JSON.stringify(key)}:${canonicalText(map[key] as Json, meter, at)}`);
  return `{${entries.join(',')}}`;
}

/**
 * Counts the work of writing a value as JSON text, before it is written.
 * @throws ExpressionError after too much work: parts that are shared count each time
 */
export function measureText(value: Json, meter: Meter, at: number): void {
  meter.spend(typeof value === 'string' ? 1 + value.length / 8 : 1, at);
  if (typeof value !== 'object' || value === null) return;
  for (const [key, part] of Object.entries(value)) {
    if (!isList(value)) meter.spend(4 + key.length / 8, at);
    measureText(part as Json, meter, at);
  }
}

/**
 * Copies a result into frozen JSON of a bounded size. Parts that are shared count each time:
 * `[x, x]` twice over is small in memory and large as text.
 */
export function copyResult(value: Value, meter: Meter, depth = 0): Json {
  if (value instanceof Optional) throw new ExpressionError('The result is optional. Add .orValue(...) to it.');
  if (typeof value === 'string') {
    meter.spendBytes(value.length);
    meter.spendBytes(Buffer.byteLength(JSON.stringify(value)) - value.length);
    return value;
  }
  if (typeof value !== 'object' || value === null) {
    meter.spendBytes(String(value).length);
    // JSON knows no -0.
    return value === 0 ? 0 : value;
  }
  if (depth >= MAX_JSON_DEPTH)
    throw new ExpressionError(`The result has more than ${MAX_JSON_DEPTH} levels of nesting.`);
  if (isList(value)) {
    meter.spendBytes(Math.max(2, value.length + 1));
    return Object.freeze(value.map((item) => copyResult(item, meter, depth + 1)));
  }
  const map = value as JsonObject;
  const keys = Object.keys(map);
  meter.spendBytes(Math.max(2, 2 * keys.length + 1));
  const copy = keys.map((key) => {
    meter.spendBytes(Buffer.byteLength(JSON.stringify(key)));
    return [key, copyResult(map[key] as Json, meter, depth + 1)] as const;
  });
  // Unlike an assignment, this makes an own key of `__proto__` too.
  return Object.freeze(Object.fromEntries(copy));
}
