import { createPacer, type Steps } from './steps.js';

/** Any value that JSON can hold. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;

/** A JSON object. Values that reach a run are frozen, so the type is read-only. */
export interface JsonObject {
  readonly [key: string]: Json;
}

/** Deepest nesting of requests and patches. */
export const MAX_JSON_DEPTH = 100;

/** A value is not JSON: where, as a JSON Pointer (RFC 6901), and why. */
export class NotJsonError extends Error {
  constructor(
    readonly pointer: string,
    readonly reason: string,
  ) {
    super(pointer === '' ? reason : `${reason} at ${pointer}`);
    this.name = 'NotJsonError';
  }
}

/** One step of a JSON Pointer, escaped as RFC 6901 section 3 says. */
export function pointerToken(key: string | number): string {
  return `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

/** A JSON Pointer (RFC 6901) from path segments. */
export function toPointer(path: readonly PropertyKey[]): string {
  return path.map((key) => pointerToken(typeof key === 'number' ? key : String(key))).join('');
}

/** The path segments of a JSON Pointer (RFC 6901, section 4). */
export function pathOf(pointer: string): string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** What {@link copyLargeJson} has made: frozen all the way down, so that it need not be copied again. */
const copies = new WeakSet<object>();
/** The sizes of those, once they are known. */
const sizes = new WeakMap<object, number>();

/**
 * Copies a value into frozen JSON, which nobody can change afterwards.
 * Keys that hold `undefined` are dropped; values with a `toJSON` (dates) are asked for it.
 * @throws NotJsonError for functions, symbols, BigInt, NaN, infinities, class instances, cycles, and nesting over
 * {@link MAX_JSON_DEPTH}.
 */
export function copyJson(value: unknown): Json {
  return isCopy(value) ? value : copyAt(value, [], 0);
}

function isCopy(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && copies.has(value);
}

/**
 * Copies a large value as {@link copyJson} does, in steps; a later `copyJson` of the copy costs nothing.
 * @throws NotJsonError as `copyJson` does
 */
export function* copyLargeJson(value: object): Steps<Json> {
  const copy = yield* copyInSteps(value, [], createPacer());
  if (typeof copy === 'object' && copy !== null) copies.add(copy);
  yield;
  // Whoever takes the copy measures it.
  jsonBytes(copy);
  yield;
  return copy;
}

/** Values in one that is large: copying fewer takes less than a millisecond. */
const LARGE_VALUES = 1000;

/** True for a list or plain object that holds more than a thousand values, and is no copy by {@link copyLargeJson}. */
export function isLarge(value: unknown): value is object {
  if (isCopy(value)) return false;
  let count = 0;
  const pending: unknown[] = [value];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (!isContainer(next)) continue;
    // Not `Object.values`, which takes 100 ms for 90,000 keys of a frozen object.
    count += Array.isArray(next) ? next.length : Object.keys(next).length;
    if (count > LARGE_VALUES) return true;
    for (const part of Object.values(next)) if (typeof part === 'object' && part !== null) pending.push(part);
  }
  return false;
}

/**
 * The items of a list, or the values of parsed JSON, which inherits nothing that `in` finds. Not `Object.values`, which
 * takes a tenth of a second for 90,000 keys and cannot be interrupted.
 */
export function* partsOf(value: object): Generator<unknown, void, void> {
  if (Array.isArray(value)) yield* value;
  else for (const key in value) yield (value as Readonly<Record<string, unknown>>)[key];
}

/** True for lists, and for plain objects that are JSON as they are. */
function isContainer(value: unknown): value is readonly unknown[] | Record<string, unknown> {
  return Array.isArray(value) || (isPlainObject(value) && !('toJSON' in value));
}

function* copyInSteps(value: unknown, path: (string | number)[], isDue: () => boolean): Steps<Json> {
  // What has no parts, or is refused.
  if (!isContainer(value) || path.length >= MAX_JSON_DEPTH) return copyAt(value, path, path.length);
  const list: Json[] = [];
  const map: Record<string, Json> = {};
  const isList = Array.isArray(value);
  for (const key of isList ? value.keys() : Object.keys(value)) {
    const item = (value as Record<string | number, unknown>)[key];
    path.push(key);
    if (isList) list.push(item === undefined ? null : yield* copyInSteps(item, path, isDue));
    else if (item !== undefined) setOwn(map, String(key), yield* copyInSteps(item, path, isDue));
    path.pop();
    if (isDue()) yield;
  }
  return Object.freeze(isList ? list : map);
}

function copyAt(value: unknown, path: (string | number)[], depth: number): Json {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new NotJsonError(toPointer(path), `${value} is not JSON`);
    // JSON knows no -0, and what is stored must equal what is not.
    return value === 0 ? 0 : value;
  }
  if (typeof value === 'bigint') throw new NotJsonError(toPointer(path), 'a bigint (make it a string) is not JSON');
  if (typeof value !== 'object') throw new NotJsonError(toPointer(path), `a ${typeof value} is not JSON`);
  if (depth >= MAX_JSON_DEPTH) {
    throw new NotJsonError(toPointer(path.slice(0, 5)), `a cycle, or more than ${MAX_JSON_DEPTH} levels of nesting,`);
  }
  if (Array.isArray(value)) return copyArray(value, path, depth);
  if ('toJSON' in value && typeof value.toJSON === 'function') {
    return copyAt(value.toJSON(), path, depth + 1);
  }
  return copyObject(value, path, depth);
}

function copyArray(value: readonly unknown[], path: (string | number)[], depth: number): Json {
  const copy: Json[] = [];
  for (let index = 0; index < value.length; index++) {
    path.push(index);
    const item = value[index];
    copy.push(item === undefined ? null : copyAt(item, path, depth + 1));
    path.pop();
  }
  return Object.freeze(copy);
}

function copyObject(value: object, path: (string | number)[], depth: number): Json {
  if (!isPlainObject(value)) {
    const name = (value as { constructor?: { name?: unknown } }).constructor?.name;
    throw new NotJsonError(toPointer(path), `a ${typeof name === 'string' ? name : 'class instance'} is not JSON`);
  }
  const copy: Record<string, Json> = {};
  for (const key of Object.keys(value)) {
    const item = (value as Record<string, unknown>)[key];
    if (item === undefined) continue;
    path.push(key);
    setOwn(copy, key, copyAt(item, path, depth + 1));
    path.pop();
  }
  return Object.freeze(copy);
}

/** Freezes parsed JSON, in place and all the way down: nobody who is shown a state can change it. */
export function freezeJson<T extends Json>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  if (Array.isArray(value)) for (const item of value) freezeJson(item as Json);
  // Parsed objects inherit nothing that `in` finds. `Object.values` would take three times as long.
  else for (const key in value) freezeJson((value as JsonObject)[key] as Json);
  return Object.freeze(value);
}

/** Sets a key as data even when it is named `__proto__`. */
export function setOwn(target: Record<string, Json>, key: string, value: Json): void {
  if (key === '__proto__')
    Object.defineProperty(target, key, { value, enumerable: true, writable: true, configurable: true });
  else target[key] = value;
}

/** True for `{}` and `Object.create(null)`, of this or another realm; false for arrays and class instances. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/**
 * Where a value holds numbers that JSON cannot: JSON Pointers (RFC 6901), at most `limit`. `JSON.parse` reads `1e400` as
 * Infinity, and `JSON.stringify` writes that as null. What is nested deeper than {@link MAX_JSON_DEPTH} is not looked at.
 */
export function findInfinities(value: unknown, limit: number): string[] {
  const found: string[] = [];
  const path: (string | number)[] = [];
  const visit = (part: unknown): void => {
    if (typeof part === 'number') found.push(toPointer(path));
    else if (path.length <= MAX_JSON_DEPTH) visitParts(part as object);
  };
  const visitPart = (key: string | number, part: unknown): void => {
    if (!canBeInfinite(part) || found.length >= limit) return;
    path.push(key);
    visit(part);
    path.pop();
  };
  const visitParts = (whole: object): void => {
    if (Array.isArray(whole)) for (let index = 0; index < whole.length; index++) visitPart(index, whole[index]);
    else for (const key of Object.keys(whole)) visitPart(key, (whole as Record<string, unknown>)[key]);
  };
  if (canBeInfinite(value)) visit(value);
  return found;
}

/** True for a number that is not finite, and for what can hold one. */
function canBeInfinite(value: unknown): boolean {
  return typeof value === 'number' ? !Number.isFinite(value) : typeof value === 'object' && value !== null;
}

/** True for text that UTF-8 can hold. Half of a surrogate pair would be stored as another character. */
export function isWellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}

/** Size of a value as JSON text, in bytes of UTF-8. */
export function jsonBytes(value: Json): number {
  if (!isCopy(value)) return Buffer.byteLength(JSON.stringify(value));
  const known = sizes.get(value);
  if (known !== undefined) return known;
  const bytes = Buffer.byteLength(JSON.stringify(value));
  sizes.set(value, bytes);
  return bytes;
}
